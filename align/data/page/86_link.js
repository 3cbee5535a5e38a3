// Link another text to a unit (from a list of likely ones, by words, or in the open source), or take one out.
const MOST_CANDIDATES = 20;

// Sentences with words in common, for a page without a server: rare words count more.
let wordCounts = null;

function wordSet(text) {
  return new Set(wordsIn(text.toLowerCase()).map(([start, end]) => text.toLowerCase().slice(start, end)));
}

function allSentences() {
  if (wordCounts) return wordCounts;
  const counts = new Map();
  const sentences = documents.flatMap((document) => sentencesIn(document, document.start, document.end).map(([start, end]) => ({ document, start, end, text: stretch(document, start, end) }))).filter((each) => each.text);
  for (const each of sentences) { each.words = wordSet(each.text); for (const word of each.words) counts.set(word, (counts.get(word) || 0) + 1); }
  wordCounts = { sentences, weight: (word) => Math.log(1 + sentences.length / (counts.get(word) || 1)) };
  return wordCounts;
}

function alikeHere(members) {
  const { sentences, weight: heavy } = allSentences();
  const wanted = wordSet(members.map((each) => each.text).join(" "));
  const sum = (words) => [...words].reduce((total, word) => total + heavy(word) ** 2, 0);
  const size = Math.sqrt(sum(wanted));
  // Documents of another group are about something else; those of the unit have their text in it.
  const free = (each) => each.document.group === members[0].document.group && !members.some((member) => member.document === each.document);
  return sentences.filter(free).map((each) => ({ ...each, similarity: sum([...each.words].filter((word) => wanted.has(word))) / (size * Math.sqrt(sum(each.words)) || 1) }))
    .filter((each) => each.similarity > 0.15).sort((x, z) => z.similarity - x.similarity).slice(0, MOST_CANDIDATES);
}

async function likely(members) {
  if (!served) return alikeHere(members);
  const answers = await Promise.all(members.slice(0, 4).map((each) => ask("candidates", null, { document: each.document.id, start: toChars(each.document, each.start), end: toChars(each.document, each.end) })));
  const best = new Map();
  for (const each of answers.flatMap((answer) => answer.candidates)) {
    const document = documentById.get(each.document);
    if (!document) continue;
    const found = { document, start: fromChars(document, each.start), end: fromChars(document, each.end), text: each.text, similarity: each.similarity, bead: each.bead };
    const name = memberName(found);
    if (!best.has(name) || best.get(name).similarity < found.similarity) best.set(name, found);
  }
  return [...best.values()].sort((x, z) => z.similarity - x.similarity).slice(0, 2 * MOST_CANDIDATES);
}

// `alone`: a sentence of a source that is in no unit and looks for a partner; otherwise it is about the unit of the row.
function linkSheet(item, alone = null) {
  const members = alone ? [alone] : membersOf(beadOf(item));
  const target = inOrder(members.map(spanOf));
  const does = (action, member) => { closeSheet(); decideOn([item], action, { member: spanOf(member) }, target); };
  if (!members.length) { say("The source of this unit is not part of the page, so nothing can be linked to it here", { warning: true }); return; }
  const inside = new Set(members.map(memberName));
  const list = h("ul", { class: "candidates", id: "candidates" }, h("li", { class: "small" }, "Looking for likely texts …"));
  const status = h("p", { class: "small", role: "status" });
  const find = h("input", { type: "search", id: "find", placeholder: "Words of the sentence", autocomplete: "off", spellcheck: "false" });
  let best = [];

  function showList(candidates, none) {
    const free = candidates.filter((each) => !inside.has(memberName(each)));
    list.replaceChildren(...(free.length ? free.map((each) => h("li", {},
      h("button", { type: "button", class: "small-button", onclick: () => does("link", each) }, "Link"),
      h("div", {}, h("div", { class: "outlet" }, h("b", {}, h("bdi", {}, each.document.outlet)),
        each.similarity === undefined ? null : h("span", { class: "small" }, h("span", { class: "meter", "aria-hidden": "true" }, h("span", { class: "fill", style: { width: `${Math.max(0, Math.min(1, each.similarity)) * 100}%` } })), ` ${served ? "similarity" : "words in common"} ${figure(each.similarity)}`),
        each.bead ? h("span", { class: "small" }, `in unit ${each.bead}`) : null), h("p", { class: "text", dir: "auto", lang: each.document.language || false }, safe(each.text))))) : []));
    status.textContent = free.length ? many(free.length, "text", "texts") : none;
  }

  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) { showList(best, "No likely text was found: search for words of it."); return; }
    showList(allSentences().sentences.filter((each) => { const text = each.text.toLowerCase(); return words.every((word) => text.includes(word)); }).slice(0, MOST_CANDIDATES).map(({ document, start, end, text }) => ({ document, start, end, text })), "No sentence has these words.");
  });
  find.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  openSheet(alone ? "Partners of a sentence" : `Links of unit ${beadOf(item)}`, [
    h("ul", { class: "members" }, members.map((each) => h("li", {},
      members.length > 1 ? h("button", { type: "button", class: "small-button", onclick: () => does("unlink", each) }, "Unlink", h("span", { class: "hidden" }, ` the text of ${each.outlet}`)) : null,
      h("div", {}, h("div", { class: "outlet" }, h("b", {}, h("bdi", {}, each.outlet))), h("p", { class: "text", dir: "auto", lang: each.language || false }, safe(each.text)))))),
    h("div", { class: "choicerow" }, h("h3", { id: "candidates-title" }, "Link another text"), h("label", {}, h("span", { class: "hidden" }, "Find a sentence"), find)), status, list,
    h("p", { class: "small" }, "Or open the context (o) and choose a sentence in the source."),
  ], { wide: true, cancel: "Close", first: "#find" });
  likely(members).then((found) => { best = found; if (!find.value) showList(best, "No likely text was found: search for words of it."); }, (error) => showList([], `The server gives no list: ${error.message}. Search for a sentence instead.`));
}

// In the open source a sentence is chosen by a click or with the arrow keys, and linked with Enter or by its button.
function chooseSentence(box, way, exact = null) {
  const all = [...box.querySelectorAll(".sentence")];
  if (!all.length) return;
  const names = [...new Set(all.map((each) => each.dataset.start))];
  const here = names.indexOf(box.dataset.chosen || "");
  const marks = box.querySelector(".sentence .span");
  const from = here >= 0 ? here : marks ? names.indexOf(marks.closest(".sentence").dataset.start) : way > 0 ? -1 : names.length;
  const name = exact ?? names[Math.min(names.length - 1, Math.max(0, from + way))];
  box.dataset.chosen = name;
  for (const each of all) each.classList.toggle("chosen", each.dataset.start === name);
  const chosen = all.find((each) => each.dataset.start === name);
  if (chosen.offsetTop < box.scrollTop || chosen.offsetTop > box.scrollTop + box.clientHeight - 40) box.scrollTop = chosen.offsetTop - 60;
  for (const button of box.parentNode.querySelectorAll(".linkhere, .partners")) button.hidden = false;
  $("said").textContent = all.filter((each) => each.dataset.start === name).map((each) => each.textContent).join("");
}

function chosenIn(box) {
  const from = documents[Number(box.dataset.document)];
  const [start, end] = sentencesIn(from, Number(box.dataset.chosen), Number(box.dataset.chosen) + 1)[0] || [];
  return { item: itemOf(box.closest("tr.context").dataset.for), from, start, end };
}

function partnersOfChosen(box) {
  const { item, from, start, end } = chosenIn(box);
  if (item && start !== undefined) linkSheet(item, { document: from, start, end, text: stretch(from, start, end), outlet: from.outlet, language: from.language });
}

function linkChosen(box) {
  const { item, from, start, end } = chosenIn(box);
  if (!item || start === undefined) return;
  if (membersOf(beadOf(item)).some((each) => each.document === from && each.start <= start && end <= each.end)) { say("This sentence is part of the unit already"); return; }
  decideOn([item], "link", { member: spanOf({ document: from, start, end }) }, wholeTarget(item));
}

function sourceKeys(event) {
  const box = event.target.closest(".source[data-document]");
  if (!box || event.target !== box) return false;
  const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (way) chooseSentence(box, way);
  else if ((event.key === "Enter" || event.key === " ") && box.dataset.chosen) linkChosen(box);
  else return false;
  event.preventDefault();
  return true;
}
