// The page's one script: sorts a table by its header, by mouse and by keyboard, and lights the rows that a link means.
// Without it the page reads as well: buttons are made by the script itself, so that none is dead. A page allows this
// script and no other by its hash.
#pragma once

namespace retort {

inline constexpr char kPageScript[] = R"js(
(() => {
  "use strict";
  const number = text => {
    const match = text.replace(/[\u202f\u00a0]/g, "").replace(/\u2212/g, "-").match(/-?\d+(\.\d+)?(e[+-]?\d+)?/i);
    return match ? Number(match[0]) : NaN;
  };
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell) return { text: "", value: NaN };
    const text = cell.textContent.trim();
    return { text, value: cell.dataset.sort !== undefined ? Number(cell.dataset.sort) : number(text) };
  };
  const sort = (table, column, direction) => {
    const body = table.tBodies[0], rows = table.originalRows.slice();
    const numeric = table.tHead.rows[0].cells[column].classList.contains("n");
    const keys = new Map(rows.map(row => [row, key(row, column)]));
    if (direction) rows.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b);
      if (numeric) {  // what is undefined stands last, whichever way
        if (Number.isNaN(x.value) || Number.isNaN(y.value)) return Number.isNaN(x.value) - Number.isNaN(y.value);
        return direction * (x.value - y.value);
      }
      return direction * x.text.localeCompare(y.text, "en", { numeric: true });
    });
    body.append(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    table.originalRows = [...table.tBodies[0].rows];
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" };
        const order = next[header.getAttribute("aria-sort") || "none"];
        headers.forEach(other => other.removeAttribute("aria-sort"));
        if (order !== "none") header.setAttribute("aria-sort", order);
        sort(table, column, { none: 0, ascending: 1, descending: -1 }[order]);
      });
    });
  }
  const light = () => {
    const group = decodeURIComponent(location.hash.slice(1));
    for (const row of document.querySelectorAll("tr[data-group]")) {
      row.classList.toggle("lit", group !== "" && row.dataset.group === group);
    }
  };
  addEventListener("hashchange", light);
  light();
})();
)js";

}  // namespace retort
