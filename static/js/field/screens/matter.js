// @ts-check
// 诉求 without a visit: by telephone, at the roadside, in the office; or one from the queue, mended.

import { area, banner, bottom, field, h, input, refill, showFaults, tags } from "field/dom.js";
import { placeOf } from "field/words_screens.js";
import { isOnline, live, load } from "field/screens/own.js";
import { keeper, storageWords } from "field/screens/draft.js";
import { nothingHere } from "field/screens/nothing.js";
import { guessCategory, matterItem, newRow } from "field/screens/visit_state.js";
import { matterFields } from "field/screens/visit_matters.js";

/** @typedef {import("field/screens/own.js").Context} Context */

/** @type {import("field/app.js").Routes} */
export const routes = [["#/matter/<code>", renderNew]];

/** @param {HTMLElement} main @param {Record<string, string>} params @param {Context} ctx */
async function renderNew(main, { code }, ctx) {
  const loaded = await load(ctx);
  if (!loaded.snapshot) return nothingHere(main, ctx);
  const key = `matter:${code}`;
  const words = await ctx.store.draft(`${key}:words`);
  const row = { ...newRow(loaded.snapshot), title: "", matter: true, ...words };
  return draw(main, ctx, loaded, row, { key, item: null, belongs: { household: code }, parents: [] });
}

/** @param {HTMLElement} main @param {Context} ctx @param {any} loaded @param {any} item */
export async function editMatter(main, ctx, loaded, item) {
  const key = `edit:${item.id}`;
  const words = await ctx.store.draft(`${key}:words`);
  const { title, content, category, level, kind, query_code, spot_answer, outcome, ...belongs } =
    item.payload;
  const answered = Boolean(spot_answer || outcome);
  const row = {
    ...newRow(loaded.snapshot),
    ...{
      id: item.id,
      code: query_code,
      text: content,
      title,
      category,
      chosen: true,
      level,
      kind,
      matter: true,
    },
    ...{ answered, answer: spot_answer ?? "" },
    ...words,
  };
  return draw(main, ctx, loaded, row, { key, item, belongs, parents: item.parents });
}

/**
 * @param {HTMLElement} main @param {Context} ctx @param {any} loaded @param {any} row
 * @param {{ key: string, item: any, belongs: any, parents: string[] }} given
 */
function draw(main, ctx, { snapshot, households, today }, row, { key, item, belongs, parents }) {
  const household = households.find((/** @type {any} */ one) => one.code === belongs.household);
  ctx.head("诉求", item ? "#/queue" : `#/household/${encodeURIComponent(belongs.household)}`);
  const form = h("form", { novalidate: true, autocomplete: "off" });
  const storage = h("div", {});
  const kept = h("p", { class: "note kept" });
  const draft = keeper({
    store: ctx.store,
    key,
    snapshot,
    today,
    read: () => ({ words: row }),
    told: (words) => {
      kept.textContent = words;
    },
    failed: (words) => refill(storage, banner("bad", "没有存下草稿", words)),
    leaving: "写好的已经存成草稿，下次打开接着写。",
  });
  const details = h("div", {});
  const text = area(
    row.text,
    (value) => {
      row.text = value;
      if (!row.chosen) {
        row.category = guessCategory(snapshot, value);
        const shown = details.querySelector(`[data-named="${row.id}-category"]`);
        if (shown instanceof HTMLSelectElement) shown.value = row.category;
      }
      draft.changed();
    },
    { required: true },
  );
  const title = input("text", row.title, (value) => {
    row.title = value;
    draft.changed();
  });
  refill(
    details,
    matterFields(snapshot, row, today, today, () => draft.changed()),
  );
  const save = h("button", { type: "submit", class: "button main wide" });
  const truth = h("p", { class: "note" });
  const sayTruth = () => {
    save.textContent = isOnline(ctx) ? "保存并上传" : "保存到手机";
    truth.textContent = isOnline(ctx) ? "先存进手机，马上上传挂号。" : "先存在手机里，能上传时自动上传挂号。";
  };
  sayTruth();
  refill(
    form,
    storage,
    h("h1", {}, item ? "改这件诉求" : "记一件诉求"),
    h(
      "p",
      { class: "note" },
      household
        ? `${household.head_name}户 · ${placeOf(household)}`
        : `户 ${belongs.household ?? belongs.village}`,
      tags(household?.marks ?? []),
    ),
    field(`${row.id}-text`, "什么事", text, { help: "照群众说的写，一件一记。" }),
    field(`${row.id}-title`, "标题", title, { hint: "可不填", help: "不填就用开头 30 个字。" }),
    details,
    row.answered &&
      field(
        `${row.id}-answer`,
        "当场怎么答复的",
        area(row.answer, (value) => {
          row.answer = value;
          draft.changed();
        }),
      ),
    kept,
    bottom(truth, save),
  );
  let saving = false;
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (saving) return;
    const made = matterItem(row, belongs, parents, {});
    if (showFaults(form, faultsOf(made.payload, row, snapshot))) return;
    saving = true;
    save.disabled = true;
    try {
      await ctx.store.save([made]);
    } catch (error) {
      saving = false;
      save.disabled = false;
      refill(storage, banner("bad", "没有保存", storageWords(error, "这件诉求没有存进手机")));
      storage.scrollIntoView({ block: "center" });
      return;
    }
    await draft.drop("words");
    void ctx.sender.sendNow();
    ctx.go(`#/saved/${belongs.visit ?? row.id}`);
  });
  main.append(form);
  if (item?.state === "refused") {
    const faults = Object.fromEntries(
      Object.entries(item.errors).map(([name, told]) => [
        SEATS[name] ? `${row.id}-${SEATS[name]}` : name,
        told,
      ]),
    );
    showFaults(form, /** @type {any} */ (faults), "被退回。改好再保存，会重新上传。");
  }
  const stop = live(ctx, sayTruth);
  return () => {
    stop();
    draft.leave();
  };
}

/** @type {Record<string, string>} */
const SEATS = {
  content: "text",
  title: "title",
  category: "category",
  level: "level",
  kind: "kind",
  spot_answer: "answer",
};

/** What the form demands; every other rule is the server's. @param {any} payload @param {any} row @param {any} snapshot */
function faultsOf(payload, row, snapshot) {
  /** @type {Record<string, string[]>} */
  const faults = {};
  for (const [name, rule] of Object.entries(/** @type {Record<string, any>} */ (snapshot.form.grievance))) {
    const value = payload[name];
    const seat = `${row.id}-${SEATS[name]}`;
    if (!SEATS[name]) continue;
    const need = (/** @type {string} */ words) => (faults[seat] ??= []).push(words);
    if (rule.required && !value && !(name === "title"))
      need(name === "content" ? "请写什么事" : `请选${rule.label}`);
    const over = typeof value === "string" && rule.max_length ? [...value].length - rule.max_length : 0;
    if (over > 0) need(`${rule.label}最多 ${rule.max_length} 字，多了 ${over} 字`);
  }
  return faults;
}
