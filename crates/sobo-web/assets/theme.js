// Before the first paint, so that a dark screen does not flash white.
const kept = localStorage.getItem("sobo.theme");
if (kept) document.documentElement.dataset.theme = kept;
