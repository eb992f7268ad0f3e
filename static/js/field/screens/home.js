// @ts-check
// 走访: what is owed, where one is, and the households longest unmet first. All from this phone.

import { bottom, button, chip, empty, field, h, input, link, part, refill } from "field/dom.js";
import { momentWords, spanWords } from "field/words_screens.js";
import { authorOf, live, load, tripsOf, villageName } from "field/screens/own.js";
import { householdRow } from "field/screens/rows.js";
import { nothingHere } from "field/screens/nothing.js";

/** @typedef {import("field/screens/own.js").Context} Context */

/** @type {import("field/app.js").Routes} */
export const routes = [["#/", render]];

const FIRST = 20;
const GLYPHS = /** @type {Record<string, string>} */ ({
  met: "done",
  running: "half",
  missed: "cross",
  exempt: "dash",
});

/** @param {HTMLElement} main @param {Record<string, string>} _params @param {Context} ctx */
async function render(main, _params, ctx) {
  const top = h("div", {});
  const below = h("div", {});
  const seek = { words: "", all: false, redraw: () => {} };
  const box = h("div", {});
  let shown = "";
  const draw = async () => {
    const loaded = await load(ctx);
    if (!loaded.snapshot) return void (main.childElementCount === 0 && nothingHere(main, ctx));
    const told = JSON.stringify([
      loaded.snapshot.at,
      loaded.today,
      loaded.items.map((one) => [one.id, one.state]),
    ]);
    if (told === shown) return;
    const first = shown === "";
    shown = told;
    if (first) main.replaceChildren(top, below);
    refill(top, owed(loaded), trips(loaded), villages(loaded));
    if (first)
      refill(
        below,
        households(loaded, seek, box),
        others(ctx, loaded),
        bottom(link("开始下乡", "#/trip", { class: "button main wide" })),
      );
    list(loaded, seek, box);
    seek.redraw = () => list(loaded, seek, box);
  };
  await draw();
  return live(ctx, () => void draw());
}

/** The sentence first, with the time it is from. @param {any} loaded */
function owed({ snapshot, today }) {
  const { sentences, bars, as_of } = snapshot.duties;
  return [
    h("p", { class: "note" }, `${snapshot.user.name}，截至 ${momentWords(as_of, today)}`),
    h(
      "h1",
      {},
      sentences.flatMap((/** @type {any} */ one, /** @type {number} */ at) => [
        at > 0 && h("br"),
        one.before,
        h("span", { class: "owed" }, one.owed),
      ]),
    ),
    bars.map((/** @type {any} */ one) =>
      h(
        "div",
        { class: "duty" },
        h("span", {}, one.label),
        h("span", { class: "figure" }, `${one.actual} / ${one.target} ${one.unit}`),
        chip(`plain ${one.state}`, GLYPHS[one.state] ?? "half", one.state_label),
        h("progress", {
          class: one.state,
          max: one.target || 1,
          value: Math.min(one.actual, one.target || 1),
          "aria-label": one.label,
        }),
      ),
    ),
    bars.length > 0 && h("p", { class: "note under" }, "手机里还没上传的不在这些数里。"),
  ];
}

/** @param {any} loaded */
function trips({ snapshot, items, today }) {
  const current = tripsOf(snapshot, items, authorOf(snapshot)).filter(
    (one) => one.begins_on <= today && today <= one.ends_on,
  );
  if (current.length === 0) return [];
  return part(
    "正在下乡",
    link("再记一次", "#/trip", { class: "target" }),
    h(
      "ul",
      { class: "rows" },
      current.map((one) =>
        h(
          "li",
          {},
          link(one.village_name, `#/village/${one.village}`, { class: "title target" }),
          h(
            "p",
            { class: "note" },
            [
              spanWords(one.begins_on, one.ends_on, today),
              one.state === "waiting"
                ? "待上传"
                : one.state === "refused"
                  ? "被退回"
                  : one.arrival_confirmed
                    ? "村里已确认报到"
                    : "等村里确认报到",
            ].join(" · "),
          ),
        ),
      ),
    ),
  );
}

/** @param {any} loaded */
function villages({ snapshot, households: own }) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const one of own) counts.set(one.village, (counts.get(one.village) ?? 0) + 1);
  if (counts.size === 0) return [];
  return part(
    "行前清单",
    null,
    h(
      "ul",
      { class: "rows" },
      [...counts].map(([code, count]) =>
        h(
          "li",
          {},
          h(
            "a",
            { class: "line", href: `#/village/${code}` },
            villageName(snapshot, code),
            h("span", { class: "figure" }, `${count} 户`),
          ),
        ),
      ),
    ),
  );
}

/** @param {any} loaded @param {any} seek @param {HTMLElement} box */
function households({ households: own }, seek, box) {
  const search = input(
    "search",
    "",
    (value) => {
      seek.words = value;
      seek.redraw();
    },
    { autocomplete: "off", enterkeyhint: "search" },
  );
  return part(
    `我的户 ${own.length} 户`,
    own.length > 0 && h("span", { class: "note" }, "最久没见面的在前"),
    own.length > 5 && field("search", "找户", search, { help: "姓名、户编码、电话尾号、组都可以。" }),
    box,
  );
}

/** @param {any} loaded @param {any} seek @param {HTMLElement} box */
function list({ households: own, today }, seek, box) {
  if (own.length === 0) {
    refill(box, empty("这里会列出您结对的户。", "单位给您安排结对后，有信号时打开这一页就会出现。"));
    return;
  }
  const found = own.filter((/** @type {any} */ one) => matches(one, seek.words.trim()));
  const some = seek.all || seek.words.trim() ? found : found.slice(0, FIRST);
  refill(
    box,
    h("p", { class: "unseen", role: "status" }, seek.words.trim() ? `找到 ${found.length} 户` : ""),
    found.length === 0 &&
      h("p", { class: "empty" }, `您的户里没有“${seek.words.trim()}”。别人的户在下面填户编码。`),
    h(
      "ul",
      { class: "rows" },
      some.map((/** @type {any} */ one) => householdRow(one, today)),
    ),
    some.length < found.length &&
      button(
        `其余 ${found.length - some.length} 户`,
        () => {
          seek.all = true;
          seek.redraw();
        },
        { class: "button text" },
      ),
  );
}

/** Name, code, tail of the telephone, group. @param {any} one @param {string} words */
function matches(one, words) {
  if (!words) return true;
  const any = [one.head_name, one.group, one.village_name, one.address];
  return (
    any.some((text) => text?.includes(words)) ||
    one.code.toLowerCase().includes(words.toLowerCase()) ||
    (/^\d{3,}$/.test(words) && one.phone.endsWith(words))
  );
}

/** 代访: a household that is somebody else's, by its code. @param {Context} ctx @param {any} loaded */
function others(ctx, { snapshot }) {
  if (!snapshot.cadre && snapshot.records_for.length === 0) return [];
  const told = h("p", { class: "help", role: "status" });
  const code = input("text", "", () => undefined, { autocomplete: "off", autocapitalize: "characters" });
  const go = () => {
    const value = code.value.trim();
    if (value) ctx.go(`#/visit/${encodeURIComponent(value)}`);
    else {
      told.textContent = "请填户编码，联系卡和户口登记上有。";
      code.focus();
    }
  };
  code.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && go());
  return part(
    "代访别人的户",
    null,
    h("p", { class: "note" }, "替同事走访，或户不在您名下时用；要写原因。"),
    field("other", "户编码", code),
    told,
    h("p", { class: "under" }, button("走访这户", go)),
  );
}
