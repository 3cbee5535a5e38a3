// Where decisions go: to the server, which acknowledges what it has on disk; or to a file that the reviewer downloads.
let sequence = review.sequence || 0;
let away = "";
let sending = false;
let retry = 0;

async function ask(path, body, query) {
  const options = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  const response = await fetch(`/api/${path}${query ? `?${new URLSearchParams(query)}` : ""}`, { ...options, cache: "no-store" });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { message = `the server answers ${response.status}`, hint = "" } = answer.error || {};
  throw Object.assign(new Error(message), { status: response.status, hint });
}

const isFinal = (error) => error.status >= 400 && error.status < 500 && ![403, 408, 421, 429].includes(error.status);

// Gives the server what it has not acknowledged, in order. What it refuses is set aside and shown.
async function flush() {
  if (!served || sending) return;
  sending = true;
  clearTimeout(retry);
  try {
    let [count, taken] = [200, true];
    while (pending.length) {
      const batch = pending.slice(0, count);
      try {
        acknowledge(await ask("decisions", { decisions: batch.map(({ id, action, target, payload }) => ({ id, action, target, payload })) }), batch);
      } catch (error) {
        if (!isFinal(error)) throw error;
        if (batch.length > 1) { count = 1; continue; }
        taken = false;
        say(`Not taken: ${inWords(batch[0])}. ${error.message}`, { warning: true });
        refused.push({ ...batch[0], reason: `${error.message} ${error.hint || ""}`.trim() });
        forget([batch[0].id]);
        refreshRows(overlay());
      }
    }
    isAway("", taken);
  } catch (error) {
    isAway(error.status === 403 ? "The server has a new address: open the one that align review says now. What is not saved is kept here and goes with it." : error.status ? `The server cannot save: ${error.message}. It is kept here and sent again.` : "The server is away. What you decide is kept here and sent when it is back.");
    retry = setTimeout(flush, 1500);
  } finally {
    sending = false;
    drawProgress();
  }
}

function acknowledge(answer, batch) {
  const fresh = answer.decisions.filter((each) => !each.id || !logIds.has(each.id));
  if (answer.sequence === sequence + fresh.length) sequence = answer.sequence;
  forget(batch.map((each) => each.id));
  take(answer, fresh);
}

function take(answer, fresh) {
  for (const each of fresh) { log.push(each); if (each.id) logIds.add(each.id); }
  if (answer.orphans) review.orphans = answer.orphans;
  if (answer.reload) { readAgain(); return; }
  const structure = answer.removed.length || answer.beads.length;
  const arrived = takeChanges(answer);
  touched = new Set();
  const changed = overlay();
  if (structure) for (const key of picked) if (!itemOf(key)) picked.delete(key);
  refreshRows(new Set([...arrived, ...changed]));
  redrawSoon();
}

// `good`: everything that waited was taken, which is said when the server is back.
function isAway(message, good = true) {
  if (away === message) return;
  const back = away && !message;
  away = message;
  $("away").replaceChildren(message ? h("p", { class: "notice" }, "⚠ ", message) : "");
  if (back && good) say("The server is back; everything is saved");
}

async function readAgain() {
  const whole = await ask("state");
  Object.assign(review, whole.review);
  sequence = review.sequence;
  log = [...review.decisions];
  logIds = namesOf(log);
  chunks.length = 0;
  readEverything(whole);
  touched = new Set();
  takeUp();
  overlay();
  draw();
  readAhead();
}

// What other tabs and reviewers decide. A server that was started again is read afresh.
async function poll() {
  try {
    const answer = await ask("changes", null, { since: sequence });
    if (answer.run !== review.run) await readAgain();
    else if (answer.decisions.length || answer.reload) {
      const fresh = answer.decisions.filter((each) => !each.id || !logIds.has(each.id));
      forget(answer.decisions.map((each) => each.id).filter(Boolean));
      sequence = answer.sequence;
      take(answer, fresh);
      const others = fresh.filter((each) => each.reviewer !== review.reviewer);
      if (others.length) say(`${others[0].reviewer}: ${inWords(others.at(-1))}${others.length > 1 ? ` and ${others.length - 1} more` : ""}`);
    }
    if (pending.length || away) flush();
  } catch (error) {
    if (error.status === 403 || !error.status) isAway(error.status ? "The server has a new address: open the one that align review says now." : "The server is away. What you decide is kept here and sent when it is back.");
  }
  setTimeout(poll, document.hidden ? 5000 : 1500);
}

// The file: one decision a line, as `align review --import` takes it.
const given = () => setting(`given:${PREFIX}`);
const notGiven = () => (served ? 0 : pending.filter((each) => each.id > given()).length);

function download(name, text, type) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function downloadDecisions() {
  if (!pending.length) { say("There is nothing to download: no decision was made here"); return; }
  download("decisions.jsonl", pending.map((each) => `${JSON.stringify(each)}\n`).join(""), "application/jsonl");
  if (!served) keepSetting(`given:${PREFIX}`, pending.at(-1).id);
  say(`Downloaded ${many(pending.length, "decision", "decisions")} as decisions.jsonl`);
  drawProgress();
}

// A file of decisions that a colleague has downloaded from the same report.
async function loadDecisions(file) {
  const [known, lines] = [new Set(pending.map((each) => each.id)), (await file.text()).split("\n").filter((line) => line.trim())];
  let [taken, there] = [0, 0];
  for (const [place, line] of lines.entries()) {
    let each;
    try { each = JSON.parse(line); } catch { each = null; }
    if (!each || typeof each.time !== "string" || typeof each.action !== "string" || !Array.isArray(each.target)) { say(`${file.name}, line ${place + 1}: not a decision; nothing after it was taken`, { warning: true }); break; }
    const id = typeof each.id === "string" && each.id ? each.id : `${((Date.parse(each.time) || 0) * 1000).toString(36).padStart(11, "0")}-${textHash(line)}`;
    if (known.has(id) || inLog({ ...each, id })) { there += 1; continue; }
    const one = { schema: 1, payload: {}, ...each, id };
    pending.push(one);
    keep(one);
    taken += 1;
  }
  pending.sort((x, z) => (x.id < z.id ? -1 : 1));
  refreshRows(overlay());
  redrawSoon();
  if (taken || there) say(`Took ${many(taken, "decision", "decisions")} from ${file.name}${there ? `; ${there} were here already` : ""}`);
  flush();
}
