// @ts-check
// Nothing typed is lost: a copy goes into the phone's storage at each input, comes back when the screen is opened
// again, and leaving asks first.

import { ask } from "field/dom.js";
import { momentWords, nowOf } from "field/words_screens.js";

const WAIT = 300;

/** The open form's question. @type {((event: Event) => void) | null} */
let guarded = null;
// At the window listeners are called in the order in which they came, and a screen's module is there before the
// router: it hears of a new address only when the form lets it.
window.addEventListener("hashchange", (event) => guarded?.(event));

/**
 * @param {{ store: any, key: string, snapshot: any, today: string, read: () => Record<string, any>,
 *   told: (words: string) => void, failed: (words: string) => void, leaving: string,
 *   pending?: () => Promise<void> | null }} given
 *   `read` gives one value a key: what is heavy (photos) has a key of its own and is written only when named;
 *   `pending` is work that still adds to it
 */
export function keeper({ store, key, snapshot, today, read, told, failed, leaving, pending }) {
  let timer = 0;
  let dirty = false;
  let over = false;
  /** @type {Set<string>} */
  const due = new Set();
  /** @type {Promise<void>} */
  let last = Promise.resolve();

  const write = () => {
    window.clearTimeout(timer);
    timer = 0;
    if (over || due.size === 0) return last;
    const values = read();
    const parts = [...due];
    due.clear();
    last = last.then(async () => {
      try {
        for (const part of parts) if (!over) await store.keepDraft(`${key}:${part}`, values[part]);
        if (!over) told(`草稿已存在手机里 ${momentWords(nowOf(snapshot), today).replace(/^今天 /, "")}`);
      } catch (error) {
        failed(storageWords(error, "草稿没有存进手机"));
      }
    });
    return last;
  };

  const guard = (/** @type {Event} */ event) => {
    if (!dirty || over || window.location.hash === here) return;
    event.stopImmediatePropagation();
    const wanted = window.location.hash;
    window.history.replaceState(null, "", here);
    void ask("离开吗？", leaving, "离开", "接着写").then(async (yes) => {
      if (!yes) return;
      await pending?.();
      await write();
      end();
      window.location.assign(wanted);
    });
  };
  const here = window.location.hash;
  const closing = (/** @type {BeforeUnloadEvent} */ event) => {
    if (due.size > 0) void write();
    if (dirty && !over) event.preventDefault();
  };
  const hidden = () => void write();
  guarded = guard;
  window.addEventListener("beforeunload", closing);
  document.addEventListener("visibilitychange", hidden);
  window.addEventListener("pagehide", hidden);

  const end = () => {
    window.clearTimeout(timer);
    over = true;
    if (guarded === guard) guarded = null;
    window.removeEventListener("beforeunload", closing);
    document.removeEventListener("visibilitychange", hidden);
    window.removeEventListener("pagehide", hidden);
  };

  return {
    /** @param {string} [name] */
    changed(name = "words") {
      dirty = true;
      due.add(name);
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void write(), WAIT);
    },
    /** The work is saved, or thrown away: the copy goes. */
    async drop() {
      end();
      await last;
      for (const name of Object.keys(read())) await store.dropDraft(`${key}:${name}`).catch(() => undefined);
    },
    leave() {
      if (!over && due.size > 0) void write();
      end();
    },
  };
}

/** Why it was not saved, and what to do; the text is still on the screen. @param {any} error @param {string} what */
export function storageWords(error, what) {
  if (error?.name === "StoreFull") {
    return `${what}：手机存储满了。写好的还在屏幕上，请先删掉几张照片或不用的应用，再点保存。`;
  }
  if (error?.message === "sent") return `${what}：它刚刚已经上传了。要改，请到走访记录里改。`;
  if (error?.message === "owner") return `${what}：这部手机上换了人登录。请先抄下来，再重新打开这一页。`;
  return `${what}：浏览器的存储打不开。写好的还在屏幕上，请不要关这一页，再点一次保存。`;
}
