// @ts-check
// Talking to the server: whose session it is, and when to take a new release of these pages.

export const DATA_URL = "/api/field/";
const WORKER_URL = "/field/sw.js";
const SCOPE = "/field/";
const UPDATE_EVERY = 3_600_000;

/**
 * `status` 0: no answer, or (`strange`) a 200 that is not the server's own: a portal's sign-in page.
 * @typedef {{ status: number, json: any, retryAfter: number, strange?: boolean }} Answer
 */

/**
 * @param {string} url
 * @param {RequestInit & { patience?: number }} [options] `patience`: how long to wait, in ms
 * @returns {Promise<Answer>}
 */
export async function ask(url, { patience = 60_000, ...options } = {}) {
  const stop = new AbortController();
  const timer = window.setTimeout(() => stop.abort(), patience);
  try {
    const answer = await fetch(url, {
      credentials: "same-origin",
      cache: "no-store",
      // A redirect is never an answer of ours.
      redirect: "error",
      signal: stop.signal,
      ...options,
    });
    const retryAfter = seconds(answer.headers.get("Retry-After"));
    const type = answer.headers.get("Content-Type") ?? "";
    if (!/^application\/(\w+\+)?json\b/.test(type)) {
      return { status: answer.ok ? 0 : answer.status, json: null, retryAfter, strange: answer.ok };
    }
    return { status: answer.status, json: await answer.json(), retryAfter };
  } catch {
    return { status: 0, json: null, retryAfter: 0 };
  } finally {
    window.clearTimeout(timer);
  }
}

/** @param {string | null} text seconds, or a date @returns {number} */
function seconds(text) {
  if (!text) return 0;
  const value = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(value) && value > 0 ? value : 0;
}

/** Read at each request: signing in changes it. @param {string} name */
export function csrfToken(name) {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** The sign-in page, which leads back to this very screen. */
export function signInUrl() {
  return `/login/?next=${encodeURIComponent(SCOPE + window.location.hash)}`;
}

/**
 * Register the worker that makes these pages open without a signal. A new release waits until no form is open in
 * any window (sw.js asks them all), then the page is loaded anew.
 * @param {() => boolean} busy
 */
export function keepUpToDate(busy) {
  if (!("serviceWorker" in navigator)) return;
  const workers = navigator.serviceWorker;
  let controlled = Boolean(workers.controller);
  /** @type {ServiceWorkerRegistration | undefined} */
  let registration;
  let looked = Date.now();

  const offer = () => {
    if (registration?.waiting && !busy()) registration.waiting.postMessage({ type: "switch" });
  };
  workers.addEventListener("message", (event) => {
    if (event.data?.type === "busy?") event.ports[0]?.postMessage(busy());
  });
  workers.addEventListener("controllerchange", () => {
    // The very first worker takes over a page that is its own release.
    const first = !controlled;
    controlled = true;
    if (!first && !busy()) window.location.reload();
  });
  const look = () => {
    offer();
    if (document.visibilityState !== "visible" || Date.now() - looked < UPDATE_EVERY) return;
    looked = Date.now();
    registration?.update().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("hashchange", () => window.setTimeout(offer));
  window.setInterval(look, UPDATE_EVERY / 4);

  workers
    .register(WORKER_URL, { scope: SCOPE, updateViaCache: "none" })
    .then((made) => {
      registration = made;
      offer();
      made.addEventListener("updatefound", () => {
        made.installing?.addEventListener("statechange", offer);
      });
    })
    // Without it the page works as long as it stays open; the next opening tries again.
    .catch((error) => console.warn(error));
}
