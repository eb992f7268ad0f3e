// @ts-check
// 上传队列: what waits and for what, what came back and why, what went lately; a file as last resort. Nothing here
// throws unsent work away.

import { banner, bottom, button, chip, h, link, part } from "field/dom.js";
import { DAY, NotAQueue, NotYours, StoreFull } from "field/store.js";
import { KINDS, QUEUE, WORDS, problemWords } from "field/words.js";
import { dayWords, momentWords, spacedCode, todayOf } from "field/words_screens.js";

/** @typedef {import("field/store.js").Item} Item */
/** @typedef {import("field/app.js").Context} Context */
/** @typedef {{ today: string, form: any, items: Item[] }} Facts */

const WARN_DAYS = 3;
const LATELY = 20;

/** @type {import("field/app.js").Routes} */
export const routes = [["#/queue", render]];

/** @param {HTMLElement} main @param {Record<string, string>} _ @param {Context} ctx */
async function render(main, _, ctx) {
  ctx.head(QUEUE.title, "#/");
  const told = h("p", { class: "told", role: "status" });
  const page = h("div", { class: "queue" });
  main.append(page);
  /** What was drawn last: the same again is not drawn, so that focus and an open part stay. */
  let drawn = "";
  const draw = async () => {
    const items = await ctx.store.items();
    const next = JSON.stringify([items, ctx.sender.state, ctx.store.trouble]);
    if (next === drawn) return;
    drawn = next;
    const focused = page.contains(document.activeElement) ? document.activeElement?.id : "";
    page.replaceChildren(...content(ctx, items, told));
    if (focused) document.getElementById(focused)?.focus();
  };
  const later = () => void draw().catch((error) => console.warn(error));
  await draw();
  ctx.store.addEventListener("change", later);
  ctx.sender.addEventListener("change", later);
  return () => {
    ctx.store.removeEventListener("change", later);
    ctx.sender.removeEventListener("change", later);
  };
}

/** @param {Context} ctx @param {Item[]} items @param {HTMLElement} told @returns {HTMLElement[]} */
function content(ctx, items, told) {
  const snapshot = ctx.store.snapshot();
  const facts = { today: todayOf(snapshot), form: snapshot?.form ?? {}, items };
  const refused = items.filter((item) => item.state === "refused");
  const waiting = items.filter((item) => item.state === "waiting").sort((a, b) => a.saved_at - b.saved_at);
  const sent = items.filter((item) => item.state === "sent").sort((a, b) => (b.sent_at ?? 0) - (a.sent_at ?? 0));
  const photos = ctx.sender.state.photos;
  const list = (/** @type {Item[]} */ rows, /** @type {(item: Item, facts: Facts) => any} */ row) =>
    h(
      "ul",
      { class: "rows" },
      rows.map((item) => row(item, facts)),
    );
  return [
    ...statement(refused.length, waiting.length, photos),
    ...warnings(ctx, items),
    told,
    refused.length && part(QUEUE.refused(refused.length), null, list(refused, refusedRow)),
    waiting.length && part(QUEUE.waiting(waiting.length), note(QUEUE.inOrder), list(waiting, waitingRow)),
    sent.length && part(QUEUE.sent, note(QUEUE.keptDays), list(sent.slice(0, LATELY), sentRow)),
    files(ctx, told),
    foot(ctx, waiting.length + photos),
  ].filter((each) => each instanceof HTMLElement);
}

/** @param {string} words */
const note = (words) => h("span", { class: "note" }, words);

/** @param {number} refused @param {number} waiting @param {number} photos */
function statement(refused, waiting, photos) {
  if (!refused && !waiting && !photos) return [h("h1", {}, QUEUE.allSent), h("p", {}, QUEUE.allSentText)];
  const left = waiting ? QUEUE.waitingCount(waiting) : photos ? QUEUE.photosCount(photos) : "";
  return [
    h(
      "h1",
      {},
      left,
      left && refused ? "，" : null,
      left && refused ? h("br") : null,
      refused ? h("span", { class: "queue-refused" }, QUEUE.refusedCount(refused)) : null,
    ),
    h("p", {}, refused ? QUEUE.nothingLostRefused : QUEUE.nothingLost),
  ];
}

/** @param {Context} ctx @param {Item[]} items */
function warnings(ctx, items) {
  const found = [];
  const open = items.filter((item) => item.state !== "sent");
  const days = open.length ? Math.floor((Date.now() - Math.min(...open.map((item) => item.saved_at))) / DAY) : 0;
  if (days >= WARN_DAYS) found.push(banner("warn", QUEUE.old(days), QUEUE.oldText));
  const problem = problemWords(ctx.sender.state);
  if (problem && items.length) found.push(banner("warn", problem.bold, problem.text));
  const others = ctx.store.others();
  if (others) found.push(h("p", { class: "note under" }, WORDS.others(others)));
  return found;
}

/** @param {Item} item @param {any} state @param {(any)[]} kids */
const row = (item, state, kids) =>
  h("li", { "data-item": item.id }, h("div", { class: "queue-head" }, h("strong", {}, `${KINDS[item.kind]} · ${item.label}`), state), ...kids);

/** @param {Item} item @param {Facts} facts */
function refusedRow(item, { today, form }) {
  const labels = form[item.kind] ?? {};
  const reasons = Object.entries(item.errors).map(([name, words]) =>
    h("p", {}, labels[name] && h("strong", {}, `${labels[name].label}：`), words.join("；")),
  );
  const actions = [];
  const edit = (/** @type {string} */ words, fix = "") =>
    link(words, `#/edit/${item.id}${fix}`, { class: "button", id: `edit-${item.id}${fix.replace("/", "-")}` });
  if (item.kind === "visit" && item.errors.household) actions.push(edit(QUEUE.proxy, "/proxy"));
  if (item.kind === "visit" && (item.errors.day || item.errors.household)) actions.push(edit(QUEUE.day, "/day"));
  if (!actions.length) actions.push(edit(QUEUE.mend));
  if (item.url) actions.push(link(QUEUE.open, item.url, { class: "button", id: `open-${item.id}` }));
  return row(item, chip("bad", "back", QUEUE.stateRefused), [
    h("p", { class: "note" }, about(item, today)),
    item.refused_at && h("p", { class: "note" }, QUEUE.refusedAt(momentWords(item.refused_at, today))),
    h("div", { class: "banner bad reasons" }, h("div", {}, reasons.length ? reasons : h("p", {}, QUEUE.noReason))),
    h("p", { class: "actions queue-actions" }, actions),
  ]);
}

/** @param {Item} item @param {Facts} facts */
function waitingRow(item, { today, items }) {
  const parents = item.parents.map((id) => items.find((each) => each.id === id)).filter((each) => each !== undefined);
  const refused = parents.find((parent) => parent.state === "refused");
  const before = parents.find((parent) => parent.state === "waiting");
  const words = [
    about(item, today),
    QUEUE.writtenAt(momentWords(item.captured_at, today)),
    item.photos.length ? QUEUE.photos(item.photos.length) : "",
    refused ? QUEUE.afterRefused(KINDS[refused.kind]) : before ? QUEUE.after(KINDS[before.kind]) : "",
  ];
  return row(item, chip("", "clock", QUEUE.stateWaiting), [
    h("p", { class: "note" }, words.filter(Boolean).join(" · ")),
    h("p", {}, link(QUEUE.change, `#/edit/${item.id}`, { class: "target", id: `edit-${item.id}` })),
  ]);
}

/** @param {Item} item @param {Facts} facts */
function sentRow(item, { today }) {
  const refused = item.photos.filter((photo) => photo.state === "refused");
  const waiting = item.photos.filter((photo) => photo.state === "waiting").length;
  const words = [
    item.number,
    item.sent_at ? QUEUE.sentAt(momentWords(item.sent_at, today)) : "",
    waiting ? QUEUE.photosLeft(waiting) : "",
  ];
  const state = waiting ? chip("", "clock", QUEUE.statePhotos) : chip("met", "check", QUEUE.stateSent);
  return row(item, state, [
    h("p", { class: "note" }, words.filter(Boolean).join(" · ")),
    ...refused.map((photo) => h("p", { class: "fault" }, QUEUE.photoRefused(photo.errors.join("；")))),
    item.url && h("p", {}, link(QUEUE.open, item.url, { class: "target", id: `open-${item.id}` })),
  ]);
}

/** Place and day. @param {Item} item @param {string} today */
function about(item, today) {
  const { day, begins_on, query_code } = item.payload;
  const words = [
    item.note,
    day ? QUEUE.visitDay(dayWords(day, today)) : "",
    begins_on ? QUEUE.from(dayWords(begins_on, today)) : "",
    query_code ? QUEUE.code(spacedCode(query_code)) : "",
  ];
  return words.filter(Boolean).join(" · ");
}

/** @param {Context} ctx @param {HTMLElement} told */
function files(ctx, told) {
  const input = h("input", { type: "file", id: "queue-file", class: "unseen", accept: ".json,application/json", tabindex: "-1", "aria-hidden": "true" });
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    try {
      told.textContent = QUEUE.loaded(await ctx.store.fromFile(file));
      void ctx.sender.sendNow();
    } catch (error) {
      told.textContent = fileWords(error);
    }
  });
  const save = async () => {
    try {
      download(await ctx.store.toFile(), QUEUE.fileName(todayOf(ctx.store.snapshot())));
      told.textContent = QUEUE.saved;
    } catch (error) {
      told.textContent = fileWords(error);
    }
  };
  return h(
    "section",
    { class: "part queue-files", "aria-label": QUEUE.files },
    h(
      "p",
      { class: "queue-pair" },
      button(QUEUE.save, () => void save(), { class: "button text", id: "queue-save" }),
      button(QUEUE.load, () => input.click(), { class: "button text", id: "queue-load" }),
    ),
    input,
    h("p", { class: "note" }, QUEUE.filesText),
    h("details", { class: "ask" }, h("summary", { class: "button text" }, QUEUE.safer), ...QUEUE.saferText.map((words) => h("p", { class: "note under" }, words))),
  );
}

/** @param {unknown} error */
function fileWords(error) {
  if (error instanceof NotYours) return QUEUE.notYours;
  if (error instanceof NotAQueue) return QUEUE.notAQueue;
  if (error instanceof StoreFull) return QUEUE.full;
  return WORDS.trouble.closed;
}

/** @param {Blob} blob @param {string} name */
function download(blob, name) {
  const url = URL.createObjectURL(blob);
  const anchor = h("a", { href: url, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  // A phone that is slow to ask still finds it.
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** @param {Context} ctx @param {number} left */
function foot(ctx, left) {
  const { online, sending, next_at, problem } = ctx.sender.state;
  const words = !online
    ? QUEUE.noSignal
    : sending
      ? QUEUE.sending
      : problem === "busy"
        ? QUEUE.busyUntil(momentWords(next_at, todayOf(ctx.store.snapshot())))
        : left
          ? QUEUE.byItself
          : QUEUE.upToDate;
  return bottom(
    h("p", { class: "note" }, words),
    button(QUEUE.now, () => void ctx.sender.sendNow({ refresh: true }), {
      class: "button main wide",
      id: "queue-now",
      disabled: !online || sending || problem === "busy",
    }),
  );
}
