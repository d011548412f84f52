// The page's style sheet: system fonts, one accent, light and dark, phone and paper.
#pragma once

namespace retort {

inline constexpr char kPageStyle[] = R"css(
:root {
  --ink: #1c2126; --soft: #59636e; --line: #d9dee3; --paper: #fdfdfc; --panel: #f4f5f3; --accent: #0072B2; --faint: #808080;
  color-scheme: light dark;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.55 Charter, "Bitstream Charter", "Iowan Old Style", "Source Serif 4", Georgia, serif;
}
main { max-width: 74rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
header, .prose, section > p, section > ul { max-width: 46rem; }
.eyebrow, figcaption, th, td, .note, .who, nav, dt, summary, svg text, .meta {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
.eyebrow { margin: 0; font-size: .8rem; letter-spacing: .04em; color: var(--soft); }
h1 { font-size: 2.1rem; line-height: 1.18; margin: .35rem 0 .6rem; font-weight: 600; text-wrap: balance; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 3rem 0 .8rem; font-weight: 600; }
h3 { font-size: 1.08rem; margin: 1.8rem 0 .5rem; font-weight: 600; }
.claim { font-style: italic; color: var(--soft); margin: 0 0 1.4rem; }
.verdict { border-left: 3px solid var(--accent); padding: .1rem 0 .1rem 1.1rem; margin: 0; font-size: 1.12rem; }
.verdict p { margin: 0 0 .6rem; } .verdict p:last-child { margin: 0; }
a { color: var(--accent); }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; }
figure.table { margin: 1.4rem 0 0; }
figcaption { font-size: .92rem; font-weight: 600; margin-bottom: .4rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
/* A shadow at the side where a table goes on beyond the screen. */
.scroll { overflow-x: auto; background:
  linear-gradient(to right, var(--paper) 30%, transparent) left / 40px 100% local,
  linear-gradient(to left, var(--paper) 30%, transparent) right / 40px 100% local,
  linear-gradient(to right, rgba(128,128,128,.35), transparent) left / 12px 100% scroll,
  linear-gradient(to left, rgba(128,128,128,.35), transparent) right / 12px 100% scroll no-repeat;
  background-repeat: no-repeat; }
table { border-collapse: collapse; font-size: .86rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: .34rem .8rem .34rem 0; text-align: left; vertical-align: top; white-space: nowrap; }
th.n, td.n { text-align: right; padding: .34rem 0 .34rem 1.1rem; }
thead th { font-weight: 600; color: var(--soft); border-bottom: 1.5px solid var(--ink); }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody th { font-weight: 400; }
table.sentences { font-size: .95rem; line-height: 1.45; table-layout: fixed; width: 100%; }
.sentences th, .sentences td { white-space: normal; font-family: inherit; padding: .6rem 1.4rem .6rem 0; }
.sentences thead th { font-family: system-ui, sans-serif; font-size: .86rem; width: 20%; }
.sentences thead th:nth-child(n+3) { width: 30%; } .sentences [data-word=verdict] { font-weight: 600; }
.note { font-size: .82rem; color: var(--soft); margin: .5rem 0 0; max-width: 46rem; }
.missing { border: 1px dashed var(--line); padding: 1.2rem; }
.item { border-top: 1px solid var(--line); padding: 1rem 0 .2rem; }
pre, code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .84rem; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.45; }
.answers { display: grid; grid-template-columns: 7.5rem 1fr; gap: .45rem 1rem; margin: 0; }
.answers dt { font-size: .84rem; color: var(--soft); }
.answers dd { margin: 0; }
.command { background: var(--panel); padding: .8rem 1rem; overflow-x: auto; }
details { margin-top: 1rem; } summary { cursor: pointer; font-size: .92rem; color: var(--accent); }
td.hash, th.hash { padding-left: 1.1rem; font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .78rem; }
th button { all: unset; cursor: pointer; }
th button:hover { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
th button::after { content: "\2195"; color: var(--line); margin-left: .3em; font-weight: 400; }
th[aria-sort=ascending] button::after { content: "\2191"; color: var(--accent); }
th[aria-sort=descending] button::after { content: "\2193"; color: var(--accent); }
tbody a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .2em; }
tr:target, tr.lit { background: color-mix(in srgb, var(--accent) 14%, transparent); }
tr { scroll-margin-top: 4rem; }
.switch fieldset { border: 0; margin: 0 0 .7rem; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; }
.switch legend, .switch label { font: .84rem system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; color: var(--soft); }
.switch legend { float: left; margin: .16rem .2rem 0 0; padding: 0; } .switch label { white-space: nowrap; cursor: pointer; }
.view + .view { margin-top: 1rem; }
article { max-width: 46rem; } .item .eyebrow { margin-bottom: .5rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; margin: 1.6rem 0 0; font-size: .88rem; }
nav li { margin: 0; }
.words { display: grid; grid-template-columns: 12rem 1fr; gap: .5rem 1.2rem; max-width: 54rem; margin: 0; }
.words dt { font-size: .88rem; font-weight: 600; } .words dd { margin: 0; font-size: .92rem; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .8rem; }
li { margin: .3rem 0; }
p, li, dd { overflow-wrap: break-word; }
@media (max-width: 40rem) {
  body { font-size: 16px; } main { padding: 1.5rem 1rem 3rem; } h1 { font-size: 1.6rem; } h2 { margin-top: 2.2rem; }
  .answers, .words { grid-template-columns: 1fr; gap: .1rem; } .words dd { margin-bottom: .6rem; } .answers dd { margin-bottom: .6rem; }
  .sentences, .sentences tbody, .sentences tr, .sentences tbody th, .sentences td { display: block; width: auto !important; }
  .sentences thead { display: none; } .sentences td { border: 0 !important; padding: 0 0 .4rem; }
  .sentences tbody th { padding: .9rem 0 .4rem; font-weight: 600; }
  .sentences td[data-word]::before { content: attr(data-word) ": "; color: var(--soft); font-weight: 400; }
}
@media print {
  body { font-size: 10.5pt; background: none; } main { max-width: none; padding: 0; }
  h2 { break-after: avoid; } figure, .item { break-inside: avoid; } .scroll { overflow: visible; }
  table { font-size: 7.5pt; } th, td { padding-right: .4rem; } th.n, td.n { padding-left: .5rem; }
  .panels { grid-template-columns: 1fr 1fr; } .switch fieldset, nav { display: none; }
  th button::after { content: ""; } tbody a { text-decoration: none; }
}
)css";

inline constexpr char kPageDark[] = R"css(@media screen and (prefers-color-scheme: dark) {
:root { --ink: #e4e7ea; --soft: #9aa5b0; --line: #343c44; --paper: #14181c; --panel: #1d2329; --accent: #5AB4F0; --faint: #8a939c;)css";

}  // namespace retort
