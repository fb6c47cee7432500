# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The style sheet of a report, inlined so that the page needs no other file."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light;
  --ink: #16202e; --soft: #56657a; --faint: #8592a3; --line: #e3e8ee; --paper: #ffffff;
  --ground: #f5f7fa; --good: #1f8a55; --good-ground: #e6f5ed; --bad: #c23a35;
  --bad-ground: #fcebea; --accent: #3566d6;
  --sans: Inter, -apple-system, "Segoe UI", Roboto, Cantarell, "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 var(--sans);
  -webkit-text-size-adjust: 100%; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 28px 56px; }
h1 { margin: 2px 0 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.02em; }
h2 { margin: 0 0 16px; font-size: 17px; letter-spacing: -0.01em; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
.eyebrow { color: var(--accent); font-size: 12px; font-weight: 700; letter-spacing: 0.1em;
  text-transform: uppercase; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; margin: 14px 0 26px; padding: 0; }
.chips span { padding: 3px 11px; border: 1px solid var(--line); border-radius: 999px;
  background: var(--paper); color: var(--soft); font-size: 13px; }
.chips b { color: var(--ink); font-weight: 600; }
.card { margin-bottom: 20px; padding: 24px 26px; border: 1px solid var(--line);
  border-radius: 14px; background: var(--paper); box-shadow: 0 1px 2px rgb(22 32 46 / 4%); }
.note { margin: 12px 0 0; color: var(--soft); font-size: 13px; }
.headline { display: grid; grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); gap: 36px; }
.rate { font-size: 64px; font-weight: 700; line-height: 1; letter-spacing: -0.04em;
  font-variant-numeric: tabular-nums; }
.rate small { margin-left: 10px; color: var(--soft); font-size: 17px; font-weight: 500;
  letter-spacing: 0; }
.interval { margin: 12px 0 18px; color: var(--soft); }
.interval b { color: var(--ink); white-space: nowrap; }
.axis { display: flex; justify-content: space-between; margin-top: 5px; color: var(--faint);
  font-size: 12px; font-variant-numeric: tabular-nums; }
.figures { display: grid; grid-template-columns: 1fr 1fr; gap: 1px; margin: 0; overflow: hidden;
  border: 1px solid var(--line); border-radius: 10px; background: var(--line); }
.figures div { display: flex; flex-direction: column; justify-content: center;
  padding: 13px 16px; background: var(--paper); }
.figures dt { color: var(--soft); font-size: 12.5px; }
.figures dd { margin: 1px 0 0; font-size: 21px; font-weight: 650; letter-spacing: -0.02em;
  font-variant-numeric: tabular-nums; }
.figures dd small { color: var(--soft); font-size: 13px; font-weight: 500; letter-spacing: 0; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px; }
svg { display: block; width: 100%; overflow: visible; }
.track { fill: #edf1f5; }
.whisker { stroke: var(--ink); stroke-width: 1.75; }
.bin { fill: #86a5ea; }
.grid { stroke: var(--line); }
.tick { fill: var(--faint); font-size: 11.5px; font-variant-numeric: tabular-nums; }
.mark { stroke: var(--ink); stroke-width: 1.25; stroke-dasharray: 3 3; }
.mark-label { fill: var(--ink); font-size: 12.5px; font-weight: 600; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { padding: 0 10px 8px 0; color: var(--soft); font-size: 12.5px; font-weight: 500;
  text-align: left; white-space: nowrap; }
td { padding: 14px 10px 14px 0; border-top: 1px solid var(--line); white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
.wide { width: 45%; }
.under { display: none; }
.colour { max-width: 130px; overflow: hidden; text-overflow: ellipsis; font-weight: 600; }
.dot { display: inline-block; width: 11px; height: 11px; margin-right: 9px; border-radius: 3px; }
.total td { border-top: 2px solid var(--ink); font-weight: 600; }
.soft { color: var(--soft); font-weight: 400; }
.films { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
  gap: 20px; }
.films figure { max-width: 560px; margin: 0; }
.films video { display: block; width: 100%; border-radius: 10px; }
.films figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px;
  margin-top: 8px; font-weight: 600; }
.films figcaption a { font-weight: 400; }
.filter { display: inline-flex; margin-bottom: 16px; overflow: hidden;
  border: 1px solid var(--line); border-radius: 9px; }
.filter label { padding: 5px 14px; color: var(--soft); font-size: 13px; cursor: pointer; }
.filter label + label { border-left: 1px solid var(--line); }
.episodes > input { position: absolute; opacity: 0; pointer-events: none; }
#all:checked ~ .filter [for=all], #won:checked ~ .filter [for=won],
#lost:checked ~ .filter [for=lost] { background: #eaf0fd; color: var(--accent);
  font-weight: 600; }
#all:focus-visible ~ .filter [for=all], #won:focus-visible ~ .filter [for=won],
#lost:focus-visible ~ .filter [for=lost] { outline: 2px solid var(--accent);
  outline-offset: -2px; }
#won:checked ~ .cells .failure, #lost:checked ~ .cells .success { display: none; }
.cells { display: grid; grid-template-columns: repeat(auto-fill, minmax(156px, 1fr)); gap: 14px; }
.cell { display: flex; flex-direction: column; overflow: hidden; border: 1px solid var(--line);
  border-radius: 10px; }
.cell img { display: block; width: 100%; height: auto; background: var(--ground); }
.cell div { padding: 10px 12px 11px; }
.cell header { display: flex; justify-content: space-between; align-items: baseline; gap: 8px;
  color: var(--soft); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.seed { min-width: 0; font-weight: 600; overflow-wrap: anywhere; }
.seed + span { white-space: nowrap; }
.badge { display: inline-block; padding: 1px 9px; border-radius: 10px; font-size: 12px;
  font-weight: 600; }
.success .badge { background: var(--good-ground); color: var(--good); }
.failure .badge { background: var(--bad-ground); color: var(--bad); }
.failure { border-color: #edc4c2; }
.cell p { margin: 5px 0 0; font-size: 13.5px; line-height: 1.35; overflow-wrap: anywhere; }
.cell footer { margin-top: auto; padding: 0 12px 12px; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 8px 24px;
  margin: 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px/1.55 var(--mono); }
.command { display: block; padding: 10px 14px; border-radius: 8px; background: var(--ground);
  white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 860px) {
  .pair, .headline { grid-template-columns: minmax(0, 1fr); }
  .headline { gap: 24px; }
  .pair { gap: 0; }
}
@media (max-width: 560px) {
  main { padding: 26px 14px 36px; }
  h1 { font-size: 25px; }
  .card { padding: 18px 16px; }
  .rate { font-size: 52px; }
  .rate small { display: block; margin: 6px 0 0; }
  .ends { display: none; }
  .wide { padding-right: 0; }
  .under { display: block; }
  td .under { margin-top: 4px; font-size: 12.5px; }
  .cells { grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 10px; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 2px; }
  .facts dd { margin-bottom: 10px; }
}
@media print {
  body { background: #fff; }
  .filter { display: none; }
  .card, .cell { break-inside: avoid; box-shadow: none; }
}
"""
