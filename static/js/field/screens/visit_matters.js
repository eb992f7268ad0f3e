// @ts-check
// Of the visit screen: difficulties, each of which one tap makes a matter (诉求), and what was answered on the spot.

import { area, button, field, fold, h, refill, segments, select, tick } from "field/dom.js";
import { answerWords, heardOn } from "field/words_screens.js";
import { guessCategory, NONE, newRow } from "field/screens/visit_state.js";
import { labelOf, must, quick } from "field/screens/visit_form.js";

/** @typedef {import("field/screens/visit_form.js").Form} Form */

/** @param {Form} form @param {HTMLElement} box */
export function difficulties(form, box) {
  const { visit, household, snapshot } = form;
  const last = household?.last_visit?.difficulties?.trim() ?? "";
  const before = last && last !== NONE ? last.split("\n").filter(Boolean) : [];
  const none = (/** @type {boolean} */ pressed) => {
    visit.no_difficulties = pressed;
    form.redraw("difficulties");
    form.changed();
    box.querySelector("button")?.focus();
  };
  const again = () => {
    visit.rows = before.map((/** @type {string} */ text) => ({
      ...newRow(snapshot),
      text,
      category: guessCategory(snapshot, text),
    }));
    form.redraw("difficulties");
    form.changed();
    box.querySelector("textarea")?.focus();
  };
  const line = h("p", { class: "quick" });
  const drawQuick = () => {
    const typed = visit.rows.some((row) => row.text.trim() || row.kept);
    refill(
      line,
      (!typed || visit.no_difficulties) &&
        quick("没有困难", visit.no_difficulties, none, { "data-named": "difficulties" }),
      !typed &&
        !visit.no_difficulties &&
        before.length > 0 &&
        button(`和上次一样（${before.length} 条）`, again, { class: "button quiet" }),
    );
  };
  drawQuick();
  const add = () => {
    visit.rows.push(newRow(snapshot));
    form.redraw("difficulties");
    form.changed();
    /** @type {HTMLElement | undefined} */ (
      [...box.querySelectorAll("textarea[aria-label]")].at(-1)
    )?.focus();
  };
  refill(
    box,
    h(
      "div",
      { class: "head" },
      h("h2", { id: "t-difficulties" }, labelOf(form, "difficulties", "存在困难")),
      h("span", { class: "note" }, "一条写一件事"),
    ),
    h(
      "div",
      { "data-field": "difficulties", role: "group", "aria-labelledby": "t-difficulties" },
      line,
      !visit.no_difficulties && visit.rows.map((row, at) => difficulty(form, row, at, drawQuick)),
      !visit.no_difficulties && button("再加一条困难", add, { class: "button text", icon: "plus" }),
    ),
  );
}

/** @param {Form} form @param {import("field/screens/visit_state.js").Row} row @param {number} at @param {() => void} typed */
function difficulty(form, row, at, typed) {
  const { visit, snapshot } = form;
  const detail = h("div", { class: "details" });
  const drawDetail = () => refill(detail, row.matter && matter(form, row), row.answered && answer(form, row));
  const box = area(
    row.text,
    (value) => {
      const had = Boolean(row.text.trim());
      row.text = value;
      if (!row.chosen) {
        row.category = guessCategory(snapshot, value);
        const shown = detail.querySelector(`[data-named="${row.id}-category"]`);
        if (shown instanceof HTMLSelectElement) shown.value = row.category;
      }
      if (had !== Boolean(value.trim())) typed();
      form.changed();
    },
    { readonly: row.sent, required: must(form, "difficulties") },
  );
  box.id = `f-${row.id}-text`;
  box.dataset.named = `${row.id}-text`;
  box.setAttribute("aria-label", `第 ${at + 1} 条困难`);
  drawDetail();
  const removable = !row.kept && visit.rows.length > 1;
  return h(
    "div",
    { class: row.matter ? "difficulty chosen" : "difficulty" },
    h("div", { "data-field": `${row.id}-text` }, box),
    h(
      "div",
      { class: "ticks" },
      tick(
        "记为诉求",
        row.matter,
        (checked) => {
          row.matter = checked;
          if (!row.chosen) row.category = guessCategory(snapshot, row.text);
          detail.parentElement?.classList.toggle("chosen", checked);
          drawDetail();
          form.changed();
        },
        { disabled: row.kept },
      ),
      tick(
        "当场答复了",
        row.answered,
        (checked) => {
          row.answered = checked;
          drawDetail();
          form.changed();
          if (checked) detail.querySelector("textarea")?.focus();
        },
        { disabled: row.sent },
      ),
      removable &&
        button(
          "去掉",
          () => {
            visit.rows = visit.rows.filter((one) => one !== row);
            form.redraw("difficulties");
            form.changed();
            form.say("已去掉一条困难");
          },
          { class: "button text", "aria-label": `去掉第 ${at + 1} 条困难` },
        ),
    ),
    row.kept &&
      h(
        "p",
        { class: "help" },
        row.sent ? "这件诉求已上传，改它请到诉求里。" : "查询码可能已经给了群众，这件诉求不能取消，可以改。",
      ),
    detail,
  );
}

/** @param {Form} form @param {import("field/screens/visit_state.js").Row} row */
function matter(form, row) {
  const { snapshot, visit } = form;
  const heard = visit.captured_at ? heardOn(visit.captured_at, visit.day) : form.today;
  return h(
    "div",
    { class: "detail" },
    matterFields(snapshot, row, heard, form.today, form.changed, row.sent),
  );
}

/**
 * Category, level with the day of the answer in words, and the kind, which is seldom another.
 * @param {any} snapshot @param {any} row @param {string} day @param {string} today @param {() => void} changed
 * @param {boolean} [fixed]
 */
export function matterFields(snapshot, row, day, today, changed, fixed = false) {
  const categories = snapshot.categories.map((/** @type {any} */ one) => [one.name, one.name]);
  const level = () =>
    snapshot.levels.find((/** @type {any} */ one) => one.value === row.level) ?? snapshot.levels[0];
  const due = h("span", {}, answerWords(level(), day, today));
  const box = h(
    "fieldset",
    { class: "plain", disabled: fixed },
    h("legend", { class: "unseen" }, "诉求"),
    field(
      `${row.id}-category`,
      "类别",
      select(
        categories,
        row.category,
        (value) => {
          row.category = value;
          row.chosen = true;
          changed();
        },
        "请选类别",
      ),
      { help: "按文字先选的，不对就改。" },
    ),
    segments(
      `${row.id}-level`,
      "谁来办",
      snapshot.levels.map((/** @type {any} */ one) => [one.value, one.label]),
      row.level,
      (value) => {
        row.level = value;
        due.textContent = answerWords(level(), day, today);
        changed();
      },
      { help: due },
    ),
    fold(
      "更多",
      kindLabel(snapshot, row.kind),
      false,
      field(
        `${row.id}-kind`,
        "类型",
        select(snapshot.kinds, row.kind, (value) => {
          row.kind = value;
          changed();
        }),
      ),
    ),
  );
  return box;
}

/** @param {any} snapshot @param {string} kind */
const kindLabel = (snapshot, kind) =>
  snapshot.kinds.find((/** @type {any} */ one) => one[0] === kind)?.[1] ?? "";

/** @param {Form} form @param {import("field/screens/visit_state.js").Row} row */
function answer(form, row) {
  return h("div", { class: "detail" }, answerFields(form.snapshot, row, form.changed));
}

/**
 * The answer, and what came of it (contract, section 4), which is asked of a matter alone.
 * @param {any} snapshot @param {any} row @param {() => void} changed
 */
export function answerFields(snapshot, row, changed) {
  return h(
    "fieldset",
    { class: "plain", disabled: row.sent },
    h("legend", { class: "unseen" }, "当场答复"),
    field(
      `${row.id}-answer`,
      "当场怎么答复的",
      area(
        row.answer,
        (value) => {
          row.answer = value;
          changed();
        },
        { required: true },
      ),
    ),
    row.matter &&
      segments(`${row.id}-outcome`, "答复结果", snapshot.outcomes, row.outcome, (value) => {
        row.outcome = value;
        changed();
      }),
  );
}
