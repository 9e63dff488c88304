/** What the comparison's report has beyond the look of a run's: colours of arms, rows of strips, verdicts. */
export const armColours = 8;
export const style = `
:root{--arm-0:#2462a8;--arm-1:#b0670b;--arm-2:#17753c;--arm-3:#a3328a;--arm-4:#5b50c9;--arm-5:#c02a22;--arm-6:#007a87;--arm-7:#62656e;--pair:#9a9ca4}
@media (prefers-color-scheme:dark){:root{--arm-0:#73aef0;--arm-1:#eca750;--arm-2:#6bd08f;--arm-3:#ee8fd6;--arm-4:#a79ffa;--arm-5:#ff8b82;--arm-6:#59cbd8;--arm-7:#a0a3ac;--pair:#70737c}}
p.lead{font-size:1.05rem;max-width:96ch;margin-bottom:4px}
ol.notes{margin:10px 0 0;padding-left:22px;color:var(--soft);font-size:.875rem;max-width:100ch}ol.notes li{margin:3px 0}
.step{color:var(--step)}.mark.step{background:color-mix(in srgb,var(--step) 14%,var(--card))}
.warnings li code{white-space:nowrap}
.stack .detect{background:var(--alarm)}.stack .people{background:var(--aborted)}.stack .machines{background:var(--outside)}
.legend i.detect{background:var(--alarm)}.legend i.people{background:var(--aborted)}.legend i.machines{background:var(--outside)}
.strips{display:grid;grid-template-columns:max-content 1fr max-content;gap:4px 12px;align-items:center;font-size:.8rem;color:var(--soft);margin-top:6px}
.strips h3{grid-column:1/-1;color:var(--ink);margin:12px 0 0}
.strip{display:block;width:100%;background:color-mix(in srgb,var(--ok) 80%,var(--card))}
.strip .lost{fill:var(--lost)}.strip .unmeasured{fill:var(--rule)}.strip .gap{stroke:var(--card);stroke-width:1;vector-effect:non-scaling-stroke}.strip .tick{stroke:var(--step);stroke-width:1.5;vector-effect:non-scaling-stroke}
.strip .after{fill:var(--card)}
.scale{display:flex;justify-content:space-between}
ul.plain{margin:6px 0 0;padding-left:20px;max-width:96ch}ul.plain li{margin:4px 0}
@media (max-width:759px){.strips{gap:3px 8px}.strips .b{display:none}}
`;
