// Spans as decisions name them: places in characters as Python counts, and the hash by which a text is known again.
function countBelow(sorted, limit, of = (value) => value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(sorted[middle], middle) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

const toChars = (document, place) => place - countBelow(document.wide, place);
const fromChars = (document, place) => place + countBelow(document.wide, place, (value, index) => value - index);

const ROUND = (() => {
  const primes = [];
  for (let number = 2; primes.length < 64; number += 1) if (primes.every((prime) => number % prime)) primes.push(number);
  const fraction = (value) => Math.floor((value - Math.floor(value)) * 2 ** 32) | 0;
  return { start: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))), constants: primes.map((prime) => fraction(Math.cbrt(prime))) };
})();

// SHA-256; the browser's own is not there for a page from disk in every browser, and answers late.
function sha256(bytes) {
  const padded = new Uint8Array(((bytes.length + 8) >> 6) * 64 + 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length << 3);
  const hash = [...ROUND.start];
  const words = new Int32Array(64);
  const turn = (value, by) => (value >>> by) | (value << (32 - by));
  for (let block = 0; block < padded.length; block += 64) {
    for (let at = 0; at < 16; at += 1) words[at] = view.getInt32(block + 4 * at);
    for (let at = 16; at < 64; at += 1) {
      const [x, z] = [words[at - 15], words[at - 2]];
      words[at] = words[at - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + words[at - 7] + (turn(z, 17) ^ turn(z, 19) ^ (z >>> 10));
    }
    let [a, b, c, d, e, f, g, last] = hash;
    for (let at = 0; at < 64; at += 1) {
      const one = (last + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUND.constants[at] + words[at]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [last, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, last].forEach((value, at) => { hash[at] = (hash[at] + value) | 0; });
  }
  return hash.map((value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
}

// White space does not count, as Python sees white space; the length of the text goes before it.
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const hashes = new Map();

function textHash(text) {
  if (!hashes.has(text)) {
    const bytes = new TextEncoder().encode(text.split(SPACE).filter(Boolean).join(" "));
    const whole = new Uint8Array(bytes.length + 8);
    new DataView(whole.buffer).setUint32(4, bytes.length);
    whole.set(bytes, 8);
    hashes.set(text, sha256(whole).slice(0, 16));
  }
  return hashes.get(text);
}

// A side, a member, or any stretch of a document, as a decision names it.
function spanOf({ document, start, end, text }) {
  const shown = text ?? stretch(document, start, end);
  return { document: document.id, start: toChars(document, start), end: toChars(document, end), text_hash: textHash(shown), text: shown };
}

const placeOf = ({ document, start, end }) => `${document}:${start}:${end}`;
const inOrder = (spans) => [...spans].sort((x, z) => (x.document < z.document ? -1 : x.document > z.document ? 1 : x.start - z.start || x.end - z.end));
const nameOf = (spans) => spans.map(placeOf).sort().join("|");
const memberName = (each) => `${each.document.id}:${toChars(each.document, each.start)}:${toChars(each.document, each.end)}`;

// All members of a unit; of one that the page has no bead for, the texts of its rows.
function membersOf(beadId) {
  const bead = beadById.get(beadId);
  if (bead && bead.members.length) return bead.members.map((member) => ({ ...member, outlet: member.document.outlet, language: member.document.language }));
  const seen = new Map();
  for (const each of (rowsOfBead.get(beadId) || []).flatMap((one) => [one.a, one.b])) if (each.document) seen.set(`${each.document.index}:${each.start}:${each.end}`, each);
  return [...seen.values()];
}

// Where a stretch can begin or end: at its sentences, at its words.
function sentencesIn(document, start, end) {
  const found = [];
  const { sentences } = document;
  for (let at = 2 * countBelow({ length: sentences.length / 2 }, start, (_, index) => sentences[2 * index + 1]); at < sentences.length && sentences[at] < end; at += 2) found.push([sentences[at], sentences[at + 1]]);
  return found;
}

function wordsIn(text) {
  if (typeof Intl.Segmenter === "function") return [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].filter((each) => each.isWordLike).map((each) => [each.index, each.index + each.segment.length]);
  return [...text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)].map((match) => [match.index, match.index + match[0].length]);
}
