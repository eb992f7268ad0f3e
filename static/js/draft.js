// @ts-check
// What is half typed survives: a form with `data-draft` keeps a copy on this device until the server says
// that it took it (cookie draft_taken, accounts/middleware.py). Signing out removes all copies.
//
//   <form method="post" data-draft>           one a page
//   <form method="post" data-draft="reply">   several a page, each with its own name

const PREFIX = "lianhu.draft:";
const TAKEN = "draft_taken";
const KEPT_DAYS = 30;
const user = document.body.dataset.user || "";

/** @typedef {{ at: number, id: string, fields: [string, string][] }} Draft */

/** @param {() => void} act */
function quietly(act) {
  try {
    act();
  } catch {
    // Storage is full or switched off: the form works without a copy.
  }
}

function keys() {
  return Object.keys(window.localStorage).filter((key) => key.startsWith(PREFIX));
}

/** @param {string} key @returns {Draft | null} */
function read(key) {
  try {
    return JSON.parse(window.localStorage.getItem(key) || "null");
  } catch {
    return null;
  }
}

/** Thrown away once the server has taken it, or when nobody came back for it. */
function sweep() {
  const taken = document.cookie.match(new RegExp(`(?:^|; )${TAKEN}=([\\w-]+)`))?.[1];
  const oldest = Date.now() - KEPT_DAYS * 86_400_000;
  for (const key of keys()) {
    const draft = read(key);
    if (!draft || draft.id === taken || draft.at < oldest) window.localStorage.removeItem(key);
  }
  if (taken) {
    const secure = window.location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${TAKEN}=; path=/; max-age=0; samesite=lax${secure}`;
  }
}

/** @param {HTMLFormElement} form */
function typed(form) {
  /** @type {[string, string][]} */
  const fields = [];
  for (const [name, value] of new FormData(form)) {
    const field = form.elements.namedItem(name);
    const type = field instanceof HTMLInputElement ? field.type : "";
    if (typeof value === "string" && type !== "password" && type !== "hidden") fields.push([name, value]);
  }
  return fields;
}

/** @param {HTMLFormElement} form @param {[string, string][]} fields */
function fill(form, fields) {
  for (const field of form.elements) {
    if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
      field.checked = fields.some(([name, value]) => name === field.name && value === field.value);
    } else if (field instanceof HTMLSelectElement && field.multiple) {
      for (const option of field.options) {
        option.selected = fields.some(([name, value]) => name === field.name && value === option.value);
      }
    } else if (field instanceof HTMLInputElement && ["password", "hidden", "file", "submit"].includes(field.type)) {
      continue;
    } else if (
      field instanceof HTMLInputElement ||
      field instanceof HTMLSelectElement ||
      field instanceof HTMLTextAreaElement
    ) {
      const found = fields.find(([name]) => name === field.name);
      if (found) field.value = found[1];
    }
  }
  form.dispatchEvent(new CustomEvent("draft:filled", { bubbles: true }));
}

/** The line that says so, with a way back to the form as the server gave it. @param {HTMLFormElement} form @param {() => void} forget */
function tell(form, forget) {
  const words = document.getElementById("draft-words");
  if (!(words instanceof HTMLTemplateElement)) return;
  const line = words.content.cloneNode(true);
  form.prepend(line);
  form.querySelector("[data-draft-forget]")?.addEventListener("click", () => {
    forget();
    form.reset();
    form.querySelector("[data-draft-told]")?.remove();
    form.dispatchEvent(new CustomEvent("draft:filled", { bubbles: true }));
  });
}

/** @param {HTMLFormElement} form */
function keep(form) {
  const key = `${PREFIX}${user}:${window.location.pathname}:${form.dataset.draft || ""}`;
  const found = read(key);
  const id = found?.id || crypto.getRandomValues(new Uint32Array(4)).join("-");
  const name = document.createElement("input");
  Object.assign(name, { type: "hidden", name: "draft", value: id });
  form.append(name);
  const given = JSON.stringify(typed(form));
  if (found && JSON.stringify(found.fields) !== given) {
    // A form that the server shows again after a fault has the newer values.
    if (document.body.dataset.posted === undefined) {
      fill(form, found.fields);
      tell(form, () => quietly(() => window.localStorage.removeItem(key)));
    }
  }
  let waiting = 0;
  const save = () => {
    window.clearTimeout(waiting);
    waiting = 0;
    const fields = typed(form);
    quietly(() => {
      if (JSON.stringify(fields) === given && !found) window.localStorage.removeItem(key);
      else window.localStorage.setItem(key, JSON.stringify({ at: Date.now(), id, fields }));
    });
  };
  const later = () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(save, 300);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", save);
  window.addEventListener("pagehide", () => waiting && save());
}

quietly(sweep);
if (user) {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (form instanceof HTMLFormElement) quietly(() => keep(form));
  }
}
document.querySelector("form[data-sign-out]")?.addEventListener("submit", () => {
  quietly(() => keys().forEach((key) => window.localStorage.removeItem(key)));
});
