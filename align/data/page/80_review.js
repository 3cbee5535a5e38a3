// Deciding: the row at hand or the rows picked, the bar of actions, progress, and what was done with its undo.
const ACTS = [
  ["accept", "a", "Accept", "✓"], ["needs-review", "r", "Review", "?"], ["reject", "x", "Reject", "✕"], null,
  ["comment", "c", "Comment"], ["grade", "g", "Grade"], ["kinds", "t", "Kinds"], null,
  ["merge", "m", "Merge"], ["split", "s", "Split"], ["edit", "e", "Edit"], ["link", "l", "Link"], null,
  ["open", "o", "Context"], ["cite", "q", "Cite"], ["next", "n", "Next open"], null,
  ["undo", "z", "Undo"], ["redo", "y", "Redo"],
];
const KEY_ACTS = Object.fromEntries(ACTS.filter(Boolean).map(([name, key]) => [key, name]));
const picked = new Set();

const itemOf = (key) => (state.view === "units" ? (rowsOfBead.has(key) ? { key, id: key, rows: rowsOfBead.get(key) } : null) : rowByKey.get(key));
const rowsOf = (item) => item.rows || [item];
const beadOf = (item) => item.id && item.rows ? item.id : item.bead;
// What an action is about: the rows picked, else the row at hand.
const subjects = () => [...(picked.size ? picked : state.row ? [state.row] : [])].map(itemOf).filter(Boolean);
const targetOf = (item) => inOrder((item.rows ? membersOf(item.id) : [item.a, item.b]).filter((each) => each.document).map(spanOf));
const wholeTarget = (item) => inOrder(membersOf(beadOf(item)).map(spanOf));
const labelOf = (item) => `unit ${beadOf(item)}${item.rows ? "" : ` (${item.a.outlet} ↔ ${item.b.outlet})`}`;
const oneStatus = (item) => { const all = new Set(rowsOf(item).map((row) => row.status)); return all.size === 1 ? [...all][0] : all.size ? "mixed" : ""; };

// Makes decisions, shows them at once, hands them over.
function decideOn(items, action, payload = {}, targets = null) {
  const known = items.filter((item) => (targets || targetOf(item)).length);
  if (!known.length) { say("The source of this row is not part of the page, so it cannot be decided here", { warning: true }); return null; }
  const here = items[0] && position(items[0].key);
  const made = known.map((item) => record(action, targets || targetOf(item), payload));
  settle(made, inWords(made[0]).replace(/$/, made.length > 1 ? ` and ${made.length - 1} more` : ""), here);
  return made;
}

function settle(made, words, here) {
  refreshRows(overlay());
  const waits = !served && made.some((each) => STRUCTURAL[each.action]);
  say(`${words}${waits ? ". It takes effect when the decisions are imported" : ""}`, { undo: true });
  redrawSoon(here);
  flush();
}

const position = (key) => items.findIndex((each) => each.key === key);

function setStatus(action) {
  const all = subjects();
  if (!all.length) { say("Choose a row first: j and k move, a click chooses"); return; }
  const open = all.filter((item) => oneStatus(item) !== STATUS_OF[action]);
  if (!open.length) say(`${labelOf(all[0])} is ${STATUS_OF[action]} already`);
  else decideOn(open, action);
  const last = all.at(-1).key;
  picked.clear();
  drawDock();
  if (open.length && setting("advance") === "on") nextUnresolved(last);
}

function takeBack(action) {
  const { done, undone } = stacks();
  const meant = (action === "undo" ? done : undone).at(-1);
  if (!meant) { say(action === "undo" ? "Nothing to undo" : "Nothing to redo"); return; }
  const words = inWords(meant);
  // The server gives a decision its time: of one that it has not acknowledged yet only the name is known.
  record(action, [], served && !log.includes(meant) ? { of: meant.id } : { time: meant.time, reviewer: meant.reviewer });
  refreshRows(overlay());
  say(`${action === "undo" ? "Undone" : "Done again"}: ${words.charAt(0).toLowerCase()}${words.slice(1)}`, { redo: action === "undo" });
  redrawSoon();
  flush();
}

const isUnresolved = (item) => rowsOf(item).some((row) => row.status !== "accepted" && row.status !== "rejected");

function nextUnresolved(from = state.row) {
  const start = position(from) + 1;
  const order = [...items.slice(start), ...items.slice(0, start)];
  const next = order.find((item) => isUnresolved(item) && item.key !== from);
  if (next) focusRow(next.key, true);
  else say(items.length ? "Everything shown here is decided" : "There are no rows here");
}

function pick(key) {
  if (!itemOf(key)) return;
  if (!picked.delete(key)) picked.add(key);
  const element = itemRow(key);
  if (element) {
    element.classList.toggle("picked", picked.has(key));
    const box = element.querySelector("input.pick");
    if (box) box.checked = picked.has(key);
  }
  $("said").textContent = `${labelOf(itemOf(key))} ${picked.has(key) ? "picked" : "no longer picked"}, ${picked.size} in all`;
  drawDock();
}

function unpick() {
  picked.clear();
  drawTable();
  drawDock();
}

function merge() {
  const chosen = subjects();
  if (chosen.length === 1 && picked.size && state.row && !picked.has(state.row) && itemOf(state.row)) chosen.push(itemOf(state.row));
  const units = [...new Set(chosen.map(beadOf))];
  if (units.length < 2) { say("Pick rows of two units or more with Space, then merge them"); return; }
  const members = new Map(units.flatMap(membersOf).map((each) => [memberName(each), each]));
  decideOn([chosen[0]], "merge", {}, inOrder([...members.values()].map(spanOf)));
  picked.clear();
  drawDock();
}

function act(name, key) {
  if (key) focusRow(key);
  const [item] = subjects();
  const needs = !["undo", "redo", "next", "merge"].includes(name);
  if (needs && !item) { say("Choose a row first: j and k move, a click chooses"); return; }
  const does = {
    undo: () => takeBack("undo"), redo: () => takeBack("redo"), next: () => nextUnresolved(), merge, open: () => state.row && openContext(state.row),
    comment: () => commentSheet(subjects()), grade: () => gradeSheet(subjects()), kinds: () => kindsSheet(subjects()),
    split: () => splitSheet(item), edit: () => editSheet(item), link: () => linkSheet(item), cite: () => citeSheet(),
  }[name];
  if (does) does();
  else setStatus(name);
}

// The bar at the foot: every action by button, with its key.
function drawDock() {
  const chosen = subjects();
  const { done, undone } = stacks();
  const off = (name) => (name === "undo" ? !done.length : name === "redo" ? !undone.length : name === "next" || name === "cite" ? !items.length : name === "merge" ? picked.size < 1 : !chosen.length);
  const host = $("dock");
  if (!host.childElementCount) {
    host.append(h("div", { class: "subject", id: "subject" }), h("div", { class: "acts" }, ACTS.map((each) => (each
      ? h("button", { type: "button", "data-act": each[0], "aria-keyshortcuts": each[1], onclick: () => act(each[0]) }, each[3] ? h("span", { class: "sign", "aria-hidden": "true" }, each[3]) : null, each[2], h("kbd", { "aria-hidden": "true" }, each[1]))
      : h("span", { class: "gap", "aria-hidden": "true" })))));
  }
  const statuses = new Set(chosen.map(oneStatus));
  for (const button of host.querySelectorAll("[data-act]")) {
    const name = button.dataset.act;
    button.setAttribute("aria-disabled", String(off(name)));
    if (STATUS_OF[name]) button.setAttribute("aria-pressed", String(statuses.size === 1 && statuses.has(STATUS_OF[name])));
  }
  $("subject").replaceChildren(...(picked.size
    ? [h("b", {}, `${picked.size} picked`), h("button", { type: "button", class: "plain", onclick: unpick }, "clear")]
    : chosen.length ? [h("bdi", {}, labelOf(chosen[0]))] : [h("span", { class: "small" }, "no row chosen")]));
}

function drawProgress() {
  const decided = rows.filter((row) => row.status === "accepted" || row.status === "rejected").length;
  const doubtful = rows.filter((row) => row.status === "needs review").length;
  const waiting = served ? pending.length : notGiven();
  const saved = served ? (waiting ? (away ? `${waiting} not saved yet` : `saving ${waiting}`) : "saved") : waiting ? `${waiting} to download` : pending.length ? "downloaded" : "";
  const host = $("progress");
  host.querySelector("progress").value = rows.length ? decided / rows.length : 0;
  host.querySelector(".decided").textContent = `${decided.toLocaleString("en")} of ${rows.length.toLocaleString("en")} decided${doubtful ? `, ${doubtful.toLocaleString("en")} to review` : ""}`;
  const lost = review.orphans.length + refused.length;
  $("decisions").textContent = `Decisions${saved ? `: ${saved}` : ""}${lost ? ` · ⚠ ${lost}` : ""}`;
  $("decisions").title = lost ? `${many(lost, "decision has", "decisions have")} no target or were refused` : "List of decisions (d)";
  $("decisions").classList.toggle("unsaved", Boolean(waiting) && (!served || Boolean(away)));
  if (!served && storage.volatile && waiting) $("away").replaceChildren(h("p", { class: "notice" }, "⚠ This browser keeps nothing for this page: download the decisions before you close it."));
}

// What was done, in words, with the way back; the live region has it for who cannot see it.
let fading = 0;
function say(words, { undo = false, redo = false, warning = false } = {}) {
  const button = undo ? ["undo", "Undo", "z"] : redo ? ["redo", "Redo", "y"] : null;
  $("toast").replaceChildren(h("span", {}, warning ? "⚠ " : "", safe(words)), button ? h("button", { type: "button", class: "small-button", onclick: () => act(button[0]) }, button[1], h("kbd", { "aria-hidden": "true" }, button[2])) : "");
  $("toast").hidden = false;
  $("said").textContent = words;
  clearTimeout(fading);
  fading = setTimeout(hideToast, warning ? 12_000 : 7_000);
}

function hideToast() {
  if ($("toast").matches(":hover, :focus-within")) fading = setTimeout(hideToast, 2_000);
  else $("toast").hidden = true;
}

// Redraws the rows that changed at once; numbers, filters and drawings a moment later.
function refreshRows(changed) {
  const keys = new Set([...changed].map((row) => (state.view === "units" ? row.bead : row.key)));
  keepingFocus(() => {
    for (const key of keys) {
      const element = itemRow(key);
      const item = itemOf(key);
      if (element && item && rowsOf(item).every((row) => row.loaded)) element.replaceWith(state.view === "units" ? unitRow(item) : pairRow(item));
    }
  });
  drawProgress();
  drawDock();
}

let redrawing = 0;
function redrawSoon(here = -1) {
  clearTimeout(redrawing);
  const place = here >= 0 ? here : position(state.row);
  redrawing = setTimeout(() => {
    draw();
    // A row that a filter no longer shows gives its place to the next.
    if (state.row && position(state.row) < 0 && items.length) {
      const busy = document.querySelector("dialog[open]") || document.activeElement.closest("input, select, textarea");
      const next = items[Math.min(Math.max(0, place), items.length - 1)].key;
      if (busy) state = { ...state, row: next, open: "" };
      else focusRow(next, true);
    }
  }, 250);
}
