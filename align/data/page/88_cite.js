// Citations: rows as quotations with outlet, date, address and position, copied or as a file.
const flat = (text) => text.replace(/\s*\n\s*/g, " ").trim();

// One record a text of the rows, each text once.
function citationsOf(all) {
  const found = new Map();
  for (const item of all) {
    for (const each of item.rows ? membersOf(item.id) : [item.a, item.b]) {
      const from = each.document;
      const [start, end] = from ? [toChars(from, each.start), toChars(from, each.end)] : [each.start, each.end];
      const name = `${beadOf(item)}\n${from ? from.id : each.outlet}\n${start}\n${end}`;
      if (!found.has(name)) found.set(name, { unit: beadOf(item), outlet: each.outlet, date: from ? from.date : "", url: from ? from.url : "", document: from ? from.stem : "", language: each.language, start, end, text: flat(each.text) });
    }
  }
  return [...found.values()];
}

function asMarkdown(citations) {
  const escape = (text) => text.replace(/([\\`*_[\]<>#|])/g, "\\$1");
  return `${citations.map((each) => `> ${escape(each.text)}\n>\n> — ${[escape(each.outlet), each.date, /^https?:\/\//i.test(each.url) ? `<${encodeURI(each.url).replace(/%25/g, "%")}>` : escape(each.document), `characters ${each.start}–${each.end}`].filter(Boolean).join(", ")}`).join("\n\n")}\n`;
}

// A text that a spreadsheet would take for a formula gets an apostrophe before it.
function asCsv(citations) {
  const names = ["unit", "outlet", "date", "url", "document", "start", "end", "language", "text"];
  const cell = (value) => { const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value); return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text; };
  return [names, ...citations.map((each) => names.map((name) => each[name]))].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}

function asBibtex(citations) {
  const SIGNS = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };
  const escape = (text) => text.replace(/[\\~^]|[{}%$&#_]/g, (sign) => SIGNS[sign] || `\\${sign}`);
  const taken = new Map();
  return citations.map((each) => {
    const stem = `${(each.outlet.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "") || "source").toLowerCase()}${each.date.slice(0, 4)}:${each.start}`;
    taken.set(stem, (taken.get(stem) || 0) + 1);
    const fields = { author: `{${escape(each.outlet)}}`, title: escape(each.text.length > 80 ? `${each.text.slice(0, 80)} …` : each.text), date: each.date, year: each.date.slice(0, 4), url: each.url.replace(/[{}\\%]/g, encodeURIComponent), note: escape(`${each.document ? `${each.document}, ` : ""}characters ${each.start}--${each.end}, unit ${each.unit}`), annote: escape(each.text) };
    return `@misc{${stem}${taken.get(stem) > 1 ? `-${taken.get(stem)}` : ""},\n${Object.entries(fields).filter(([, value]) => value).map(([name, value]) => `  ${name} = {${value}}`).join(",\n")}\n}\n`;
  }).join("\n");
}

const CITATIONS = { markdown: ["Markdown", asMarkdown, "md", "text/markdown"], csv: ["CSV", asCsv, "csv", "text/csv"], bibtex: ["BibTeX", asBibtex, "bib", "application/x-bibtex"] };
const MOST_CITED = 5000;

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "hidden", "aria-hidden": "true" });
    area.value = text;
    ($("sheet").open ? $("sheet") : document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

async function citeSheet() {
  const scopes = [picked.size ? ["picked", `the ${picked.size} picked`, () => [...picked].map(itemOf).filter(Boolean)] : null, state.row && itemOf(state.row) ? ["row", "this row", () => [itemOf(state.row)]] : null, ["shown", `all ${Math.min(items.length, MOST_CITED).toLocaleString("en")} shown`, () => items.slice(0, MOST_CITED)]].filter(Boolean);
  let [scope, format] = [scopes[0], CITATIONS[setting("cite")] ? setting("cite") : "markdown"];
  let text = "";
  const box = h("textarea", { id: "cited", rows: "10", readonly: true, "aria-label": "The quotations", spellcheck: "false" });
  const update = async () => {
    const all = scope[2]();
    await load(all.flatMap(rowsOf));
    text = CITATIONS[format][1](citationsOf(all));
    box.value = text.length > 20_000 ? `${text.slice(0, 20_000)}\n…` : text;
  };
  const radio = (name, value, label, checked, onchange) => h("label", {}, h("input", { type: "radio", name, value, checked, onchange }), ` ${label}`);
  await update();
  openSheet("Cite", [
    h("div", { class: "choicerow", role: "radiogroup", "aria-label": "What" }, scopes.map((each) => radio("scope", each[0], each[1], each === scope, () => { scope = each; update(); }))),
    h("div", { class: "choicerow", role: "radiogroup", "aria-label": "Format" }, Object.entries(CITATIONS).map(([name, [label]]) => radio("format", name, label, name === format, () => { format = name; keepSetting("cite", name); update(); }))),
    box, h("div", { class: "buttons" }, h("button", { type: "button", id: "cite-download", onclick: () => { download(`citations.${CITATIONS[format][2]}`, text, CITATIONS[format][3]); closeSheet(); say(`Downloaded citations.${CITATIONS[format][2]}`); } }, "Download")),
  ], { wide: true, label: "Copy", first: "#sheet-do", submit: () => { copy(text).then((done) => { closeSheet(); say(done ? `Copied ${scope[1]} as ${CITATIONS[format][0]}` : "The browser does not allow copying", { warning: !done }); }); return false; } });
}

async function copyQuotation(key) {
  const item = itemOf(key);
  await load(rowsOf(item));
  say((await copy(asMarkdown(citationsOf([item])))) ? `Copied ${labelOf(item)} as a quotation` : "The browser does not allow copying");
}
