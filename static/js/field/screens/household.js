// @ts-check
// One household as this phone knows it: facts, last record, matters, telephone, and what can be done.

import { bottom, chip, h, link, part, tags } from "field/dom.js";
import { placeOf, spacedPhone, withWeekday } from "field/words_screens.js";
import { load } from "field/screens/own.js";
import { matterLine, metLine } from "field/screens/rows.js";
import { nothingHere } from "field/screens/nothing.js";
import { routes as matter } from "field/screens/matter.js";

/** @type {import("field/app.js").Routes} */
export const routes = [["#/household/<code>", render], ...matter];

/** @param {HTMLElement} main @param {Record<string, string>} params @param {import("field/screens/own.js").Context} ctx */
async function render(main, { code }, ctx) {
  const { snapshot, items, households, today } = await load(ctx);
  const one = households.find((each) => each.code === code);
  if (!one) return nothingHere(main, ctx);
  ctx.head("户", `#/village/${one.village}`);
  const here = encodeURIComponent(code);
  const waiting = items.filter((item) => item.payload.household === code && item.state !== "sent");
  const last = one.last_visit;
  const line = (/** @type {string} */ label, /** @type {any} */ value) =>
    value ? [h("dt", {}, label), h("dd", { class: "prose" }, value)] : [];
  const labels = (/** @type {"seen" | "clear"} */ name) =>
    snapshot[name]
      .filter((/** @type {any} */ [key]) => last?.[name]?.includes(key))
      .map((/** @type {any} */ [, label]) => label)
      .join("、");
  main.append(
    h("h1", {}, `${one.head_name}户`),
    h("p", {}, placeOf(one), tags(one.marks)),
    metLine(one, today),
    h(
      "p",
      { class: "two-buttons" },
      one.phone
        ? link(spacedPhone(one.phone), `tel:${one.phone}`, {
            class: "button quiet",
            icon: "phone",
            "aria-label": `打电话 ${spacedPhone(one.phone)}`,
          })
        : h("span", { class: "note nophone" }, "没有登记电话"),
      link("记一件诉求", `#/matter/${here}`, { class: "button quiet" }),
    ),
    waiting.length > 0
      ? part(
          "手机里还没上传的",
          null,
          h(
            "ul",
            { class: "rows" },
            waiting.map((item) =>
              h(
                "li",
                {},
                link(item.label, `#/edit/${item.id}`, { class: "title target" }),
                " ",
                item.state === "refused"
                  ? chip("failed", "back", "被退回")
                  : chip("waiting", "clock", "待上传"),
                h("p", { class: "note" }, item.note),
              ),
            ),
          ),
        )
      : "",
    part(
      "户情",
      null,
      h(
        "dl",
        { class: "facts" },
        line("户编码", one.code),
        line("户类型", one.kind_label),
        line("人口", `${one.people_count} 人`),
        line("身份证号", one.id_number),
        line("地址", one.address),
        line("经济来源", one.income_sources),
        line("困难原因", one.hardship_reason),
        line("代管", one.covered_for && `替${one.covered_for}`),
        line("结对", one.paired_from && `从 ${withWeekday(one.paired_from, today)}`),
      ),
    ),
    part(
      `在办诉求 ${one.matters.length} 件`,
      null,
      one.matters.length === 0
        ? h("p", { class: "empty" }, "没有没办完的诉求。")
        : h(
            "ul",
            { class: "points" },
            one.matters.map((/** @type {any} */ each) => matterLine(each, today)),
          ),
    ),
    one.questions.length > 0
      ? part(
          "村里的问题",
          null,
          h(
            "ul",
            { class: "rows" },
            one.questions.map((/** @type {any} */ each) =>
              h("li", {}, each.text, h("p", {}, link("有信号时去答复", each.url, { class: "target" }))),
            ),
          ),
        )
      : "",
    part(
      "上次的记录",
      last && h("span", { class: "note" }, withWeekday(last.day, today)),
      last
        ? h(
            "dl",
            { class: "facts" },
            line("结果", last.result_label),
            line("走访人", last.cadre_name),
            line("存在困难", last.difficulties),
            line("当场答复", last.spot_answer),
            line("群众意见", last.opinions),
            line("承诺事项", last.promises),
            line("宣讲", last.policy_talk ? last.talk_topic || "讲了" : "没讲"),
            line("三看", labels("seen")),
            line("五个清楚", labels("clear")),
          )
        : h("p", { class: "empty" }, "还没有记录。第一次走访后，这里是上次说的话。"),
    ),
    bottom(link(`走访${one.head_name}户`, `#/visit/${here}`, { class: "button main wide" })),
  );
  return undefined;
}
