/**
 * The distributions that tests need: normal, Student's t, chi-squared, beta.
 * Incomplete gamma and beta functions by series and continued fractions (Press et al., Numerical Recipes, 3rd ed., 6.2 and 6.4; modified Lentz);
 * log-gamma by Lanczos' approximation (g = 7, n = 9, Godfrey's coefficients).
 */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
];
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  const sum = lanczos.reduce((all, c, i) => (i === 0 ? c : all + c / (x - 1 + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
const tiny = 1e-300;

/** Upper regularised incomplete gamma function Q(a, x). */
export function gammaQ(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(-x + a * Math.log(x) - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = a + 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
      term *= x / n;
      sum += term;
    }
    return 1 - sum * front;
  }
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 10_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / nonZero(an * d + b);
    c = nonZero(b + an / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return front * h;
}
const nonZero = (x: number): number => (Math.abs(x) < tiny ? tiny : x);

/** P(X > x), X chi-squared. */
export const chiSquaredUpper = (x: number, df: number): number => gammaQ(df / 2, x / 2);

/** P(Z < z), Z standard normal. */
export const normalCdf = (z: number): number => (z < 0 ? gammaQ(0.5, (z * z) / 2) / 2 : 1 - gammaQ(0.5, (z * z) / 2) / 2);

/** Inverse of an increasing function by bisection: 200 halvings are below what doubles resolve. */
function inverse(cdf: (x: number) => number, p: number, lo: number, hi: number): number {
  let [a, b] = [lo, hi];
  for (let i = 0; i < 200 && a < b; i++) {
    const middle = (a + b) / 2;
    if (middle === a || middle === b) break;
    if (cdf(middle) < p) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
export const normalQuantile = (p: number): number => inverse(normalCdf, p, -40, 40);

/** Regularised incomplete beta function I_x(a, b) = P(X < x), X beta distributed. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a - 1 + 2 * m) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 1 + 2 * m));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return h;
}
export const betaQuantile = (p: number, a: number, b: number): number => inverse((x) => betaCdf(x, a, b), p, 0, 1);

/** P(T < t), T with Student's distribution. */
export const studentCdf = (t: number, df: number): number => {
  const tail = betaCdf(df / (df + t * t), df / 2, 0.5) / 2;
  return t < 0 ? tail : 1 - tail;
};
export const studentQuantile = (p: number, df: number): number => inverse((t) => studentCdf(t, df), p, -1e6, 1e6);
