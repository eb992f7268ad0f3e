// @ts-check
// The field app's frame: routes by the address after #, the header with its status line, and when to switch
// to a new release. Screens are modules of field/screens/ that export `routes`:
//
//   export const routes = [["#/household/<code>", render]];
//   async function render(main, params, ctx) {        main: an empty <main>; params.code
//     ctx.head("陈试填户", "#/");                     title, and where the back arrow leads
//     main.append(…);
//     return () => …;                                 optional: called when the screen is left
//   }
//
// ctx = { store, sender, go(hash), head(title, back), words }. While a <form> is on the screen no new release is taken.

import { routes as queue } from "field/queue.js";
import { routes as home } from "field/screens/home.js";
import { routes as household } from "field/screens/household.js";
import { routes as list } from "field/screens/list.js";
import { routes as matter } from "field/screens/matter.js";
import { routes as saved } from "field/screens/saved.js";
import { routes as trip } from "field/screens/trip.js";
import { routes as visit } from "field/screens/visit.js";
import { sender } from "field/send.js";
import { keepUpToDate, signInUrl } from "field/session.js";
import { openStore } from "field/store.js";
import { WORDS, statusWords } from "field/words.js";

/**
 * @typedef {{
 *   store: import("field/store.js").Store, sender: typeof sender, words: typeof WORDS,
 *   go: (hash: string) => void, head: (title: string, back?: string) => void,
 * }} Context
 * @typedef {(main: HTMLElement, params: Record<string, string>, ctx: Context) => any} Render
 * @typedef {[string, Render][]} Routes
 */

/** @type {{ pattern: RegExp, names: string[], render: Render }[]} */
const table = [];

/** @param {string} pattern "#/visit/<code>" @param {Render} render */
export function route(pattern, render) {
  const names = [...pattern.matchAll(/<(\w+)>/g)].map((found) => found[1]);
  const source = pattern
    .split(/<\w+>/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("([^/?]+)");
  table.push({ pattern: new RegExp(`^${source}$`), names, render });
}

/** @param {string} hash @returns {{ render: Render, params: Record<string, string> } | null} */
function found(hash) {
  for (const { pattern, names, render } of table) {
    const match = pattern.exec(hash || "#/");
    if (!match) continue;
    try {
      const params = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1])]));
      return { render, params };
    } catch {
      return null;
    }
  }
  return null;
}

export const store = await openStore();

/** @type {Context} */
const ctx = {
  store,
  sender,
  words: WORDS,
  go: (hash) => window.location.assign(hash),
  head(title, back = "") {
    document.title = title ? `${title} · ${WORDS.app}` : WORDS.app;
    const arrow = document.getElementById("back");
    const brand = document.getElementById("brand");
    const heading = document.getElementById("title");
    if (arrow instanceof HTMLAnchorElement) {
      arrow.hidden = !back;
      if (back) arrow.href = back;
    }
    if (brand) brand.hidden = Boolean(back);
    if (heading) heading.textContent = back ? title : "";
  },
};

let drawn = 0;
/** @type {unknown} */
let leave = null;

async function draw({ focus = true } = {}) {
  const turn = (drawn += 1);
  if (typeof leave === "function") leave();
  leave = null;
  // A screen that is slow to draw writes into its own <main>, not into the next one's.
  const main = document.createElement("main");
  main.id = "main";
  main.tabIndex = -1;
  document.getElementById("main")?.replaceWith(main);
  ctx.head("");
  const place = store.who() ? found(window.location.hash) : null;
  if (!place) {
    strangers(main);
    return;
  }
  try {
    const left = await place.render(main, place.params, ctx);
    if (turn === drawn) leave = left;
    else if (typeof left === "function") left();
  } catch (error) {
    console.error(error);
    if (turn === drawn) say(main, WORDS.broken.title, WORDS.broken.text);
  }
  if (focus && turn === drawn) {
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

/** @param {HTMLElement} main @param {string} title @param {string} text */
function say(main, title, text) {
  const heading = document.createElement("h1");
  heading.textContent = title;
  const line = document.createElement("p");
  line.textContent = text;
  main.replaceChildren(heading, line);
}

/** Nobody is known on this phone yet, or the address is not one of ours. @param {HTMLElement} main */
function strangers(main) {
  if (store.trouble) {
    say(main, WORDS.trouble.title, WORDS.trouble[store.trouble]);
    return;
  }
  if (store.who()) {
    say(main, WORDS.nowhere.title, WORDS.nowhere.text);
    const link = document.createElement("a");
    Object.assign(link, { className: "button", href: "#/", textContent: WORDS.nowhere.action });
    main.append(link);
    return;
  }
  const asking = sender.state.sending || !sender.state.asked;
  if (asking) {
    say(main, WORDS.opening.title, WORDS.opening.text);
    return;
  }
  say(main, WORDS.welcome.title, sender.state.problem === "expired" ? WORDS.welcome.text : WORDS.welcome.offline);
  const others = store.others();
  if (others) {
    const line = document.createElement("p");
    line.className = "note under";
    line.textContent = WORDS.left(others);
    main.append(line);
  }
  const link = document.createElement("a");
  Object.assign(link, { className: "button main wide", href: signInUrl(), textContent: WORDS.signIn });
  main.append(link);
}

function status() {
  const line = document.getElementById("status");
  if (!line) return;
  const { glyph, text, tone } = statusWords(sender.state, store);
  const words = line.querySelector("[data-words]");
  const use = line.querySelector("use");
  // Said once: a screen reader would read the same line again.
  if (words && words.textContent !== text) words.textContent = text;
  if (use) use.setAttribute("href", `${line.dataset.icons}#${glyph}`);
  line.dataset.tone = tone;
  const link = document.getElementById("sign-in");
  if (link instanceof HTMLAnchorElement) {
    link.hidden = !(store.who() && sender.state.problem === "expired");
    link.href = signInUrl();
  }
}

if (document.cookie.split("; ").includes("large_text=1")) document.documentElement.classList.add("large");
for (const routes of [home, list, household, visit, saved, trip, matter, queue]) {
  for (const [pattern, render] of routes) route(pattern, render);
}

let known = Boolean(store.who());
function changed() {
  status();
  // Somebody signed in, or nobody will: the page before the first screen says so.
  if (!known) {
    known = Boolean(store.who());
    void draw({ focus: false });
  }
}

window.addEventListener("hashchange", () => void draw());
store.addEventListener("change", changed);
sender.addEventListener("change", changed);
// Another person signed in on this phone: nothing of the one before stays on the screen.
store.addEventListener("owner", () => window.location.reload());

status();
await draw({ focus: false });
sender.start(store);
window.setInterval(() => void store.prune().catch(() => undefined), 3_600_000);
keepUpToDate(() => document.querySelector("main form") !== null);
