// Filters: adds up the cells that may be shown by what the reader picks; the choice stands in the address.
const chosen = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
const keep = () => {
  // A page linked to shows the same choice.
  for (const link of document.querySelectorAll("a[data-keeps]")) link.hash = chosen().toString();
};
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, language.thousands);
const written = (words) => ({
  count: (value) => grouped(String(value)),
  money: (minor) => {
    const digits = String(Math.abs(minor)).padStart(words.digits + 1, "0");
    const whole = grouped(digits.slice(0, digits.length - words.digits));
    const amount = words.digits ? whole + language.decimal + digits.slice(-words.digits) : whole;
    return (minor < 0 ? "-" : "") + words.money[0] + amount + words.money[1];
  },
});
const explore = (place) => {
  const data = window.offermillSlices, form = place.querySelector("form"), names = Object.keys(data.values);
  const words = JSON.parse(document.getElementById(place.dataset.explorer).textContent);
  const write = written(words), note = document.getElementById("explore-note"), body = place.querySelector("tbody");
  const caption = [...place.querySelectorAll("caption, [data-caption]")], head = place.querySelector("thead th");
  const pick = (name) => form.elements[name].value;
  const dimension = (name) => (name === "campaign" ? "offer" : name);
  const cut = (more) => [...new Set([...names, "campaign", "by"].filter((name) => name === "by" || pick(name))
    .map((name) => dimension(name === "by" ? pick("by") : name)).concat(more ?? []))]
    .filter((name) => name !== "night").sort((a, b) => names.indexOf(a) - names.indexOf(b));
  const known = (list) => list.length <= 2 && list.join(",") in data.tables;
  const within = (cell, used) => {
    const night = data.nights[cell[0]];
    return night >= pick("from") && night <= pick("to") && used.every((name, at) => {
      const own = data.values[name][cell[at + 1]];
      const fits = !pick(name) || pick(name) === own;
      return fits && (name !== "offer" || !pick("campaign") || pick("campaign") === data.campaigns[cell[at + 1]]);
    });
  };
  const named = (cell, used, by) => {
    if (by === "night") return data.nights[cell[0]];
    const own = cell[used.indexOf(dimension(by)) + 1];
    return by === "campaign" ? data.campaigns[own] : data.values[by][own];
  };
  const sums = () => {
    const used = cut(), by = pick("by"), found = new Map();
    for (const cell of data.tables[used.join(",")].filter((one) => within(one, used))) {
      const what = named(cell, used, by), total = found.get(what) ?? [0, 0, 0, 0];
      if (cell.length === used.length + 1) total[3] += 1;
      else for (const at of [0, 1, 2]) total[at] += cell[used.length + 1 + at];
      found.set(what, total);
    }
    const order = by === "night" ? (a, b) => (a[0] < b[0] ? -1 : 1) : (a, b) => b[1][0] - a[1][0] || (a[0] < b[0] ? -1 : 1);
    return [...found].sort(order);
  };
  const said = ([count, cost, value, hidden]) => {
    if (hidden && !count) return [words.not_shown, "\u2013", "\u2013"];
    const mark = hidden ? "\u2265\u00a0" : "";
    return [mark + write.count(count), mark + write.money(cost), write.money(value)];
  };
  const row = (name, figures, share) => {
    const line = body.insertRow(), title = document.createElement("th"), own = document.createElement("bdi");
    title.scope = "row";
    own.textContent = name;
    title.append(own);
    line.append(title);
    figures.forEach((text, at) => {
      const cell = line.insertCell();
      cell.className = at ? "n" : "n bar";
      if (!at) cell.style.setProperty("--share", share);
      cell.textContent = text;
    });
  };
  const limit = () => {
    // A third dimension is not offered: hardly a group would have enough people.
    let shut = false;
    for (const name of names.concat("campaign")) {
      form.elements[name].disabled = !pick(name) && !known(cut(dimension(name)));
      shut ||= form.elements[name].disabled;
    }
    for (const option of form.elements.by.options) {
      const old = pick("by");
      form.elements.by.value = option.value;
      const fits = known(cut());
      form.elements.by.value = old;
      option.disabled = !fits;
    }
    return shut;
  };
  const show = () => {
    const found = sums(), total = found.reduce((all, [, one]) => all.map((sum, at) => sum + one[at]), [0, 0, 0, 0]);
    const longest = Math.max(1, ...found.map(([, one]) => one[0])), by = pick("by");
    body.replaceChildren();
    for (const [what, one] of found) row(words.labels[by][what] ?? what, said(one), one[0] / longest);
    said(total).forEach((text, at) => { place.querySelectorAll("[data-figure]")[at].textContent = text; });
    head.textContent = words.dimensions[by];
    const ends = { by: words.dimensions[by], from: words.labels.night[pick("from")], to: words.labels.night[pick("to")] };
    for (const one of caption) one.textContent = words.caption.replace(/\{(\w+)\}/g, (_, key) => ends[key]);
    const form_ = new Intl.PluralRules(document.documentElement.lang).select(total[3]);
    const hidden = (words.hidden[form_] ?? words.hidden.other).replace("{count}", write.count(total[3]));
    note.textContent = [found.length ? "" : words.nothing, total[3] ? hidden : "", limit() ? words.two : ""].filter(Boolean).join(" ");
  };
  const store = () => {
    const usual = { from: data.nights[0], to: data.nights.at(-1), by: place.dataset.by };
    const state = [...form.elements].filter((one) => one.name && one.value !== (usual[one.name] ?? ""));
    location.replace(`#${new URLSearchParams(state.map((one) => [one.name, one.value]))}`);
    keep();
  };
  const restore = () => {
    form.reset();
    for (const [name, value] of chosen()) {
      const field = form.elements[name];
      if (field && [...field.options].some((one) => one.value === value)) field.value = value;
    }
    if (!known(cut())) form.elements.by.value = names.find((name) => pick(name)) ?? "night";
    if (!known(cut())) form.reset();
    show();
  };
  form.addEventListener("change", () => { show(); store(); });
  form.addEventListener("reset", () => setTimeout(() => { show(); store(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", restore);
  restore();
};
document.querySelectorAll("[data-explorer]").forEach(explore);
addEventListener("hashchange", keep);
keep();
