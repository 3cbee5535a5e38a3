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
  "doubtful back-translation": (row) => Boolean(row.a.doubt || row.b.doubt),
  commented: (row) => row.comment !== "",
};
const FACETS = [
  { name: "grade", title: "Grade", of: (row) => [String(row.grade)], order: ["3", "2", "1", "0"], label: (value) => `${value} ${grades[value]}` },
  { name: "kind", title: "Kinds", of: (row) => (row.kinds.length ? row.kinds : ["none"]), order: [...KINDS, "none"], label: (value) => (value === "none" ? "no kind" : value) },
  { name: "outlet", title: "Outlets", of: (row) => [...new Set([row.a.outlet, row.b.outlet])], order: outlets, label: (value) => value },
  { name: "pair", title: "Pairs of outlets", of: (row) => [row.pair], order: null, label: (value) => pairName(value) },
  { name: "speaker", title: "Speakers", of: (row) => [...new Set([row.a.speaker, row.b.speaker].filter(Boolean))], order: null, label: (value) => value },
  { name: "confidence", title: "Confidence of the link", of: (row) => [confidence(row)], order: ["high", "medium", "low"], label: (value) => value },
  { name: "status", title: "Status", of: (row) => [row.status || "open"], order: ["open", "needs review", "accepted", "rejected"], label: (value) => value },
  { name: "note", title: "Notes", of: (row) => Object.keys(NOTES).filter((name) => NOTES[name](row)), order: Object.keys(NOTES), label: (value) => value },
];
for (const row of rows) row.facets = Object.fromEntries(FACETS.map((facet) => [facet.name, facet.of(row)]));

function haystack(row) {
  row.haystack ??= [row.key, row.a.outlet, row.b.outlet, row.a.text, row.b.text, row.a.back, row.b.back, row.a.speaker, row.b.speaker, row.comment, ...row.kinds]
    .join("\n").toLowerCase();
  return row.haystack;
}

function matches() {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const low = state.from === "" ? -1 : Number(state.from);
  const high = state.to === "" ? 2 : Number(state.to);
  const active = FACETS.filter((facet) => state[facet.name].size);
  const counts = Object.fromEntries(FACETS.map((facet) => [facet.name, new Map()]));
  const bins = new Array(20).fill(0);
  const pairKinds = new Map();
  const shown = [];
  for (const row of rows) {
    if (words.length && !words.every((word) => haystack(row).includes(word))) continue;
    const inRange = row.divergence === null ? low < 0 && high > 1 : row.divergence >= low && row.divergence <= high;
    const failed = active.filter((facet) => !row.facets[facet.name].some((value) => state[facet.name].has(value)));
    // A facet counts the rows that the other choices leave, so that adding a value to it never promises nothing.
    if (inRange && failed.length <= 1) {
      for (const facet of FACETS) {
        if (failed.length && failed[0] !== facet) continue;
        for (const value of row.facets[facet.name]) counts[facet.name].set(value, (counts[facet.name].get(value) || 0) + 1);
      }
    }
    if (!failed.length && row.divergence !== null) bins[Math.min(19, Math.floor(row.divergence * 20))] += 1;
    if (inRange && failed.every((facet) => facet.name === "kind" || facet.name === "pair")) {
      for (const kind of row.facets.kind) pairKinds.set(`${row.pair}\n${kind}`, (pairKinds.get(`${row.pair}\n${kind}`) || 0) + 1);
    }
    if (inRange && !failed.length) shown.push(row);
  }
  return { shown, counts, bins, pairKinds };
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
