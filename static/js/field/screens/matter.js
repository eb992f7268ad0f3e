// @ts-check
// 诉求 without a visit: by telephone, at the roadside, in the office; or one from the queue, mended.

import { area, field, h, input, refill, tags } from "field/dom.js";
import { heardOn, placeOf } from "field/words_screens.js";
import { load } from "field/screens/own.js";
import { nothingHere } from "field/screens/nothing.js";
import { sheet } from "field/screens/sheet.js";
import { guessCategory, matterItem, newRow } from "field/screens/visit_state.js";
import { answerFields, matterFields } from "field/screens/visit_matters.js";

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
    ...(answered ? { answered, answer: spot_answer ?? "", outcome: outcome || "solved" } : {}),
    ...words,
  };
  return draw(main, ctx, loaded, row, { key, item, belongs, parents: item.parents });
}

/**
 * @param {HTMLElement} main @param {Context} ctx @param {any} loaded @param {any} row
 * @param {{ key: string, item: any, belongs: any, parents: string[] }} given
 */
function draw(main, ctx, { snapshot, households, items, today }, row, { key, item, belongs, parents }) {
  const household = households.find((/** @type {any} */ one) => one.code === belongs.household);
  ctx.head("诉求", item ? "#/queue" : `#/household/${encodeURIComponent(belongs.household)}`);
  const made = () => matterItem(row, belongs, parents, {});
  const { form, storage, kept, draft, actions, open } = sheet(ctx, {
    ...{ key, snapshot, today, what: "这件诉求", next: () => `#/saved/${belongs.visit ?? row.id}` },
    drafts: () => ({ words: row }),
    truth: (online) =>
      online ? "先存进手机，马上上传挂号。" : "先存在手机里，能上传时自动上传挂号。",
    faults: () => faultsOf(made().payload, row, snapshot),
    made: () => ({ items: [made()] }),
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
  const changed = () => draft.changed();
  const visit = items.find((/** @type {any} */ one) => one.id === belongs.visit);
  const heard = item ? heardOn(item.captured_at, visit?.payload.day) : today;
  refill(
    details,
    matterFields(snapshot, row, heard, today, changed),
    row.answered && answerFields(snapshot, row, changed),
  );
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
    kept,
    actions(),
  );
  const refused =
    item?.state === "refused"
      ? Object.fromEntries(
          Object.entries(/** @type {Record<string, string[]>} */ (item.errors)).map(([name, told]) => [
            SEATS[name] ? `${row.id}-${SEATS[name]}` : name,
            told,
          ]),
        )
      : null;
  return open(main, refused);
}

/** @type {Record<string, string>} */
const SEATS = {
  content: "text",
  title: "title",
  category: "category",
  level: "level",
  kind: "kind",
  spot_answer: "answer",
  outcome: "outcome",
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
  if (row.answered && !row.answer.trim()) faults[`${row.id}-answer`] = ["请写当场怎么答复的"];
  return faults;
}
