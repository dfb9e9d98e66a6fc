/** Colors keep a contrast of at least 4.5 to 1 with what they lie on, in the light and the dark scheme. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--text:#1c2430;--quiet:#5b6675;--line:#dde2e9;--bar:#4c78a8;--good:#1a7f4b;--bad:#b3261e;--warn:#9a5b00}
@media(prefers-color-scheme:dark){:root{--ground:#14181f;--card:#1d232c;--text:#e7ebf0;--quiet:#a1adbb;--line:#333c48;--bar:#6c9bd2;--good:#57c78c;--bad:#ff8a80;--warn:#f0b35a}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:24px 16px 48px}
header{padding:20px 24px;border-radius:8px;background:var(--card);border-left:8px solid var(--good)}
header.bad{border-left-color:var(--bad)}
header h1{margin:2px 0 6px;font-size:26px;overflow-wrap:anywhere}
header p{margin:0;color:var(--quiet)}
header p.verdict{font-weight:700;color:var(--good)}
header.bad p.verdict{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:16px 0}
.tiles div{background:var(--card);border-radius:8px;padding:12px 16px}
.tiles b{display:block;font-size:22px}
.tiles span,.facts,figcaption span{color:var(--quiet)}
section{background:var(--card);border-radius:8px;padding:16px 24px 20px;margin:16px 0}
h2{font-size:18px;margin:0 0 8px}
.facts{margin:0 0 12px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;color:var(--quiet);font-weight:600}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
td:not(:last-child){white-space:nowrap}td:last-child{overflow-wrap:anywhere;min-width:16em}
td:first-child{width:24px}
pre{white-space:pre-wrap;font-size:12px;background:var(--ground);padding:8px;border-radius:4px;margin:6px 0 0}
svg{width:100%;max-width:640px;height:auto;display:block}
svg .bar{fill:var(--bar)}
svg .axis{stroke:var(--line)}
svg .mark{stroke-width:1.5;stroke-dasharray:4 3}
svg .p50{stroke:var(--quiet)}svg .p95{stroke:var(--warn)}svg .bound{stroke:var(--bad)}
svg text{font-size:12px;fill:var(--quiet);stroke:none}
svg text.name{fill:var(--text)}
svg text.p95{fill:var(--warn);stroke:none}svg text.bound{fill:var(--bad);stroke:none}svg text.p50{stroke:none}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:12px;margin-top:12px}
figure{margin:0;border:1px solid var(--line);border-radius:6px;overflow:hidden}
figure.bad{border-color:var(--bad)}
figure img{display:block;width:100%}
figcaption{padding:8px 10px;font-size:13px;overflow-wrap:anywhere}
.mark-good{color:var(--good);font-weight:700}.mark-bad{color:var(--bad);font-weight:700}
`;
