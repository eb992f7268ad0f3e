// @ts-check
// 下乡: a village, its first and its last day (方案四(三); contract, section 3), new or mended.

import { banner, button, field, h, input, refill, select } from "field/dom.js";
import { dayWords, plusDays, spanWords } from "field/words_screens.js";
import { newId } from "field/store.js";
import { authorOf, load, tripsOf, villageName } from "field/screens/own.js";
import { nothingHere } from "field/screens/nothing.js";
import { sheet } from "field/screens/sheet.js";

/** @typedef {import("field/screens/own.js").Context} Context */
/** @typedef {{ id: string, village: string, begins_on: string, ends_on: string, cadre: string }} Trip */

/** @type {import("field/app.js").Routes} */
export const routes = [["#/trip", renderNew]];

/** @param {HTMLElement} main @param {Record<string, string>} _params @param {Context} ctx */
async function renderNew(main, _params, ctx) {
  const loaded = await load(ctx);
  if (!loaded.snapshot) return nothingHere(main, ctx);
  const { snapshot, items, today } = loaded;
  const last = tripsOf(snapshot, items, authorOf(snapshot))[0]?.village;
  const village = last ?? (snapshot.villages.length === 1 ? snapshot.villages[0].code : "");
  const words = await ctx.store.draft("trip:words");
  const trip = { id: newId(), village, begins_on: today, ends_on: today, cadre: "", ...words };
  return draw(main, ctx, loaded, trip, { key: "trip", item: null });
}

/** @param {HTMLElement} main @param {Context} ctx @param {any} loaded @param {any} item */
export async function editTrip(main, ctx, loaded, item) {
  const key = `edit:${item.id}`;
  const words = await ctx.store.draft(`${key}:words`);
  const trip = { cadre: "", ...item.payload, id: item.id, ...words };
  return draw(main, ctx, loaded, trip, { key, item });
}

/**
 * @param {HTMLElement} main @param {Context} ctx @param {any} loaded @param {Trip} trip
 * @param {{ key: string, item: any }} given
 */
function draw(main, ctx, { snapshot, items, today }, trip, { key, item }) {
  ctx.head("下乡", item ? "#/queue" : "#/");
  const { form, storage, kept, draft, actions, open } = sheet(ctx, {
    ...{ key, snapshot, today, what: "这次下乡" },
    drafts: () => ({ words: trip }),
    truth: (online) => (online ? "先存进手机，马上上传。" : "先存在手机里，能上传时自动上传。"),
    faults: () => faultsOf(trip),
    made: () => ({ items: [itemOf(trip, snapshot)] }),
    next: () => (item ? "#/queue" : `#/village/${trip.village}`),
  });
  const warning = h("div", { role: "status" });
  const ends = h("div", { class: "quick" });
  const last = input(
    "date",
    trip.ends_on,
    (value) => {
      trip.ends_on = value || trip.ends_on;
      changed();
    },
    { required: true },
  );
  const first = input(
    "date",
    trip.begins_on,
    (value) => {
      if (!value) return;
      trip.begins_on = value;
      if (trip.ends_on < value) last.value = trip.ends_on = value;
      changed();
    },
    { required: true },
  );
  const changed = () => {
    warn();
    quick();
    draft.changed();
  };
  const warn = () => {
    const author = trip.cadre || authorOf(snapshot);
    const other = tripsOf(snapshot, items, author).find(
      (one) =>
        one.id !== trip.id &&
        one.village === trip.village &&
        one.begins_on <= trip.ends_on &&
        trip.begins_on <= one.ends_on,
    );
    refill(
      warning,
      other &&
        banner(
          "warn",
          "这几天已经有一次下乡。",
          `${villageName(snapshot, trip.village)} ${spanWords(other.begins_on, other.ends_on, today)}。同一个村的下乡日期不能重叠，照样保存会被退回。`,
        ),
    );
  };
  const quick = () =>
    refill(
      ends,
      [
        ["当天回", 0],
        ["住一晚", 1],
      ].map(([label, more]) => {
        const day = plusDays(trip.begins_on, Number(more));
        const pressed = trip.ends_on === day;
        return button(
          `${label}（${dayWords(day, today)}）`,
          () => {
            last.value = trip.ends_on = day;
            changed();
            ends.querySelectorAll("button")[Number(more)]?.focus();
          },
          { class: "button quiet", "aria-pressed": String(pressed), icon: pressed ? "check" : null },
        );
      }),
    );
  warn();
  quick();
  refill(
    form,
    storage,
    h("h1", {}, item ? "改这次下乡" : "开始下乡"),
    h("p", { class: "note" }, "村里会确认您报到；不定位。"),
    snapshot.records_for.length > 0 &&
      field(
        "cadre",
        "替谁记",
        select(
          snapshot.records_for.map((/** @type {any} */ one) => [one.code, `${one.name} ${one.code}`]),
          trip.cadre,
          (value) => {
            trip.cadre = value;
            changed();
          },
          "记我自己的",
        ),
      ),
    field(
      "village",
      "村",
      select(
        snapshot.villages.map((/** @type {any} */ one) => [one.code, `${one.name}（${one.township}）`]),
        trip.village,
        (value) => {
          trip.village = value;
          changed();
        },
        "请选村",
      ),
    ),
    field("begins_on", "第一天", first),
    field("ends_on", "最后一天", last),
    ends,
    warning,
    kept,
    actions(),
  );
  return open(main, item?.state === "refused" ? item.errors : null);
}

/** @param {Trip} trip */
function faultsOf(trip) {
  /** @type {Record<string, string[]>} */
  const faults = {};
  if (!trip.village) faults.village = ["请选村"];
  if (trip.ends_on < trip.begins_on) faults.ends_on = ["最后一天在第一天之前"];
  return faults;
}

/** @param {Trip} trip @param {any} snapshot */
function itemOf({ id, village, begins_on, ends_on, cadre }, snapshot) {
  const payload = { village, begins_on, ends_on, ...(cadre ? { cadre } : {}) };
  return { id, kind: "trip", payload, parents: [], label: villageName(snapshot, village) };
}
