// Numbers, the distribution of divergence, and the heat map of kinds by pair of outlets.
function tile(value, label, note) {
  return h("div", { class: "tile" }, h("strong", {}, value), h("span", {}, label), note ? h("small", {}, note) : null);
}

function drawTiles(shown) {
  const seen = new Set();
  const byGrade = grades.map(() => 0);
  for (const row of shown) { seen.add(row.bead); byGrade[row.grade] += 1; }
  const units = seen.size;
  const sentences = documents.reduce((sum, each) => sum + each.segments, 0);
  const linked = documents.reduce((sum, each) => sum + each.linked, 0);
  $("grades").replaceChildren(
    h("figcaption", {}, h("h3", {}, "Grades"), h("p", {}, "a click filters")),
    h("div", { class: "gradebar", role: "img", "aria-label": byGrade.map((count, grade) => `${count} of grade ${grade}, ${grades[grade]}`).join("; ") },
      byGrade.map((count, grade) => (count ? h("span", { class: `shade g${grade}`, style: { "flex-grow": count } }, h("b", {}, String(grade))) : null))),
    h("ul", { class: "legend" }, grades.map((meaning, grade) => h("li", {},
      h("button", { type: "button", class: "plain", "data-focus": `legend:${grade}`, "aria-pressed": String(state.grade.has(String(grade))), onclick: () => toggle("grade", String(grade)) },
        chip(grade), ` ${meaning} `, h("b", {}, byGrade[grade].toLocaleString("en")))))));
  const names = outlets.length > 6 ? `${outlets.slice(0, 5).join(", ")} and ${outlets.length - 5} more` : outlets.join(", ");
  $("tiles").replaceChildren(
    tile(units.toLocaleString("en"), units === 1 ? "unit" : "units", isFiltered() ? `of ${rowsOfBead.size.toLocaleString("en")}` : `${shown.length.toLocaleString("en")} pairs of texts`),
    tile(outlets.length.toLocaleString("en"), outlets.length === 1 ? "outlet" : "outlets", names),
    sentences ? tile(`${Math.round((100 * linked) / sentences)} %`, "of sentences linked", `${linked.toLocaleString("en")} of ${sentences.toLocaleString("en")}${data.summary.gaps ? `, ${many(data.summary.gaps, "gap", "gaps")}` : ""}`) : [],
  );
}

const chip = (grade) => h("span", { class: `chip g${grade}` }, h("span", { class: "hidden" }, "grade "), String(grade), h("span", { class: "pips", "aria-hidden": "true" }, "●".repeat(grade) + "○".repeat(3 - grade)));

function drawHistogram(bins) {
  const total = bins.reduce((sum, each) => sum + each, 0);
  const base = data.baseline;
  const shares = bins.map((count) => (total ? count / total : 0));
  const top = Math.max(0.01, ...shares, ...(base ? base.shares : []));
  const [width, height, left, bottom] = [520, 170, 34, 22];
  const x = (bin) => left + ((width - left - 6) * bin) / 20;
  const y = (share) => height - bottom - ((height - bottom - 10) * share) / top;
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Distribution of divergence of ${total} pairs${base ? `, with ${base.label} as the baseline` : ""}` });
  for (const share of [0, top / 2, top]) {
    svg.append(s("line", { x1: left, x2: width - 6, y1: y(share), y2: y(share), class: "grid" }));
    svg.append(s("text", { x: left - 5, y: y(share) + 3.5, class: "axis end" }, `${Math.round(share * 100)} %`));
  }
  bins.forEach((count, bin) => {
    const low = state.from === "" ? -1 : Number(state.from) - 1e-9;
    const high = state.to === "" ? 2 : Number(state.to) + 1e-9;
    const inside = bin / 20 >= low && (bin + 1) / 20 <= high;
    const bar = s("rect", { x: x(bin) + 1, width: x(1) - x(0) - 2, y: y(shares[bin]), height: Math.max(0, y(0) - y(shares[bin])), class: `bar${inside ? "" : " out"}` });
    const area = s("rect", { x: x(bin), width: x(1) - x(0), y: 0, height: height - bottom, class: "area" }, s("title", {}, `${(bin / 20).toFixed(2)} to ${((bin + 1) / 20).toFixed(2)}: ${many(count, "pair", "pairs")}`));
    area.addEventListener("click", () => {
      const [from, to] = [(bin / 20).toFixed(2), ((bin + 1) / 20).toFixed(2)];
      choose(state.from === from && state.to === to ? { from: "", to: "" } : { from, to });
    });
    svg.append(bar, area);
  });
  if (base) {
    const path = base.shares.map((share, bin) => `${bin ? "L" : "M"}${x(bin)} ${y(share)}L${x(bin + 1)} ${y(share)}`).join("");
    svg.append(s("path", { d: path, class: "baseline" }));
  }
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) svg.append(s("text", { x: x(tick * 20), y: height - 6, class: `axis ${tick === 1 ? "end" : "middle"}` }, String(tick)));
  const input = (name, label) => h("label", {}, `${label} `, h("input", { type: "number", min: "0", max: "1", step: "0.05", value: state[name], placeholder: name === "from" ? "0" : "1", onchange: (event) => choose({ [name]: event.target.value }) }));
  $("histogram").replaceChildren(
    h("figcaption", {}, h("h3", {}, "Divergence"), h("p", {}, base ? [h("span", { class: "key" }), `outline: ${base.label} (median ${figure(base.median)})`] : "0 the same, 1 nothing in common")),
    svg,
    h("div", { class: "range" }, input("from", "From"), input("to", "to"), state.from || state.to ? h("button", { type: "button", class: "plain", onclick: () => choose({ from: "", to: "" }) }, "all") : null),
  );
}

const MOST_PAIRS = 24;

function drawHeat(pairKinds) {
  const totals = valuesOf("pair");
  const pairs = [...totals.keys()].sort((x, y) => totals.get(y) - totals.get(x) || (x < y ? -1 : 1));
  const used = [...KINDS, "none"].filter((kind) => valuesOf("kind").has(kind));
  const top = Math.max(1, ...pairKinds.values());
  const cells = (pair) => used.map((kind) => {
    const count = pairKinds.get(`${pair}\n${kind}`) || 0;
    const chosen = state.pair.has(pair) && state.kind.has(kind);
    const filter = () => choose(chosen ? { pair: new Set(), kind: new Set() } : { pair: new Set([pair]), kind: new Set([kind]) });
    const label = `${pairName(pair)}, ${kind === "none" ? "no kind" : kind}: ${many(count, "pair", "pairs")}`;
    return h("td", {}, count ? h("button", { type: "button", class: `heat h${Math.ceil((5 * Math.sqrt(count)) / Math.sqrt(top))}`, "aria-pressed": String(chosen), "aria-label": label, title: label, "data-focus": `heat:${pair}:${kind}`, onclick: filter }, String(count)) : h("span", { class: "heat h0" }, h("span", { class: "hidden" }, "0")));
  });
  $("heat").replaceChildren(
    h("figcaption", {}, h("h3", {}, "Kinds by pair of outlets"), h("p", {}, pairs.length > MOST_PAIRS ? `the ${MOST_PAIRS} largest of ${pairs.length} pairs; a click filters` : "a click filters")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Kinds by pair of outlets" }, h("table", { class: "heatmap" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Pair"), used.map((kind) => h("th", { scope: "col" },
        h("button", { type: "button", class: "plain", "data-focus": `heat:${kind}`, "aria-pressed": String(state.kind.has(kind)), onclick: () => toggle("kind", kind) }, kind === "none" ? "no kind" : kind))))),
      h("tbody", {}, pairs.slice(0, MOST_PAIRS).map((pair) => h("tr", {}, h("th", { scope: "row" },
        h("button", { type: "button", class: "plain", "data-focus": `heat:${pair}`, "aria-pressed": String(state.pair.has(pair)), onclick: () => toggle("pair", pair) }, h("bdi", {}, pairName(pair)))), cells(pair)))))),
  );
}
