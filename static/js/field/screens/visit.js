// @ts-check
// One screen for one visit (contract, section 3; 民情记录表, 方案四(四)), new or taken up again from the queue.

import { banner, button, fold, h, link, refill, reveal, tags } from "field/dom.js";
import { placeOf, withWeekday } from "field/words_screens.js";
import { actorOf, coveringTrip, faultsOf, fresh, fromItem, itemsOf } from "field/screens/visit_state.js";
import { load, tripsOf, villageName } from "field/screens/own.js";
import { pictures } from "field/screens/pictures.js";
import { editMatter } from "field/screens/matter.js";
import { editTrip } from "field/screens/trip.js";
import { nothingHere } from "field/screens/nothing.js";
import { sheet } from "field/screens/sheet.js";
import { people, place, proxy } from "field/screens/visit_company.js";
import { resultChoice, trip, when } from "field/screens/visit_journey.js";
import { difficulties } from "field/screens/visit_matters.js";
import { facts, opinions, promises, seen, talk } from "field/screens/visit_record.js";

/** @typedef {import("field/screens/own.js").Context} Context */
/** @typedef {import("field/screens/visit_state.js").Visit} Visit */

/** @type {import("field/app.js").Routes} */
export const routes = [
  ["#/visit/<code>", renderNew],
  ["#/edit/<id>", renderEdit],
  ["#/edit/<id>/<fix>", renderEdit],
];

/** @param {HTMLElement} main @param {Record<string, string>} params @param {Context} ctx */
async function renderNew(main, { code }, ctx) {
  const loaded = await load(ctx);
  if (!loaded.snapshot) return nothingHere(main, ctx);
  const { snapshot, items, households, today } = loaded;
  const household = households.find((one) => one.code === code) ?? null;
  const previous = items.find((item) => item.kind === "visit")?.payload;
  const key = `visit:${code}`;
  let visit = fresh(snapshot, household, code, today, previous);
  const [words, photos] = await Promise.all([
    ctx.store.draft(`${key}:words`),
    ctx.store.draft(`${key}:pictures`),
  ]);
  // A draft whose visit was saved from another window is over.
  const restored = words && !items.some((item) => item.id === words.id);
  if (restored) visit = { ...visit, ...words, pictures: photos ?? [] };
  const done = items.find(
    (item) => item.kind === "visit" && item.payload.household === code && item.payload.day === visit.day,
  );
  return draw(main, ctx, {
    ...loaded,
    visit,
    household,
    key,
    restored: Boolean(restored),
    done,
    item: null,
    fix: "",
  });
}

/** @param {HTMLElement} main @param {Record<string, string>} params @param {Context} ctx */
async function renderEdit(main, { id, fix = "" }, ctx) {
  const loaded = await load(ctx);
  const item = loaded.items.find((one) => one.id === id);
  if (!loaded.snapshot || !item) return nothingHere(main, ctx);
  if (item.kind === "trip") return editTrip(main, ctx, loaded, item);
  if (item.kind === "grievance") return editMatter(main, ctx, loaded, item);
  if (item.kind !== "visit" || item.state === "sent") return sentAlready(main, ctx, item);
  // Facts are compared with what the server holds, not with this very item.
  const household =
    loaded.snapshot.households.find((/** @type {any} */ one) => one.code === item.payload.household) ?? null;
  const key = `edit:${id}`;
  let visit = fromItem(loaded.snapshot, household, item, loaded.items);
  if (!household) visit.trip.village = villageOf(loaded, item);
  const [words, photos] = await Promise.all([
    ctx.store.draft(`${key}:words`),
    ctx.store.draft(`${key}:pictures`),
  ]);
  if (words) visit = { ...visit, ...words, pictures: photos ?? [] };
  return draw(main, ctx, {
    ...loaded,
    visit,
    household,
    key,
    restored: Boolean(words),
    done: null,
    item,
    fix,
  });
}

/** @param {any} loaded @param {any} item */
function villageOf(loaded, item) {
  const trips = [
    ...loaded.items
      .filter((/** @type {any} */ one) => one.kind === "trip")
      .map((/** @type {any} */ one) => ({ id: one.id, village: one.payload.village })),
    ...loaded.snapshot.trips,
  ];
  return trips.find((trip) => trip.id && trip.id === item.payload.trip)?.village ?? "";
}

/** @param {HTMLElement} main @param {Context} ctx @param {any} item */
function sentAlready(main, ctx, item) {
  ctx.head(item.label, "#/queue");
  main.append(
    h("h1", {}, "这份已经上传"),
    h("p", {}, "走访后 7 天内可以在记录里修改，之后只能补充。"),
    h(
      "p",
      { class: "under" },
      item.url
        ? link("打开记录", item.url, { class: "button main" })
        : link("回到走访", "#/", { class: "button main" }),
    ),
  );
}

/**
 * @param {HTMLElement} main @param {Context} ctx
 * @param {{ visit: Visit, household: any, snapshot: any, items: any[], today: string, key: string, restored: boolean,
 *   done: any, item: any, fix: string }} given
 */
function draw(main, ctx, given) {
  const { visit, household, snapshot, items, today, key, item } = given;
  const name = household?.head_name ?? (visit.facts.head_name || null);
  ctx.head("走访", item ? "#/queue" : "#/");

  const said = h("p", { class: "unseen", role: "status" });
  const { form, storage, kept, draft, actions, open } = sheet(ctx, {
    ...{ key, snapshot, today, what: "这份走访", again: "这户", next: () => `#/saved/${visit.id}` },
    drafts: () => ({ words: { ...visit, pictures: [], attached: 0 }, pictures: visit.pictures }),
    truth: (online) => (online ? "先存进手机，马上上传；上传完会告诉您。" : whyLater(ctx)),
    pending: () => photos.pending(),
    pendingWords: "正在处理照片……",
    faults: () => ({
      ...withSeats(visit, faultsOf(visit, snapshot, today, covering())),
      ...photos.faults(),
    }),
    made: () => itemsOf(visit, snapshot, household, covering()),
  });
  const covering = () => coveringTrip(visit, tripsOf(snapshot, items, actorOf(visit, snapshot)));

  /** @type {Record<string, (form: any, box: HTMLElement) => any>} */
  const groups = {
    ...{ heading, when, trip, proxy, facts, seen, difficulties },
    ...{ opinions, talk, promises, place, people },
  };
  /** @type {Record<string, HTMLElement>} */
  const boxes = {};
  for (const one of [...Object.keys(groups), "pictures"]) {
    boxes[one] = h("div", { class: `step at-${one}` });
  }
  const face = {
    ...{ visit, snapshot, household, items, today },
    changed: (/** @type {string | undefined} */ part) => draft.changed(part ?? "words"),
    redraw: (/** @type {string[]} */ ...names) => names.forEach((one) => groups[one](face, boxes[one])),
    say: (/** @type {string} */ words) => {
      said.textContent = words;
    },
  };

  function heading() {
    const where = household
      ? placeOf(household)
      : visit.trip.village
        ? villageName(snapshot, visit.trip.village)
        : "手机里没有这户的资料";
    refill(
      boxes.heading,
      h(
        "div",
        {},
        h("h1", {}, name ? `${name}户` : `户 ${visit.household}`),
        h("p", {}, h("span", {}, where), tags(household?.marks ?? [])),
      ),
      button(withWeekday(visit.day, today), openDay, {
        class: "button text",
        "aria-label": `走访日期 ${withWeekday(visit.day, today)}，改`,
      }),
    );
  }
  function openDay() {
    boxes.when.dataset.open = "yes";
    when(face, boxes.when);
    const control = boxes.when.querySelector("[data-named=day]");
    if (control instanceof HTMLElement) reveal(control);
  }
  function openProxy() {
    visit.proxy = true;
    proxy(face, boxes.proxy);
    const control = boxes.proxy.querySelector("textarea");
    if (control) reveal(control);
  }

  const result = h("div", { class: "step" }, chooseResult(face));
  face.redraw(...Object.keys(groups));
  const photos = pictures(face, boxes.pictures, {
    store: ctx.store,
    visit: visit.id,
    kept: item?.photos ?? [],
  });

  form.classList.add("visit");
  refill(
    form,
    h("div", { class: "tools" }, kept),
    storage,
    notices(given, draft, openDay, openProxy),
    boxes.heading,
    boxes.when,
    boxes.trip,
    boxes.proxy,
    result,
    boxes.facts,
    boxes.seen,
    boxes.difficulties,
    boxes.opinions,
    boxes.talk,
    boxes.promises,
    fold(
      "照片、地点、同行干部",
      "可不填",
      visit.pictures.length + visit.companions.length > 0,
      boxes.pictures,
      boxes.place,
      boxes.people,
    ),
    household && !visit.proxy && button("这次是代访", openProxy, { class: "button text" }),
    said,
    actions(),
  );

  const close = open(main, item?.state === "refused" && !given.restored ? refusal(item, visit) : null);
  if (given.fix === "day") openDay();
  if (given.fix === "proxy") openProxy();
  return close;
}

/** @param {any} face */
function chooseResult(face) {
  const { visit, snapshot } = face;
  const box = h("div", {});
  const act = (/** @type {string} */ value) => {
    visit.result = value;
    // Nobody was there to say anything: what is empty becomes 无, and can still be written.
    if (value === "absent") {
      if (!visit.rows.some((/** @type {any} */ row) => row.text.trim())) visit.no_difficulties = true;
      if (!visit.opinions.trim()) visit.no_opinions = true;
      visit.policy_talk ??= false;
      face.redraw("difficulties", "opinions", "talk");
    }
    note.hidden = value === "met";
    face.changed();
  };
  const note = h(
    "p",
    { class: "help", hidden: visit.result === "met" },
    "只有见面的走访计入任务；这次也照样留下记录。",
  );
  return refill(box, resultChoice(snapshot, visit, act), note);
}

/** Why it does not go at once. @param {Context} ctx */
function whyLater(ctx) {
  const { online, problem } = ctx.sender.state;
  if (!online || problem === "signal" || problem === "portal")
    return "没有信号，先存在手机里；有信号时自动上传。";
  if (problem === "expired") return "登录已过期，先存在手机里；登录后自动上传。";
  if (problem === "other") return "现在登录的是别人，先存在手机里；本人登录后上传。";
  return "服务器暂时不通，先存在手机里；通了自动上传。";
}

/** Faults of the rows hang on `difficulties` where no row is open. @param {Visit} visit @param {Record<string, string[]>} faults */
function withSeats(visit, faults) {
  if (!faults.difficulties || visit.no_difficulties || visit.rows.length === 0) return faults;
  const { difficulties, ...rest } = faults;
  const seat = `${visit.rows[0].id}-text`;
  return { [seat]: [...(rest[seat] ?? []), ...difficulties], ...rest };
}

/** What is to be known before one writes. @param {any} given @param {{ drop: () => Promise<void> }} draft @param {() => void} openDay @param {() => void} openProxy */
function notices(given, draft, openDay, openProxy) {
  const { restored, done, item } = given;
  const again = async () => {
    await draft.drop();
    // The same address again: the router draws it afresh.
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  };
  return [
    restored && banner("", "已填上您没有保存的草稿。", "请看一遍再保存。", button("不要了，从头填", again)),
    done &&
      !item &&
      banner(
        "warn",
        "这天已经记过这户。",
        "同一天一户只记一次。",
        link("看那份", done.state === "sent" ? `#/saved/${done.id}` : `#/edit/${done.id}`, {
          class: "button",
        }),
      ),
    item?.state === "refused" &&
      h(
        "p",
        { class: "actions fixes" },
        needsProxy(item) && button("标为代访", openProxy),
        needsDay(item) && button("改日期", openDay),
      ),
  ];
}

/** @param {any} item */
const words = (item) => Object.values(item.errors).flat().join();

/** @param {any} item */
export const needsProxy = (item) =>
  item.kind === "visit" &&
  ("proxy_reason" in item.errors || "household" in item.errors || words(item).includes("代访"));

/** @param {any} item */
export const needsDay = (item) =>
  "day" in item.errors || words(item).includes("日期") || words(item).includes("结对");

/** The server's reasons, beside their fields. @param {any} item @param {Visit} visit */
function refusal(item, visit) {
  /** @type {Record<string, string[]>} */
  const faults = { ...item.errors };
  for (const row of visit.rows) {
    for (const [name, told] of Object.entries(row.errors ?? {})) {
      const seat =
        /** @type {Record<string, string>} */ ({ content: "text", title: "text", spot_answer: "answer" })[
          name
        ] ?? name;
      faults[`${row.id}-${seat}`] = told;
    }
  }
  return withSeats(visit, faults);
}
