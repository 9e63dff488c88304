/** Which LUN of the other cabinet holds the mirror of which: MIRRORS="lun-1=lun-5,lun-5=lun-1". The copy is below mirror/<lun> of that LUN. */

export type Mirrors = Readonly<Record<string, string>>;

export const writeMirrors = (mirrors: Mirrors): string =>
  Object.entries(mirrors)
    .map(([lun, partner]) => `${lun}=${partner}`)
    .join(",");

/** Empty where nothing is mirrored. */
export function readMirrors(text: string | undefined): Mirrors {
  const pairs = (text ?? "").split(",").filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [lun, partner] = pair.split("=");
      if (!lun || !partner) throw new Error(`environment variable MIRRORS is "${text}"; expected lun=lun, separated by commas`);
      return [lun, partner];
    }),
  );
}

/** Below the root of the partner LUN. */
export const mirrorFolder = (lun: string): string => `mirror/${lun}`;
