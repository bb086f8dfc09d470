"use strict";
// Tables whose class is `sortable` get a button in each heading; without a script they are read as they stand.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    heading.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const order = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      headings.forEach((other) => other.setAttribute("aria-sort", other === heading ? order : "none"));
      const sign = order === "ascending" ? 1 : -1;
      for (const body of table.tBodies) {
        body.append(...[...body.rows].sort((first, second) => compare(first, second, column, sign)));
      }
    });
  });
}
// Numbers by their size, texts by their letters; what has no number comes last in either order.
function compare(first, second, column, sign) {
  const [one, other] = [first, second].map((row) => row.cells[column]);
  if (!("value" in one.dataset) && !("value" in other.dataset)) {
    return sign * one.textContent.trim().localeCompare(other.textContent.trim(), undefined, { numeric: true });
  }
  const [left, right] = [one, other].map((cell) => Number.parseFloat(cell.dataset.value));
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) - Number.isNaN(right);
  return sign * (left - right);
}
