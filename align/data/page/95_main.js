// Facets, toolbar, pages, keys; and drawing everything from the state.
let items = [];
const MOST_VALUES = 40;

function drawFacets(counts) {
  const host = $("facets");
  const shut = new Set([...host.querySelectorAll("details:not([open])")].map((each) => each.dataset.facet));
  const first = !host.childElementCount;
  const groups = FACETS.map((facet) => {
    const known = valuesOf(facet.name);
    if (known.size < 1 || (known.size < 2 && facet.name !== "note" && !state[facet.name].size)) return null;
    const order = (typeof facet.order === "function" ? facet.order() : facet.order) || [...known.keys()].sort((x, y) => known.get(y) - known.get(x) || (x < y ? -1 : 1));
    const values = order.filter((value) => known.has(value) || state[facet.name].has(value)).filter((value, place) => place < MOST_VALUES || state[facet.name].has(value));
    const top = Math.max(1, ...values.map((value) => counts[facet.name].get(value) || 0));
    return h("details", { "data-facet": facet.name, open: first ? facet.name !== "pair" || known.size < 16 : !shut.has(facet.name) },
      h("summary", {}, facet.title, state[facet.name].size ? h("span", { class: "badge" }, String(state[facet.name].size)) : null),
      h("ul", {}, values.map((value) => {
        const count = counts[facet.name].get(value) || 0;
        return h("li", { class: count ? "" : "empty" }, h("label", {},
          h("input", { type: "checkbox", "data-focus": `facet:${facet.name}:${value}`, checked: state[facet.name].has(value), onchange: () => toggle(facet.name, value) }),
          h("span", { class: "name" }, h("bdi", {}, facet.label(value))), h("span", { class: "number" }, count.toLocaleString("en")),
          h("span", { class: "share", "aria-hidden": "true", style: { width: `${(100 * count) / top}%` } })));
      })));
  });
  const narrow = host.querySelector("details.all");
  host.replaceChildren(h("details", { class: "all", open: narrow ? narrow.open : matchMedia("(min-width: 60rem)").matches },
    h("summary", { class: "title" }, "Filters"),
    h("div", { class: "groups" }, h("button", { type: "button", class: "small-button", disabled: !isFiltered(), onclick: () => choose(NOTHING()) }, "Clear all filters"), groups)));
}

function option(value, label, chosen) {
  return h("option", { value, selected: value === chosen }, label);
}

function drawToolbar() {
  const host = $("toolbar");
  const menu = host.querySelector("details.menu");
  const view = (name, label) => h("button", { type: "button", id: `view-${name}`, "aria-pressed": String(state.view === name), onclick: () => changeView(name) }, label);
  host.replaceChildren(
    h("div", { class: "switch", role: "group", "aria-label": "View" }, view("pairs", "Pairs"), view("units", "Side by side")),
    h("label", {}, "Base text ", h("select", { id: "base", onchange: (event) => choose({ base: event.target.value }) }, option("", state.view === "units" ? heaviest : "as found", state.base), outlets.map((each) => option(each, each, state.base)))),
    h("label", {}, "Order ", h("select", { id: "sort", onchange: (event) => choose({ sort: event.target.value }) },
      Object.entries(SORTS).flatMap(([name, [label]]) => [option(`-${name}`, `${label} ↓`, state.sort), option(name, `${label} ↑`, state.sort)]))),
    h("details", { class: "menu", open: menu ? menu.open : false }, h("summary", { id: "columns" }, "Columns"), h("div", { class: "sheet" },
      [...Object.entries(COLUMNS), ...(state.view === "units" ? outlets.map((outlet) => [`outlet:${outlet}`, outlet]) : [])].map(([name, label]) => h("label", {},
        h("input", { type: "checkbox", "data-focus": `column:${name}`, checked: !hidden(name), onchange: () => { const hide = new Set(state.hide); if (!hide.delete(name)) hide.add(name); choose({ hide, page: state.page }); } }), ` ${label}`)))),
  );
}

function drawChips() {
  const chipOf = (label, remove) => h("button", { type: "button", class: "filter", "data-focus": `chip:${label}`, onclick: remove }, h("bdi", {}, label), h("span", { "aria-hidden": "true" }, " ✕"), h("span", { class: "hidden" }, ", remove this filter"));
  const chips = FACETS.flatMap((facet) => [...state[facet.name]].map((value) => chipOf(`${facet.title}: ${facet.label(value)}`, () => toggle(facet.name, value))));
  if (state.q) chips.push(chipOf(`“${state.q}”`, () => { $("search").value = ""; choose({ q: "" }); }));
  if (state.from || state.to) chips.push(chipOf(`Divergence ${state.from || "0"} to ${state.to || "1"}`, () => choose({ from: "", to: "" })));
  $("chips").replaceChildren(...chips);
}

function drawPages(pages) {
  const page = pageNumber(pages);
  const go = (to) => () => { choose({ page: String(to), row: "", open: "" }); $("table").scrollIntoView(); $("table").focus({ preventScroll: true }); };
  $("pages").replaceChildren(
    h("button", { type: "button", disabled: page <= 1, onclick: go(page - 1) }, "‹ Previous"),
    h("span", {}, `Page ${page.toLocaleString("en")} of ${pages.toLocaleString("en")}`),
    h("button", { type: "button", disabled: page >= pages, onclick: go(page + 1) }, "Next ›"),
    h("label", {}, "Rows on a page ", h("select", { id: "size", onchange: (event) => choose({ size: event.target.value }) }, ["25", "50", "100", "250"].map((each) => option(each, each, state.size)))));
}

const pageSize = () => Math.min(1000, Math.max(1, Number(state.size) || 50));
const pageNumber = (pages) => Math.min(pages, Math.max(1, Math.floor(Number(state.page)) || 1));

function drawTable(all = false) {
  const size = pageSize();
  const pages = Math.max(1, Math.ceil(items.length / size));
  const page = all ? items : items.slice((pageNumber(pages) - 1) * size, pageNumber(pages) * size);
  drawPages(pages);
  const wait = load(page.flatMap(rowsOf));
  if (wait !== true) {
    // The texts of these rows come from the server; what is shown meanwhile stays until they are here.
    $("table").setAttribute("aria-busy", "true");
    const drawn = `${version}:${addressOf(state)}`;
    wait.then(() => { if (drawn === `${version}:${addressOf(state)}`) keepingFocus(() => drawTable(all)); if (focusWaits) focusRow(focusWaits); },
      (error) => { $("table").replaceChildren(h("p", { class: "nothing" }, `These rows could not be read: ${error.message}. `, h("button", { type: "button", onclick: () => drawTable(all) }, "Try again"))); });
    return;
  }
  $("table").removeAttribute("aria-busy");
  $("table").replaceChildren(
    page.length ? (state.view === "units" ? unitTable(page) : pairTable(page))
      : h("p", { class: "nothing" }, rows.length ? "No row passes these filters. " : "This run found no pairs to compare.", rows.length ? h("button", { type: "button", onclick: () => choose(NOTHING()) }, "Clear all filters") : null));
  settleContext();
}

// Drawing replaces elements; the one that had the focus gets it back, or its row, or the table.
function keepingFocus(work) {
  const active = document.activeElement;
  const name = active && (active.dataset.focus || active.id);
  const inside = active && active.closest("main");
  const row = active && active.closest("tr.item");
  const scrolled = new Map([...document.querySelectorAll(".context .source")].map((box) => [box.dataset.focus, [box.scrollTop, box.dataset.chosen]]));
  work();
  for (const box of document.querySelectorAll(".context .source")) {
    const [top, chosen] = scrolled.get(box.dataset.focus) || [];
    if (top === undefined) continue;
    box.scrollTop = top;
    if (chosen && !box.dataset.chosen) chooseSentence(box, 0, chosen);
  }
  if (!inside || active.isConnected) return;
  const again = name && [...document.querySelectorAll("[data-focus], [id]")].find((each) => (each.dataset.focus || each.id) === name);
  (again || (row && itemRow(row.dataset.key)) || $("table")).focus({ preventScroll: true });
}

const draw = () => keepingFocus(drawAll);

function drawAll() {
  const found = matches();
  const sorted = ordered(found.shown);
  items = state.view === "units" ? unitsOf(sorted) : sorted;
  const total = state.view === "units" ? rowsOfBead.size : rows.length;
  const noun = state.view === "units" ? "units" : "pairs";
  $("count").textContent = items.length === total ? `${total.toLocaleString("en")} ${noun}` : `${items.length.toLocaleString("en")} of ${total.toLocaleString("en")} ${noun}`;
  drawTiles(found.shown);
  drawHistogram(found.bins);
  drawHeat(found.pairKinds);
  drawRibbons(found.shown);
  drawFacets(found.counts);
  drawToolbar();
  drawChips();
  drawTable();
  drawProgress();
  drawDock();
}

const itemRow = (key) => document.querySelector(`#table tr.item[data-key="${CSS.escape(key)}"]`);

let focusWaits = "";

// Makes a row the current one; `reveal` turns to its page first.
function focusRow(key, reveal = false) {
  focusWaits = "";
  const place = items.findIndex((each) => each.key === key);
  if (place < 0) return false;
  const page = String(Math.floor(place / pageSize()) + 1);
  if (reveal && page !== String(pageNumber(Math.ceil(items.length / pageSize())))) {
    state = { ...state, page, row: key, open: "" };
    drawTable();
  }
  const element = itemRow(key);
  if (!element || $("table").hasAttribute("aria-busy")) { if (reveal) focusWaits = key; return false; }
  for (const other of document.querySelectorAll("#table tr.item[aria-current]")) other.removeAttribute("aria-current");
  element.setAttribute("aria-current", "true");
  if (state.row !== key) state = { ...state, row: key, open: document.querySelector(`tr.context[data-for="${CSS.escape(key)}"]`) ? "1" : "" };
  keepAddress(false);
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
  highlightRibbon();
  drawDock();
  return true;
}

function jump(key) {
  const row = rowByKey.get(key);
  if (row) focusRow(state.view === "units" ? row.bead : key, true);
}

function step(by) {
  const here = items.findIndex((each) => each.key === state.row);
  const size = pageSize();
  const start = (pageNumber(Math.max(1, Math.ceil(items.length / size))) - 1) * size;
  const to = here < 0 ? start : here + by;
  if (to >= 0 && to < items.length) focusRow(items[to].key, true);
}

function showKeys() {
  $("keys").showModal();
  $("keys-title").focus(); // its only button stands at the end of a long list
}

function keys(event) {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (event.key === "Escape" && event.target === $("search")) { $("search").blur(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (sourceKeys(event)) return;
  const onButton = event.target.closest("button, summary, input, a, [role=region]");
  const name = event.shiftKey && event.key.toLowerCase() === "z" ? "redo" : KEY_ACTS[event.key];
  const does = name ? () => act(name) : {
    j: () => step(1), k: () => step(-1), "/": () => { $("search").focus(); $("search").select(); }, "?": showKeys,
    0: () => { $("search").value = ""; choose(NOTHING()); }, d: decisionsSheet, v: () => changeView(state.view === "units" ? "pairs" : "units"),
    " ": onButton ? null : () => pick(state.row), Escape: picked.size ? unpick : null,
    Enter: event.target.matches("tr.item") ? () => openContext(event.target.dataset.key) : null,
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

// The other view shows the same place: the row of the unit, or the unit of the row.
function changeView(view) {
  const here = itemOf(state.row);
  const bead = here && beadOf(here);
  picked.clear();
  choose({ view, row: "", open: "" });
  const same = bead && items.find((item) => beadOf(item) === bead);
  if (same) focusRow(same.key, true);
}

function theme() {
  const root = document.documentElement;
  const name = () => { $("theme").textContent = root.dataset.theme === "dark" ? "Light" : "Dark"; };
  $("theme").addEventListener("click", () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    keepSetting("theme", root.dataset.theme);
    name();
  });
  name();
}

function facts() {
  $("facts").replaceChildren(h("details", {}, h("summary", {}, "How this report was made"), h("dl", {}, data.facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, safe(value)))))));
  if (data.warnings.length) $("notices").replaceChildren(h("details", { class: "notice" }, h("summary", {}, `⚠ ${many(data.warnings.length, "warning", "warnings")}`), h("ul", {}, data.warnings.map((each) => h("li", {}, safe(each))))));
}

let waiting = 0;
$("search").value = state.q;
$("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => choose({ q: $("search").value.trim() }, false), 120); });
$("help").addEventListener("click", showKeys);
$("map").addEventListener("toggle", () => drawRibbons(matches().shown));
$("table").addEventListener("click", (event) => {
  const row = event.target.closest("tr.item");
  const button = event.target.closest("[data-act]");
  const sentence = event.target.closest(".sentence");
  if (event.target.matches("input.pick")) pick(event.target.dataset.pick);
  else if (button && row) { picked.clear(); act(button.dataset.act, row.dataset.key); }
  else if (sentence && !String(getSelection())) chooseSentence(sentence.closest(".source"), 0, sentence.dataset.start);
  else if (row && !event.target.closest("button, a") && !String(getSelection())) focusRow(row.dataset.key);
});
document.addEventListener("keydown", keys);
for (const button of document.querySelectorAll("[data-goto]")) button.addEventListener("click", () => { $(button.dataset.goto).scrollIntoView(); $(button.dataset.goto).focus({ preventScroll: true }); });
addEventListener("popstate", () => { state = readAddress(); $("search").value = state.q; draw(); if (state.row) focusRow(state.row, true); });
// Paper is white and shows every row, unless they would fill a book: then those of the page at hand.
const MOST_PRINTED = 3000;
let themeBefore = "";
addEventListener("beforeprint", () => {
  themeBefore = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
  inSight = true;
  paintRibbons();
  drawTable(items.length <= MOST_PRINTED);
  if (items.length > MOST_PRINTED) $("table").append(h("p", { class: "note" }, `Printed: the rows of this page. Filter to ${MOST_PRINTED.toLocaleString("en")} rows or fewer to print them all.`));
});
addEventListener("afterprint", () => { document.documentElement.dataset.theme = themeBefore; drawTable(); });
let resized = 0;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(() => drawRibbons(matches().shown), 150); });
$("decisions").addEventListener("click", decisionsSheet);
$("sheet").addEventListener("close", focusBack);
// A page that another tab has decided in, from the same file.
addEventListener("storage", (event) => { if (event.key && event.key.startsWith(PREFIX) && takeUp()) { refreshRows(overlay()); redrawSoon(); } });
addEventListener("beforeunload", (event) => { if (storage.volatile && (served ? pending.length : notGiven())) event.preventDefault(); });
theme();
facts();
takeUp();
overlay();
draw();
if (state.row) {
  const wanted = state.open;
  if (focusRow(state.row, true) && wanted && state.open !== "1") openContext(state.row);
}
if (served) { flush(); setTimeout(poll, 1500); setTimeout(readAhead, 1000); }
document.documentElement.dataset.ready = "true";
