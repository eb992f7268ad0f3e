// @ts-check
// The service worker of /field/: these pages open without a signal, each release from a cache of its own.
//
// The server puts one line before this file (reports/pages/field.py): `self.FIELD = {version, shell, assets}`,
// where `assets` is the SHA-256 of every file by its address. What does not have that digest (a redirect, an error
// page, a portal, a file of another release) is never kept. /api/ and /photos/ are not touched.

/** @type {any} */
const worker = self;
/** @type {{ version: string, shell: string, assets: Record<string, string> }} */
const { version, shell, assets } = worker.FIELD;
const PREFIX = "field-";
const CACHE = PREFIX + version;

/** @param {ArrayBuffer} bytes */
async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Only if it is this release's. What the page has just loaded is not loaded twice on a thin line; an old copy has
 * another digest and is fetched anew.
 * @param {string} path @returns {Promise<Response>}
 */
async function fetched(path) {
  return (await release(path, "default")) ?? (await release(path, "reload")) ?? other(path);
}

/** @param {string} path @param {RequestCache} cache @returns {Promise<Response | null>} */
async function release(path, cache) {
  const answer = await fetch(path, { cache, credentials: "same-origin", redirect: "error" });
  if (answer.status !== 200 || answer.type !== "basic" || answer.redirected) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return (await digest(await answer.clone().arrayBuffer())) === assets[path] ? answer : null;
}

/** @param {string} path @returns {never} */
function other(path) {
  throw new Error(`${path}: another release`);
}

async function install() {
  const cache = await caches.open(CACHE);
  // A few at a time: a thin line carries no forty at once.
  /** @type {string[]} */
  const left = [];
  for (const path of Object.keys(assets)) {
    // Kept by an attempt before that broke off; its digest was right.
    if (!(await cache.match(path))) left.push(path);
  }
  const next = async () => {
    for (let path = left.shift(); path; path = left.shift()) await cache.put(path, await fetched(path));
  };
  await Promise.all([next(), next(), next(), next()]);
}

async function activate() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
  // The first worker takes over the page that brought it, which is of the same release.
  if (!names.length) await worker.clients.claim();
}

/** @param {string} path @param {Request} request */
async function answer(path, request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path);
  if (kept) return kept;
  // The browser threw it away.
  try {
    const fresh = await fetched(path);
    await cache.put(path, fresh.clone());
    return fresh;
  } catch {
    return fetch(request);
  }
}

/** Does any window have a form open? One that does not answer counts as one that has. */
async function busy() {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const fields = windows.filter((/** @type {any} */ each) => new URL(each.url).pathname === shell);
  const answers = fields.map(
    (/** @type {any} */ each) =>
      new Promise((resolve) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = (event) => resolve(event.data !== false);
        each.postMessage({ type: "busy?" }, [channel.port2]);
        setTimeout(() => resolve(true), 2000);
      }),
  );
  return (await Promise.all(answers)).some(Boolean);
}

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()));
worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data?.type !== "switch") return;
  event.waitUntil(
    busy().then((yes) => {
      if (!yes) worker.skipWaiting();
    }),
  );
});
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" ? url.pathname !== shell : !(url.pathname in assets)) return;
  event.respondWith(answer(url.pathname, request));
});
