// A drawing of which statement stands where: a column a document, a ribbon a pair; a click jumps to the row.
const MOST_RIBBONS = 1500;
const MOST_COLUMNS = 12;
let waitingRibbons = null;

// The drawing is made when it is on the screen and the page has nothing more urgent to do.
function drawRibbons(shown) {
  if (waitingRibbons === null && inSight) setTimeout(paintRibbons, 30);
  waitingRibbons = shown;
}

function paintRibbons() {
  if (waitingRibbons === null || !inSight) return;
  const shown = waitingRibbons;
  waitingRibbons = null;
  ribbonsOf(shown);
}

let inSight = false;
new IntersectionObserver(([entry]) => { inSight = entry.isIntersecting; paintRibbons(); }, { rootMargin: "200px" }).observe($("map"));

// A column a document; with too many of them a column an outlet, its documents one below the other.
function columnsOf() {
  const columns = new Map();
  for (const document of documents) {
    const key = documents.length > MOST_COLUMNS ? `${document.outlet}|${document.language}` : document.index;
    if (!columns.has(key)) columns.set(key, { index: columns.size, outlet: document.outlet, language: document.language, date: document.date, documents: [], length: 0 });
    const column = columns.get(key);
    document.column = column;
    document.above = column.length;
    column.documents.push(document);
    column.length += Math.max(1, document.end - document.start);
  }
  return [...columns.values()];
}

// With many rows only the gravest are sorted: grade by grade, until there are enough.
function gravest(drawn) {
  const chosen = [];
  for (let grade = grades.length - 1; grade >= 0 && chosen.length < MOST_RIBBONS; grade -= 1) {
    const these = drawn.filter((row) => row.grade === grade);
    these.sort((x, z) => (z.divergence || 0) - (x.divergence || 0) || x.index - z.index);
    chosen.push(...these.slice(0, MOST_RIBBONS - chosen.length));
  }
  return chosen;
}

function ribbonsOf(shown) {
  const host = $("ribbons");
  if (!$("map").open || !documents.length) { host.replaceChildren(); return; }
  const width = Math.max(320, host.clientWidth || 900);
  const all = columnsOf();
  const bar = Math.max(10, Math.min(26, width / all.length / 4));
  const [height, head, foot] = [width < 600 ? 300 : 380, 46, 8];
  const gap = all.length > 1 ? (width - bar - 90) / (all.length - 1) : 0;
  const left = (column) => 45 + column.index * gap;
  const y = (document, place) => head + ((height - head - foot) * (document.above + place - document.start)) / document.column.length;
  const drawn = shown.filter((row) => row.a.document && row.b.document);
  // The gravest are drawn last, so that they lie on top.
  const chosen = gravest(drawn).reverse();
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `Where the ${many(drawn.length, "shown pair stands", "shown pairs stand")} in ${many(documents.length, "document", "documents")}; the table lists the same pairs` });
  const group = s("g", { class: "ribbons" });
  for (const row of chosen) {
    let [one, two] = [row.a, row.b];
    if (one.document.column.index > two.document.column.index) [one, two] = [two, one];
    const span = (each) => { const top = y(each.document, each.start); return [top, Math.max(top + 1.5, y(each.document, each.end))]; };
    const [[a0, a1], [b0, b1]] = [span(one), span(two)];
    const from = left(one.document.column) + bar;
    let path;
    if (one.document.column === two.document.column) {
      const out = Math.min(40, 12 + Math.abs(b0 - a0) / 4);
      path = `M${from} ${a0}C${from + out} ${a0} ${from + out} ${b1} ${from} ${b1}L${from} ${b0}C${from + out - 4} ${b0} ${from + out - 4} ${a1} ${from} ${a1}Z`;
    } else {
      const to = left(two.document.column);
      const middle = (from + to) / 2;
      path = `M${from} ${a0}C${middle} ${a0} ${middle} ${b0} ${to} ${b0}L${to} ${b1}C${middle} ${b1} ${middle} ${a1} ${from} ${a1}Z`;
    }
    const ribbon = s("path", { d: path, class: `ribbon g${row.grade}${row.origin === "human" ? " human" : ""}${row.status === "rejected" ? " rejected" : ""}`, "data-key": row.key }, s("title", {}, `${row.a.outlet} ↔ ${row.b.outlet}, grade ${row.grade}${row.loaded ? `: ${row.a.text.slice(0, 90)}` : ""}`));
    group.append(ribbon);
  }
  group.addEventListener("click", (event) => { const key = event.target.closest("[data-key]"); if (key) jump(key.dataset.key); });
  const worst = new Map();
  for (const row of drawn) for (const each of [row.a, row.b]) {
    const key = `${each.document.index}-${each.start}-${each.end}`;
    worst.set(key, [each, Math.max(row.grade, (worst.get(key) || [0, 0])[1])]);
  }
  const columns = all.map((column) => {
    const x = left(column);
    const drawing = s("g", {}, s("rect", { x, y: head, width: bar, height: height - head - foot, class: "column" }));
    for (const document of column.documents) for (const [start, end] of document.furniture) drawing.append(s("rect", { x, y: y(document, start), width: bar, height: Math.max(0.8, y(document, end) - y(document, start)), class: "furniture" }));
    for (const [each, grade] of worst.values()) if (each.document.column === column) drawing.append(s("rect", { x, y: y(each.document, each.start), width: bar, height: Math.max(1.5, y(each.document, each.end) - y(each.document, each.start)), class: `held g${grade}` }));
    const anchor = column.index === 0 && all.length > 1 ? "start" : column.index === all.length - 1 && all.length > 1 ? "finish" : "middle";
    const at = anchor === "start" ? x - 40 : anchor === "finish" ? x + bar + 40 : x + bar / 2;
    const room = Math.max(6, Math.floor(Math.min(gap || width, width) / 9));
    const cut = (text) => (text.length > room ? `${text.slice(0, room - 1)}…` : text);
    const more = column.documents.length > 1 ? many(column.documents.length, "document", "documents") : column.date;
    drawing.append(s("text", { x: at, y: 16, class: `label ${anchor}` }, cut(column.outlet), s("title", {}, column.outlet)), s("text", { x: at, y: 32, class: `axis ${anchor}` }, room < 16 ? column.language : cut(`${column.language} ${more}`)));
    return drawing;
  });
  svg.append(group, ...columns);
  host.replaceChildren(svg, h("p", { class: "note" },
    `Each column is ${all.length < documents.length ? "an outlet, its documents one below the other" : "a document from its beginning (top) to its end"}; each ribbon joins two renditions of one statement, coloured by grade${drawn.length > chosen.length ? `; the gravest ${chosen.length.toLocaleString("en")} of ${drawn.length.toLocaleString("en")} are drawn` : ""}. Grey: site furniture. A click jumps to the row.`));
  highlightRibbon();
}

function highlightRibbon() {
  for (const ribbon of document.querySelectorAll(".ribbon.here")) ribbon.classList.remove("here");
  const key = state.view === "units" ? null : state.row;
  if (!key) return;
  const ribbon = document.querySelector(`.ribbon[data-key="${CSS.escape(key)}"]`);
  if (ribbon) { ribbon.classList.add("here"); ribbon.parentNode.append(ribbon); }
}
