"use strict";
document.documentElement.classList.add("js");
const language = document.documentElement.dataset;
const options = {
  // As Babel writes numbers, so that an axis and its table agree.
  formatLocale: { decimal: language.decimal, thousands: language.thousands, grouping: [3], currency: ["", ""] },
  ast: true, actions: false, renderer: "svg", mode: "vega-lite", defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
};
const draw = (place) => {
  const specification = JSON.parse(document.getElementById(place.dataset.specification).textContent);
  // Long names get two fifths of the width, so that a phone keeps room for the bars.
  specification.config.axis.labelLimit = Math.max(90, Math.round(place.clientWidth * 0.4));
  return vegaEmbed(place, specification, options).then(() => place.classList.add("drawn"));
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
document.querySelectorAll("[data-specification]").forEach(draw);
document.querySelectorAll("input[data-table]").forEach(filter);
document.querySelector("nav.pages a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
