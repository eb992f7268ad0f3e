// @ts-check
// Of the visit screen: 代访, 同行干部 and the place. None of it is asked for where it is not needed.

import { area, button, field, h, input, refill, tick } from "field/dom.js";
import { actorOf, mayVisit } from "field/screens/visit_state.js";

/** @typedef {import("field/screens/visit_form.js").Form} Form */

/** Asked for only where it is not one's own household, or wanted. @param {Form} form @param {HTMLElement} box */
export function proxy(form, box) {
  const { visit, household, snapshot } = form;
  const own = mayVisit(visit, household, snapshot);
  if (!visit.proxy) return refill(box);
  return refill(
    box,
    field(
      "proxy_reason",
      "代访原因",
      area(
        visit.proxy_reason,
        (value) => {
          visit.proxy_reason = value;
          form.changed();
        },
        { required: true },
      ),
      { help: own ? "不是代访就点“不是代访”。" : "这户不是您结对的户，写明为什么由您去。" },
    ),
    own &&
      button(
        "不是代访",
        () => {
          visit.proxy = false;
          visit.proxy_reason = "";
          form.redraw("proxy");
          form.changed();
        },
        { class: "button text" },
      ),
  );
}

/** 同行干部: each gets the visit if paired or marked 代访. @param {Form} form @param {HTMLElement} box */
export function people(form, box) {
  const { visit, snapshot } = form;
  const colleagues = snapshot.colleagues.filter(
    (/** @type {any} */ one) => one.code !== actorOf(visit, snapshot),
  );
  const reason = h("div", {});
  const drawReason = () =>
    refill(
      reason,
      visit.companions.length > 0 &&
        field(
          "companion_reason",
          "同行干部的代访原因",
          input("text", visit.companion_reason, (value) => {
            visit.companion_reason = value;
            form.changed();
          }),
          { help: "同行的人没有和这户结对，写明为什么一起去。" },
        ),
    );
  const list = h(
    "div",
    { class: "ticks column" },
    colleagues.map((/** @type {any} */ one) =>
      tick(`${one.name} ${one.code}`, visit.companions.includes(one.code), (checked) => {
        visit.companions = checked
          ? [...visit.companions, one.code]
          : visit.companions.filter((code) => code !== one.code);
        drawReason();
        form.changed();
      }),
    ),
  );
  drawReason();
  const search = input(
    "search",
    "",
    (value) => {
      for (const label of list.children)
        label.hidden =
          Boolean(value) && !label.textContent?.includes(value) && !label.querySelector("input")?.checked;
    },
    { autocomplete: "off" },
  );
  refill(
    box,
    h("h3", {}, "同行干部"),
    colleagues.length > 8 && field("find-colleague", "找同事（姓名或工号）", search),
    colleagues.length === 0
      ? h("p", { class: "note" }, "手机里没有同事名单。")
      : h("fieldset", { "data-field": "companions" }, h("legend", { class: "unseen" }, "同行干部"), list),
    reason,
  );
}

/** Asked of the browser only on the tap, and never needed. @param {Form} form @param {HTMLElement} box */
export function place(form, box) {
  const { visit } = form;
  const told = h("p", { class: "note", role: "status" });
  const take = () => {
    told.textContent = "正在定位……";
    window.navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        visit.place = {
          longitude: Number(coords.longitude.toFixed(6)),
          latitude: Number(coords.latitude.toFixed(6)),
        };
        form.redraw("place");
        form.changed();
        form.say("已记下地点");
      },
      () => {
        told.textContent = "没有定到位置。不记地点也可以保存。";
      },
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 },
    );
  };
  refill(
    box,
    h("h3", {}, "地点"),
    visit.place
      ? h(
          "p",
          { class: "line" },
          h("span", {}, `已记下：东经 ${visit.place.longitude}，北纬 ${visit.place.latitude}`),
          button(
            "去掉",
            () => {
              visit.place = null;
              form.redraw("place");
              form.changed();
            },
            { class: "button text", "aria-label": "去掉地点" },
          ),
        )
      : button("记下现在的地点", take),
    told,
    h("p", { class: "help" }, "只记这一次，不算报到，也不计入任何考核。"),
  );
}
