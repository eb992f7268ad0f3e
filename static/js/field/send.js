// @ts-check
// Sends the queue by itself: at the start, when the network is back, when the page is looked at, by a timer.
// One window at a time; an item is sent only when the server said so of that very item. Whatever else comes
// back (nothing, a portal's page, 502, 413, 429) leaves all as it was.

import { DATA_URL, ask, csrfToken } from "field/session.js";

const SYNC_URL = "/api/sync/";
const PHOTO_URL = "/api/photos/";
const LOCK = "lianhu-field-send";
const ORDER = ["trip", "activity", "visit", "grievance"];
const FIRST_BATCH = 50;
const MOST_ITEMS = 100;
const MOST_BYTES = 1_000_000;
/** Unreadable, too large, broken over it. */
const ABOUT_THE_BATCH = [400, 413, 500];
const CHUNK = 65_536;
const REFRESH_EVERY = 600_000;
const ASK_EVERY = 60_000;
const TELL_EVERY = 3_600_000;
const WAIT_FIRST = 5_000;
const WAIT_MOST = 300_000;

/**
 * @typedef {"" | "expired" | "other" | "refused" | "busy" | "server" | "signal" | "portal" | "storage"} Problem
 *   "refused": the server takes nothing from this account; "portal": something else answered in its place
 * @typedef {{
 *   online: boolean, counted: number, sending: boolean, asked: boolean, waiting: number, refused: number, photos: number,
 *   oldest: string | null, last_contact: number, problem: Problem,
 *   detail: string, next_at: number,
 * }} SenderState
 * @typedef {import("field/store.js").Item} Item
 */

/** Thrown inside a round to end it; the next one begins where it stopped. */
class Stop extends Error {
  /** @param {Problem} problem @param {number} [retryAfter] @param {string} [detail] */
  constructor(problem, retryAfter = 0, detail = "") {
    super(problem);
    this.problem = problem;
    this.retryAfter = retryAfter;
    this.detail = detail;
  }
}

/**
 * Parents first, then in the order they were written. What waits for a refused item stays here with it.
 * @param {Item[]} items
 */
export function inOrder(items) {
  const waiting = items.filter((item) => item.state === "waiting");
  waiting.sort(
    (a, b) =>
      ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.captured_at.localeCompare(b.captured_at) || (a.id < b.id ? -1 : 1),
  );
  const held = new Set(items.filter((item) => item.state === "refused").map((item) => item.id));
  return waiting.filter((item) => {
    if (item.parents.some((id) => held.has(id))) held.add(item.id);
    return !held.has(item.id);
  });
}

/**
 * The next items that fit into one request.
 * @param {Item[]} items @param {number} most
 * @returns {{ batch: Item[], texts: string[] }}
 */
export function batchOf(items, most) {
  const batch = [];
  const texts = [];
  let bytes = 0;
  for (const item of items.slice(0, most)) {
    const { id, kind, captured_at, form, payload } = item;
    const text = JSON.stringify({ id, kind, captured_at, form, payload });
    bytes += new Blob([text]).size + 1;
    if (batch.length && bytes > MOST_BYTES) break;
    batch.push(item);
    texts.push(text);
  }
  return { batch, texts };
}

/**
 * What is open on this phone besides these.
 * @param {Item[]} items @param {Item[]} besides
 */
function standing(items, besides) {
  const open = items.filter((item) => item.state !== "sent" && !besides.some(({ id }) => id === item.id));
  const waiting = open.filter((item) => item.state === "waiting").length;
  const oldest = open.map((item) => item.captured_at).sort()[0] ?? null;
  return { waiting, refused: open.length - waiting, oldest };
}

class Sender extends EventTarget {
  /** @type {SenderState} */
  state = {
    online: navigator.onLine,
    // Whose queue the numbers are of: before it is read nothing is said to be uploaded.
    counted: 0,
    sending: false,
    asked: false,
    waiting: 0,
    refused: 0,
    photos: 0,
    oldest: null,
    last_contact: 0,
    problem: "",
    detail: "",
    next_at: 0,
  };
  /** @type {import("field/store.js").Store | null} */
  #store = null;
  #failures = 0;
  #most = FIRST_BATCH;
  #notBefore = 0;
  #timer = 0;
  #again = false;
  /** What the server heard last of what waits here. @type {string | null} */
  #told = null;
  /** Answers of the server since this page was opened, and when the last one came. */
  #contacts = 0;
  #counts = 0;
  #asked_at = 0;

  /** @param {import("field/store.js").Store} store */
  start(store) {
    if (this.#store) return;
    this.#store = store;
    store.addEventListener("change", () => void this.#count());
    window.addEventListener("online", () => {
      this.#set({ online: true });
      this.#soon();
    });
    window.addEventListener("offline", () => this.#set({ online: false }));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#soon());
    void this.#count().then(() => this.sendNow());
  }

  /** Something was saved, or the way may be free again. */
  #soon() {
    this.#failures = 0;
    void this.sendNow();
  }

  /** @param {Partial<SenderState>} change */
  #set(change) {
    Object.assign(this.state, change);
    this.dispatchEvent(new Event("change"));
  }

  async #count() {
    const store = this.#store;
    if (!store) return;
    const turn = (this.#counts += 1);
    try {
      const counted = store.who()?.id ?? 0;
      const items = await store.items();
      // A later count is on its way, or done.
      if (turn !== this.#counts) return;
      const before = this.state.waiting;
      const now = standing(items, []);
      this.#set({
        ...now,
        counted,
        photos: items.flatMap((item) => item.photos).filter((photo) => photo.state === "waiting").length,
        last_contact: store.contact().at,
      });
      if (now.waiting <= before) return;
      if (this.state.sending) this.#again = true;
      else this.#soon();
    } catch {
      this.#set({ problem: "storage" });
    }
  }

  /** @param {{ refresh?: boolean }} [options] `refresh`: fetch the households anew too */
  async sendNow({ refresh = false } = {}) {
    const store = this.#store;
    if (!store || (Date.now() < this.#notBefore && this.#notBefore - Date.now() < TELL_EVERY)) return;
    if (this.state.sending) {
      this.#again = true;
      return;
    }
    if (!navigator.onLine) {
      this.#set({ online: false, asked: true });
      return;
    }
    window.clearTimeout(this.#timer);
    this.#set({ sending: true });
    try {
      await this.#alone(() => this.#round(store, refresh));
      this.#failures = 0;
      // The signal may have gone while the last answer was read.
      this.#set({ online: navigator.onLine, problem: "" });
    } catch (error) {
      this.#stopped(error);
    } finally {
      this.#set({ sending: false, asked: true });
      await this.#count();
    }
    this.#plan();
    if (this.#again) {
      this.#again = false;
      void this.sendNow();
    }
  }

  /** Two windows do not send the same. @param {() => Promise<void>} act */
  async #alone(act) {
    if (!navigator.locks) return act();
    await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
      if (lock) await act();
    });
  }

  /** @param {unknown} error */
  #stopped(error) {
    this.#failures += 1;
    if (!(error instanceof Stop)) {
      console.warn(error);
      this.#set({ problem: "storage" });
      return;
    }
    if (error.retryAfter) this.#notBefore = Date.now() + error.retryAfter * 1000;
    this.#set({ problem: error.problem, detail: error.detail, online: error.problem !== "signal" && navigator.onLine });
  }

  /** When to try again without being asked. */
  #plan() {
    const { waiting, refused, photos, problem } = this.state;
    window.clearTimeout(this.#timer);
    let wait = 0;
    if (problem === "expired" || problem === "other" || problem === "refused") {
      // Only a person can help; opening the page asks again.
      wait = waiting || photos ? WAIT_MOST : 0;
    } else if (this.#failures) {
      wait = Math.min(WAIT_MOST, WAIT_FIRST * 2 ** (this.#failures - 1)) * (0.5 + Math.random());
    } else if (waiting || photos) {
      wait = WAIT_MOST * (0.5 + Math.random() / 2);
    } else if (refused) {
      wait = TELL_EVERY;
    }
    if (wait) wait = Math.min(Math.max(wait, this.#notBefore - Date.now()), 2 ** 31 - 1);
    this.#set({ next_at: wait ? Date.now() + wait : 0 });
    if (wait) this.#timer = window.setTimeout(() => void this.sendNow(), wait);
  }

  /** @param {import("field/store.js").Store} store @param {boolean} refresh */
  async #round(store, refresh) {
    const known = store.contact();
    const contacts = this.#contacts;
    if (refresh || !store.who() || known.expired || Math.abs(Date.now() - known.fetched_at) > REFRESH_EVERY || !store.snapshot()) {
      await this.#refresh(store);
    }
    if (!store.who()) return;
    const whole = await this.#items(store);
    const stumbled = await this.#photos(store);
    await this.#tell(store);
    if (stumbled) throw stumbled;
    // Nothing to send: but is it still the same person who is signed in?
    if (contacts === this.#contacts && (!contacts || Date.now() - this.#asked_at > ASK_EVERY)) {
      await this.#post(store, [], [], new Map(), { tell: false });
    }
    if (!whole) throw new Stop("server");
  }

  /** The households, and whose session this is. @param {import("field/store.js").Store} store */
  async #refresh(store) {
    const owner = store.who();
    const answer = await ask(DATA_URL, { headers: { Accept: "application/json" } });
    if (answer.status !== 200) await this.#failed(store, answer);
    if (typeof answer.json?.user?.id !== "number") throw new Stop("portal");
    this.#heard();
    await store.adopt(answer.json);
    if (owner && owner.id !== answer.json.user.id) throw new Stop("other");
  }

  /**
   * The office helps those whose work does not come through: it hears how much waits here, and since when.
   * @param {import("field/store.js").Store} store
   */
  async #tell(store) {
    const now = standing(await store.items(), []);
    const open = now.waiting + now.refused > 0;
    const late = Math.abs(Date.now() - store.contact().told_at) > TELL_EVERY;
    const other = this.#told !== null && this.#told !== JSON.stringify(now);
    if (other || (open && late)) await this.#post(store, [], [], new Map());
  }

  /**
   * One bad item holds nobody up: what the server cannot take together it is given in halves, at last one by one.
   * @param {import("field/store.js").Store} store
   * @returns {Promise<boolean>} whether all of it got an answer
   */
  async #items(store) {
    /** Asked in this round already: an item that still waits is not asked for twice. */
    const done = new Set();
    let whole = true;
    let stumbles = 0;
    for (;;) {
      const ready = inOrder(await store.items()).filter((item) => !done.has(`${item.id} ${item.revision}`));
      if (!ready.length) return whole;
      const { batch, texts } = batchOf(ready, this.#most);
      const status = await this.#post(store, batch, texts, new Map(batch.map((item) => [item.id, item.revision])));
      if (status !== 200 && batch.length > 1) {
        this.#most = Math.floor(batch.length / 2);
        continue;
      }
      for (const item of batch) done.add(`${item.id} ${item.revision}`);
      if (status === 200) {
        this.#most = Math.min(MOST_ITEMS, this.#most * 2);
        continue;
      }
      whole = false;
      // Twice in a row it is the server, not the item.
      stumbles += 1;
      if (status >= 500 && stumbles > 1) throw new Stop("server");
    }
  }

  /**
   * @param {import("field/store.js").Store} store
   * @param {Item[]} batch @param {string[]} texts @param {Map<string, number>} revisions
   * @param {{ tell?: boolean }} [options] `tell`: what waits here
   * @returns {Promise<number>} 200, or the status of an answer that is about what was sent
   */
  async #post(store, batch, texts, revisions, { tell = true } = {}) {
    // As it will be when this batch is taken, so that most often no second word is needed.
    const left = standing(await store.items(), batch);
    const phone = tell ? { id: store.contact().phone, ...left } : undefined;
    const author = store.code();
    const head = JSON.stringify({ author, phone });
    const body = `${head.slice(0, -1)},"items":[${texts.join(",")}]}`;
    const answer = await this.#send(store, SYNC_URL, "POST", body, {
      "Content-Type": "application/json",
    });
    if (ABOUT_THE_BATCH.includes(answer.status)) return answer.status;
    if (answer.status !== 200) {
      // On a line that is too thin for so much: less the next time.
      if (answer.status === 0 && batch.length > 1) this.#most = Math.max(1, Math.floor(batch.length / 2));
      await this.#failed(store, answer);
    }
    const { epoch, results } = answer.json ?? {};
    if (typeof epoch !== "string" || !Array.isArray(results)) throw new Stop("portal");
    this.#heard();
    await store.settle(epoch, results, revisions, { told: tell });
    if (tell) this.#told = JSON.stringify(left);
    return 200;
  }

  #heard() {
    this.#contacts += 1;
    this.#asked_at = Date.now();
  }

  /**
   * With the token of this very moment; asked once more when it was stale.
   * @param {import("field/store.js").Store} store
   * @param {string} url @param {string} method @param {BodyInit} body @param {Record<string, string>} headers
   */
  async #send(store, url, method, body, headers) {
    const size = typeof body === "string" ? body.length * 2 : CHUNK;
    const go = () =>
      ask(url, {
        method,
        body,
        headers: { Accept: "application/json", "X-CSRFToken": csrfToken(store.contact().csrf_cookie), ...headers },
        // A byte a millisecond: half of what the slowest line gives.
        patience: 30_000 + size,
      });
    const answer = await go();
    if (answer.status !== 403 || (answer.json && answer.json.code !== "csrf")) return answer;
    await this.#refresh(store);
    return go();
  }

  /** @param {import("field/store.js").Store} store @param {import("field/session.js").Answer} answer @returns {Promise<never>} */
  async #failed(store, answer) {
    const { status, json, retryAfter, strange } = answer;
    if (status === 401 && json?.code === "sign_in") {
      await store.expire(true);
      throw new Stop("expired");
    }
    if (status === 409 && json?.code === "other_author") {
      // Who is it, then? The page turns to that person; the queue stays its owner's.
      await this.#refresh(store).catch(() => store.disown());
      throw new Stop("other");
    }
    if (status === 429 || status === 503) throw new Stop("busy", retryAfter);
    if (status === 403 && json) throw new Stop("refused", 0, String(json.detail ?? ""));
    if (status === 0) throw new Stop(strange ? "portal" : "signal");
    throw new Stop("server", retryAfter);
  }

  /**
   * One that the server stumbles over holds up no other.
   * @param {import("field/store.js").Store} store
   * @returns {Promise<Stop | null>}
   */
  async #photos(store) {
    const photos = await store.waitingPhotos();
    /** @type {Stop | null} */
    let stumbled = null;
    const there = new Set((await store.items()).filter((item) => item.state === "sent").map((item) => item.id));
    for (const photo of photos) {
      if (!there.has(photo.visit)) continue;
      try {
        await this.#photo(store, photo);
      } catch (error) {
        if (!(error instanceof Stop) || error.problem !== "server") throw error;
        stumbled = error;
      }
    }
    return stumbled;
  }

  /** @param {import("field/store.js").Store} store @param {import("field/store.js").Photo} photo */
  async #photo(store, photo) {
    const blob = await store.photo(photo.id);
    if (!blob) return;
    let offset = Math.min(photo.received, blob.size);
    const refuse = (/** @type {unknown[]} */ errors) =>
      store.markPhoto(photo.id, { state: "refused", errors: errors.filter(Boolean).map(String) });
    // The server may have to be told twice where it stands, not for ever.
    for (let turns = Math.ceil(blob.size / CHUNK) * 2 + 10; turns > 0; turns -= 1) {
      const query = new URLSearchParams({ visit: photo.visit, offset: String(offset), total: String(blob.size) });
      const answer = await this.#send(
        store,
        `${PHOTO_URL}${photo.id}/?${query}`,
        "PUT",
        blob.slice(offset, offset + CHUNK),
        { "Content-Type": "application/octet-stream" },
      );
      const { status, json } = answer;
      if (status === 200 && json?.done === true) return store.markPhoto(photo.id, { state: "sent", received: blob.size });
      if ((status === 200 || status === 409) && Number.isInteger(json?.received)) {
        offset = Math.min(Math.max(0, json.received), blob.size);
        await store.markPhoto(photo.id, { received: offset });
        continue;
      }
      // The visit is not there (yet): the next round asks again.
      if (status === 404 && json?.code === "waiting") return;
      if ((status === 413 || status === 422) && json) return refuse(json.errors ?? [json.detail]);
      // Ours, but not the visit it belongs to: an answer about this photo alone.
      if (status === 409 && json?.code === "other_author") {
        await this.#refresh(store);
        return refuse([json.detail]);
      }
      await this.#failed(store, answer);
    }
  }
}

export const sender = new Sender();
