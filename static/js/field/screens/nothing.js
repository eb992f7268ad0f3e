// @ts-check
// When the phone holds no copy of the cadre's households, or not the thing that was asked for.

import { h, link } from "field/dom.js";

/** @param {HTMLElement} main @param {import("field/screens/own.js").Context} ctx */
export function nothingHere(main, ctx) {
  const copy = ctx.store.snapshot();
  ctx.head(copy ? "找不到" : "还没有资料", "#/");
  main.append(
    h("h1", {}, copy ? "手机里没有这一份" : "手机里还没有您的户"),
    h(
      "p",
      {},
      copy
        ? "可能已经上传并过了 14 天，也可能是另一部手机上写的。"
        : "请到有信号的地方打开这一页并登录，户和上次的记录会存进手机，之后没有信号也能用。没有上传的内容都还在队列里。",
    ),
    h(
      "p",
      { class: "under actions" },
      link("回到走访", "#/", { class: "button main" }),
      " ",
      link("看队列", "#/queue", { class: "button" }),
    ),
  );
}
