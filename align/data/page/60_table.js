// The table: one row a pair, or one row a unit with the outlets as columns.
const COLUMNS = { back: "Back-translations", kinds: "Kinds and evidence", scores: "Scores", marks: "Marked words" };
const STATUS_SIGNS = { accepted: "✓", "needs review": "?", rejected: "✕" };
const ORIGINS = { auto: "found by machine", human: "linked by a reviewer", gold: "gold" };
const hidden = (name) => state.hide.has(name);

function heading(title, sort) {
  if (!sort) return h("th", { scope: "col" }, title);
  const active = state.sort.replace("-", "") === sort;
  const down = state.sort.startsWith("-");
  return h("th", { scope: "col", "aria-sort": active ? (down ? "descending" : "ascending") : false },
    h("button", { type: "button", class: "sort", "data-focus": `sort:${sort}`, onclick: () => choose({ sort: active && down ? sort : active ? `-${sort}` : ["grade", "divergence", "kinds", "link"].includes(sort) ? `-${sort}` : sort }) },
      title, h("span", { class: "arrow", "aria-hidden": "true" }, active ? (down ? "▼" : "▲") : "↕")));
}

function sideOf(row, each, name, tag, label = true) {
  const evidence = (isOpen(row.key) ? [...row.evidence, ...row.further] : row.evidence).map((one) => ({ ...one, span: one[`span_${name}`] }));
  const speaker = [each.speaker, each.speech === "reported" ? "reported" : ""].filter(Boolean).join(", ");
  return [
    label ? h("div", { class: "outlet" }, filterButton("outlet", each.outlet), speaker ? h("span", { class: "speaker" }, h("bdi", {}, speaker)) : null) : null,
    h("p", { class: "text", dir: "auto", lang: each.language || false }, hidden("marks") ? marked(each.text, {}) : marked(each.text, { spans: each.marks, tag, evidence })),
    each.back && !hidden("back") ? h("div", { class: "back" },
      h("span", { class: "backlabel", title: [row.engine, row.pivot ? `by way of ${row.pivot}` : ""].filter(Boolean).join(", ") }, `back-translation${row.pivot ? ` via ${row.pivot}` : ""}${row.engine ? ` · ${row.engine.split(/[ :|]/)[0]}` : ""}`),
      h("p", { dir: "auto" }, safe(each.back)), each.doubt ? h("p", { class: "doubt" }, `not scored: ${each.doubt}`) : null) : null,
  ];
}

const filterButton = (name, value) => h("button", { type: "button", class: "plain value", title: `show only ${value}`, onclick: () => toggle(name, value, true) }, h("bdi", {}, value));

const quoted = (value) => (value && value !== "-" ? h("q", { dir: "auto" }, safe(value)) : h("i", {}, "nothing"));
const BASIS_LABELS = { hint: ["hint", "The encoder's vectors say so: look, but do not rely on it"], backtranslation: ["⚠ back-translation only: possible artefact", "Possibly a fault of the machine translation"] };

// One finding: its number in the text, both values, what it rests on; with the row open also who says so.
function reasonOf(each, open) {
  const [label, meaning] = BASIS_LABELS[basisOf(each)] || [];
  return h("div", { class: "reason", title: saidBy(each) }, h("span", { class: `foot ${basisOf(each)}` }, String(each.number)), " ",
    each.value_a || each.value_b ? [quoted(each.value_a), " → ", quoted(each.value_b)] : h("i", {}, each.channel),
    label ? [" ", h("span", { class: `basis ${basisOf(each)}`, title: meaning }, label)] : null,
    each.severity ? h("span", { class: "severity", title: "how likely this alone makes the pair divergent, 0 to 1" }, ` · severity ${figure(each.severity)}`) : null,
    open ? h("span", { class: "channel" }, ` ${channelOf(each)}`) : null);
}

// What was found and not claimed: too weak, or the back-translation alone. With the row open it is also marked in the texts.
function furtherOf(row, open) {
  if (!row.further.length) return null;
  const count = (basis) => row.further.filter((each) => basisOf(each) === basis).length;
  const [rules, hints, artefacts] = ["rule", "hint", "backtranslation"].map(count);
  return h("details", { class: "further", open }, h("summary", { "data-focus": `further:${row.key}` }, `${many(row.further.length, "finding", "findings")} that made no kind: `,
    [rules && many(rules, "by words", "by words"), hints && many(hints, "hint", "hints"), artefacts && `${artefacts} by back-translation only`].filter(Boolean).join(", ")),
    [...new Set(row.further.map((each) => each.kind))].map((kind) => [h("div", { class: "madenone" }, kind), row.further.filter((each) => each.kind === kind).map((each) => reasonOf(each, open))]));
}

function kindsOf(row) {
  const open = isOpen(row.key);
  const shown = [];
  for (const kind of row.kinds) {
    const reasons = row.evidence.filter((each) => each.kind === kind);
    shown.push(h("li", {}, h("button", { type: "button", class: "plain kind", "data-kind": KINDS.indexOf(kind), title: `show only ${kind}`, onclick: () => toggle("kind", kind, true) }, kind),
      reasons.map((each) => reasonOf(each, open))));
  }
  return [shown.length ? h("ul", { class: "kinds" }, shown) : h("span", { class: "none" }, "no kind named"), furtherOf(row, open)];
}

const SCORE_NAMES = { bleu: ["BLEU", 1], chrf: ["chrF", 1], ter: ["TER", 1], similarity: ["similarity", 2], coverage_ab: ["A in B", 2], coverage_ba: ["B in A", 2] };

function scoresOf(row, swapped) {
  const order = swapped ? ["similarity", "coverage_ba", "coverage_ab", "chrf", "bleu", "ter"] : ["similarity", "coverage_ab", "coverage_ba", "chrf", "bleu", "ter"];
  const name = (field) => (swapped && field.startsWith("coverage") ? SCORE_NAMES[field === "coverage_ab" ? "coverage_ba" : "coverage_ab"][0] : SCORE_NAMES[field][0]);
  return h("dl", { class: "scores" }, order.filter((field) => row.scores[field] !== null && row.scores[field] !== undefined)
    .map((field) => h("div", {}, h("dt", {}, name(field)), h("dd", {}, figure(row.scores[field], SCORE_NAMES[field][1])))));
}

function verdict(row) {
  return [
    h("span", { class: "meaning" }, grades[row.grade], changedByReviewer(row) ? h("span", { class: "byreviewer", title: whatTheProgramSaid(row) }, " ✎ changed by a reviewer") : null),
    h("span", { class: "degree" }, h("span", { class: "divergence", title: "divergence, 0 to 1" }, figure(row.divergence)),
      h("span", { class: "meter", "aria-hidden": "true" }, h("span", { class: `fill g${row.grade}`, style: { width: `${100 * (row.divergence || 0)}%` } }))),
    row.percentile === null ? null : h("span", { class: "small", title: "share of human renditions of one text that diverge less" }, `above ${Math.round(row.percentile)} % of human renditions`),
    row.odd ? h("span", { class: "small" }, "odd one out: ", h("bdi", {}, row.odd)) : null,
  ];
}

function whatTheProgramSaid(row) {
  const [grade, kinds] = row.auto || [null, null];
  const own = [grade ?? (row.grade !== row.base.grade ? row.base.grade : null), kinds ?? (row.kinds.join() !== row.base.kinds.join() ? row.base.kinds : null)];
  return `the program: ${[own[0] === null ? null : `grade ${own[0]}`, own[1] ? own[1].join(", ") || "no kind" : null].filter(Boolean).join("; ")}`;
}

function linkOf(row) {
  const level = confidence(row);
  return h("span", { class: `link ${level} ${row.origin}`, title: `confidence of the link ${figure(row.link)}, ${ORIGINS[row.origin] || row.origin}` },
    h("span", { "aria-hidden": "true" }, { high: "▮▮▮", medium: "▮▮▯", low: "▮▯▯" }[level]), ` link ${figure(row.link)}`, row.origin === "auto" ? null : h("b", {}, row.origin === "human" ? " ✍ by a reviewer" : ` ${row.origin}`));
}

// What a reviewer said: the status in words, what is still on its way, the comment.
function statusOf(item) {
  const [status, waiting] = [oneStatus(item), rowsOf(item).map((row) => row.waiting).find(Boolean)];
  const comment = rowsOf(item)[0].comment;
  return [
    status ? h("span", { class: `status ${status.replace(" ", "-")}`, title: rowsOf(item)[0].reviewer ? `by ${rowsOf(item)[0].reviewer}` : false }, `${STATUS_SIGNS[status] || "•"} ${status === "mixed" ? "pairs differ" : status}`) : null,
    waiting ? h("span", { class: "status waiting" }, waiting === "saving" ? "⧗ saving" : `⧗ ${waiting}: after import`) : null,
    comment ? h("p", { class: "comment", dir: "auto" }, safe(comment)) : null,
  ];
}

const DECIDING = [["accept", "✓", "Accept", "a"], ["needs-review", "?", "Needs review", "r"], ["reject", "✕", "Reject", "x"]];

function decideButtons(item) {
  const status = oneStatus(item);
  return h("div", { class: "deciding", role: "group", "aria-label": `Decide ${labelOf(item)}` }, DECIDING.map(([name, sign, label, key]) =>
    h("button", { type: "button", "data-act": name, "data-focus": `${name}:${item.key}`, title: `${label} (${key})`, "aria-label": label, "aria-pressed": String(status === STATUS_OF[name]) }, h("span", { "aria-hidden": "true" }, sign))));
}

const headOf = (item, bead, grade) => h("div", { class: "unit" }, h("input", { type: "checkbox", class: "pick", tabindex: "-1", "data-pick": item.key, checked: picked.has(item.key), "aria-label": `Pick ${labelOf(item)}`, title: "Pick (Space)" }), h("span", {}, `unit ${bead}`), chip(grade));

function tools(key) {
  return h("div", { class: "rowtools" },
    h("button", { type: "button", class: "small-button", "data-focus": `open:${key}`, "aria-expanded": String(isOpen(key)), "data-open": key, onclick: () => openContext(key) }, "Context"),
    h("button", { type: "button", class: "small-button", "data-focus": `copy:${key}`, title: "Copy as a quotation", onclick: () => copyQuotation(key) }, "Copy"));
}

const hasWhy = () => !hidden("kinds") || !hidden("scores");
const columnCount = () => (state.view === "units" ? columnOutlets().length + 1 : 3 + hasWhy());
const isOpen = (key) => state.row === key && state.open === "1";

const itemClass = (item) => `item ${oneStatus(item).replace(" ", "-")}${picked.has(item.key) ? " picked" : ""}`;

function pairRow(row) {
  const [first, second, one, two] = oriented(row);
  return h("tr", { class: itemClass(row), "data-key": row.key, tabindex: "-1", "aria-current": state.row === row.key ? "true" : false },
    h("th", { scope: "row", class: "verdict" }, headOf(row, row.bead, row.grade), verdict(row), linkOf(row), decideButtons(row), statusOf(row), tools(row.key)),
    h("td", { class: "side" }, sideOf(row, first, one, "del")),
    h("td", { class: "side" }, sideOf(row, second, two, "ins")),
    hasWhy() ? h("td", { class: "why" }, hidden("kinds") ? null : kindsOf(row), hidden("scores") ? null : scoresOf(row, one === "b")) : null);
}

function pairTable(page) {
  return h("table", { class: "pairs" }, h("caption", { class: "hidden" }, "Pairs of renditions"),
    h("thead", {}, h("tr", {}, heading("Grade", "grade"), heading(state.base ? `Base: ${state.base}` : "A", state.base ? "place" : "outlets"), heading("B"),
      hasWhy() ? heading(hidden("kinds") ? "Scores" : hidden("scores") ? "Kinds" : "Kinds and scores", hidden("kinds") ? "similarity" : "kinds") : null)),
    h("tbody", {}, page.map((row) => [pairRow(row), isOpen(row.key) ? contextRow(row.key) : null])));
}

const baseOutlet = () => (outlets.includes(state.base) ? state.base : heaviest);

function unitRow(unit) {
  const all = rowsOfBead.get(unit.id) || [];
  const present = new Set(all.flatMap((row) => [row.a.outlet, row.b.outlet]));
  // A unit that the base text lacks is held against the first text that has it.
  const base = columnOutlets().find((outlet) => present.has(outlet)) || [...present][0];
  const keyOf = (each) => `${each.document ? each.document.index : each.outlet}:${each.start}:${each.end}:${each.text}`;
  const members = new Map(all.flatMap((row) => [row.a, row.b]).map((each) => [keyOf(each), each]));
  const first = [...members.values()].filter((each) => each.outlet === base).sort((x, z) => x.start - z.start)[0];
  const sides = [...members].map(([key, each]) => {
    const here = all.filter((row) => keyOf(row.a) === key || keyOf(row.b) === key);
    // The row that holds this text against the base is the one whose marks are shown.
    const row = here.find((one) => each !== first && [keyOf(one.a), keyOf(one.b)].includes(keyOf(first)));
    const chosen = row || here[0];
    const name = keyOf(chosen.a) === key ? "a" : "b";
    return { row: chosen, each: chosen[name], name, against: Boolean(row), isBase: each === first };
  });
  const worst = unit.rows.reduce((x, z) => (z.grade > x.grade || (z.grade === x.grade && z.divergence > x.divergence) ? z : x));
  const cellOf = (outlet) => {
    const here = sides.filter(({ each }) => each.outlet === outlet).sort((x, z) => x.each.start - z.each.start);
    if (!here.length) return h("td", { class: "side absent" }, h("span", { "aria-hidden": "true" }, "–"), h("span", { class: "hidden" }, "not rendered"));
    return h("td", { class: "side" }, here.map(({ row, each, name, against, isBase }) => h("div", { class: "member" },
      h("div", { class: "outlet" }, against ? [chip(row.grade), h("span", { class: "small" }, [figure(row.divergence), ...row.kinds].join(" · "))]
        : h("span", { class: "small basemark" }, isBase ? "base" : "not compared with the base")),
      sideOf(against ? row : { ...row, evidence: [], further: [] }, against ? each : { ...each, marks: [] }, name, "ins", false))));
  };
  return h("tr", { class: itemClass(unit), "data-key": unit.id, tabindex: "-1", "aria-current": state.row === unit.id ? "true" : false },
    h("th", { scope: "row", class: "verdict" }, headOf(unit, unit.id, worst.grade), verdict(worst), linkOf(worst), decideButtons(unit), statusOf(unit), tools(unit.id)), columnOutlets().map(cellOf));
}

const byWeight = () => [...outlets].sort((x, y) => weight.get(y) - weight.get(x));
const columnOutlets = () => [baseOutlet(), ...byWeight().filter((each) => each !== baseOutlet())].filter((outlet) => !hidden(`outlet:${outlet}`));

function unitTable(page) {
  const wide = columnOutlets().length > 3;
  const table = h("table", { class: "units", style: { "min-width": `${9 + 15 * columnOutlets().length}rem` } }, h("caption", { class: "hidden" }, "Units, outlets side by side"),
    h("thead", {}, h("tr", {}, heading("Grade", "grade"), columnOutlets().map((outlet) => h("th", { scope: "col" }, h("bdi", {}, outlet), outlet === baseOutlet() ? h("span", { class: "small" }, " base text") : null)))),
    h("tbody", {}, page.map((unit) => [unitRow(unit), isOpen(unit.id) ? contextRow(unit.id) : null])));
  return wide ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Units, outlets side by side" }, table) : table;
}

function unitsOf(shown) {
  const units = new Map();
  for (const row of shown) {
    if (!units.has(row.bead)) units.set(row.bead, { id: row.bead, key: row.bead, rows: [] });
    units.get(row.bead).rows.push(row);
  }
  return [...units.values()];
}
