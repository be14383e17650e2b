"use strict";
document.documentElement.classList.add("js");
const language = document.documentElement.dataset;
const options = {
  // As Babel writes numbers, so that an axis and its table agree.
  formatLocale: { decimal: language.decimal, thousands: language.thousands, grouping: [3], currency: ["", ""] },
  ast: true, actions: false, renderer: "svg", mode: "vega-lite", defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
};
const revalued = (specification, change) => {
  // Other rows in a chart: its height follows their number, the axis of bars their longest.
  const { pitch, label, bar } = specification.usermeta ?? {}, nodes = [];
  const walk = (node) => {
    if (!node || typeof node !== "object") return;
    nodes.push(node);
    Object.entries(node).filter(([name]) => name !== "values").forEach(([, own]) => walk(own));
  };
  walk(specification);
  const sources = nodes.filter((node) => node.data?.values && !("zero" in (node.data.values[0] ?? {})));
  for (const node of sources) node.data.values = change(node.data.values);
  const rows = sources[0]?.data.values ?? [], longest = Math.max(0, ...rows.map((row) => row[bar] ?? 0));
  if (pitch) specification.height = pitch * Math.max(1, new Set(rows.map((row) => row[label])).size);
  if (bar) for (const node of nodes) if (node.scale?.domain?.[0] === 0) node.scale.domain = [0, 1.12 * (longest || 1)];
};
const draw = (place, change) => {
  const specification = JSON.parse(document.getElementById(place.dataset.specification).textContent);
  // Long names get two fifths of the width, so that a phone keeps room for the bars.
  specification.config.axis.labelLimit = Math.max(90, Math.round(place.clientWidth * 0.4));
  if (change) revalued(specification, change);
  place.style.setProperty("--height", `${specification.height}px`);
  place.classList.remove("drawn");
  place.ready = (place.ready ?? Promise.resolve()).then(() => vegaEmbed(place, specification, options)).then(() => place.classList.add("drawn"));
};
const filter = (input) => {
  const rows = [...document.getElementById(input.dataset.table).tBodies[0].rows];
  const said = document.getElementById(input.dataset.count);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    said.textContent = `${rows.filter((row) => !row.hidden).length} / ${rows.length}`;
  });
};
const plain = (cell) => {
  // A number as a spreadsheet of this language reads it; a text that it would calculate gets an apostrophe.
  const text = cell.innerText.trim(), thousands = language.thousands;
  const digits = text.split(thousands).join("").replace(/[\u00a0\u202f]/g, " ");
  const number = digits.match(/^(-?)[^\d\s-]{0,3}\s?(\d+(?:[.,]\d+)?)\s?[^\d\s%]{0,3}$/);
  if (cell.classList.contains("n") && number) return number[1] + number[2];
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
};
const csv = (table) => {
  const mark = language.decimal === "," ? ";" : ",";
  const quoted = (text) => (text.includes(mark) || /["\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [...table.rows].filter((row) => !row.hidden).map((row) => [...row.cells].map((cell) => quoted(plain(cell))).join(mark));
  return new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv" });
};
const offer = (table) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "csv";
  button.textContent = language.csv;
  button.setAttribute("aria-label", `${language.csv}: ${table.caption.textContent}`);
  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(csv(table));
    link.download = `${table.id || "table"}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  table.parentElement.after(button);
};
document.querySelectorAll(".scroll > table").forEach(offer);
// What the filters cut is drawn by them.
const alone = document.querySelector("form.filters") ? ":not([data-cut], [data-follows])" : "";
document.querySelectorAll(`[data-specification]${alone}`).forEach((place) => draw(place));
document.querySelectorAll("input[data-table]").forEach(filter);
document.querySelector("nav.pages a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
