// @ts-check
// Of the visit screen: the household's facts, what was seen, heard, told and promised (民情记录表, 方案四(四)).

import { area, button, field, fold, h, icon, input, refill, segments, select, tick } from "field/dom.js";
import { dayWords, spacedPhone } from "field/words_screens.js";
import { NONE } from "field/screens/visit_state.js";
import { labelOf, must, quick, whole } from "field/screens/visit_form.js";

/** @typedef {import("field/screens/visit_form.js").Form} Form */

/** Head, phone, people and income: one tap to change. @param {Form} form @param {HTMLElement} box */
export function facts(form, box) {
  const { visit, household, today } = form;
  const open = (/** @type {boolean} */ changing) => {
    visit.changing = changing;
    if (!changing) Object.assign(visit.facts, visit.base);
    form.redraw("facts");
    form.changed();
    const next = box.querySelector(changing ? "input" : "button");
    if (next instanceof HTMLElement) next.focus();
  };
  const line = (/** @type {string} */ label, /** @type {string} */ value) => [
    h("dt", {}, label),
    h("dd", {}, value || "没有记"),
  ];
  if (!visit.changing) {
    const last = household?.last_visit;
    const same = last ? `与上次（${dayWords(last.day, today)}）相同` : "与登记的相同";
    const known = [
      line("户主", visit.base.head_name),
      line("电话", spacedPhone(visit.base.phone)),
      line("人口", visit.base.people_count && `${visit.base.people_count} 人`),
      line("经济来源", visit.base.income_sources),
    ];
    return refill(
      box,
      h(
        "div",
        { class: "head" },
        h("h2", {}, "户情"),
        button("有变化，改", () => open(true)),
      ),
      household
        ? [h("p", { class: "same" }, icon("check"), same), h("dl", { class: "facts" }, ...known)]
        : h("p", { class: "note" }, "手机里没有这户的资料；没有变化就不用填。"),
    );
  }
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) => {
    visit.facts[name] = value;
    form.changed();
  };
  return refill(
    box,
    h(
      "div",
      { class: "head" },
      h("h2", {}, "户情"),
      button("不改了", () => open(false)),
    ),
    field(
      "head_name",
      labelOf(form, "head_name", "户主"),
      input("text", visit.facts.head_name, set("head_name"), { autocomplete: "off" }),
    ),
    field(
      "phone",
      labelOf(form, "phone", "电话"),
      input("tel", visit.facts.phone, set("phone"), { autocomplete: "off", inputmode: "tel" }),
    ),
    field(
      "people_count",
      labelOf(form, "people_count", "人口数"),
      input("text", visit.facts.people_count, set("people_count"), {
        inputmode: "numeric",
        autocomplete: "off",
      }),
    ),
    field(
      "income_sources",
      labelOf(form, "income_sources", "经济来源"),
      area(visit.facts.income_sources, set("income_sources")),
    ),
  );
}

/** 三看 and 五个清楚 (方案四(三)(四)). @param {Form} form @param {HTMLElement} box */
export function seen(form, box) {
  const { visit, snapshot, household } = form;
  const ticks = (/** @type {"seen" | "clear"} */ name) =>
    h(
      "div",
      { class: "ticks" },
      snapshot[name].map((/** @type {[string, string]} */ [key, label]) =>
        tick(label, visit[name].includes(key), (checked) => {
          visit[name] = checked ? [...visit[name], key] : visit[name].filter((one) => one !== key);
          form.changed();
        }),
      ),
    );
  const before = household?.last_visit?.clear?.length > 0;
  refill(
    box,
    h("fieldset", { "data-field": "seen" }, h("legend", {}, "三看"), ticks("seen")),
    fold(
      "五个清楚",
      before ? "与上次相同" : "可不填",
      false,
      h("fieldset", { "data-field": "clear" }, h("legend", { class: "unseen" }, "五个清楚"), ticks("clear")),
    ),
  );
}

/** @param {Form} form @param {HTMLElement} box */
export function opinions(form, box) {
  const { visit, household } = form;
  const last = household?.last_visit?.opinions?.trim() ?? "";
  const before = last && last !== NONE ? last : "";
  const buttons = h("p", { class: "quick" });
  const control = area(
    visit.opinions,
    (value) => {
      visit.opinions = value;
      drawButtons();
      form.changed();
    },
    { required: must(form, "opinions") },
  );
  const none = (/** @type {boolean} */ pressed) => {
    visit.no_opinions = pressed;
    form.redraw("opinions");
    form.changed();
    box.querySelector("button")?.focus();
  };
  const drawButtons = () =>
    refill(
      buttons,
      (!visit.opinions.trim() || visit.no_opinions) &&
        quick("没有意见", visit.no_opinions, none, visit.no_opinions ? { "data-named": "opinions" } : {}),
      !visit.opinions.trim() &&
        !visit.no_opinions &&
        before &&
        button(
          "和上次一样",
          () => {
            visit.opinions = before;
            form.redraw("opinions");
            form.changed();
            box.querySelector("textarea")?.focus();
          },
          { class: "button quiet" },
        ),
    );
  drawButtons();
  const label = labelOf(form, "opinions", "群众意见和建议");
  refill(
    box,
    h("h2", {}, "群众意见和建议"),
    buttons,
    visit.no_opinions ? null : whole("opinions", label, control, "三听：困难诉求、牢骚怨言、意见建议。"),
  );
}

/** @param {Form} form @param {HTMLElement} box */
export function talk(form, box) {
  const { visit, snapshot } = form;
  const topics = [...snapshot.talk_topics];
  if (visit.talk_topic && !topics.includes(visit.talk_topic)) topics.unshift(visit.talk_topic);
  const other = box.dataset.other === "yes" || topics.length === 0;
  const topic = other
    ? field(
        "talk_topic",
        labelOf(form, "talk_topic", "宣讲主题"),
        input("text", visit.talk_topic, (value) => {
          visit.talk_topic = value;
          form.changed();
        }),
      )
    : field(
        "talk_topic",
        labelOf(form, "talk_topic", "宣讲主题"),
        select(
          [...topics.map((one) => /** @type {[string, string]} */ ([one, one])), ["…", "另写一个"]],
          visit.talk_topic,
          (value) => {
            if (value === "…") {
              box.dataset.other = "yes";
              visit.talk_topic = "";
              form.redraw("talk");
              /** @type {HTMLElement | null} */ (box.querySelector("input[type=text]"))?.focus();
            } else visit.talk_topic = value;
            form.changed();
          },
        ),
        { help: "沿用上一次的主题。" },
      );
  refill(
    box,
    segments(
      "policy_talk",
      "宣讲政策了吗",
      [
        ["yes", "讲了"],
        ["no", "没讲"],
      ],
      visit.policy_talk === null ? "" : visit.policy_talk ? "yes" : "no",
      (value) => {
        visit.policy_talk = value === "yes";
        form.redraw("talk");
        form.changed();
        /** @type {HTMLElement | null} */ (box.querySelector("input:checked"))?.focus();
      },
      { required: true },
    ),
    visit.policy_talk && topic,
  );
}

/** @param {Form} form @param {HTMLElement} box */
export function promises(form, box) {
  const { visit, household } = form;
  const before = household?.last_visit?.promises?.trim();
  refill(
    box,
    field(
      "promises",
      labelOf(form, "promises", "承诺事项"),
      area(visit.promises, (value) => {
        visit.promises = value;
        form.changed();
      }),
      {
        hint: "可不填",
        help: before ? `上次承诺：${before}` : "答应了这家什么，写在这里，下次走访前会提醒。",
      },
    ),
  );
}
