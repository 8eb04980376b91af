/** The page's only style: no network, light and dark by the reader's own setting. */
export const style: string = `
:root{color-scheme:light dark;--ink:#1c2330;--soft:#56607a;--page:#fbfcfe;--rule:#c9d1e0;--mark:#eef3fb;--a:#1f4e99;--b:#9a3d00;--c:#0b6b4f;--d:#6b2f8a;--e:#7a6200;--f:#a3174f}
@media (prefers-color-scheme:dark){:root{--ink:#e7ecf5;--soft:#a9b4ca;--page:#12161e;--rule:#3a4559;--mark:#1b2331;--a:#8db7ff;--b:#ffb07a;--c:#6fd9b0;--d:#d3a4f0;--e:#e8cf6a;--f:#ff9dc1}}
body{margin:0 auto;max-width:62rem;padding:1.5rem;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.7rem;line-height:1.25;margin:.2em 0 .6em}h2{font-size:1.2rem;margin:2em 0 .5em;border-bottom:1px solid var(--rule)}h3{margin:1.4em 0 .3em}
.verdict{font-size:1.15rem;background:var(--mark);padding:.8rem 1rem;border-left:.35rem solid var(--a)}
.soft,caption,figcaption{color:var(--soft)}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.3em 0}th,td{text-align:left;padding:.25em .6em .25em 0;border-bottom:1px solid var(--rule);vertical-align:top}
.scroll{overflow-x:auto}figure{margin:0}svg{width:100%;min-width:34rem;height:auto}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
.grid{stroke:var(--rule)}.line{fill:none;stroke-width:2.5}.s0{stroke:var(--a)}.s1{stroke:var(--b)}.s2{stroke:var(--c)}.s3{stroke:var(--d)}.s4{stroke:var(--e)}.s5{stroke:var(--f)}.s6{stroke:var(--soft)}
pre{overflow-x:auto;background:var(--mark);padding:.8rem}@media print{body{max-width:none}details{display:block}}
`;
