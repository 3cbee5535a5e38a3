// Split a unit, and change a span in its source: where to cut is chosen by sentence, by word, or in the text.
const trimmed = (document, start, end) => {
  const text = stretch(document, start, end);
  const [before, after] = [text.length - text.trimStart().length, text.length - text.trimEnd().length];
  return before === text.length ? null : [start + before, end - after];
};

// The place in a text element (whose text nodes are the text and nothing else) that was clicked, as an offset.
function placeAt(host, event) {
  const caret = document.caretPositionFromPoint ? document.caretPositionFromPoint(event.clientX, event.clientY) : document.caretRangeFromPoint && document.caretRangeFromPoint(event.clientX, event.clientY);
  return caret ? offsetIn(host, caret.offsetNode || caret.startContainer, caret.offset ?? caret.startOffset) : -1;
}

function offsetIn(host, node, offset) {
  if (!host.contains(node)) return -1;
  const range = document.createRange();
  range.setStart(host, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

function splitSheet(item) {
  const members = membersOf(beadOf(item));
  if (!members.length) { say("The source of this unit is not part of the page, so it cannot be split here", { warning: true }); return; }
  // Pieces of members, in order; `part` is the new unit that a piece goes to.
  let pieces = members.map((member) => ({ ...member, member, part: 1, cursor: -1 }));
  let count = 2;
  const host = h("div", { class: "pieces" });
  const problem = h("p", { class: "small", id: "split-problem", role: "status" });
  const partsOf = () => [...new Set(pieces.map((piece) => piece.part))].sort();

  function cut(piece, place) {
    const [one, two] = [trimmed(piece.document, piece.start, place), trimmed(piece.document, place, piece.end)];
    if (!one || !two) return;
    const at = pieces.indexOf(piece);
    const next = Math.min(piece.part + 1, 9);
    count = Math.max(count, next);
    const made = [[one, piece.part], [two, next]].map(([[start, end], part]) => ({ ...piece, start, end, text: stretch(piece.document, start, end), part, cursor: -1 }));
    pieces.splice(at, 1, ...made);
    drawPieces(`part:${at + 1}:${next}`);
  }

  function join(at) {
    const [one, two] = [pieces[at], pieces[at + 1]];
    pieces.splice(at, 2, { ...one, end: two.end, text: stretch(one.document, one.start, two.end) });
    drawPieces(`piece:${at}`);
  }

  function textOf(piece, at) {
    const words = wordsIn(piece.text).map(([start]) => start).filter((start) => start > 0);
    const text = h("p", { class: "text cuttable", dir: "auto", lang: piece.language || false, tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-multiline": "true", "data-focus": `piece:${at}`, "aria-label": `${piece.outlet}: ${piece.text.slice(0, 80)}. Arrow keys choose a place, Enter cuts there.` });
    const show = () => text.replaceChildren(...(piece.cursor < 0 ? safe(piece.text) : [...safe(piece.text.slice(0, piece.cursor)), h("span", { class: "caret", "aria-hidden": "true" }), ...safe(piece.text.slice(piece.cursor))]));
    show();
    text.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step && words.length) {
        event.preventDefault();
        const here = piece.cursor < 0 ? (step > 0 ? -1 : words.length) : words.indexOf(piece.cursor);
        piece.cursor = words[Math.min(words.length - 1, Math.max(0, here + step))];
        $("said").textContent = `before “${piece.text.slice(piece.cursor, piece.cursor + 40)}”`;
        show();
      } else if (event.key === "Enter" && !event.ctrlKey && piece.cursor > 0) {
        event.preventDefault();
        event.stopPropagation();
        cut(piece, piece.start + piece.cursor);
      }
    });
    text.addEventListener("click", (event) => {
      const place = placeAt(text, event);
      if (place < 0) return;
      piece.cursor = words.reduce((x, z) => (Math.abs(z - place) < Math.abs(x - place) ? z : x), words[0] ?? -1);
      show();
      cutHere.hidden = piece.cursor < 0;
    });
    const inside = sentencesIn(piece.document, piece.start, piece.end).map(([start]) => start).filter((start) => start > piece.start && start < piece.end);
    const cutHere = h("button", { type: "button", class: "small-button", hidden: true, onclick: () => cut(piece, piece.start + piece.cursor) }, "✂ Cut at the mark");
    return [text, h("div", { class: "cuts" }, inside.map((start) => h("button", { type: "button", class: "small-button", onclick: () => cut(piece, start) }, "✂ before “", h("bdi", {}, safe(stretch(piece.document, start, Math.min(start + 26, piece.end)))), "…”")), cutHere)];
  }

  function drawPieces(focus = "") {
    host.replaceChildren(...pieces.map((piece, at) => h("div", { class: `piece part${piece.part}` },
      h("div", { class: "parts", role: "group", "aria-label": `New unit of the text of ${piece.outlet}` }, Array.from({ length: count }, (_, part) => h("button", { type: "button", "data-focus": `part:${at}:${part + 1}`, "aria-pressed": String(piece.part === part + 1), onclick: () => { piece.part = part + 1; if (piece.part === count && count < Math.min(9, pieces.length)) count += 1; drawPieces(`part:${at}:${part + 1}`); } }, h("span", { class: "hidden" }, "unit "), String(part + 1)))),
      h("div", { class: "piecetext" }, h("div", { class: "outlet" }, h("b", {}, h("bdi", {}, piece.outlet)), at && pieces[at - 1].member === piece.member ? h("button", { type: "button", class: "small-button", onclick: () => join(at - 1) }, "Join with the text above") : null), textOf(piece, at)))));
    const parts = partsOf();
    problem.textContent = parts.length < 2 ? "Give at least one text to another unit: press 2 beside it, or cut a text." : `${parts.length} units: ${parts.map((part) => pieces.filter((piece) => piece.part === part).map((piece) => piece.outlet).join(" + ")).join("; ")}${parts.some((part) => pieces.filter((piece) => piece.part === part).length === 1) ? " (a text alone is a gap)" : ""}`;
    const button = $("sheet-do");
    if (button) button.disabled = parts.length < 2;
    const again = focus && [...host.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === focus);
    if (again) again.focus();
  }

  drawPieces();
  openSheet(`Split unit ${beadOf(item)}`, [h("p", { class: "small" }, "Say which text goes to which new unit. A text can be cut: at a sentence, or at any word (click it, or arrow keys and Enter)."), host, problem], {
    wide: true, label: "Split", first: '[data-focus="part:0:1"]',
    submit: () => {
      if (partsOf().length < 2) return false;
      return Boolean(decideOn([item], "split", { parts: partsOf().map((part) => inOrder(pieces.filter((piece) => piece.part === part).map(spanOf))) }, wholeTarget(item)));
    },
  });
  drawPieces('part:0:1');
}

const AROUND = 700;

function editSheet(item) {
  const members = membersOf(beadOf(item)).filter((each) => pieceAt(each.document, each.start));
  if (!members.length) { say("The source of this unit is not part of the page, so its spans cannot be changed here", { warning: true }); return; }
  const own = item.rows ? members : members.filter((each) => [item.a, item.b].some((side) => side.document === each.document && side.start === each.start && side.end === each.end));
  const choices = own.length ? own : members;
  let member = choices[0];
  let [start, end] = [member.start, member.end];
  const text = h("p", { class: "source editable", dir: "auto", tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-multiline": "true", id: "edit-text", "aria-describedby": "edit-hint" });
  const tell = h("p", { class: "small", role: "status", id: "edit-now" });
  let [first, last, source] = [0, 0, ""];

  function choose(next) {
    member = next;
    [start, end] = [member.start, member.end];
    const [offset, whole] = pieceAt(member.document, member.start);
    [first, last] = [Math.max(offset, start - AROUND), Math.min(offset + whole.length, end + AROUND)];
    source = whole.slice(first - offset, last - offset);
    text.setAttribute("lang", member.language || "");
    text.setAttribute("aria-label", `Source of ${member.outlet}`);
    show();
  }

  function show() {
    const scroll = text.scrollTop;
    const [x, z] = [start - first, end - first];
    const mark = h("mark", { class: "span" }, safe(source.slice(x, z)));
    text.replaceChildren(...safe(source.slice(0, x)), mark, ...safe(source.slice(z)));
    text.scrollTop = scroll;
    if (mark.offsetTop < text.scrollTop || mark.offsetTop + mark.offsetHeight > text.scrollTop + text.clientHeight) text.scrollTop = mark.offsetTop - 60;
    tell.textContent = `${member.outlet}, characters ${toChars(member.document, start)}–${toChars(member.document, end)}, ${many(wordsIn(source.slice(x, z)).length, "word", "words")}`;
    const button = $("sheet-do");
    if (button) button.disabled = start === member.start && end === member.end;
  }

  // The nearest edge of a word or sentence on one side; sentences keep their full stop.
  function move(edge, way, unit) {
    const list = unit === "sentence" ? sentencesIn(member.document, first, last).map(([x, z]) => [x - first, z - first]) : wordsIn(source);
    const places = list.map(([x, z]) => (edge === "start" ? x : z)).filter((place) => place >= 0 && place <= source.length);
    const here = (edge === "start" ? start : end) - first;
    const next = way > 0 ? places.find((place) => place > here) : places.filter((place) => place < here).at(-1);
    if (next === undefined) return;
    if (edge === "start" && next + first < end) start = next + first;
    if (edge === "end" && next + first > start) end = next + first;
    show();
  }

  text.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    move(event.shiftKey ? "start" : "end", way, event.ctrlKey || event.metaKey || event.altKey ? "sentence" : "word");
  });
  text.addEventListener("mouseup", () => {
    const chosen = getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return;
    const range = chosen.getRangeAt(0);
    const [x, z] = [offsetIn(text, range.startContainer, range.startOffset), offsetIn(text, range.endContainer, range.endOffset)];
    const taken = x >= 0 && z > x && trimmed(member.document, first + x, first + z);
    if (taken) { [start, end] = taken; chosen.removeAllRanges(); show(); }
  });
  const mover = (edge, way, unit, sign) => h("button", { type: "button", class: "small-button", "aria-label": `${edge === "start" ? "Start" : "End"} one ${unit} ${way < 0 ? "back" : "on"}`, title: `one ${unit} ${way < 0 ? "back" : "on"}`, onclick: () => move(edge, way, unit) }, sign);
  const movers = (edge) => h("span", { class: "movers", role: "group", "aria-label": edge === "start" ? "Start" : "End" }, h("b", {}, edge === "start" ? "Start" : "End"), mover(edge, -1, "sentence", "«"), mover(edge, -1, "word", "‹"), mover(edge, 1, "word", "›"), mover(edge, 1, "sentence", "»"));
  choose(member);
  openSheet(`Change a span of unit ${beadOf(item)}`, [
    choices.length > 1 ? h("div", { class: "choicerow", role: "radiogroup", "aria-label": "Text" }, choices.map((each, at) => h("label", {}, h("input", { type: "radio", name: "member", checked: at === 0, onchange: () => choose(each) }), " ", h("bdi", {}, each.outlet), h("span", { class: "small" }, ` “${each.text.slice(0, 30)}…”`)))) : null,
    text, h("div", { class: "choicerow" }, movers("start"), movers("end")), tell,
    h("p", { class: "small", id: "edit-hint" }, "Select the text that belongs to the unit, or move its edges: in the text, ← → move the end by words, with Shift the start, with Ctrl by sentences."),
  ], {
    wide: true, label: "Save span", first: "#edit-text",
    submit: () => {
      if (start === member.start && end === member.end) return false;
      const to = { document: member.document, start, end };
      return Boolean(decideOn([item], "edit", { from: spanOf(member), to: spanOf(to) }, wholeTarget(item)));
    },
  });
  show();
}
