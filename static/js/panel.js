// @ts-check
// On the desk a figure's evidence stands beside the table; without this file it is a page of its own.

const panel = document.getElementById("panel");
const wide = window.matchMedia("(min-width: 60rem)");

/** @param {HTMLAnchorElement} link */
async function show(link) {
  if (!panel) return;
  const answer = await fetch(link.href, { headers: { "X-Part": "panel" } });
  if (!answer.ok || answer.redirected) {
    window.location.assign(link.href);
    return;
  }
  const body = panel.querySelector(".evidence");
  if (!body) return;
  body.innerHTML = await answer.text();
  document.querySelector("[data-panel][aria-current]")?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  panel.hidden = false;
  panel.querySelector("button")?.focus();
}

function close() {
  const current = document.querySelector("[data-panel][aria-current]");
  current?.removeAttribute("aria-current");
  if (panel) panel.hidden = true;
  if (current instanceof HTMLElement) current.focus();
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const link = target?.closest("a[data-panel]");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (link instanceof HTMLAnchorElement && wide.matches && plain) {
    event.preventDefault();
    show(link).catch(() => window.location.assign(link.href));
  }
});
panel?.querySelector("button")?.addEventListener("click", close);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel && !panel.hidden) close();
});
