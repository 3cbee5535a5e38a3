// The decisions: what the log holds, what is only here, how both show in the rows, and the way back and forth.
const STATUS_OF = { accept: "accepted", "needs-review": "needs review", reject: "rejected" };
const STRUCTURAL = { merge: "merge", split: "split", link: "link", unlink: "unlink", edit: "edit of a span", realign: "alignment of the rest" };
// What waits for a server goes to that review and that reviewer alone.
const PREFIX = `align:${data.title}:${served ? `${review.place}:${review.reviewer}` : data.content}:`;
let log = [...review.decisions];
let logIds = namesOf(log);
let pending = [];
let touched = new Set();
const refused = []; // with the server's reason; shown until the page is closed
let spanIndex = { version: -1, rows: null, beads: null };
let lastStamp = 0;

// A decision is known by the id that a page gave it, or by who made it and when.
function namesOf(records) {
  return new Set(records.flatMap((each) => [each.id, each.payload && each.payload.id, `${each.time} ${each.reviewer}`]).filter(Boolean));
}

const inLog = (each) => logIds.has(each.id) || (!served && logIds.has(`${each.time} ${each.reviewer}`));

const reviewer = () => (served ? review.reviewer : setting("reviewer") || "reviewer");

// Every decision is an entry of its own in the browser's storage, so that tabs cannot write over each other.
function keep(record) {
  try {
    storage.setItem(PREFIX + record.id, JSON.stringify(record));
  } catch {
    say("The browser's storage is full: download the decisions before you close this page", { warning: true });
  }
}

function kept() {
  const found = [];
  for (let place = 0; place < storage.length; place += 1) {
    const key = storage.key(place);
    if (!key || !key.startsWith(PREFIX)) continue;
    try { found.push(JSON.parse(storage.getItem(key))); } catch { /* not ours */ }
  }
  return found.filter((each) => each && typeof each.id === "string" && Array.isArray(each.target)).sort((x, z) => (x.id < z.id ? -1 : 1));
}

function forget(ids) {
  const gone = new Set(ids);
  for (const id of gone) storage.removeItem(PREFIX + id);
  pending = pending.filter((each) => !gone.has(each.id));
}

// Takes up what an earlier visit or another tab has left, without what the log has got meanwhile.
function takeUp() {
  const known = new Set(pending.map((each) => each.id));
  const all = kept();
  for (const each of all) if (inLog(each)) storage.removeItem(PREFIX + each.id);
  const fresh = all.filter((each) => !known.has(each.id) && !inLog(each));
  if (served) pending = [...pending, ...fresh].sort((x, z) => (x.id < z.id ? -1 : 1));
  else pending = all.filter((each) => !inLog(each));
  return fresh.length > 0;
}

function stamp() {
  lastStamp = Math.max(lastStamp + 1, Date.now() * 1000);
  const time = `${new Date(Math.floor(lastStamp / 1000)).toISOString().slice(0, -1)}${String(lastStamp % 1000).padStart(3, "0")}Z`;
  const noise = [...crypto.getRandomValues(new Uint8Array(6))].map((each) => each.toString(16).padStart(2, "0")).join("");
  return { id: `${lastStamp.toString(36).padStart(11, "0")}-${noise}`, time };
}

function record(action, target, payload = {}) {
  const { id, time } = stamp();
  const made = { schema: 1, id, time, reviewer: reviewer(), action, target: inOrder(target), payload };
  pending.push(made);
  keep(made);
  return made;
}

const refers = (payload, each) => (payload.of ? payload.of === each.id : payload.time === each.time && payload.reviewer === each.reviewer);

// What this reviewer can take back and bring back, the last of each at the end.
function stacks() {
  const [done, undone] = [[], []];
  for (const each of served ? [...log, ...pending] : pending) {
    if (each.reviewer !== reviewer()) continue;
    if (each.action === "undo" || each.action === "redo") {
      const [from, to] = each.action === "undo" ? [done, undone] : [undone, done];
      const place = from.findLastIndex((one) => refers(each.payload, one));
      if (place >= 0) to.push(...from.splice(place, 1));
    } else {
      done.push(each);
      undone.length = 0;
    }
  }
  return { done, undone };
}

function takenBack(records) {
  const gone = new Set();
  for (const each of records) {
    if (each.action !== "undo" && each.action !== "redo") continue;
    const meant = records.find((one) => refers(each.payload, one));
    if (meant) gone[each.action === "undo" ? "add" : "delete"](meant);
  }
  return gone;
}

function bySpans() {
  if (spanIndex.version === version) return spanIndex;
  const add = (map, name, value) => { const there = map.get(name); if (there) there.push(value); else map.set(name, [value]); };
  spanIndex = { version, rows: new Map(), beads: new Map() };
  for (const row of rows) if (row.a.document && row.b.document) add(spanIndex.rows, [memberName(row.a), memberName(row.b)].sort().join("|"), row);
  for (const id of rowsOfBead.keys()) add(spanIndex.beads, membersOf(id).map(memberName).sort().join("|"), id);
  return spanIndex;
}

// The rows that a decision is about: the two texts of a row, or all members of a unit, or of several.
function rowsOfTarget({ action, target }) {
  const index = bySpans();
  const name = nameOf(target);
  const whole = (index.beads.get(name) || []).flatMap((id) => rowsOfBead.get(id) || []);
  if (whole.length || action !== "merge") return whole.length ? whole : index.rows.get(name) || [];
  const places = new Set(target.map(placeOf));
  return [...rowsOfBead.keys()].filter((id) => membersOf(id).every((each) => places.has(memberName(each)))).flatMap((id) => rowsOfBead.get(id));
}

// Lays what is only here over the rows.
function overlay() {
  for (const row of touched) {
    Object.assign(row, row.base, { waiting: null, facets: null, haystack: null });
    if (row.loaded) numberEvidence(row);
  }
  const before = touched;
  touched = new Set();
  const gone = takenBack(pending);
  for (const each of pending) {
    const back = each.action === "undo" || each.action === "redo";
    const meant = back && [...log].find((one) => refers(each.payload, one));
    if (gone.has(each) || (back && !meant)) continue;
    for (const row of rowsOfTarget(back ? meant : each)) {
      touched.add(row);
      if (!back) lay(row, each);
      if (served) row.waiting = "saving";
    }
  }
  for (const row of touched) Object.assign(row, { facets: null, haystack: null });
  touchedSince = true;
  return new Set([...before, ...touched]);
}

function lay(row, { action, payload, reviewer: who }) {
  row.reviewer = who;
  if (STATUS_OF[action]) row.status = STATUS_OF[action];
  else if (action === "comment") row.comment = payload.text;
  else if (action === "regrade") row.grade = payload.grade;
  else if (action === "kinds") { row.kinds = payload.kinds; if (row.loaded) numberEvidence(row); }
  else if (STRUCTURAL[action]) row.waiting = STRUCTURAL[action];
}

const changedByReviewer = (row) => Boolean(row.auto) || row.grade !== row.base.grade || row.kinds.join() !== row.base.kinds.join();

const DONE = {
  accept: "Accepted", "needs-review": "Marked as needing review:", reject: "Rejected", comment: "Commented on", regrade: "Changed the grade of", kinds: "Changed the kinds of",
  merge: "Merged", split: "Split", link: "Linked a text to", unlink: "Took a text out of", edit: "Changed a span of", realign: "Aligned the rest again",
};

// A decision in words: what was done, and to what.
function inWords(each) {
  if (each.action === "realign") return DONE.realign;
  const units = [...new Set(rowsOfTarget(each).map((row) => row.bead))];
  const names = () => [...new Set(each.target.map((span) => (documentById.get(span.document) || { outlet: span.document }).outlet))].join(", ");
  const what = units.length ? `${units.length > 1 ? "units" : "unit"} ${units.slice(0, 4).join(", ")}` : names();
  const more = each.action === "regrade" ? ` to ${each.payload.grade}` : each.action === "comment" && !each.payload.text ? " (comment removed)" : "";
  return `${DONE[each.action] || each.action} ${what}${more}`;
}
