/** Colors keep a contrast of at least 4.5 to 1 for text and 3 to 1 for lines, in the light and the dark scheme. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--text:#1c2430;--quiet:#5b6675;--line:#dde2e9;--good:#1a7f4b;--bad:#b3261e;--one:#2f6bb0;--two:#b35900;--three:#1a7f4b;--four:#8e44ad;--five:#6b7280}
@media(prefers-color-scheme:dark){:root{--ground:#14181f;--card:#1d232c;--text:#e7ebf0;--quiet:#a1adbb;--line:#333c48;--good:#57c78c;--bad:#ff8a80;--one:#6ea8e6;--two:#f0a35a;--three:#57c78c;--four:#c792ea;--five:#a1adbb}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:24px 16px 48px}
header{padding:20px 24px;border-radius:8px;background:var(--card);border-left:8px solid var(--good)}
header.bad{border-left-color:var(--bad)}
h1{margin:2px 0 6px;font-size:26px}h2{font-size:18px;margin:0 0 8px}
p{margin:0 0 10px}.quiet{color:var(--quiet)}.good{color:var(--good)}.missed{color:var(--bad);font-weight:700}
section{background:var(--card);border-radius:8px;padding:16px 24px 20px;margin:16px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;color:var(--quiet);font-weight:600}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
td.number{text-align:right;font-variant-numeric:tabular-nums}
svg{width:100%;height:auto;display:block;font:12px system-ui,sans-serif}
svg text{fill:var(--quiet)}svg text.name{fill:var(--text)}
svg path{fill:none;stroke-width:1.6}
.axis{stroke:var(--line)}.bound{stroke:var(--bad);stroke-dasharray:5 4}.mark{stroke:var(--quiet);stroke-dasharray:2 3}
rect.one{fill:var(--one)}rect.two{fill:var(--two)}rect.three{fill:var(--three)}rect.four{fill:var(--four)}rect.five{fill:var(--five)}
path.one{stroke:var(--one)}path.two{stroke:var(--two)}path.three{stroke:var(--three)}path.four{stroke:var(--four)}path.five{stroke:var(--five)}
`;
