// Adds up the cells that may be shown by what the reader picks. Three dimensions at once are told as bounds: at most the
// smallest of their pairs, at least what the pairs must share.
const cube = (data) => {
  const names = Object.keys(data.values), measures = data.measures.map((_, at) => at), indexed = {};
  const has = (used) => used.join() in data.tables;
  const table = (used) => (indexed[used.join()] ??= new Map((data.tables[used.join()] ?? [])
    .map((cell) => [cell.slice(0, used.length + 1).join(), cell.slice(used.length + 1)])));
  const figure = (used, key, at) => table(used).get(key)?.[at];
  const bounds = (used, bin, at, measure) => {
    // [least, most] of one cell; what is hidden is at most what it is a part of.
    if (used.length > 2) return shared(used, bin, at, measure);
    const known = has(used) ? figure(used, [bin, ...at].join(), measure) ?? (figureIsHidden(used, bin, at, measure) ? null : 0) : null;
    if (known !== null) return [known, known];
    if (!used.length) return [0, Infinity];
    return [0, Math.min(...used.map((_, gone) => bounds(used.toSpliced(gone, 1), bin, at.toSpliced(gone, 1), measure)[1]))];
  };
  const figureIsHidden = (used, bin, at, measure) => table(used).get([bin, ...at].join())?.[measure] === null;
  const shared = (used, bin, at, measure) => {
    const pair = (i, j) => bounds([used[i], used[j]], bin, [at[i], at[j]], measure), all = used.map((_, i) => i);
    const most = Math.min(...all.flatMap((i) => all.filter((j) => j > i).map((j) => pair(i, j)[1])));
    const least = all.map((i) => {
      const most_i = bounds([used[i]], bin, [at[i]], measure)[1];
      const joint = all.filter((j) => j !== i).reduce((sum, j) => sum + pair(Math.min(i, j), Math.max(i, j))[0], 0);
      return Number.isFinite(most_i) ? joint - (used.length - 2) * most_i : 0;
    });
    return [Math.max(0, ...least), most];
  };
  const dimension = (name) => (name === "campaign" ? "offer" : name);
  const fits = (pick, name, place) => {
    const own = (name === "offer" ? data.offers : data.values[name])[place];
    return (!pick[name] || pick[name] === own) && (name !== "offer" || !pick.campaign || pick.campaign === data.campaigns[place]);
  };
  const what = (by, used, bin, at) => {
    if (by === "night") return data.bins[bin][0];
    const place = at[used.indexOf(dimension(by))];
    return by === "campaign" ? data.campaigns[place] : by === "offer" ? data.offers[place] : by ? data.values[by][place] : "";
  };
  const told = (figures) => measures.map((m) => (figures[m] === null ? [0, 0, 1] : [figures[m] ?? 0, figures[m] ?? 0, 0]));
  const exact = function* (used, bins, pick) {
    for (const cell of data.tables[used.join()]) {
      const at = cell.slice(1, used.length + 1);
      if (bins.has(cell[0]) && used.every((name, i) => fits(pick, name, at[i]))) yield [cell[0], at, told(cell.slice(used.length + 1))];
    }
  };
  // Sums of all nights are told also where single nights are hidden.
  const whole = function* (used, pick) {
    for (const cell of data.totals[used.join()]) {
      const at = cell.slice(0, used.length);
      if (used.every((name, i) => fits(pick, name, at[i]))) yield [0, at, told(cell.slice(used.length))];
    }
  };
  const joint = function* (used, bins, pick) {
    const ways = used.map((name) => data.values[name].map((_, place) => place).filter((place) => fits(pick, name, place)));
    for (const bin of bins) {
      for (const at of ways.reduce((all, own) => all.flatMap((one) => own.map((place) => [...one, place])), [[]])) {
        const found = measures.map((m) => [...bounds(used, bin, at, m), 0]);
        if (found.some(([, most]) => most > 0)) yield [bin, at, found];
      }
    }
  };
  // Returns what -> per measure [least, most, cells hidden]. `by` is a dimension, campaign, night or nothing.
  const sums = (pick, by) => {
    const wanted = [...names, "campaign"].filter((name) => pick[name]).concat(by && by !== "night" ? by : []).map(dimension);
    const used = names.filter((name) => wanted.includes(name)), found = new Map();
    const bins = new Set(data.bins.map((_, place) => place).filter((place) =>
      (!pick.from || data.bins[place][1] >= pick.from) && (!pick.to || data.bins[place][2] <= pick.to)));
    const cells = by !== "night" && bins.size === data.bins.length && used.length < 2 ? whole(used, pick)
      : used.length < 3 && has(used) ? exact(used, bins, pick) : joint(used, bins, pick);
    for (const [bin, at, figures] of cells) {
      const name = what(by, used, bin, at), total = found.get(name) ?? measures.map(() => [0, 0, 0]);
      figures.forEach((own, m) => own.forEach((part, i) => { total[m][i] += part; }));
      found.set(name, total);
    }
    // A campaign's sum may be told where those of its offers are not.
    const isOfCampaigns = used.join() === "offer" && !pick.offer && (by === "campaign" || (!by && pick.campaign));
    if (isOfCampaigns && bins.size === data.bins.length) {
      for (const [name, total] of found) {
        for (const [m, own] of (data.wholes[by ? name : pick.campaign] ?? []).entries()) if (own !== null) total[m] = [own, own, 0];
      }
    }
    return found;
  };
  return { sums, none: measures.map(() => [0, 0, 0]), at: (measure) => data.measures.indexOf(measure) };
};
