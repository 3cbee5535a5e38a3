"use strict";
// Runs before the first paint, so that a dark page never flashes white.
(() => {
  let kept = "";
  try { kept = localStorage.getItem("align-theme") || ""; } catch { /* storage is off: follow the system */ }
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
