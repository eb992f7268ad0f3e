// @ts-check
// Of the visit screen: when it was, on which trip, and whom one met.

import { field, button, h, input, refill, segments, select, tick } from "field/dom.js";
import { spanWords } from "field/words_screens.js";
import { actorOf, coveringTrip, mayVisit } from "field/screens/visit_state.js";
import { tripsOf } from "field/screens/own.js";

/** @typedef {import("field/screens/visit_form.js").Form} Form */

/** 代录 and the day. @param {Form} form @param {HTMLElement} box */
export function when(form, box) {
  const { visit, snapshot, today } = form;
  const day = input(
    "date",
    visit.day,
    (value) => {
      if (!value) return;
      visit.day = value;
      if (!visit.trip.touched) Object.assign(visit.trip, { begins_on: value, ends_on: value });
      form.redraw("heading", "trip", "difficulties");
      form.changed();
    },
    { max: today, required: true },
  );
  refill(
    box,
    snapshot.records_for.length > 0 &&
      field(
        "cadre",
        "替谁记",
        select(
          snapshot.records_for.map((/** @type {any} */ one) => [one.code, `${one.name} ${one.code}`]),
          visit.cadre,
          (value) => {
            visit.cadre = value;
            visit.proxy = !mayVisit(visit, form.household, snapshot);
            form.redraw("trip", "people", "proxy");
            form.changed();
          },
          "记我自己的",
        ),
        { help: "代录：走访人和录入人都会记下。" },
      ),
    h(
      "div",
      { class: "day", hidden: visit.day === today && !box.dataset.open },
      field("day", "走访日期", day),
    ),
  );
}

/** The trip that covers the day; where there is none, the one that is made with the visit. @param {Form} form @param {HTMLElement} box */
export function trip(form, box) {
  const { visit, snapshot, today, household } = form;
  const covering = coveringTrip(visit, tripsOf(snapshot, form.items, actorOf(visit, snapshot)));
  const choose =
    !household &&
    select(
      snapshot.villages.map((/** @type {any} */ one) => [one.code, `${one.name}（${one.township}）`]),
      visit.trip.village,
      (value) => {
        visit.trip.village = value;
        form.redraw("trip");
        form.changed();
      },
      "请选村",
    );
  const village = choose && field("trip", "这户在哪个村", choose);
  if (!visit.trip.village && !visit.trip.known) return refill(box, village);
  const elsewhere =
    (visit.cadre || visit.trip.known || covering?.state === "refused") &&
    tick("这天的下乡已经在系统里记过", visit.trip.known, (checked) => {
      visit.trip.known = checked;
      form.redraw("trip");
      form.changed();
      /** @type {HTMLElement | null} */ (box.querySelector("input[type=checkbox]"))?.focus();
    });
  if (covering) {
    const words =
      covering.state === "known" ? "按系统里已有的" : spanWords(covering.begins_on, covering.ends_on, today);
    const state =
      /** @type {Record<string, string>} */ ({ waiting: "待上传", refused: "被退回", known: "" })[
        covering.state
      ] ?? "已记过";
    return refill(
      box,
      village,
      h("p", { class: "line" }, h("span", {}, `下乡：${words}`), h("span", { class: "note" }, state)),
      elsewhere,
    );
  }
  const set = (/** @type {"begins_on" | "ends_on"} */ name) => (/** @type {string} */ value) => {
    if (!value) return;
    visit.trip[name] = value;
    visit.trip.touched = true;
    summary.textContent = `下乡：${spanWords(visit.trip.begins_on, visit.trip.ends_on, today)}`;
    form.changed();
  };
  const summary = h("span", {}, `下乡：${spanWords(visit.trip.begins_on, visit.trip.ends_on, today)}`);
  const days = h(
    "div",
    { class: "pair", hidden: !visit.trip.touched },
    field("begins_on", "第一天", input("date", visit.trip.begins_on, set("begins_on"), { required: true })),
    field("ends_on", "最后一天", input("date", visit.trip.ends_on, set("ends_on"), { required: true })),
  );
  const change = button(
    "改",
    () => {
      days.hidden = !days.hidden;
      change.setAttribute("aria-expanded", String(!days.hidden));
    },
    { class: "button text", "aria-label": "改下乡的日期", "aria-expanded": String(visit.trip.touched) },
  );
  return refill(
    box,
    village,
    h(
      "div",
      choose ? {} : { "data-field": "trip" },
      h("p", { class: "line", ...(choose ? {} : { "data-named": "trip", tabindex: "-1" }) }, summary, change),
      days,
    ),
    h("p", { class: "help" }, "这天还没有下乡记录，和走访一起保存。"),
    elsewhere,
  );
}

/** @param {any} snapshot @param {any} visit @param {(value: string) => void} act */
export const resultChoice = (snapshot, visit, act) =>
  segments("result", "见到人了吗", snapshot.results, visit.result, act, { required: true });
