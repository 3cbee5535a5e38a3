// Rows, beads and documents. Every row has its light part; the heavy part (texts, marks, evidence) comes when it is shown.
const data = JSON.parse($("data").textContent);
const { grades, kinds: KINDS, bases: BASES } = data; // bases: what evidence rests on, the weakest first
const review = data.review;
const served = review.transport === "server";
let documents = [];
let rows = [];
let beadById = new Map();
let rowsOfBead = new Map();
let rowByKey = new Map();
let rowById = new Map();
let documentById = new Map();
let outlets = [];
let weight = new Map();
let heaviest = "";
let unread = 0; // rows whose heavy part is not here yet
let version = 0; // grows with every change of rows or beads, for whoever keeps something made from them

function lightRow(fields, names, array) {
  const values = {};
  for (let place = 0; place < fields.length; place += 1) values[fields[place]] = array[place];
  const side = (name) => ({
    document: documents[values[`document_${name}`]], start: values[`start_${name}`], end: values[`end_${name}`],
    outlet: names[values[`outlet_${name}`]], language: names[values[`language_${name}`]], speaker: names[values[`speaker_${name}`]],
  });
  const [a, b] = [side("a"), side("b")];
  return {
    id: values.id, index: 0, key: "", bead: values.bead, a, b, pair: a.outlet < b.outlet ? `${a.outlet} | ${b.outlet}` : `${b.outlet} | ${a.outlet}`,
    kinds: values.kinds, grade: values.grade, divergence: values.divergence, percentile: values.percentile, link: values.alignment_score,
    odd: values.odd_one_out, status: values.status, comment: values.comment, reviewer: values.reviewer, basis: BASES[values.basis], artefact: Boolean(values.artefact), doubtful: Boolean(values.doubtful),
    auto: values.auto, scores: Object.fromEntries(data.scores.map((name) => [name, values[name]])), origin: "auto", loaded: false, waiting: null,
    base: { status: values.status, comment: values.comment, reviewer: values.reviewer, grade: values.grade, kinds: values.kinds }, haystack: null,
  };
}

function readBead([id, score, origin, moved, members]) {
  return {
    id, score, origin, moved,
    members: members.map(([document, start, end, speaker, text]) => ({ document: documents[document], start, end, speaker, text: text ?? stretch(documents[document], start, end) })),
  };
}

// The source between two places; "" where the page does not hold it.
function stretch(document, start, end) {
  const piece = document && pieceAt(document, start);
  return piece ? piece[1].slice(start - piece[0], end - piece[0]) : "";
}

// Pieces are in order: the last one that begins at or before the place.
function pieceAt(document, place) {
  let [low, high] = [0, document.pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (document.pieces[middle][0] <= place) low = middle + 1;
    else high = middle;
  }
  const piece = document.pieces[low - 1];
  return piece && place <= piece[0] + piece[1].length ? piece : undefined;
}

function addHeavy(details) {
  details.ids.forEach((id, number) => {
    const row = rowById.get(id);
    if (!row || row.loaded) return;
    const values = {};
    details.fields.forEach((name, place) => { values[name] = details.rows[number][place]; });
    const text = (name) => details.texts[values[name]];
    for (const name of ["a", "b"]) {
      const each = row[name];
      each.text = values[`text_${name}`] < 0 ? stretch(each.document, each.start, each.end) : text(`text_${name}`);
      Object.assign(each, { back: text(`backtranslation_${name}`), speech: text(`speech_${name}`), doubt: text(`doubt_${name}`), marks: values[`marks_${name}`] });
    }
    Object.assign(row, { found: values.evidence, pivot: text("pivot"), engine: text("engine"), signature: text("signature"), loaded: true });
    unread -= 1;
    numberEvidence(row);
  });
}

// Evidence is numbered as it is listed: under its kind, and last what made no kind.
function numberEvidence(row) {
  row.evidence = row.kinds.flatMap((kind) => row.found.filter((each) => each.kind === kind)).map((each, place) => ({ ...each, number: place + 1 }));
  row.further = row.found.filter((each) => !row.kinds.includes(each.kind)).map((each, place) => ({ ...each, number: row.evidence.length + place + 1 }));
}

// After rows came or went: their order, names, groups and weights.
function indexRows() {
  version += 1;
  unread = rows.reduce((sum, row) => sum + !row.loaded, 0);
  rowsOfBead = new Map();
  rowByKey = new Map();
  rowById = new Map();
  weight = new Map();
  for (const document of documents) weight.set(document.outlet, 0);
  rows.forEach((row, index) => {
    const group = rowsOfBead.get(row.bead);
    if (group) group.push(row);
    else rowsOfBead.set(row.bead, [row]);
    row.index = index;
    row.key = `${row.bead}.${group ? group.length : 1}`;
    row.origin = (beadById.get(row.bead) || {}).origin || "auto";
    rowByKey.set(row.key, row);
    rowById.set(row.id, row);
    weight.set(row.a.outlet, (weight.get(row.a.outlet) || 0) + 1);
    if (row.b.outlet !== row.a.outlet) weight.set(row.b.outlet, (weight.get(row.b.outlet) || 0) + 1);
  });
  outlets = [...weight.keys()];
  // The outlet in most rows is the base text until another is chosen.
  heaviest = outlets.reduce((x, y) => (weight.get(y) > weight.get(x) ? y : x), outlets[0] || "");
}

// Heavy parts that stand in the page, by number of the chunk; each is read when a row of it is shown.
const chunks = [...document.querySelectorAll("script.rows")];

function readEverything(whole) {
  documents = whole.documents;
  documentById = new Map(documents.map((each, index) => [each.id, Object.assign(each, { index })]));
  beadById = new Map(whole.beads.map((array) => { const bead = readBead(array); return [bead.id, bead]; }));
  rows = whole.rows.map((array, place) => Object.assign(lightRow(whole.fields, whole.names, array), { chunk: whole.chunk[place] }));
  indexRows();
}

function readChunk(chunk) {
  if (chunk.read) return;
  chunk.read = true;
  addHeavy(JSON.parse(chunk.textContent));
}

// Gives the rows their heavy part: true when it is there, else a promise.
function load(wanted) {
  for (const row of wanted) if (!row.loaded && chunks[row.chunk]) readChunk(chunks[row.chunk]);
  const away = wanted.filter((row) => !row.loaded);
  if (!away.length) return true;
  return served ? fetchHeavy(away) : true;
}

async function fetchHeavy(away) {
  for (let start = 0; start < away.length; start += 500) addHeavy(await ask("rows", { ids: away.slice(start, start + 500).map((row) => row.id) }));
}

// Behind what is shown, the rest of a table of usual size is read too: searching and turning pages then need no server.
const MOST_AHEAD = 20_000;

async function readAhead() {
  if (!served || rows.length > MOST_AHEAD) return;
  try {
    for (let away = rows.filter((row) => !row.loaded); away.length; away = rows.filter((row) => !row.loaded)) {
      await fetchHeavy(away.slice(0, 250));
      if (away.slice(0, 250).some((row) => !row.loaded && rowById.has(row.id))) return;
      await new Promise((done) => { setTimeout(done, 60); });
    }
  } catch { /* the server is away: it is read when it is shown */ }
}

// What the server says has changed: beads that went, beads and rows that came or changed.
function takeChanges(changes) {
  const gone = new Set(changes.removed);
  for (const id of gone) beadById.delete(id);
  const arrived = changes.rows.map((array) => lightRow(changes.fields, changes.names, array));
  const byId = new Map(arrived.map((row) => [row.id, row]));
  const spans = new Map();
  for (const array of changes.beads) {
    const bead = readBead(array);
    beadById.set(bead.id, bead);
    spans.set(bead.id, new Set(bead.members.map((member) => `${member.document.index}:${member.start}:${member.end}`)));
  }
  const stays = (row) => {
    if (gone.has(row.bead)) return false;
    const members = spans.get(row.bead);
    return !members || [row.a, row.b].every((each) => !each.document || members.has(`${each.document.index}:${each.start}:${each.end}`));
  };
  const known = new Set();
  const kept = [];
  for (const row of rows) {
    const again = byId.get(row.id);
    if (again) { kept.push(again); known.add(again.id); } else if (stays(row)) kept.push(row);
  }
  rows = kept.concat(arrived.filter((row) => !known.has(row.id)));
  indexRows();
  for (const row of arrived) row.facets = null;
  if (changes.details) addHeavy(changes.details);
  return arrived;
}

readEverything(data);
data.rows = data.beads = null;

// What was decided after the server made this page.
function takeSince() {
  const since = served && $("since") && $("since").textContent ? JSON.parse($("since").textContent) : null;
  if (!since) return;
  takeChanges(since);
  Object.assign(review, { decisions: [...review.decisions, ...since.decisions], orphans: since.orphans || review.orphans, sequence: since.sequence });
}

takeSince();
