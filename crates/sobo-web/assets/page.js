// Theme and small helps of the plain pages.
const root = document.documentElement;
document.getElementById("theme")?.addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("sobo.theme", root.dataset.theme);
});
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}
for (const select of document.querySelectorAll("select[data-submit]")) select.addEventListener("change", () => select.form.submit());
document.querySelector("[data-print]")?.addEventListener("click", () => print());
if (document.querySelector("[data-progress]")) import("/assets/archive.js");
if (document.querySelector("#unsent") && !document.body.classList.contains("entry")) import("/assets/unsent.js");

// A table wider than the screen can be reached and moved with the keyboard; one that fits is no stop on the way.
const reachable = (box) => {
  const wide = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  if (!wide) {
    if (box.dataset.reachable) {
      for (const name of ["tabindex", "role", "aria-label", "data-reachable"]) box.removeAttribute(name);
    }
  } else if (!box.hasAttribute("tabindex")) {
    let title = box.previousElementSibling;
    while (title && !/^H[1-6]$/.test(title.tagName)) title = title.previousElementSibling;
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", (title ?? document.querySelector("h1"))?.textContent.trim() || document.title);
    box.dataset.reachable = "1";
  }
};
const watched = new ResizeObserver((changes) => changes.forEach((change) => reachable(change.target)));
for (const box of document.querySelectorAll(".scroll")) {
  reachable(box);
  watched.observe(box);
}
