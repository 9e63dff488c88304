/** The look of report.html: system fonts, one column on a phone, light and dark. No external file, no script. */
export const style = `
:root{color-scheme:light dark;
--paper:#f6f5f1;--card:#fff;--ink:#1c1d21;--soft:#62656e;--rule:#dedcd5;--ok:#d5e8d8;--lost:#d0342c;--outside:#2462a8;--inside:#b0670b;--step:#2462a8;--alarm:#d98a00;--trouble:#8a8d96;
--pass:#17753c;--fail:#c02a22;--inconclusive:#8a5d00;--aborted:#6a45a3;--degraded:#8a5d00;--pass-bg:#e0f1e5;--fail-bg:#fbe3e1;--inconclusive-bg:#faedcf;--aborted-bg:#ece4f7}
@media (prefers-color-scheme:dark){:root{
--paper:#141519;--card:#1d1f24;--ink:#e9e8e4;--soft:#a0a3ac;--rule:#363941;--ok:#23402d;--lost:#ef5b50;--outside:#73aef0;--inside:#eca750;--step:#73aef0;--alarm:#f2b53c;--trouble:#8f939d;
--pass:#6bd08f;--fail:#ff8b82;--inconclusive:#edc05a;--aborted:#c2a3f5;--degraded:#edc05a;--pass-bg:#1b3325;--fail-bg:#42201e;--inconclusive-bg:#3b2f13;--aborted-bg:#30254a}
text.act,.plot .act text{filter:brightness(1.6) saturate(.85)}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:28px 20px 60px}
h1,h2,h3,p,li,.meta,.legend,.tile{overflow-wrap:anywhere}
h1{font-size:clamp(1.08rem,.95rem + .8vw,1.5rem);line-height:1.4;font-weight:600;margin:14px 0 12px;text-wrap:pretty;letter-spacing:-.01em}
h2{font-size:1.1rem;margin:0 0 4px;letter-spacing:-.005em}
h3{font-size:.9rem;margin:16px 0 2px;font-weight:600}
p{margin:0 0 10px;max-width:76ch}
.soft,.meta,figcaption,caption{color:var(--soft);font-size:.875rem}
.meta{display:flex;flex-wrap:wrap;gap:2px 18px;align-items:baseline}
.badge{display:inline-block;padding:3px 12px;border-radius:6px;font-weight:700;letter-spacing:.04em;font-size:.95rem}
.pass{color:var(--pass)}.fail{color:var(--fail)}.inconclusive{color:var(--inconclusive)}.aborted{color:var(--aborted)}
.badge.pass,.mark.pass{background:var(--pass-bg)}.badge.fail,.mark.fail{background:var(--fail-bg)}.badge.inconclusive,.mark.inconclusive{background:var(--inconclusive-bg)}.badge.aborted,.mark.aborted{background:var(--aborted-bg)}
.top{display:flex;flex-wrap:wrap;gap:6px 14px;align-items:center}
section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 20px;margin-top:16px}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin-top:18px}
.tile{min-width:0;overflow-wrap:anywhere;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
.tile b{display:block;font-size:1.6rem;line-height:1.2;font-weight:650}
.tile b small{font-size:.9rem;font-weight:500;color:var(--soft)}
.tile .bad{color:var(--lost)}
.whisker{display:block;width:100%;height:12px;margin-top:8px;overflow:visible}.whisker line{stroke:var(--ink);stroke-width:1.25;vector-effect:non-scaling-stroke}
.whisker .scale{stroke:var(--rule)}.whisker .bounds{stroke:var(--lost);stroke-width:5}.whisker .at{stroke-width:2}
figure{margin:8px 0 0}
.plot{display:block;max-width:100%;height:auto}
.middle,.narrow{display:none}
@media (max-width:1119px){.wide{display:none}.middle{display:block}}
@media (max-width:759px){.middle{display:none}.narrow{display:block}}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:10px 0 0;padding:0;list-style:none;font-size:.85rem;color:var(--soft)}
.legend i{display:inline-block;width:14px;height:11px;border-radius:2px;margin-right:6px;vertical-align:-1px}
.scroll{overflow-x:auto;margin:8px -20px 0;padding:0 20px}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--rule);vertical-align:top}
th{font-weight:600;color:var(--soft);font-size:.8rem;vertical-align:bottom}
tr:last-child>td{border-bottom:0}
td.n,th.n{text-align:right;white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
td .b{color:var(--soft);font-size:.8rem;white-space:nowrap}
.mark{display:inline-block;border-radius:5px;padding:0 7px;font-size:.78rem;font-weight:650;white-space:nowrap}
.state{white-space:nowrap}.state::before{content:"";display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:6px;background:var(--pass)}
.state.down::before{background:var(--lost)}.state.degraded::before{background:linear-gradient(90deg,var(--lost) 50%,var(--pass) 50%)}
.state.down{color:var(--fail);font-weight:600}.state.degraded{color:var(--degraded)}
.bar{display:block;height:8px;border-radius:2px;background:var(--lost);min-width:2px}.bar.calm{background:var(--ok)}
tr.worst td{background:var(--fail-bg)}tr.worst td:first-child{box-shadow:-20px 0 0 var(--fail-bg)}tr.worst td:last-child{box-shadow:20px 0 0 var(--fail-bg)}
.clock{display:grid;grid-template-columns:minmax(70px,max-content) 1fr;gap:4px 14px;align-items:center;margin-top:10px;font-size:.9rem}
.stack{display:flex;height:22px;border-radius:4px;overflow:hidden}
.stack span{height:100%;min-width:1px}.clock .says{grid-column:2;color:var(--soft);font-size:.82rem;margin-bottom:8px}
.human{background:var(--aborted)}.prevent{background:var(--pass)}.restore{background:var(--outside)}.verify{background:var(--inside)}.release{background:var(--ok)}
.undetected{background:var(--alarm)}.hurt{background:var(--lost)}.held{background:var(--rule)}.settling{background:repeating-linear-gradient(135deg,var(--outside) 0 5px,color-mix(in srgb,var(--outside) 65%,var(--card)) 5px 9px)}
.swatch{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px}
ul.findings{list-style:none;padding:0;margin:10px 0 0;font-size:.92rem}
ul.findings li{padding:6px 0;border-bottom:1px solid var(--rule);display:grid;grid-template-columns:minmax(104px,max-content) 1fr;gap:10px}
ul.findings li:last-child{border:0}
details summary{cursor:pointer;font-weight:600}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
pre{background:var(--paper);border:1px solid var(--rule);border-radius:6px;padding:10px 12px;overflow-x:auto;margin:6px 0 12px}
footer{color:var(--soft);font-size:.875rem;margin-top:26px}footer p{max-width:90ch}footer b{color:var(--ink)}
@media (max-width:759px){main{padding:18px 12px 40px}section{padding:14px;border-radius:8px}.scroll{margin:8px -14px 0;padding:0 14px}.tiles{grid-template-columns:1fr 1fr;gap:8px}.tile b{font-size:1.3rem}
ul.findings li{grid-template-columns:1fr;gap:2px}td,th{padding-right:10px}.clock{grid-template-columns:1fr}.clock .says{grid-column:1}}
@media (max-width:759px){thead{display:none}table,tbody,tr,td{display:block}tr{padding:8px 0;border-bottom:1px solid var(--rule)}tr:last-child{border:0}
td,td.n{display:flex;justify-content:space-between;gap:14px;text-align:right;padding:2px 0;border:0;white-space:normal}td::before{content:attr(data-label);color:var(--soft);text-align:left;flex:none;max-width:55%}
td>span{min-width:0;overflow-wrap:anywhere}td[data-label=""]::before{content:none}td:has(.bar){display:block;text-align:left}td:has(.bar)::before{content:none}td:first-child{font-weight:600}
tr.worst{background:var(--fail-bg);margin:0 -14px;padding:8px 14px}tr.worst td{background:none}tr.worst td:first-child,tr.worst td:last-child{box-shadow:none}}
@media (max-width:300px){body{overflow-wrap:anywhere}.mark,.badge,td .b{white-space:normal;max-width:100%}.top,.meta{display:block}.scroll{margin:8px 0 0;padding:0}tr.worst{margin:0;padding:0}.tiles{grid-template-columns:1fr}td,td.n{flex-direction:column;align-items:flex-start;text-align:left;padding-right:0}td::before{max-width:100%}main{padding:8px 4px}section{padding:6px}.tile{padding:6px}.badge{padding:3px 6px}}
@media print{section,.tile{break-inside:avoid}body{background:none}}
`;
