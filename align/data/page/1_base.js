// Elements, and the rows as the rest of the page sees them. Text only ever enters through text nodes.
const $ = (id) => document.getElementById(id);

function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function s(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const figure = (value, digits = 2) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const many = (count, one, more) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

const data = JSON.parse($("data").textContent);
const { documents, grades, kinds: KINDS } = data;
const documentById = new Map(documents.map((each, index) => [each.id, Object.assign(each, { index })]));

function side(values, name) {
  const text = (field) => data.texts[values[`${field}_${name}`]];
  return {
    document: documents[values[`document_${name}`]], start: values[`start_${name}`], end: values[`end_${name}`], outlet: text("outlet"),
    language: text("language"), text: text("text"), back: text("backtranslation"), speaker: text("speaker"), speech: text("speech"),
    doubt: text("doubt"), marks: values[`marks_${name}`],
  };
}

const perBead = new Map();
const rows = data.rows.map((array, index) => {
  const values = Object.fromEntries(data.fields.map((name, place) => [name, array[place]]));
  const [a, b] = [side(values, "a"), side(values, "b")];
  const number = (perBead.get(values.bead) || 0) + 1;
  perBead.set(values.bead, number);
  // Evidence is numbered as it is listed: under its kind, and only where the kind was set.
  const evidence = values.kinds.flatMap((kind) => values.evidence.filter((each) => each.kind === kind)).map((each, place) => ({ ...each, number: place + 1 }));
  return {
    index, a, b, evidence, bead: values.bead, key: `${values.bead}.${number}`, pair: [a.outlet, b.outlet].sort().join(" | "),
    kinds: values.kinds, grade: values.grade, divergence: values.divergence, percentile: values.percentile, link: values.alignment_score,
    odd: values.odd_one_out, status: values.status, comment: values.comment, pivot: data.texts[values.pivot], engine: data.texts[values.engine],
    signature: data.texts[values.signature], scores: Object.fromEntries(data.scores.map((name) => [name, values[name]])),
    artefact: evidence.some((each) => each.artefact), haystack: null,
  };
});
const beads = data.beads.map(([id, score, origin, moved, members]) => ({
  id, score, origin, moved,
  members: members.map(([document, start, end, text, speaker]) => ({ document: documents[document], start, end, text: data.texts[text], speaker: data.texts[speaker] })),
}));
const beadById = new Map(beads.map((bead) => [bead.id, bead]));
const rowsOfBead = new Map();
for (const row of rows) {
  if (!rowsOfBead.has(row.bead)) rowsOfBead.set(row.bead, []);
  rowsOfBead.get(row.bead).push(row);
}
const rowByKey = new Map(rows.map((row) => [row.key, row]));
// How many units an outlet takes part in: the one with most is the base text until another is chosen.
const outlets = [...new Set([...documents.map((each) => each.outlet), ...rows.flatMap((row) => [row.a.outlet, row.b.outlet])])];
const weight = new Map(outlets.map((outlet) => [outlet, rows.filter((row) => row.a.outlet === outlet || row.b.outlet === outlet).length]));
const heaviest = outlets.reduce((x, y) => (weight.get(y) > weight.get(x) ? y : x), outlets[0] || "");
for (const row of rows) row.origin = (beadById.get(row.bead) || {}).origin || "auto";
