/** The part of jstat that tests hold our statistics against; it comes without types. */
declare module "jstat" {
  const jstat: {
    readonly normal: { cdf(x: number, mean: number, sd: number): number; inv(p: number, mean: number, sd: number): number };
    readonly studentt: { cdf(t: number, df: number): number; inv(p: number, df: number): number };
    readonly chisquare: { cdf(x: number, df: number): number };
    readonly beta: { cdf(x: number, a: number, b: number): number; inv(p: number, a: number, b: number): number };
    gammaln(x: number): number;
    tci(value: number, alpha: number, sample: readonly number[]): readonly number[];
    percentile(sample: readonly number[], share: number): number;
  };
  export default jstat;
}
