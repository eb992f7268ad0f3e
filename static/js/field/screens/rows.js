// @ts-check
// One household in a list: who, where, when last, what is open, and the two actions.

import { h, link, tags } from "field/dom.js";
import { dayWords, lastMetWords, placeOf } from "field/words_screens.js";

/** @param {any} one @param {string} today @param {{ place?: boolean }} [how] */
export function householdRow(one, today, { place = true } = {}) {
  const code = encodeURIComponent(one.code);
  const where = [place ? placeOf(one) : one.group, `${one.people_count} 人`].filter(Boolean).join(" · ");
  return h(
    "li",
    { class: "home" },
    link(one.head_name, `#/household/${code}`, { class: "title target" }),
    tags(one.marks),
    h("p", { class: "note" }, where, one.covered_for && `，代管${one.covered_for}的户`),
    metLine(one, today),
    one.matters.length > 0 &&
      h("p", {}, link(`在办诉求 ${one.matters.length} 件`, `#/household/${code}`, { class: "target" })),
    one.questions.length > 0 && h("p", { class: "warn" }, `村里有一问：${one.questions[0].text}`),
    actions(one),
  );
}

/** @param {any} one @param {string} today */
export function metLine(one, today) {
  const { before, when, after } = lastMetWords(one, today);
  return h(
    "p",
    {},
    when ? [before, h("strong", {}, when)] : h("strong", {}, before),
    after && h("span", { class: "note" }, `；${after}`),
  );
}

/** @param {any} one */
export const actions = (one) =>
  h(
    "p",
    { class: "two-buttons" },
    one.phone
      ? link("打电话", `tel:${one.phone}`, {
          class: "button quiet",
          icon: "phone",
          "aria-label": `给${one.head_name}打电话`,
        })
      : h("span", { class: "note nophone" }, "没有登记电话"),
    link("走访", `#/visit/${encodeURIComponent(one.code)}`, {
      class: "button quiet chosen",
      icon: "home",
      "aria-label": `走访${one.head_name}户`,
    }),
  );

/** @param {any} one @param {string} today */
export const matterLine = (one, today) => {
  const late = one.due_on && one.due_on < today;
  return h(
    "li",
    {},
    one.title,
    h("br"),
    h(
      "span",
      { class: late ? "late" : "note" },
      [
        one.number,
        one.state_label,
        one.due_on &&
          (late ? `逾期，应在 ${dayWords(one.due_on, today)}前答复` : `${dayWords(one.due_on, today)}前答复`),
      ]
        .filter(Boolean)
        .join(" · "),
    ),
  );
};
