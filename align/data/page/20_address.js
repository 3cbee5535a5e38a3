// What the reader has chosen, kept in the part of the address after #; "Back" undoes a choice.
const SETS = ["grade", "kind", "pair", "outlet", "speaker", "confidence", "basis", "status", "reviewer", "note", "hide"];
const PLAIN = { q: "", from: "", to: "", sort: "-grade", view: "pairs", base: "", page: "1", size: "50", row: "", open: "" };

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const read = {};
  for (const name of SETS) read[name] = new Set(given.getAll(name));
  for (const [name, value] of Object.entries(PLAIN)) read[name] = given.get(name) ?? value;
  return read;
}

let state = readAddress();

function addressOf(chosen) {
  const given = new URLSearchParams();
  for (const name of SETS) for (const value of chosen[name]) given.append(name, value);
  for (const [name, value] of Object.entries(PLAIN)) if (chosen[name] !== value) given.set(name, chosen[name]);
  return `#${given}`;
}

// `step` makes a point that "Back" returns to; moving from row to row and typing do not.
function keepAddress(step) {
  const address = addressOf(state);
  if (address === (location.hash || "#")) return;
  try {
    history[step ? "pushState" : "replaceState"](null, "", address);
  } catch {
    location.replace(address); // browsers that refuse this for files
  }
}

function choose(change, step = true) {
  if (!("page" in change) && !("row" in change) && !("open" in change)) change = { page: "1", ...change };
  state = { ...state, ...change };
  keepAddress(step);
  draw();
}

function toggle(name, value, only = false) {
  const chosen = new Set(only ? [] : state[name]);
  if (state[name].has(value) && (!only || state[name].size === 1)) chosen.delete(value);
  else chosen.add(value);
  choose({ [name]: chosen });
}

const NOTHING = () => ({ ...Object.fromEntries(SETS.filter((name) => name !== "hide").map((name) => [name, new Set()])), q: "", from: "", to: "" });
const isFiltered = () => SETS.some((name) => name !== "hide" && state[name].size) || Boolean(state.q || state.from || state.to);
