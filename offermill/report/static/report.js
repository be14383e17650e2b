"use strict";
document.documentElement.classList.add("js");
const language = document.documentElement.dataset;
const options = {
  // As Babel writes numbers, so that an axis and its table agree.
  formatLocale: { decimal: language.decimal, thousands: language.thousands, grouping: [3], currency: ["", ""] },
  ast: true, actions: false, renderer: "svg", mode: "vega-lite", defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
};
const nodesOf = (specification) => {
  const nodes = [];
  const walk = (node) => {
    if (!node || typeof node !== "object") return;
    nodes.push(node);
    Object.entries(node).filter(([name]) => name !== "values").forEach(([, own]) => walk(own));
  };
  walk(specification);
  return nodes;
};
const LETTER = 6.7; // pixels that a letter of an axis takes on average
const wrapped = (text, most) => {
  // Two lines at most; what is longer loses its middle, as names differ at their ends.
  if (text.length <= most) return text;
  const cut = Math.max(...[" ", "-", ":"].map((mark) => text.lastIndexOf(mark, most - 1))), day = text.search(/\d{4}-\d\d-\d\d$/);
  const at = day > 0 && day <= most ? day : cut > most / 3 ? cut + 1 : most, rest = text.slice(at);
  const half = Math.floor((most - 1) / 2);
  return [text.slice(0, at).trim(), rest.length <= most ? rest : `${rest.slice(0, half)}\u2026${rest.slice(-half)}`];
};
const titled = (text, most) => {
  // As many lines as the words of an axis' title need.
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= most) lines.push(word);
    else lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
  }
  return lines;
};
const fitted = (place, specification, change) => {
  // Names and titles in lines that fit, room behind the longest bar for its figure; with other rows, another height.
  const { pitch, label, bar } = specification.usermeta ?? {}, nodes = nodesOf(specification);
  const sources = nodes.filter((node) => node.data?.values && !("zero" in (node.data.values[0] ?? {})));
  if (change) for (const node of sources) node.data.values = change(node.data.values);
  const rows = sources[0]?.data.values ?? [], names = [...new Set(rows.map((row) => String(row[label] ?? "")))];
  // Long names get two fifths of the width, so that a phone keeps room for the bars.
  const limit = Math.max(90, Math.round(place.clientWidth * 0.4)), most = Math.floor(limit / LETTER);
  const longestName = Math.min(most, Math.max(0, ...names.map((name) => name.length))), room = place.clientWidth - (label ? longestName * LETTER + 18 : 60);
  specification.config.axis.labelLimit = limit * 1.15;
  if (place.clientWidth < 420) specification.config.legend.columns = 1;
  for (const { encoding } of nodes) {
    if (label && encoding?.y?.field === label) {
      const lines = Object.fromEntries(names.map((name) => [name, wrapped(name, most)]));
      const said = `${JSON.stringify(lines)}[datum.label]`, labelOffset = { condition: { test: `isArray(${said})`, value: -6 }, value: 0 };
      encoding.y.axis = { ...encoding.y.axis, labelExpr: `${said} || datum.label`, labelLineHeight: 12, labelOffset };
    }
    if (encoding?.x?.axis?.tickCount && room < 260) Object.assign(encoding.x.axis, { tickCount: 3, labelFlush: true });
    if (typeof encoding?.x?.title === "string" && encoding.x.title) encoding.x.title = titled(encoding.x.title, 0.9 * room / LETTER);
  }
  if (change && pitch) specification.height = pitch * Math.max(1, names.length);
  if (!bar) return;
  const longest = Math.max(0, ...rows.map((row) => row[bar] ?? 0)), figure = Math.max(0, ...rows.map((row) => String(row.said ?? "").length)) * LETTER + 12;
  const domain = [0, (longest || 1) * Math.min(2, Math.max(1.04, room / Math.max(1, room - figure)))];
  for (const node of nodes) if (node.scale?.domain?.[0] === 0) node.scale.domain = domain;
};
const draw = (place, change) => {
  const specification = JSON.parse(document.getElementById(place.dataset.specification).textContent);
  fitted(place, specification, change);
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
