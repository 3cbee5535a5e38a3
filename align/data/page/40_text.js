// A text with everything that is marked in it: differing words, evidence, what was searched for, control characters.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

// Bidirectional and other controls keep their place, cannot act on what follows, and are seen.
function safe(text) {
  const parts = [];
  let place = 0;
  for (const match of text.matchAll(CONTROLS)) {
    const code = `U+${match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    parts.push(text.slice(place, match.index), h("bdi", { class: "control", "data-code": code, title: `control character ${code}` }, match[0]));
    place = match.index + 1;
  }
  return place ? [...parts, text.slice(place)] : [text];
}

function hits(text) {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const lower = text.toLowerCase();
  if (!words.length || lower.length !== text.length) return [];
  const spans = [];
  for (const word of words) for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) spans.push([at, at + word.length]);
  return spans;
}

// Evidence that names a whole text, or nothing at its edge, says nothing about a place in it.
const placed = (text, evidence) => evidence.filter(({ span: [start, end] }) => start !== end || (start > 0 && start < text.length)).filter(({ span: [start, end] }) => end - start < text.length || text.length < 20);

// What evidence rests on: `rule`, words that differ; `hint`, the encoder; `backtranslation`, the machine's translation alone.
const basisOf = (each) => (each.artefact ? "backtranslation" : each.basis || "rule");
const BASIS_NAMES = { rule: "words that differ", hint: "a hint of the encoder", backtranslation: "only the back-translation shows it" };
const channelOf = (each) => `channel ${each.channel.replace("backtranslation:", "")}${each.version ? `, version ${each.version}` : ""}`;
const saidBy = (each) => [BASIS_NAMES[basisOf(each)], each.severity ? `severity ${figure(each.severity)} of 1` : "", channelOf(each)].filter(Boolean).join("; ");

const covers = (spans, place) => spans.some(([start, end]) => start <= place && place < end);

function marked(text, { spans = [], tag = "del", evidence = [] }) {
  const found = hits(text);
  // Where two findings meet, the one that rests on words is shown.
  evidence = placed(text, evidence).sort((x, y) => BASES.indexOf(basisOf(y)) - BASES.indexOf(basisOf(x)));
  const cuts = new Set([0, text.length]);
  for (const [start, end] of [...spans, ...found, ...evidence.map((each) => each.span)]) cuts.add(start).add(end);
  const places = [...cuts].filter((place) => place >= 0 && place <= text.length).sort((x, y) => x - y);
  const shown = [];
  const feet = (place) => evidence.filter((each) => each.span[1] === place).map((each) => h("sup", { class: `foot ${basisOf(each)}`, title: each.kind }, String(each.number)));
  for (let index = 0; index + 1 < places.length; index += 1) {
    const [start, end] = [places[index], places[index + 1]];
    let part = safe(text.slice(start, end));
    const reason = evidence.find((each) => each.span[0] <= start && end <= each.span[1]);
    if (covers(found, start)) part = [h("mark", { class: "hit" }, part)];
    if (reason) part = [h("mark", { class: `evidence ${basisOf(reason)}`, "data-kind": KINDS.indexOf(reason.kind), title: `${reason.number}: ${reason.kind}; ${saidBy(reason)}` }, part)];
    if (covers(spans, start)) part = [h(tag, {}, part)];
    shown.push(...part, ...feet(end));
  }
  return shown;
}
