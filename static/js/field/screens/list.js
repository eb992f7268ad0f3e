// @ts-check
// 行前清单 (contract, section 3): one village, my households longest unmet first, with what to know before the door.

import { bottom, empty, h, link, tags } from "field/dom.js";
import { dayWords, momentWords } from "field/words_screens.js";
import { authorOf, load, tripOn, tripsOf, villageName } from "field/screens/own.js";
import { actions, matterLine, metLine } from "field/screens/rows.js";
import { nothingHere } from "field/screens/nothing.js";
import { NONE } from "field/screens/visit_state.js";

/** @type {import("field/app.js").Routes} */
export const routes = [["#/village/<code>", render]];

/** @param {HTMLElement} main @param {Record<string, string>} params @param {import("field/screens/own.js").Context} ctx */
async function render(main, { code }, ctx) {
  const { snapshot, households, items, today } = await load(ctx);
  if (!snapshot) return nothingHere(main, ctx);
  const name = villageName(snapshot, code);
  const mine = households.filter((one) => one.village === code);
  ctx.head("行前清单", "#/");
  const here = tripOn(tripsOf(snapshot, items, authorOf(snapshot)), code, today);
  main.append(
    h("h1", {}, `${name} ${mine.length} 户`),
    h(
      "p",
      { class: "line" },
      h("span", { class: "note" }, `资料截至 ${momentWords(snapshot.server_time, today)}`),
      link("打印", `/villages/${code}/before-trip/`, { class: "target" }),
    ),
    mine.length === 0
      ? empty("这个村没有您的户。", "结对的户会列在这里，带着上次的记录和没办完的事。")
      : h(
          "ol",
          { class: "rows brief" },
          mine.map((one) => entry(one, today)),
        ),
    bottom(
      here
        ? mine[0]
          ? link(`走访：${mine[0].head_name}`, `#/visit/${encodeURIComponent(mine[0].code)}`, {
              class: "button main wide",
            })
          : link("回到走访", "#/", { class: "button main wide" })
        : link("开始下乡", "#/trip", { class: "button main wide" }),
    ),
  );
  return undefined;
}

/** @param {any} one @param {string} today */
function entry(one, today) {
  const last = one.last_visit;
  const said = (/** @type {string} */ label, /** @type {string} */ words) =>
    words && words.trim() && words.trim() !== NONE
      ? [h("dt", {}, label), h("dd", { class: "prose" }, words)]
      : [];
  const revisits = one.matters.filter((/** @type {any} */ each) => each.state_label.includes("答复"));
  return h(
    "li",
    { class: "home" },
    h(
      "h2",
      {},
      link(one.head_name, `#/household/${encodeURIComponent(one.code)}`, { class: "title target" }),
      tags(one.marks),
    ),
    h("p", { class: "note" }, [one.group, `${one.people_count} 人`, one.address].filter(Boolean).join(" · ")),
    metLine(one, today),
    last &&
      h(
        "dl",
        { class: "facts" },
        said("上次困难", last.difficulties),
        said("上次意见", last.opinions),
        said("承诺过", last.promises),
        said("当场答复", last.spot_answer),
        said("讲过", last.talk_topic),
      ),
    one.hardship_reason && h("p", { class: "note" }, `困难原因：${one.hardship_reason}`),
    one.matters.length > 0 && [
      h("h3", {}, `在办诉求 ${one.matters.length} 件`),
      h(
        "ul",
        { class: "points" },
        one.matters.map((/** @type {any} */ each) => matterLine(each, today)),
      ),
    ],
    revisits.length > 0 &&
      h("p", { class: "note" }, `其中 ${revisits.length} 件已答复，等回访：问问满不满意。`),
    one.questions.map((/** @type {any} */ each) =>
      h("p", { class: "warn" }, `村里有一问（${dayWords(each.day, today)}的记录）：${each.text}`),
    ),
    actions(one),
  );
}
