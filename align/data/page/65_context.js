// The source around a span, on demand; and a row as a quotation.
const REACH = 500;

function sidesOf(key) {
  const row = rowByKey.get(key);
  if (row && state.view !== "units") return [row.a, row.b];
  const bead = beadById.get(key);
  if (bead && bead.members.length) return bead.members.map((member) => ({ ...member, outlet: member.document.outlet, language: member.document.language }));
  const seen = new Map();
  for (const each of (rowsOfBead.get(key) || []).flatMap((one) => [one.a, one.b])) seen.set(`${each.outlet}:${each.start}:${each.end}`, each);
  return [...seen.values()];
}

function pieceAt(document, place) {
  return document.pieces.find(([start, text]) => start <= place && place <= start + text.length);
}

const linkedSpans = new Map();
for (const each of documents) linkedSpans.set(each, []);
for (const row of rows) for (const each of [row.a, row.b]) if (each.document) linkedSpans.get(each.document).push([each.start, each.end]);

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
  const spans = (linkedSpans.get(each.document) || []).filter(([x, z]) => x < end && z > start);
  for (const [x, z] of [[each.start, each.end], ...furniture, ...spans]) for (const place of [x, z]) if (place > start && place < end) cuts.add(place);
  const places = [...cuts].sort((x, z) => x - z);
  const shown = [];
  for (let index = 0; index + 1 < places.length; index += 1) {
    const [x, z] = [places[index], places[index + 1]];
    const part = safe(text.slice(x - offset, z - offset));
    if (each.start <= x && z <= each.end) shown.push(h("mark", { class: "span" }, part));
    else if (covers(spans, x)) shown.push(h("span", { class: "linked", title: "linked in another row" }, part));
    else if (covers(furniture, x)) shown.push(h("span", { class: "furniture", title: "site furniture" }, part));
    else shown.push(...part);
  }
  const more = first > 0 || last < text.length;
  return [
    h("div", { class: "source", dir: "auto", lang: each.language || false, tabindex: "0", role: "region", "aria-label": `Source: ${each.outlet}, characters ${each.start} to ${each.end}` }, first > 0 ? "… " : null, shown, last < text.length ? " …" : null),
    more ? h("button", { type: "button", class: "small-button", onclick: (event) => { event.target.parentNode.replaceChildren(...[contextHead(each), sourceOf(each, reach * 4)].flat()); settleContext(); } }, "More of the source") : null,
  ];
}

function contextHead(each) {
  const from = each.document;
  const address = from && /^https?:\/\//i.test(from.url) ? h("a", { href: from.url, rel: "noreferrer noopener", target: "_blank" }, "original") : null;
  return h("div", { class: "contexthead" }, h("b", {}, h("bdi", {}, each.outlet)), from ? [h("span", { class: "small" }, ` ${[from.stem, from.date, `characters ${each.start}–${each.end}`].filter(Boolean).join(" · ")} `), address] : null);
}

function contextRow(key) {
  return h("tr", { class: "context", "data-for": key }, h("td", { colspan: String(columnCount()) }, h("div", { class: "contexts" },
    sidesOf(key).map((each) => h("div", { class: "contextside" }, contextHead(each), sourceOf(each, REACH))))));
}

function openContext(key) {
  choose({ row: key, open: isOpen(key) ? "" : "1" }, false);
  focusRow(key);
}

// Each source is scrolled to its span.
function settleContext() {
  for (const box of document.querySelectorAll(".context .source")) {
    const mark = box.querySelector("mark.span");
    if (mark) box.scrollTop = mark.offsetTop - 90;
  }
}

function quotation(key) {
  return sidesOf(key).map((each) => {
    const from = each.document;
    const origin = [each.outlet, from && from.date, from && from.url ? `<${from.url}>` : from && from.stem, `characters ${each.start}–${each.end}`].filter(Boolean).join(", ");
    return `> ${each.text.replace(/\s*\n\s*/g, " ")}\n>\n> — ${origin}`;
  }).join("\n\n") + "\n";
}

async function copyQuotation(key) {
  const text = quotation(key);
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    focusRow(key);
  }
  $("count").textContent = done ? `Copied unit ${key} as a quotation` : "The browser does not allow copying";
}
