// Elements, numbers and words. Text only ever enters through text nodes.
const $ = (id) => document.getElementById(id);

function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function s(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const figure = (value, digits = 2) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const many = (count, one, more) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

// A place to keep things between visits; where the browser has none, they last as long as the page.
const storage = (() => {
  try {
    localStorage.setItem("align-probe", "1");
    localStorage.removeItem("align-probe");
    return localStorage;
  } catch {
    const kept = new Map();
    return {
      volatile: true, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => { kept.set(key, String(value)); }, removeItem: (key) => { kept.delete(key); },
      key: (place) => [...kept.keys()][place] ?? null, get length() { return kept.size; },
    };
  }
})();
const setting = (name) => storage.getItem(`align-${name}`) || "";
const keepSetting = (name, value) => { try { storage.setItem(`align-${name}`, value); } catch { /* full: the setting lasts as long as the page */ } };
