// Which rows are shown, how many each facet would leave, and in which order.
const confidence = (row) => (row.link >= 0.8 ? "high" : row.link >= 0.5 ? "medium" : "low");
function pairName(pair) {
  const [one, two] = pair.split(" | ");
  return one === two ? `within ${one}` : pair.replace(" | ", " ↔ ");
}

const NOTES = {
  "possible artefact": (row) => row.artefact,
  "odd one out": (row) => row.odd !== "",
  "same document": (row) => row.a.document === row.b.document,
  "doubtful back-translation": (row) => row.doubtful,
  commented: (row) => row.comment !== "",
  "linked by a reviewer": (row) => row.origin === "human",
  "grade or kinds changed": (row) => changedByReviewer(row),
  "waiting to be saved": (row) => row.waiting !== null,
};
// A row counts under the strongest of its evidence.
const STRONGEST = { rule: "words that differ", hint: "hints only", backtranslation: "back-translation only", none: "none" };
const FACETS = [
  { name: "grade", title: "Grade", of: (row) => [String(row.grade)], order: ["3", "2", "1", "0"], label: (value) => `${value} ${grades[value]}` },
  { name: "status", title: "Status", of: (row) => [row.status || "open"], order: ["open", "needs review", "accepted", "rejected"], label: (value) => value },
  { name: "kind", title: "Kinds", of: (row) => (row.kinds.length ? row.kinds : ["none"]), order: [...KINDS, "none"], label: (value) => (value === "none" ? "no kind" : value) },
  { name: "outlet", title: "Outlets", of: (row) => (row.a.outlet === row.b.outlet ? [row.a.outlet] : [row.a.outlet, row.b.outlet]), order: () => outlets, label: (value) => value },
  { name: "pair", title: "Pairs of outlets", of: (row) => [row.pair], order: null, label: (value) => pairName(value) },
  { name: "speaker", title: "Speakers", of: (row) => (row.a.speaker === row.b.speaker ? [row.a.speaker] : [row.a.speaker, row.b.speaker]).filter(Boolean), order: null, label: (value) => value },
  { name: "confidence", title: "Confidence of the link", of: (row) => [confidence(row)], order: ["high", "medium", "low"], label: (value) => value },
  { name: "basis", title: "Evidence", of: (row) => [row.basis], order: [...BASES].reverse(), label: (value) => STRONGEST[value] },
  { name: "reviewer", title: "Reviewers", of: (row) => (row.reviewer ? [row.reviewer] : []), order: null, label: (value) => value },
  { name: "note", title: "Notes", of: null, order: Object.keys(NOTES), label: (value) => value },
];
const NOTE_TESTS = Object.entries(NOTES);
FACETS[FACETS.length - 1].of = (row) => NOTE_TESTS.filter(([, holds]) => holds(row)).map(([name]) => name);

// What a row counts under, kept until the row changes.
const facetsOf = (row) => (row.facets ??= FACETS.map((facet) => facet.of(row)));
const KIND_FACET = FACETS.findIndex((facet) => facet.name === "kind");
const PAIR_FACET = FACETS.findIndex((facet) => facet.name === "pair");

// Every value that a facet has in the whole table, with its count; kept until rows change.
let known = { version: -1, facets: null };

function valuesOf(name) {
  if (known.version !== version || touchedSince) {
    known = { version, facets: FACETS.map(() => new Map()) };
    touchedSince = false;
    for (const row of rows) facetsOf(row).forEach((values, place) => { for (const value of values) known.facets[place].set(value, (known.facets[place].get(value) || 0) + 1); });
  }
  return known.facets[FACETS.findIndex((facet) => facet.name === name)];
}

let touchedSince = false; // a decision has changed what rows count under

function haystack(row) {
  row.haystack ??= [row.key, row.a.outlet, row.b.outlet, row.a.text, row.b.text, row.a.back, row.b.back, row.a.speaker, row.b.speaker, row.comment, ...row.kinds]
    .join("\n").toLowerCase();
  return row.haystack;
}

// Which rows a search finds: here where the texts are here, else by asking the server, which draws again when it knows.
let asked = { q: "", version: -1, ids: null };

function searched() {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  if (!served || !unread) {
    load(rows);
    return (row) => { const text = haystack(row); return words.every((word) => text.includes(word)); };
  }
  if (asked.q !== state.q || asked.version !== version) {
    const wanted = { q: state.q, version, ids: asked.ids || new Set() };
    asked = wanted;
    ask("search", null, { q: state.q }).then(({ ids }) => { wanted.ids = new Set(ids); if (asked === wanted) draw(); }, () => { wanted.version = -1; });
  }
  return (row) => asked.ids.has(row.id);
}

function matches() {
  const finds = searched();
  const low = state.from === "" ? -1 : Number(state.from);
  const high = state.to === "" ? 2 : Number(state.to);
  const active = FACETS.map((facet, place) => [place, state[facet.name]]).filter(([, chosen]) => chosen.size);
  const tallies = FACETS.map(() => new Map());
  const bins = new Array(20).fill(0);
  const pairKinds = new Map();
  const shown = [];
  for (const row of rows) {
    if (finds && !finds(row)) continue;
    const inRange = row.divergence === null ? low < 0 && high > 1 : row.divergence >= low && row.divergence <= high;
    const facets = facetsOf(row);
    let [failed, which, onlyHeat] = [0, -1, true];
    for (const [place, chosen] of active) {
      const values = facets[place];
      let passes = false;
      for (let at = 0; at < values.length && !passes; at += 1) passes = chosen.has(values[at]);
      if (passes) continue;
      failed += 1;
      which = place;
      if (place !== KIND_FACET && place !== PAIR_FACET) onlyHeat = false;
    }
    // A facet counts the rows that the other choices leave, so that adding a value to it never promises nothing.
    if (inRange && failed <= 1) {
      for (let place = 0; place < tallies.length; place += 1) {
        if (failed && which !== place) continue;
        for (const value of facets[place]) tallies[place].set(value, (tallies[place].get(value) || 0) + 1);
      }
    }
    if (!failed && row.divergence !== null) bins[Math.min(19, Math.floor(row.divergence * 20))] += 1;
    if (inRange && onlyHeat) {
      for (const kind of facets[KIND_FACET]) { const name = `${row.pair}\n${kind}`; pairKinds.set(name, (pairKinds.get(name) || 0) + 1); }
    }
    if (inRange && !failed) shown.push(row);
  }
  return { shown, counts: Object.fromEntries(FACETS.map((facet, place) => [facet.name, tallies[place]])), bins, pairKinds };
}

const SORTS = {
  grade: ["Grade, then divergence", (row) => row.grade + (row.divergence || 0) / 10],
  divergence: ["Divergence", (row) => row.divergence],
  place: ["Place in the base text", (row) => { const [first] = oriented(row); return first.document ? first.document.index * 1e9 + first.start : row.index; }],
  link: ["Confidence of the link", (row) => row.link],
  similarity: ["Similarity", (row) => row.scores.similarity],
  chrf: ["chrF", (row) => row.scores.chrf],
  outlets: ["Outlets", (row) => row.pair],
  kinds: ["Number of kinds", (row) => row.kinds.length],
  unit: ["Unit", (row) => row.index],
};

function ordered(shown) {
  const down = state.sort.startsWith("-");
  const by = (SORTS[state.sort.replace("-", "")] || SORTS.grade)[1];
  const keyed = shown.map((row) => [by(row), row]);
  keyed.sort(([x, first], [y, second]) => {
    if (x === y) return first.index - second.index;
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    return (x < y ? -1 : 1) * (down ? -1 : 1);
  });
  return keyed.map(([, row]) => row);
}

// The sides of a row with the base text first, where it is one of them.
const oriented = (row) => (state.base && row.b.outlet === state.base && row.a.outlet !== state.base ? [row.b, row.a, "b", "a"] : [row.a, row.b, "a", "b"]);
