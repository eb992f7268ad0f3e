// @ts-check
// What this phone keeps: the last answer of /api/field/, the queue with its photos, drafts.
//
// Every row carries its owner, the user's id. A Store belongs to one owner from the moment it knows one:
// when another person signs in, the page is loaded anew, so no screen of A ever saves as B.

import { csrfToken } from "field/session.js";
import { nowOf } from "field/words_screens.js";
import { openDB } from "idb";

const NAME = "lianhu-field";
const VERSION = 1;
export const DAY = 86_400_000;
/** Accepted items and the copy of the households stay this long (contract, section 3). */
export const KEPT_DAYS = 14;
// What was half written is work too: it goes only when nobody came back for it in a whole season.
const DRAFT_DAYS = 90;
/** Of the screens of this release; an older page's items say an older one. */
const FORM_VERSION = 1;
const PATIENCE = 10_000;
const UNSENT = ["waiting", "refused"];

/**
 * @typedef {{ id: number, name: string, cadre: { code: string, name: string } | null }} Who
 * @typedef {"trip" | "visit" | "grievance" | "activity"} Kind
 * @typedef {"waiting" | "sent" | "refused"} State
 * @typedef {Record<string, string[]>} Errors
 * @typedef {{
 *   id: string, kind: Kind, author: number, author_code: string, form: number, captured_at: string,
 *   payload: Record<string, any>, parents: string[], label: string, note: string, state: State, errors: Errors,
 *   number: string, url: string, saved_at: number, sent_at: number | null, refused_at: number | null,
 *   revision: number,
 * }} Row
 * @typedef {{ id: string, state: State, errors: string[] }} PhotoState
 * @typedef {Row & { photos: PhotoState[] }} Item
 * @typedef {{
 *   id: string, visit: string, author: number, type: string, size: number, state: State, errors: string[],
 *   received: number,
 * }} Photo
 * @typedef {{
 *   id?: string, kind: Kind, payload: Record<string, any>, parents?: string[], label: string, note?: string,
 *   captured_at?: string,
 * }} NewItem
 * @typedef {{ id?: string, visit: string, blob: Blob }} NewPhoto
 * @typedef {Record<string, any> & { user: { id: number, name: string, code?: string }, epoch: string }} Snapshot
 * @typedef {Who & {
 *   phone: string, snapshot: Snapshot | null, at: number, fetched_at: number, epoch: string, csrf_cookie: string,
 *   told_at: number, expired: boolean,
 * }} UserRow
 */

/** The phone's storage is full: what was typed must stay on the screen. */
export class StoreFull extends Error {
  name = "StoreFull";
}

/** The phone's storage cannot be used, or belongs to another person by now. */
export class StoreClosed extends Error {
  name = "StoreClosed";
}

/** @returns {string} */
export function newId() {
  return crypto.randomUUID();
}

// Without I, L, O and U, which are misread; 32 characters, so five bits each.
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Ten characters, 50 random bits; shown as two groups of five. */
export function queryCode() {
  return [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => LETTERS[byte & 31]).join("");
}

/** The item is with the server already: it is amended there. */
export class AlreadySent extends Error {
  name = "AlreadySent";
}

/** The cookie that signing in sets says another than this one. @param {number | undefined} user */
function another(user) {
  const said = Number(document.cookie.match(/(?:^|; )signed_in=(\d+)/)?.[1] ?? 0);
  return Boolean(said && user !== undefined && said !== user);
}

/** @param {unknown} error @returns {Error} */
function told(error) {
  if (error instanceof StoreFull || error instanceof StoreClosed || error instanceof AlreadySent) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  return name === "QuotaExceededError" ? new StoreFull(name) : new StoreClosed(name || String(error));
}

/** Fires "change" when anything here changed, in this tab or another, and "owner" when another person came. */
export class Store extends EventTarget {
  /** @type {import("idb").IDBPDatabase | null} */
  #db = null;
  /** @type {Promise<import("idb").IDBPDatabase> | null} */
  #opening = null;
  /** @type {UserRow | null} */
  #owner = null;
  #others = 0;
  #channel = "BroadcastChannel" in window ? new BroadcastChannel(NAME) : null;
  /** Why nothing can be kept, or "". @type {"" | "blocked" | "closed"} */
  trouble = "";

  async open() {
    if (this.#channel) this.#channel.onmessage = () => void this.#reload().catch(() => undefined);
    try {
      await this.prune();
      await this.#reload();
    } catch (error) {
      this.trouble ||= "closed";
      console.warn(told(error));
    }
  }

  /** @returns {Promise<import("idb").IDBPDatabase>} */
  async #connect() {
    if (this.#db) return this.#db;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** @returns {Promise<import("idb").IDBPDatabase>} */
  #open() {
    return new Promise((resolve, reject) => {
      const stumble = (/** @type {"blocked" | "closed"} */ trouble) => {
        if (this.#db) return;
        this.trouble = trouble;
        reject(new StoreClosed(trouble));
        this.#fire("change");
      };
      // Some browsers never answer.
      const timer = window.setTimeout(() => stumble("closed"), PATIENCE);
      const opened = openDB(NAME, VERSION, {
        upgrade(db) {
          db.createObjectStore("meta");
          db.createObjectStore("users", { keyPath: "id" });
          db.createObjectStore("items", { keyPath: "id" }).createIndex("author", "author");
          const photos = db.createObjectStore("photos", { keyPath: "id" });
          photos.createIndex("author", "author");
          photos.createIndex("visit", "visit");
          // Apart from what is said of them: a list of the queue does not read megabytes.
          db.createObjectStore("bytes");
          db.createObjectStore("drafts", { keyPath: ["author", "key"] });
        },
        // An older window holds the old version open.
        blocked: () => stumble("blocked"),
        // A newer window wants to upgrade: this one steps back.
        blocking: () => this.#drop(),
        terminated: () => this.#drop(),
      });
      opened.then((db) => {
        this.#db = db;
        // Told that it cannot be used, the page begins anew now that it can.
        if (this.trouble) this.#fire("owner");
        this.trouble = "";
        resolve(db);
      }, reject);
      opened.catch(() => undefined).then(() => window.clearTimeout(timer));
    });
  }

  #drop() {
    this.#db?.close();
    this.#db = null;
  }

  /** @param {string} type */
  #fire(type) {
    this.dispatchEvent(new Event(type));
  }

  #changed() {
    this.#channel?.postMessage("change");
    this.#fire("change");
  }

  /**
   * One transaction; it is on the disk when this resolves. `act` may await nothing but the transaction.
   * @template T
   * @param {string[]} stores
   * @param {(tx: import("idb").IDBPTransaction<any, string[], "readwrite">) => Promise<T>} act
   * @returns {Promise<T>}
   */
  async #write(stores, act) {
    /** @type {import("idb").IDBPTransaction<any, string[], "readwrite"> | undefined} */
    let tx;
    try {
      const db = await this.#connect();
      tx = db.transaction(stores, "readwrite", { durability: "strict" });
      const made = await act(tx);
      await tx.done;
      return made;
    } catch (error) {
      try {
        tx?.abort();
      } catch {
        // It is over already.
      }
      tx?.done.catch(() => undefined);
      // A connection that the browser closed is opened anew by the next attempt.
      if (error instanceof DOMException && error.name === "InvalidStateError") this.#drop();
      throw told(error);
    }
  }

  /**
   * @template T
   * @param {(db: import("idb").IDBPDatabase) => Promise<T>} act
   * @returns {Promise<T>}
   */
  async #read(act) {
    try {
      return await act(await this.#connect());
    } catch (error) {
      if (error instanceof DOMException && error.name === "InvalidStateError") this.#drop();
      throw told(error);
    }
  }

  /** Read what other tabs may have written. */
  async #reload() {
    const before = this.#owner;
    await this.#read(async (db) => {
      const kept = await db.get("meta", "owner");
      // Whoever signed in since, the copy of the one before is not theirs to see or to write in.
      const id = another(kept) ? undefined : kept;
      const row = id === undefined ? null : ((await db.get("users", id)) ?? null);
      this.#owner = row;
      const all = await db.getAll("items");
      this.#others = all.filter((item) => item.author !== id && UNSENT.includes(item.state)).length;
    });
    if (before && before.id !== this.#owner?.id) {
      // This page is A's: it stays so until it is loaded anew.
      this.#owner = before;
      this.#fire("owner");
      return;
    }
    this.#fire("change");
  }

  /** @returns {Who | null} the owner on this phone now, without asking the network */
  who() {
    return this.#owner && { id: this.#owner.id, name: this.#owner.name, cadre: this.#owner.cadre };
  }

  /** @returns {(Snapshot & { at: number }) | null} */
  snapshot() {
    const row = this.#owner;
    return row?.snapshot ? Object.assign({}, row.snapshot, { at: row.fetched_at }) : null;
  }

  /** What the sender must know of the owner. */
  contact() {
    const row = this.#owner;
    return {
      at: row?.at ?? 0,
      fetched_at: row?.fetched_at ?? 0,
      told_at: row?.told_at ?? 0,
      csrf_cookie: row?.csrf_cookie || "csrftoken",
      expired: row?.expired ?? false,
      phone: row?.phone ?? "",
    };
  }

  /** How many items of other people wait on this phone; nothing else is told of them. */
  others() {
    return this.#others;
  }

  /** @returns {Promise<Item[]>} own items, newest first */
  async items() {
    const owner = this.#owner;
    if (!owner) return [];
    return this.#read(async (db) => {
      /** @type {Row[]} */
      const rows = await db.getAllFromIndex("items", "author", owner.id);
      /** @type {Photo[]} */
      const photos = await db.getAllFromIndex("photos", "author", owner.id);
      const items = rows.map((row) => ({
        ...row,
        photos: photos
          .filter((photo) => photo.visit === row.id)
          .map(({ id, state, errors }) => ({ id, state, errors })),
      }));
      return items.sort((a, b) => b.saved_at - a.saved_at || (a.id < b.id ? -1 : 1));
    });
  }

  /** @param {string} id @returns {Promise<Item | null>} */
  async item(id) {
    return (await this.items()).find((item) => item.id === id) ?? null;
  }

  /**
   * Keep items and photos, all or nothing. With the id of a waiting or refused item it replaces that item.
   * @param {NewItem[]} items
   * @param {NewPhoto[]} [photos] added to those the visit has
   * @returns {Promise<string[]>} the ids
   */
  async save(items, photos = []) {
    const owner = this.#owner;
    if (!owner) throw new StoreClosed("nobody");
    /** @type {{ id: string, visit: string, type: string, bytes: ArrayBuffer }[]} */
    const read = [];
    for (const { id = newId(), visit, blob } of photos) {
      read.push({ id, visit, type: blob.type || "image/jpeg", bytes: await blob.arrayBuffer() });
    }
    const now = Date.now();
    const ids = items.map((item) => item.id ?? newId());
    if (another(owner.id)) {
      await this.#reload();
      throw new StoreClosed("owner");
    }
    await this.#write(["meta", "items", "photos", "bytes"], async (tx) => {
      // Another tab may have let another person in since this page was opened.
      if ((await tx.objectStore("meta").get("owner")) !== owner.id) throw new StoreClosed("owner");
      const table = tx.objectStore("items");
      for (const [index, item] of items.entries()) {
        /** @type {Row | undefined} */
        const old = await table.get(ids[index]);
        if (old && old.author !== owner.id) throw new StoreClosed("owner");
        if (old?.state === "sent") throw new AlreadySent(old.id);
        /** @type {Row} */
        const row = {
          id: ids[index],
          kind: item.kind,
          author: owner.id,
          author_code: old?.author_code ?? this.code(),
          form: FORM_VERSION,
          // By the server's clock: a matter's days run from this moment.
          captured_at: old?.captured_at ?? item.captured_at ?? new Date(nowOf(this.snapshot())).toISOString(),
          payload: item.payload,
          parents: item.parents ?? old?.parents ?? [],
          label: item.label,
          note: item.note ?? "",
          state: "waiting",
          errors: {},
          number: "",
          url: "",
          saved_at: old?.saved_at ?? now + index,
          sent_at: null,
          refused_at: null,
          revision: (old?.revision ?? 0) + 1,
        };
        await table.put(row);
      }
      for (const { id, visit, type, bytes } of read) {
        /** @type {Photo} */
        const photo = {
          id,
          visit,
          author: owner.id,
          type,
          size: bytes.byteLength,
          state: "waiting",
          errors: [],
          received: 0,
        };
        await tx.objectStore("photos").put(photo);
        await tx.objectStore("bytes").put(bytes, id);
      }
    });
    this.#changed();
    void this.#persist();
    return ids;
  }

  /** Asked once, after the first save: until then there is nothing to keep. */
  async #persist() {
    try {
      if (!navigator.storage?.persist) return;
      const asked = await this.#write(["meta"], async (tx) => {
        const before = await tx.objectStore("meta").get("persist");
        await tx.objectStore("meta").put(true, "persist");
        return before;
      });
      if (!asked) await navigator.storage.persist();
    } catch {
      // It was only a wish.
    }
  }

  /** A photo to look at. @param {string} id @returns {Promise<Blob | null>} */
  async photo(id) {
    const owner = this.#owner;
    return this.#read(async (db) => {
      /** @type {Photo | undefined} */
      const photo = await db.get("photos", id);
      const bytes = await db.get("bytes", id);
      return photo && bytes && photo.author === owner?.id ? new Blob([bytes], { type: photo.type }) : null;
    });
  }

  /** Take a photo off a visit while the form is open; one that the server has stays. @param {string} id */
  async removePhoto(id) {
    const owner = this.#owner;
    await this.#write(["photos", "bytes"], async (tx) => {
      /** @type {Photo | undefined} */
      const photo = await tx.objectStore("photos").get(id);
      if (!photo || photo.author !== owner?.id || photo.state === "sent") return;
      await tx.objectStore("photos").delete(id);
      await tx.objectStore("bytes").delete(id);
    });
    this.#changed();
  }

  /** @param {string} key @returns {Promise<any>} what was kept, or null */
  async draft(key) {
    const owner = this.#owner;
    if (!owner) return null;
    return (await this.#read((db) => db.get("drafts", [owner.id, key])))?.value ?? null;
  }

  /** @param {string} key @param {any} value anything that can be cloned */
  async keepDraft(key, value) {
    const owner = this.#owner;
    if (!owner) return;
    await this.#write(["drafts"], async (tx) => {
      await tx.objectStore("drafts").put({ author: owner.id, key, value, at: Date.now() });
    });
  }

  /** @param {string} key */
  async dropDraft(key) {
    const owner = this.#owner;
    if (!owner) return;
    await this.#write(["drafts"], async (tx) => {
      await tx.objectStore("drafts").delete([owner.id, key]);
    });
  }

  // --- For the sender ------------------------------------------------------------------------------------

  /** The server says that another person is signed in: until it says who, this phone is nobody's. */
  async disown() {
    await this.#write(["meta"], async (tx) => {
      await tx.objectStore("meta").delete("owner");
    });
    await this.#reload();
    this.#channel?.postMessage("change");
  }

  /** By what the server knows the owner: the 工号 where there is one. */
  code() {
    return this.#owner?.cadre?.code ?? this.#owner?.snapshot?.user?.code ?? "";
  }

  /**
   * The server said who is signed in, and what belongs to them. A copy of anybody else's households goes.
   * Nothing is taken from a session that is being signed out.
   * @param {Snapshot} data
   */
  async adopt(data) {
    const cookie = data.csrf_cookie || "csrftoken";
    await this.#write(["meta", "users", "items", "photos"], async (tx) => {
      // Being signed out (leave.js): an answer still on its way does not bring the copy back. Signing in changes
      // the token.
      const left = await tx.objectStore("meta").get("left");
      if (left?.user === data.user.id && left.token === csrfToken(cookie)) return;
      await tx.objectStore("meta").put(data.user.id, "owner");
      const users = tx.objectStore("users");
      for (const other of await users.getAll()) {
        if (other.id !== data.user.id && other.snapshot) await users.put({ ...other, snapshot: null });
      }
      /** @type {UserRow | undefined} */
      const old = await users.get(data.user.id);
      await this.#newEpoch(tx, data.user.id, old?.epoch ?? "", data.epoch);
      /** @type {UserRow} */
      const row = {
        id: data.user.id,
        name: data.user.name,
        cadre: data.cadre,
        // What the office sees is one person's queue on one phone.
        phone: old?.phone ?? newId(),
        snapshot: data,
        at: Date.now(),
        fetched_at: Date.now(),
        epoch: data.epoch,
        csrf_cookie: cookie,
        told_at: old?.told_at ?? 0,
        expired: false,
      };
      await users.put(row);
    });
    await this.#reload();
    this.#channel?.postMessage("change");
  }

  /**
   * After a restore from backup the server lacks what came since: all that the phone still has is sent again.
   * @param {any} tx @param {number} author @param {string} before @param {string} after
   */
  async #newEpoch(tx, author, before, after) {
    if (!before || !after || before === after) return;
    const oldest = Date.now() - KEPT_DAYS * DAY;
    for (const row of await tx.objectStore("items").index("author").getAll(author)) {
      if (row.state !== "sent" || row.sent_at < oldest) continue;
      await tx.objectStore("items").put({ ...row, state: "waiting", sent_at: null });
    }
    for (const photo of await tx.objectStore("photos").index("author").getAll(author)) {
      if (photo.state !== "sent") continue;
      await tx.objectStore("photos").put({ ...photo, state: "waiting", received: 0 });
    }
  }

  /** @param {boolean} expired the sign-in is over; nothing else changes */
  async expire(expired) {
    const owner = this.#owner;
    if (!owner || owner.expired === expired) return;
    await this.#write(["users"], async (tx) => {
      const row = await tx.objectStore("users").get(owner.id);
      if (row) await tx.objectStore("users").put({ ...row, expired });
    });
    await this.#reload();
  }

  /**
   * What the server answered for each item of a batch.
   * @param {string} epoch
   * @param {{ id: string, status: string, errors?: Errors, number?: string, url?: string }[]} results
   * @param {Map<string, number>} revisions of the items as they were sent
   * @param {{ told: boolean }} options `told`: the server heard how much waits here
   */
  async settle(epoch, results, revisions, { told: heard }) {
    const owner = this.#owner;
    if (!owner) return;
    await this.#write(["users", "items", "photos"], async (tx) => {
      /** @type {UserRow} */
      const user = await tx.objectStore("users").get(owner.id);
      await this.#newEpoch(tx, owner.id, user.epoch, epoch);
      const now = Date.now();
      await tx
        .objectStore("users")
        .put({ ...user, epoch: epoch || user.epoch, at: now, told_at: heard ? now : user.told_at, expired: false });
      for (const result of results) {
        /** @type {Row | undefined} */
        const row = await tx.objectStore("items").get(result.id);
        if (!row || row.author !== owner.id || !revisions.has(row.id)) continue;
        const answered = {
          ...row,
          number: result.number || row.number,
          url: result.url || row.url,
        };
        // Mended while it was on its way: the server's answer is for the words before. They go again.
        const same = row.revision === revisions.get(row.id);
        if (same && (result.status === "accepted" || result.status === "duplicate")) {
          Object.assign(answered, { state: "sent", errors: {}, sent_at: now, refused_at: null });
        } else if (same && result.status === "rejected") {
          Object.assign(answered, { state: "refused", errors: result.errors ?? {}, refused_at: now });
        }
        await tx.objectStore("items").put(answered);
      }
    });
    await this.#reload();
    this.#channel?.postMessage("change");
  }

  /** Photos that still have to go, oldest first. @returns {Promise<Photo[]>} */
  async waitingPhotos() {
    const owner = this.#owner;
    if (!owner) return [];
    return this.#read(async (db) => {
      /** @type {Photo[]} */
      const all = await db.getAllFromIndex("photos", "author", owner.id);
      return all.filter((photo) => photo.state === "waiting");
    });
  }

  /** @param {string} id @param {Partial<Photo>} change */
  async markPhoto(id, change) {
    await this.#write(["photos"], async (tx) => {
      const photo = await tx.objectStore("photos").get(id);
      if (photo) await tx.objectStore("photos").put({ ...photo, ...change });
    });
    if (change.state) this.#changed();
  }

  // --- Time ----------------------------------------------------------------------------------------------

  /** Accepted items after 14 days, the copy of the households after 14 days without contact, old drafts. */
  async prune(now = Date.now()) {
    let gone = false;
    await this.#write(["users", "items", "photos", "bytes", "drafts"], async (tx) => {
      for (const user of await tx.objectStore("users").getAll()) {
        // A clock that was set back must not keep the copy longer.
        if (user.snapshot && Math.abs(now - user.at) > KEPT_DAYS * DAY) {
          await tx.objectStore("users").put({ ...user, snapshot: null });
          gone = true;
        }
      }
      for (const draft of await tx.objectStore("drafts").getAll()) {
        if (now - draft.at > DRAFT_DAYS * DAY) {
          await tx.objectStore("drafts").delete([draft.author, draft.key]);
        }
      }
      for (const row of await tx.objectStore("items").getAll()) {
        if (row.state !== "sent" || now - row.sent_at <= KEPT_DAYS * DAY) continue;
        /** @type {Photo[]} */
        const photos = await tx.objectStore("photos").index("visit").getAll(row.id);
        if (photos.some((photo) => photo.state === "waiting")) continue;
        await tx.objectStore("items").delete(row.id);
        gone = true;
        for (const photo of photos) {
          await tx.objectStore("photos").delete(photo.id);
          await tx.objectStore("bytes").delete(photo.id);
        }
      }
    });
    if (gone) await this.#reload();
  }

  // --- A file as last resort -----------------------------------------------------------------------------

  /** All own unsent work with its photos, as one JSON file. @returns {Promise<Blob>} */
  async toFile() {
    const owner = this.who();
    if (!owner) throw new StoreClosed("nobody");
    const items = await this.items();
    const open = items.filter(
      (item) => item.state !== "sent" || item.photos.some((photo) => photo.state === "waiting"),
    );
    const photos = [];
    for (const item of open) {
      for (const { id, state } of item.photos) {
        const blob = state === "sent" ? null : await this.photo(id);
        if (!blob) continue;
        // Each a blob of its own, which the browser may keep on disk: together they may be larger than memory.
        const photo = JSON.stringify({ id, visit: item.id, type: blob.type, base64: await base64(blob) });
        photos.push(new Blob([photos.length ? "," : "", photo]));
      }
    }
    const head = { format: "lianhu-queue", version: 1, made_at: new Date().toISOString(), owner, items: open };
    return new Blob([JSON.stringify(head).slice(0, -1), `,"photos":[`, ...photos, "]}"], { type: "application/json" });
  }

  /**
   * Take back what `toFile` wrote: own items only, and none twice.
   * @param {Blob} blob
   * @returns {Promise<{ added: number, known: number }>}
   */
  async fromFile(blob) {
    const owner = this.who();
    if (!owner) throw new StoreClosed("nobody");
    const file = parsed(await blob.text());
    if (file.owner.id !== owner.id) throw new NotYours("owner");
    /** @type {Map<string, ArrayBuffer>} */
    const bytes = new Map();
    for (const photo of file.photos) bytes.set(photo.id, decoded(photo.base64));
    const counts = { added: 0, known: 0 };
    await this.#write(["items", "photos", "bytes"], async (tx) => {
      for (const given of file.items) {
        if (await tx.objectStore("items").get(given.id)) {
          counts.known += 1;
          continue;
        }
        await tx.objectStore("items").put({ ...given, author: owner.id });
        counts.added += 1;
      }
      for (const { id, visit, type } of file.photos) {
        if (await tx.objectStore("photos").get(id)) continue;
        const size = bytes.get(id)?.byteLength ?? 0;
        const photo = { id, visit, author: owner.id, type, size, state: "waiting", errors: [], received: 0 };
        await tx.objectStore("photos").put(photo);
        await tx.objectStore("bytes").put(bytes.get(id), id);
      }
    });
    this.#changed();
    return counts;
  }
}

/** The file is another person's. */
export class NotYours extends Error {
  name = "NotYours";
}

/** The file is not what `toFile` writes. */
export class NotAQueue extends Error {
  name = "NotAQueue";
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const KINDS = ["trip", "visit", "grievance", "activity"];

/** @param {Blob} blob @returns {Promise<string>} */
function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {string} text @returns {ArrayBuffer} */
function decoded(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

/**
 * A file may come from anywhere: only what is known is taken from it.
 * @param {string} text
 * @returns {{ owner: { id: number }, items: Row[], photos: { id: string, visit: string, type: string, base64: string }[] }}
 */
function parsed(text) {
  try {
    const file = JSON.parse(text);
    if (file.format !== "lianhu-queue" || file.version !== 1) throw new NotAQueue("format");
    const items = file.items.map(restored);
    const photos = file.photos.map((/** @type {any} */ photo) => {
      if (!ID.test(photo.id) || !ID.test(photo.visit)) throw new NotAQueue("photo");
      if (!/^image\/[a-z]+$/.test(photo.type) || !/^[A-Za-z0-9+/=]*$/.test(photo.base64)) throw new NotAQueue("photo");
      return { id: photo.id, visit: photo.visit, type: photo.type, base64: photo.base64 };
    });
    return { owner: { id: Number(file.owner.id) }, items, photos };
  } catch (error) {
    throw error instanceof NotAQueue ? error : new NotAQueue(String(error));
  }
}

/** @param {any} given @returns {Row} */
function restored(given) {
  const parents = given.parents ?? [];
  const right =
    ID.test(given.id) &&
    KINDS.includes(given.kind) &&
    typeof given.payload === "object" &&
    given.payload !== null &&
    Array.isArray(parents) &&
    parents.every((/** @type {any} */ id) => ID.test(id)) &&
    !Number.isNaN(Date.parse(given.captured_at));
  if (!right) throw new NotAQueue("item");
  return {
    id: given.id,
    kind: given.kind,
    author: 0,
    author_code: String(given.author_code ?? ""),
    form: Number(given.form) || 1,
    captured_at: String(given.captured_at),
    payload: given.payload,
    parents,
    label: String(given.label ?? ""),
    note: String(given.note ?? ""),
    // Sent or refused elsewhere: the server answers `duplicate`, or the reason again.
    state: "waiting",
    errors: {},
    number: String(given.number ?? ""),
    url: "",
    saved_at: Number(given.saved_at) || Date.now(),
    sent_at: null,
    refused_at: null,
    revision: 1,
  };
}

/** @returns {Promise<Store>} */
export async function openStore() {
  const store = new Store();
  await store.open();
  return store;
}
