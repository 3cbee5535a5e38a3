// Dialogs: comment, grade, kinds, and the list of decisions.
let sheetDone = null;

// One dialog for all; Enter (Ctrl+Enter in a text) does what its button says, Esc leaves everything as it was.
function openSheet(title, content, { label = "", submit = null, wide = false, keys: onkey = null, cancel = "Cancel", first = "" } = {}) {
  const sheet = $("sheet");
  const form = h("form", { method: "dialog" }, h("h2", { id: "sheet-title" }, title), content,
    h("div", { class: "buttons" }, submit ? h("button", { type: "submit", class: "primary", id: "sheet-do" }, label) : null, h("button", { type: "button", onclick: closeSheet }, cancel)));
  form.addEventListener("submit", (event) => { event.preventDefault(); if (submit && submit() !== false) closeSheet(); });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); } else if (onkey) onkey(event);
  });
  sheet.classList.toggle("wide", wide);
  sheet.replaceChildren(form);
  if (!sheet.open) sheet.showModal();
  const target = first && sheet.querySelector(first);
  if (target) target.focus();
}

// A decision has replaced the row that had the focus before the dialog: the new one gets it.
function focusBack() {
  const row = itemRow(state.row);
  if (row && !document.activeElement.closest("main, .top, .dock, dialog[open]")) row.focus({ preventScroll: true });
}

function closeSheet() {
  $("sheet").close();
  focusBack();
}

const about = (all) => (all.length > 1 ? `${all.length} rows` : labelOf(all[0]));

function commentSheet(all) {
  const there = rowsOf(all[0])[0].comment;
  const box = h("textarea", { id: "comment", rows: "5", dir: "auto", maxlength: "4000" });
  box.value = all.length === 1 ? there : "";
  openSheet(`Comment on ${about(all)}`, [h("label", { for: "comment", class: "small" }, "Your comment; empty removes it. Ctrl+Enter saves."), box],
    { label: "Save comment", submit: () => { if (all.length > 1 || box.value.trim() !== there) decideOn(all, "comment", { text: box.value.trim() }); }, first: "#comment" });
}

function gradeSheet(all) {
  const row = rowsOf(all[0])[0];
  const choose = (grade) => { closeSheet(); decideOn(all.flatMap(rowsOf), "regrade", { grade }); };
  openSheet(`Grade of ${about(all)}`, [
    h("div", { class: "choices", role: "group", "aria-label": "Grade" }, grades.map((meaning, grade) => h("button", { type: "button", id: `grade-${grade}`, "aria-pressed": String(row.grade === grade), onclick: () => choose(grade) }, chip(grade), ` ${meaning}`, h("kbd", { "aria-hidden": "true" }, String(grade))))),
    row.auto && row.auto[0] !== null ? h("p", { class: "small" }, `The program's own grade: ${row.auto[0]}`) : null,
  ], { keys: (event) => { if (/^[0-3]$/.test(event.key)) { event.preventDefault(); choose(Number(event.key)); } }, first: `#grade-${row.grade}` });
}

const KIND_KEYS = "1234567890-=";

function kindsSheet(all) {
  const chosen = new Set(rowsOf(all[0])[0].kinds);
  const row = rowsOf(all[0])[0];
  const boxes = KINDS.map((kind, place) => h("label", { class: "kindbox", "data-kind": String(place) }, h("input", { type: "checkbox", id: `kind-${place}`, checked: chosen.has(kind), value: kind }), h("span", {}, kind), h("kbd", { "aria-hidden": "true" }, KIND_KEYS[place])));
  openSheet(`Kinds of ${about(all)}`, [h("p", { class: "small" }, "What differs. The keys beside the names tick them; Enter saves."), h("div", { class: "kindboxes" }, boxes),
    row.auto && row.auto[1] ? h("p", { class: "small" }, `The program's own kinds: ${row.auto[1].join(", ") || "none"}`) : null],
  {
    label: "Save kinds", first: "#kind-0",
    submit: () => decideOn(all.flatMap(rowsOf), "kinds", { kinds: boxes.map((box) => box.querySelector("input")).filter((box) => box.checked).map((box) => box.value) }),
    keys: (event) => { const place = KIND_KEYS.indexOf(event.key); if (place >= 0 && !event.ctrlKey && !event.altKey) { event.preventDefault(); const box = boxes[place].querySelector("input"); box.checked = !box.checked; } else if (event.key === "Enter" && event.target.type === "checkbox") { event.preventDefault(); $("sheet-do").click(); } },
  });
}

const MOST_LISTED = 100;

// The list of decisions: what was decided, what found no target, and how to hand it over.
function decisionsSheet() {
  const all = [...log, ...pending];
  const gone = takenBack(all);
  const counts = [["accepted", "✓"], ["needs review", "?"], ["rejected", "✕"]].map(([status, sign]) => [status, sign, rows.filter((row) => row.status === status).length]);
  const name = h("input", { type: "text", id: "reviewer", maxlength: "60", autocomplete: "name" });
  name.value = setting("reviewer");
  name.addEventListener("change", () => keepSetting("reviewer", name.value.trim()));
  const file = h("input", { type: "file", id: "decisions-file", accept: ".jsonl,.json,application/jsonl", onchange: () => { if (file.files.length) { closeSheet(); loadDecisions(file.files[0]); } } });
  const advance = h("input", { type: "checkbox", id: "advance", checked: setting("advance") === "on", onchange: () => keepSetting("advance", advance.checked ? "on" : "off") });
  openSheet("Decisions", [
    h("p", { class: "counts" }, counts.map(([status, sign, count]) => h("span", { class: `status ${status.replace(" ", "-")}` }, `${sign} ${count.toLocaleString("en")} ${status}`))),
    served
      ? h("div", { class: "block" }, h("p", {}, "Each decision is on disk before it counts as saved. Tables, memories and this report follow when the review ends, or now:"),
        h("div", { class: "buttons" }, h("button", { type: "button", id: "export", onclick: () => { closeSheet(); exportNow(); } }, "Bring all files up to date"), h("button", { type: "button", id: "realign", onclick: () => { closeSheet(); settle([record("realign", [])], "Asked for the rest to be aligned again around what you accepted", -1); } }, "Align the rest again around what I accepted"),
          pending.length ? h("button", { type: "button", onclick: downloadDecisions }, "Download what is not saved yet") : null))
      : h("div", { class: "block" }, h("p", {}, "Decisions are kept in this browser. Download them to hand them over; ", h("code", {}, "align review CORPUS --import decisions.jsonl"), " takes them in, and then tables and memories follow."),
        h("div", { class: "buttons" }, h("button", { type: "button", id: "download", onclick: () => { closeSheet(); downloadDecisions(); } }, "Download decisions.jsonl")),
        h("label", {}, "Your name ", name), h("label", {}, "Go on from a colleague's file ", file)),
    h("label", {}, advance, " After a decision, move on to the next unresolved row"),
    lostList(review.orphans, "has no target any more", "have no target any more"),
    lostList(refused, "was not taken by the server", "were not taken by the server"),
    h("details", { class: "block", open: true }, h("summary", {}, many(all.length, "decision", "decisions")), h("ol", { class: "log", reversed: true }, all.slice(-MOST_LISTED).reverse().map((each) => h("li", { class: gone.has(each) ? "gone" : "" }, logLine(each), gone.has(each) ? h("span", { class: "small" }, " (undone)") : null)))),
  ], { wide: true, cancel: "Close" });
}

function lostList(all, one, more) {
  if (!all.length) return null;
  const quoted = (each) => (each.target.length ? [": ", h("q", { dir: "auto" }, safe(String(each.target[0].text || each.target[0].document).slice(0, 160)))] : null);
  return h("details", { class: "block", open: true }, h("summary", {}, `⚠ ${many(all.length, `decision ${one}`, `decisions ${more}`)}`),
    h("ul", { class: "log" }, all.slice(0, MOST_LISTED).map((each) => h("li", {}, logLine(each), h("div", { class: "small" }, safe(each.reason || ""), quoted(each))))));
}

function logLine(each) {
  const meant = (each.action === "undo" || each.action === "redo") && [...log, ...pending].find((one) => refers(each.payload, one));
  const words = meant ? `${each.action === "undo" ? "Undone" : "Done again"}: ${inWords(meant)}` : inWords(each);
  return [h("span", { class: "small" }, `${String(each.time || "").slice(0, 16).replace("T", " ")} `, h("bdi", {}, safe(String(each.reviewer)))), " ", safe(words), each.action === "comment" && each.payload.text ? [": ", h("q", { dir: "auto" }, safe(String(each.payload.text)))] : null];
}

async function exportNow() {
  say("Bringing the files up to date …");
  try {
    await flush();
    const { out } = await ask("export", {});
    say(`Tables, memories and report are up to date in ${out}`);
  } catch (error) {
    say(`The files could not be written: ${error.message} ${error.hint || ""}`, { warning: true });
  }
}
