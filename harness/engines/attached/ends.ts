/** Whose link it is: containers by their names here. */
export interface Ends {
  readonly from: string;
  readonly to: string;
}
export const linkName = ({ from, to }: Ends): string => `${from}>${to}`;
