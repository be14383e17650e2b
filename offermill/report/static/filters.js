// Filters: what the reader picks stands in the address, goes along to other pages, and cuts every part of the page that
// has the dimension; the others say that they have not.
const chosen = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
const keep = () => {
  for (const link of document.querySelectorAll("a[data-keeps]")) link.hash = chosen().toString();
};
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, language.thousands);
const written = (words) => {
  const count = (value) => grouped(String(value));
  const money = (minor) => {
    const digits = String(Math.abs(minor)).padStart(words.digits + 1, "0"), whole = grouped(digits.slice(0, digits.length - words.digits));
    return (minor < 0 ? "-" : "") + words.money[0] + (words.digits ? whole + language.decimal + digits.slice(-words.digits) : whole) + words.money[1];
  };
  return (measure, [least, most, hidden]) => {
    const say = measure.endsWith("_minor") ? money : count, unknown = measure.endsWith("_minor") ? "\u2013" : words.not_shown;
    if (hidden || !Number.isFinite(most)) return least ? `${measure === "value_minor" ? "" : "\u2265\u00a0"}${say(least)}` : unknown;
    if (least === most) return say(least);
    if (measure === "value_minor") return "\u2013";
    return least ? words.to.replace("{low}", say(least)).replace("{high}", say(most)) : `\u2264\u00a0${say(most)}`;
  };
};
const filtering = (form) => {
  const words = JSON.parse(document.getElementById("filter-words").textContent), cells = cube(window.offermillSlices);
  const say = written(words), fields = () => [...form.elements].filter((one) => one.name);
  const isPicked = (name) => Boolean(form.elements[name]?.value) && form.elements[name].value !== words.usual[name];
  const picked = () => Object.fromEntries(fields().filter((one) => one.name !== "by" && isPicked(one.name)).map((one) => [one.name, one.value]));
  const label = (by, name) => words.labels[by]?.[name] ?? name;
  const rowsOf = (cut, pick) => {
    const at = cut.night ? { ...pick, from: cut.night, to: cut.night } : pick, by = cut.by === "picked" ? form.elements.by.value : cut.by;
    const found = cells.sums(at, by), most = cells.at(cut.measures[0]);
    const order = by === "night" ? (a, b) => (a[0] < b[0] ? -1 : 1) : (a, b) => b[1][most][1] - a[1][most][1] || (a[0] < b[0] ? -1 : 1);
    return [...found].filter(([, one]) => cut.measures.some((m) => one[cells.at(m)][1] || one[cells.at(m)][2])).sort(order)
      .map(([name, one]) => ({ name: label(by, name), figures: Object.fromEntries(cut.measures.map((m) => [m, one[cells.at(m)]])) }));
  };
  const matches = (keys, pick) => {
    const known = Object.keys(keys).filter((name) => pick[name] !== undefined || ((pick.from || pick.to) && name === "night"));
    return known.length > 0 && known.every((name) => (name === "night"
      ? (!pick.from || keys.night >= pick.from) && (!pick.to || keys.night <= pick.to) : [keys[name]].flat().includes(pick[name])));
  };
  const follows = (place) => {
    if (place.dataset.cut) return JSON.parse(place.dataset.cut).night ? words.every.filter((name) => name !== "night") : words.every;
    return place.dataset.follows.split(" ");
  };
  const active = (pick) => words.every.filter((name) => (name === "night" ? pick.from || pick.to : pick[name]));
  const note = (place, text) => {
    const holder = place.closest("figure") ?? place.closest(".scroll") ?? place;
    const own = holder.previousElementSibling?.matches(".unfollowed") ? holder.previousElementSibling : document.createElement("p");
    own.className = "note unfollowed";
    own.textContent = text;
    if (text) holder.before(own); else own.remove();
  };
  const line = (body, name, texts, share) => {
    const row = body.insertRow(), title = document.createElement("th"), own = document.createElement("bdi");
    title.scope = "row";
    own.textContent = name;
    title.append(own);
    row.append(title);
    texts.forEach((text, at) => {
      const cell = row.insertCell();
      cell.className = share === undefined || at ? "n" : "n bar";
      if (share !== undefined && !at) cell.style.setProperty("--share", share);
      cell.textContent = text;
    });
  };
  const inTable = (table, cut, pick) => {
    const body = table.tBodies[0], rows = rowsOf(cut, pick), longest = Math.max(1, ...rows.map((row) => row.figures[cut.measures[0]][1]));
    body.replaceChildren();
    for (const row of rows) {
      const texts = cut.columns.map((measure) => (measure ? say(measure, row.figures[measure]) : "\u2013"));
      line(body, row.name, texts, cut.by === "picked" ? row.figures[cut.measures[0]][1] / longest : undefined);
    }
    if (!rows.length) line(body, words.nothing, cut.columns.map(() => ""));
  };
  const inChart = (cut, pick) => {
    const unit = 10 ** words.digits, shown = ([least, most, gone]) => (gone || !Number.isFinite(most) ? least : most);
    const written_ = (measure, row, kind) => (kind === "text" ? say(measure, row[measure])
      : shown(row[measure]) / (measure.endsWith("_minor") ? unit : 1));
    const rows = cut.by === "stage" ? stages(cut, pick) : rowsOf(cut, pick);
    return rows.slice(0, cut.most).map((row) => ({ [cut.label]: row.name,
      ...Object.fromEntries(Object.entries(cut.fields).map(([field, [measure, kind]]) => [field, written_(measure ?? row.measure, row.figures, kind)])) }));
  };
  const stages = (cut, pick) => {
    const total = cells.sums(pick, "").get("") ?? cells.none;
    return cut.measures.map((measure) => ({ name: cut.names[measure], measure, figures: { [measure]: total[cells.at(measure)] } }));
  };
  const inCards = (place, cut, pick) => {
    const total = cells.sums(cut.night ? { ...pick, from: cut.night, to: cut.night } : pick, "").get("") ?? cells.none;
    place.classList.add("cuts");
    for (const one of place.querySelectorAll("[data-figure]")) one.textContent = say(one.dataset.figure, total[cells.at(one.dataset.figure)]);
  };
  const original = new Map();
  const restore = (place) => {
    const parts = place.matches("table") ? [place.tBodies[0]] : place.matches(".cards") ? [...place.querySelectorAll("[data-figure]")] : [];
    place.classList.remove("cuts");
    for (const part of parts) {
      if (!original.has(part)) original.set(part, [...part.childNodes]);
      part.replaceChildren(...original.get(part));
    }
  };
  const drawnFor = new Map();
  const redraw = (place, key, change) => {
    if (drawnFor.get(place) === key) return;
    drawnFor.set(place, key);
    draw(place, change);
  };
  const cutPart = (place, pick, on) => {
    const cut = JSON.parse(place.dataset.cut), isCut = on.some((name) => follows(place).includes(name)) || (cut.by === "picked" && isPicked("by"));
    restore(place);
    note(place, unfollowed(place, on));
    if (place.matches(".chart")) redraw(place, isCut ? JSON.stringify(pick) : "", isCut ? () => inChart(cut, pick) : undefined);
    else if (isCut && place.matches("table")) inTable(place, cut, pick);
    else if (isCut) inCards(place, cut, pick);
  };
  const keyedPart = (place, pick, on) => {
    const can = on.some((name) => follows(place).includes(name)), fits = (keys) => !can || matches(keys, pick);
    if (place.matches(".chart")) redraw(place, can ? JSON.stringify(pick) : "", can ? (rows) => rows.filter((row) => fits(row.keys ?? {})) : undefined);
    else for (const row of place.tBodies[0].rows) row.hidden = !fits(JSON.parse(row.dataset.keys ?? "{}"));
    note(place, unfollowed(place, on));
  };
  const unfollowed = (place, on) => {
    const gone = on.filter((name) => !follows(place).includes(name)).map((name) => words.dimensions[name]);
    return gone.length ? words.unfollowed.replace("{dimensions}", gone.join(", ")) : "";
  };
  const untouched = (on) => {
    for (const section of document.querySelectorAll("main section")) {
      if (section.querySelector("[data-cut], [data-follows]") || !section.querySelector("table, .meter, .cards, .chart")) continue;
      const mark = section.querySelector(":scope > .unfollowed") ?? section.querySelector("h2").insertAdjacentElement("afterend", document.createElement("p"));
      mark.className = "note unfollowed";
      mark.textContent = on.length ? words.untouched : "";
    }
  };
  const explained = (pick) => {
    const part = document.querySelector("#explore-table");
    if (!part) return;
    const by = form.elements.by.value, found = [...cells.sums(pick, by).values()], ends = form.elements;
    const gone = found.reduce((sum, one) => sum + one[0][2], 0);
    const forms = new Intl.PluralRules(document.documentElement.lang).select(gone);
    const bounded = new Set([...active(pick), by].filter((name) => name !== "night").map((name) => (name === "campaign" ? "offer" : name))).size > 2;
    document.getElementById("explore-note").textContent = [gone ? (words.hidden[forms] ?? words.hidden.other).replace("{count}", grouped(String(gone))) : "",
      bounded ? words.bounds : ""].filter(Boolean).join(" ");
    part.tHead.rows[0].cells[0].textContent = words.dimensions[by];
    const text = { by: words.dimensions[by], from: ends.from.selectedOptions[0].text, to: ends.to.selectedOptions[0].text };
    for (const one of document.querySelectorAll("#explore-table caption, [data-caption=explore-table]")) one.textContent = words.caption.replace(/\{(\w+)\}/g, (_, key) => text[key]);
  };
  const show = () => {
    const pick = picked(), on = active(pick);
    for (const place of document.querySelectorAll("[data-cut]")) cutPart(place, pick, on);
    for (const place of document.querySelectorAll("[data-follows]")) keyedPart(place, pick, on);
    untouched(on);
    explained(pick);
    form.querySelector("[data-picked]").textContent = on.length ? `(${on.length})` : "";
    form.querySelector("button").hidden = !on.length && !isPicked("by");
  };
  const store = () => {
    // What another page understands and this one does not stays in the address.
    const state = chosen();
    for (const one of fields()) if (isPicked(one.name)) state.set(one.name, one.value); else state.delete(one.name);
    location.replace(`#${state}`);
    keep();
  };
  const restored = () => {
    for (const one of fields()) one.value = words.usual[one.name] ?? "";
    for (const [name, value] of chosen()) {
      const field = form.elements[name];
      if (field && [...field.options].some((one) => one.value === value)) field.value = value;
    }
    if (Object.keys(picked()).length) form.querySelector("details").open = true;
    show();
  };
  form.addEventListener("change", () => { show(); store(); });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const one of fields()) one.value = words.usual[one.name] ?? "";
    show();
    store();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", restored);
  if (matchMedia("(min-width: 46rem)").matches) form.querySelector("details").open = true;
  restored();
};
document.querySelectorAll("form.filters").forEach(filtering);
addEventListener("hashchange", keep);
keep();
