// @ts-check
// Two minutes before a session ends for want of use, a line says so and offers to go on.
// All tabs share one clock: working in one keeps the others alive too.

const LAST = "lianhu.seen";
const WARN_SECONDS = 120;
// Nobody sits before a page for longer; a phone's session lasts for days.
const LONGEST_SECONDS = 12 * 3600;

const bar = document.getElementById("idle");
const limit = Number(bar?.dataset.seconds || 0);

function seen() {
  try {
    window.localStorage.setItem(LAST, String(Date.now()));
  } catch {
    // Without storage each tab counts for itself.
  }
}

function last() {
  try {
    return Number(window.localStorage.getItem(LAST) || 0);
  } catch {
    return 0;
  }
}

/** @param {"soon" | "over" | ""} state */
function show(state) {
  if (!bar || bar.dataset.state === state) return;
  bar.dataset.state = state;
  bar.hidden = state === "";
  for (const part of bar.querySelectorAll("[data-when]")) {
    if (part instanceof HTMLElement) part.hidden = part.dataset.when !== state;
  }
}

if (bar && limit > 0 && limit <= LONGEST_SECONDS) {
  const opened = Date.now();
  seen();
  window.setInterval(() => {
    const left = limit - (Date.now() - Math.max(opened, last())) / 1000;
    show(left <= 0 ? "over" : left <= WARN_SECONDS ? "soon" : "");
  }, 5000);

  bar.querySelector("form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (answer.ok && !answer.redirected) {
        seen();
        show("");
      } else {
        show("over");
      }
    } catch {
      // No signal: the line stays, and the button may be pressed again.
    }
  });
}
