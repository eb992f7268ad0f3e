// @ts-check
// 退出 on any page: asks first when something was not uploaded, then removes this person's copy of the households
// from the device. What was not sent and what is half written stay; they go on when the same person signs in again.
//
// These pages have no import map, so this speaks to the database of field/store.js without the library.

const NAME = "lianhu-field";
const PATIENCE = 8000;
const user = Number(document.body.dataset.user || 0);
const form = document.querySelector("form[data-sign-out]");

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @returns {Promise<IDBDatabase | null>} null: the field pages were never opened here */
async function database() {
  const request = indexedDB.open(NAME);
  request.onupgradeneeded = () => request.transaction?.abort();
  try {
    return await done(request);
  } catch {
    return null;
  }
}

/** @param {IDBDatabase} db @returns {Promise<number>} items, photos and half-written forms */
async function unsent(db) {
  const tx = db.transaction(["items", "photos", "drafts"]);
  const items = await done(tx.objectStore("items").index("author").getAll(user));
  const photos = await done(tx.objectStore("photos").index("author").getAll(user));
  const drafts = await done(tx.objectStore("drafts").getAllKeys(drafted()));
  const open = new Set(items.filter((item) => item.state !== "sent").map((item) => item.id));
  for (const photo of photos) if (photo.state === "waiting") open.add(photo.visit);
  return open.size + drafts.length;
}

function drafted() {
  return IDBKeyRange.bound([user], [user, []]);
}

/** @param {IDBDatabase} db */
async function remove(db) {
  const tx = db.transaction(["meta", "users"], "readwrite", { durability: "strict" });
  const row = await done(tx.objectStore("users").get(user));
  if (row) {
    tx.objectStore("users").put({ ...row, snapshot: null });
    // Until the next sign-in, which changes the token, no page takes the copy again (store.js, adopt).
    const found = document.cookie.split("; ").find((each) => each.startsWith(`${row.csrf_cookie}=`));
    const token = found ? decodeURIComponent(found.slice(row.csrf_cookie.length + 1)) : "";
    tx.objectStore("meta").put({ user, token }, "left");
  }
  if ((await done(tx.objectStore("meta").get("owner"))) === user) tx.objectStore("meta").delete("owner");
  await new Promise((resolve, reject) => {
    tx.oncomplete = resolve;
    tx.onabort = tx.onerror = reject;
  });
  new BroadcastChannel(NAME).postMessage("change");
}

/** @param {number} count @returns {Promise<boolean>} */
function agreed(count) {
  const dialog = document.getElementById("leave");
  if (!(dialog instanceof HTMLDialogElement)) return Promise.resolve(true);
  for (const place of dialog.querySelectorAll("[data-count]")) place.textContent = String(count);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "leave"), { once: true });
  });
}

async function mayLeave() {
  const db = await Promise.race([
    database(),
    new Promise((resolve) => {
      window.setTimeout(() => resolve(null), PATIENCE);
    }),
  ]);
  if (!db) return true;
  try {
    const count = await unsent(db);
    if (count && !(await agreed(count))) return false;
    await remove(db);
  } finally {
    db.close();
  }
  return true;
}

if (form instanceof HTMLFormElement && user) {
  let free = false;
  form.addEventListener("submit", (event) => {
    if (free) return;
    // Before draft.js, which throws its copies away at a sign-out that goes through.
    event.preventDefault();
    event.stopImmediatePropagation();
    mayLeave()
      // A database that cannot be read keeps nobody signed in.
      .catch(() => true)
      .then((may) => {
        free = may;
        if (may) form.requestSubmit();
      });
  });
}
