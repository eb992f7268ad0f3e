// @ts-check
// Small element helpers for the phone's screens. Data only ever becomes text: nothing here parses HTML.

/** @typedef {Node | string | number | null | undefined | false} Kid */
/** @typedef {Record<string, any>} Props */
/** @typedef {Record<string, string[]>} Faults */

const SVG = "http://www.w3.org/2000/svg";

// Drawn here and not taken from icons.svg, so that a screen needs no further file to look right offline.
/** @type {Record<string, string>} */
const SHAPES = {
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  check: "M4 12.5l5.5 5.5L20 7",
  plus: "M12 4v16M4 12h16",
  phone: "M6 3l3 5-2 2c1 3 4 6 7 7l2-2 5 3c-1 3-3 4-5 3C9 20 4 15 3 8 2 6 3 4 6 3z",
  home: "M3 12l9-8 9 8M6 10v10h12V10M10 20v-6h4v6",
  camera: "M3 7h4l2-3h6l2 3h4v13H3zM12 9.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7z",
  clock: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3.500 2",
  back: "M9 5L4 10l5 5M4 10h10a5 5 0 0 1 0 10h-3",
  offline:
    "M3 3l18 18M2 9c2-2 4-3.300 6.500-4M12 4.500c4 0 7.500 1.500 10 4.500M6 13c1.500-1.500 3-2.300 4.800-2.700M15 11c1.200.500 2 1.200 3 2M12 19.500v-1",
  warning: "M12 4l9.500 16h-19zM12 10v5M12 17v1.500",
  half: "M12 3a9 9 0 1 0 0 18|M12 3a9 9 0 0 1 0 18z",
  done: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM7.500 12.500l3 3L16.500 9",
  cross: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM8.500 8.500l7 7M15.500 8.500l-7 7",
  dash: "M5 12h14",
};

/**
 * `h("p", { class: "note" }, "…")`. Keys that begin with `on` listen; value, checked and selected are set as the
 * element has them; false and null leave an attribute out.
 * @param {string} tag @param {Props} [props] @param {...(Kid | Kid[])} kids @returns {any}
 */
export function h(tag, props = {}, ...kids) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2).toLowerCase(), value);
    else if (key === "value" || key === "checked" || key === "selected" || key === "disabled")
      /** @type {any} */ (element)[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  put(element, ...kids);
  return element;
}

/** @param {Element} element @param {...(Kid | Kid[])} kids */
export function put(element, ...kids) {
  for (const kid of /** @type {any[]} */ (kids).flat(Infinity)) {
    if (kid === null || kid === undefined || kid === false) continue;
    element.append(kid instanceof Node ? kid : String(kid));
  }
  return element;
}

/** @param {Element} element @param {...(Kid | Kid[])} kids */
export function refill(element, ...kids) {
  element.replaceChildren();
  return put(element, ...kids);
}

/** @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  // What stands behind a bar is filled.
  for (const [at, d] of SHAPES[name].split("|").entries()) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("fill", at === 0 ? "none" : "currentColor");
    path.setAttribute("stroke", "currentColor");
    path.setAttribute("stroke-width", "2");
    svg.append(path);
  }
  return svg;
}

/** Word and glyph: colour never stands alone. @param {string} kind @param {string} glyph @param {string} word */
export const chip = (kind, glyph, word) => h("span", { class: `chip ${kind}` }, icon(glyph), word);

/** @param {string[]} words */
export const tags = (words) => words.flatMap((word) => [" ", h("span", { class: "tag" }, word)]);

/** @param {string} label @param {() => void} act @param {Props} [props] */
export const button = (label, act, props = {}) =>
  h(
    "button",
    { type: "button", class: "button", onclick: act, ...props },
    props.icon && icon(props.icon),
    label,
  );

/** @param {string} label @param {string} href @param {Props} [props] */
export const link = (label, href, props = {}) =>
  h("a", { href, ...props }, props.icon && icon(props.icon), label);

/** @param {string} title @param {Kid} aside @param {...(Kid | Kid[])} kids */
export function part(title, aside, ...kids) {
  const id = `part-${++serial}`;
  return h(
    "section",
    { class: "part", "aria-labelledby": id },
    h("div", { class: "head" }, h("h2", { id }, title), aside),
    ...kids,
  );
}
let serial = 0;
const MOST_ROWS = 12;

/** @param {string} bold @param {Kid} rest @param {...Kid} actions */
export const empty = (bold, rest, ...actions) =>
  h(
    "div",
    { class: "empty" },
    h("strong", {}, bold),
    h("p", {}, rest),
    actions.length > 0 && h("p", { class: "under" }, ...actions),
  );

/**
 * Label, control, help and room for a fault. `name` is what the server calls the field.
 * @param {string} name @param {string} label @param {any} control
 * @param {{ help?: Kid, optional?: boolean, hint?: string }} [more]
 */
export function field(name, label, control, more = {}) {
  const id = `f-${name}`;
  control.id = id;
  control.dataset.named = name;
  return h(
    "div",
    { class: "field", "data-field": name },
    h(
      "label",
      { for: id },
      label,
      more.optional && h("span", { class: "hint" }, "可不填"),
      more.hint && h("span", { class: "hint" }, more.hint),
    ),
    control,
    more.help && described(control, h("p", { class: "help", id: `${id}-help` }, more.help)),
  );
}

/** @param {Element} control @param {any} help */
function described(control, help) {
  control.setAttribute("aria-describedby", help.id);
  return help;
}

/**
 * A choice of two to four as one row of words.
 * @param {string} name @param {string} legend @param {(readonly [string, string])[]} choices @param {string} value
 * @param {(value: string) => void} chosen @param {{ help?: Kid, required?: boolean }} [more]
 */
export function segments(name, legend, choices, value, chosen, more = {}) {
  const help = more.help ? h("p", { class: "help", id: `f-${name}-help` }, more.help) : null;
  return h(
    "fieldset",
    { class: "field", "data-field": name, "aria-describedby": help && help.id },
    h("legend", {}, legend),
    h(
      "div",
      { class: "segments" },
      choices.map(([key, label], at) =>
        h(
          "label",
          {},
          h("input", {
            type: "radio",
            name: `r-${name}`,
            id: at === 0 ? `f-${name}` : null,
            "data-named": name,
            value: key,
            checked: key === value,
            required: more.required,
            onchange: () => chosen(key),
          }),
          h("span", {}, icon("check"), label),
        ),
      ),
    ),
    help,
  );
}

/** @param {string} label @param {boolean} checked @param {(checked: boolean) => void} changed @param {Props} [props] */
export const tick = (label, checked, changed, props = {}) =>
  h(
    "label",
    { class: "tick" },
    h("input", {
      type: "checkbox",
      checked,
      onchange: (/** @type {any} */ event) => changed(event.target.checked),
      ...props,
    }),
    h("span", {}, label),
  );

/**
 * @param {(readonly [string, string])[]} choices @param {string} value @param {(value: string) => void} chosen
 * @param {string} [first] the words shown while nothing is chosen
 */
export const select = (choices, value, chosen, first = "") =>
  h(
    "select",
    { onchange: (/** @type {any} */ event) => chosen(event.target.value) },
    first && h("option", { value: "", selected: !value }, first),
    choices.map(([key, label]) => h("option", { value: key, selected: key === value }, label)),
  );

/** A box that grows with what is written. @param {string} value @param {(value: string) => void} typed @param {Props} [props] */
export function area(value, typed, props = {}) {
  const box = h("textarea", {
    rows: 2,
    value,
    oninput: () => {
      fit();
      typed(box.value);
    },
    ...props,
  });
  const fit = () => {
    box.rows = 2;
    while (box.rows < MOST_ROWS && box.scrollHeight > box.clientHeight + 2) box.rows += 1;
  };
  // It has no height before it is on the page.
  window.requestAnimationFrame(fit);
  return box;
}

/** @param {string} type @param {string} value @param {(value: string) => void} typed @param {Props} [props] */
export const input = (type, value, typed, props = {}) =>
  h("input", { type, value, oninput: (/** @type {any} */ event) => typed(event.target.value), ...props });

/** @param {Kid} title @param {Kid} aside @param {boolean} open @param {...(Kid | Kid[])} kids */
export const fold = (title, aside, open, ...kids) =>
  h(
    "details",
    { class: "fold", open },
    h(
      "summary",
      {},
      h("span", { class: "what" }, title),
      h("span", { class: "aside" }, aside, icon("right")),
    ),
    h("div", { class: "inside" }, ...kids),
  );

/** The one main action, within the thumb's reach, with the sentence that truth needs over it. @param {...Kid} kids */
export const bottom = (...kids) => h("div", { class: "bottom" }, h("div", { class: "reach" }, ...kids));

/** @param {"" | "bad" | "ok" | "warn"} kind @param {Kid} bold @param {Kid} rest @param {...Kid} actions */
export const banner = (kind, bold, rest, ...actions) =>
  h(
    "div",
    { class: `banner ${kind}`, role: kind === "bad" ? "alert" : null },
    h("p", {}, h("strong", {}, bold), rest && h("br"), rest),
    actions.length > 0 && h("p", { class: "actions" }, ...actions),
  );

/**
 * Each fault beside its field, and all of them on top as links. Returns whether there was one.
 * @param {HTMLElement} form @param {Faults} faults @param {string} [bold]
 */
export function showFaults(form, faults, bold = "还差几处，没有保存。写好的都在。") {
  clearFaults(form);
  /** @type {any[]} */
  const lines = [];
  for (const [name, words] of Object.entries(faults)) {
    const box = /** @type {HTMLElement | null} */ (form.querySelector(`[data-field="${CSS.escape(name)}"]`));
    const control = box?.querySelector(`[data-named="${CSS.escape(name)}"]`);
    const text = words.join("；");
    if (!box || !(control instanceof HTMLElement)) {
      lines.push(h("li", {}, text));
      continue;
    }
    const id = `f-${name}-fault`;
    box.classList.add("wrong");
    box.append(h("p", { class: "fault", id }, icon("warning"), text));
    const target = control;
    const before = target.getAttribute("aria-describedby");
    if (before) target.dataset.helped = before;
    target.setAttribute("aria-describedby", before ? `${before} ${id}` : id);
    target.setAttribute("aria-invalid", "true");
    const go = (/** @type {Event} */ event) => {
      // The address after # belongs to the router.
      event.preventDefault();
      reveal(target);
    };
    lines.push(h("li", { "data-of": name }, h("a", { href: window.location.hash, onclick: go }, text)));
  }
  if (lines.length === 0) return false;
  const summary = h(
    "div",
    { class: "banner bad faults", role: "alert", tabindex: "-1" },
    h("div", {}, h("strong", {}, bold), h("ul", {}, lines)),
  );
  form.prepend(summary);
  forgetMended(form);
  summary.focus({ preventScroll: true });
  summary.scrollIntoView({ block: "start" });
  return true;
}

/** What is being mended is no longer called wrong; the next save looks again. @param {HTMLElement} form */
function forgetMended(form) {
  if (form.dataset.forgets) return;
  form.dataset.forgets = "yes";
  for (const kind of ["input", "change", "click"]) {
    form.addEventListener(
      kind,
      (event) => {
        const at = event.target instanceof Element ? event.target : null;
        // A tap into a field mends nothing; one on a quick answer does.
        if (kind === "click" && !at?.closest(".quick .button")) return;
        const box =
          at?.closest(".wrong") ?? (kind === "click" && at?.closest(".step")?.querySelector(".wrong"));
        if (box) mended(form, box);
      },
      { capture: true },
    );
  }
}

/** @param {HTMLElement} form @param {Element} box */
function mended(form, box) {
  right(box);
  const name = /** @type {HTMLElement} */ (box).dataset.field ?? "";
  form.querySelector(`.faults [data-of="${CSS.escape(name)}"]`)?.remove();
  if (!form.querySelector(".faults li")) form.querySelector(".faults")?.remove();
}

/** @param {Element} box */
function right(box) {
  box.classList.remove("wrong");
  box.querySelector(":scope > .fault")?.remove();
  for (const control of box.querySelectorAll("[aria-invalid]")) {
    const kept = /** @type {HTMLElement} */ (control).dataset.helped;
    control.removeAttribute("aria-invalid");
    if (kept) control.setAttribute("aria-describedby", kept);
    else control.removeAttribute("aria-describedby");
  }
}

/** @param {HTMLElement} form */
export function clearFaults(form) {
  form.querySelector(".faults")?.remove();
  for (const box of form.querySelectorAll(".wrong")) right(box);
}

/** Opens what is folded around it and puts the cursor there. @param {HTMLElement} control */
export function reveal(control) {
  for (let at = control.closest("details"); at; at = at.parentElement?.closest("details") ?? null)
    at.open = true;
  control.focus({ preventScroll: true });
  (control.closest("[data-field]") ?? control).scrollIntoView({ block: "center" });
}

/**
 * A question before something that one may regret. Resolves with the answer.
 * @param {string} bold @param {string} rest @param {string} yes @param {string} no @returns {Promise<boolean>}
 */
export function ask(bold, rest, yes, no) {
  return new Promise((resolve) => {
    const id = `part-${++serial}`;
    const dialog = h("dialog", { class: "question", "aria-labelledby": id });
    const close = (/** @type {boolean} */ answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    dialog.addEventListener("cancel", (/** @type {Event} */ event) => {
      event.preventDefault();
      close(false);
    });
    put(
      dialog,
      h("p", {}, h("strong", { id }, bold)),
      h("p", {}, rest),
      h(
        "p",
        { class: "actions" },
        button(yes, () => close(true)),
        button(no, () => close(false), { class: "button main" }),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
