// @ts-check
// What the groups of the visit screen share. Each group draws itself anew when its own shape changes, and tells
// `changed()` when anything was typed.

import { button, field } from "field/dom.js";

/**
 * @typedef {{ visit: import("field/screens/visit_state.js").Visit, snapshot: any, household: any, items: any[],
 *   today: string, changed: (part?: string) => void, redraw: (...names: string[]) => void, say: (words: string) => void }} Form
 */

/** @param {Form} form @param {string} name @param {string} label */
export const labelOf = (form, name, label) => form.snapshot.form.visit[name]?.label ?? label;

/** @param {Form} form @param {string} name */
export const must = (form, name) => Boolean(form.snapshot.form.visit[name]?.required);

/** A choice that stays pressed. @param {string} label @param {boolean} pressed @param {(pressed: boolean) => void} act @param {any} [props] */
export const quick = (label, pressed, act, props = {}) =>
  button(label, () => act(!pressed), {
    class: "button quiet",
    "aria-pressed": String(pressed),
    icon: pressed ? "check" : null,
    ...props,
  });

/** A field whose heading is its label already. @param {string} name @param {string} label @param {any} control @param {string} help */
export function whole(name, label, control, help) {
  const made = field(name, label, control, { help });
  made.querySelector("label")?.classList.add("unseen");
  return made;
}
