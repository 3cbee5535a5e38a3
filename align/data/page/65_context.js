// The source around a span, on demand; and a row as a quotation.
const REACH = 500;

function sidesOf(key) {
  const row = rowByKey.get(key);
  return row && state.view !== "units" ? [row.a, row.b] : membersOf(key);
}

// What other rows have linked in each document; kept until rows change.
let linkedSpans = { version: -1, of: null };

function linkedIn(from) {
  if (linkedSpans.version !== version) {
    linkedSpans = { version, of: new Map(documents.map((each) => [each, []])) };
    for (const row of rows) for (const each of [row.a, row.b]) if (each.document) linkedSpans.of.get(each.document).push([each.start, each.end]);
  }
  return linkedSpans.of.get(from) || [];
}

function sourceOf(each, reach) {
  const piece = each.document && pieceAt(each.document, each.start);
  if (!piece) return h("p", { class: "none" }, "The source of this text is not part of the report.");
  const [offset, text] = piece;
  const back = text.lastIndexOf("\n", Math.max(0, each.start - offset - reach));
  const on = text.indexOf("\n", Math.min(text.length, each.end - offset + reach));
  const [first, last] = [each.start - offset <= reach ? 0 : back + 1, on < 0 ? text.length : on];
  const [start, end] = [first + offset, last + offset];
  const cuts = new Set([start, end]);
  const furniture = each.document.furniture.filter(([x, z]) => x < end && z > start);
  const spans = linkedIn(each.document).filter(([x, z]) => x < end && z > start);
  const sentences = sentencesIn(each.document, start, end);
  for (const [x, z] of [[each.start, each.end], ...furniture, ...spans, ...sentences]) for (const place of [x, z]) if (place > start && place < end) cuts.add(place);
  const places = [...cuts].sort((x, z) => x - z);
  const shown = [];
  for (let index = 0; index + 1 < places.length; index += 1) {
    const [x, z] = [places[index], places[index + 1]];
    let part = safe(text.slice(x - offset, z - offset));
    if (each.start <= x && z <= each.end) part = [h("mark", { class: "span" }, part)];
    else if (covers(spans, x)) part = [h("span", { class: "linked", title: "linked in another row" }, part)];
    else if (covers(furniture, x)) part = [h("span", { class: "furniture", title: "site furniture" }, part)];
    const sentence = sentences.find(([from, to]) => from <= x && z <= to);
    shown.push(...(sentence && !covers(furniture, x) ? [h("span", { class: "sentence", "data-start": String(sentence[0]) }, part)] : part));
  }
  const more = first > 0 || last < text.length;
  return [
    h("div", { class: "source", dir: "auto", lang: each.language || false, tabindex: "0", role: "region", "data-document": String(each.document.index), "data-focus": `source:${each.document.index}:${each.start}`, "aria-label": `Source: ${each.outlet}, characters ${toChars(each.document, each.start)} to ${toChars(each.document, each.end)}. Arrow keys choose a sentence.` }, first > 0 ? "… " : null, shown, last < text.length ? " …" : null),
    h("button", { type: "button", class: "small-button linkhere", hidden: true, onclick: (event) => linkChosen(event.target.parentNode.querySelector(".source")) }, "Link this sentence to the unit"),
    h("button", { type: "button", class: "small-button partners", hidden: true, onclick: (event) => partnersOfChosen(event.target.parentNode.querySelector(".source")) }, "Find partners of this sentence"),
    more ? h("button", { type: "button", class: "small-button", onclick: (event) => { event.target.parentNode.replaceChildren(...[contextHead(each), sourceOf(each, reach * 4)].flat()); settleContext(); } }, "More of the source") : null,
  ];
}

function contextHead(each) {
  const from = each.document;
  const address = from && /^https?:\/\//i.test(from.url) ? h("a", { href: from.url, rel: "noreferrer noopener", target: "_blank" }, "original") : null;
  return h("div", { class: "contexthead" }, h("b", {}, h("bdi", {}, each.outlet)), from ? [h("span", { class: "small" }, ` ${[from.stem, from.date, `characters ${toChars(from, each.start)}–${toChars(from, each.end)}`].filter(Boolean).join(" · ")} `), address] : null);
}

function contextRow(key) {
  return h("tr", { class: "context", "data-for": key }, h("td", { colspan: String(columnCount()) }, h("div", { class: "contexts" },
    sidesOf(key).map((each) => h("div", { class: "contextside" }, contextHead(each), sourceOf(each, REACH))))));
}

function openContext(key) {
  choose({ row: key, open: isOpen(key) ? "" : "1" }, false);
  focusRow(key);
  const opened = document.querySelector("tr.context");
  if (opened) opened.scrollIntoView({ block: "nearest" });
}

// Each source is scrolled to its span.
function settleContext() {
  for (const box of document.querySelectorAll(".context .source")) {
    const mark = box.querySelector("mark.span");
    if (mark) box.scrollTop = mark.offsetTop - 90;
  }
}
