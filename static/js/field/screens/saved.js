// @ts-check
// After saving: where it is now, the query codes for the family, and the next household of this village.

import { banner, bottom, button, chip, h, link, part, refill, tags } from "field/dom.js";
import { answerWords, heardOn, lastMetWords, spacedCode, withWeekday } from "field/words_screens.js";
import { authorOf, isMine, live, load, tripsOf, villageName } from "field/screens/own.js";
import { countWords } from "field/screens/visit_state.js";
import { nothingHere } from "field/screens/nothing.js";
import { qr } from "field/screens/qr.js";

/** @typedef {import("field/screens/own.js").Context} Context */

/** @type {import("field/app.js").Routes} */
export const routes = [["#/saved/<id>", render]];

/** @param {HTMLElement} main @param {Record<string, string>} params @param {Context} ctx */
async function render(main, { id }, ctx) {
  const { snapshot, items, households, today } = await load(ctx);
  const item = items.find((one) => one.id === id);
  if (!item || !snapshot) return nothingHere(main, ctx);
  ctx.head(item.kind === "visit" ? item.label : "诉求", "#/");
  const state = h("div", { class: "whereabouts" });
  const cards = h("div", {});
  const next = nextOnes(item, households, items, snapshot, today);
  const village = next.village ? villageName(snapshot, next.village) : "";
  main.append(
    state,
    cards,
    item.kind === "visit" && next.village
      ? part(
          next.rest.length > 0 ? `${village}还有 ${next.rest.length} 户` : `${village}的户今天都走到了`,
          link("行前清单", `#/village/${next.village}`, { class: "target" }),
          h(
            "ul",
            { class: "rows" },
            next.rest.slice(0, 8).map((one) => nextRow(one, today)),
          ),
        )
      : "",
    bottom(
      next.rest[0] && item.kind === "visit"
        ? link(`走访下一户：${next.rest[0].head_name}`, `#/visit/${encodeURIComponent(next.rest[0].code)}`, {
            class: "button main wide",
          })
        : link("回到走访", "#/", { class: "button main wide" }),
    ),
  );
  let shown = "";
  const draw = async () => {
    const all = await ctx.store.items();
    const group = all.filter((/** @type {any} */ one) => one.id === id || one.payload.visit === id);
    const now = group.find((/** @type {any} */ one) => one.id === id);
    if (!now) return;
    whereabouts(state, now, group, ctx);
    const matters = group.filter((/** @type {any} */ one) => one.kind === "grievance").reverse();
    const told = JSON.stringify(matters.map((/** @type {any} */ one) => [one.id, one.number, one.state]));
    if (told !== shown)
      refill(
        cards,
        matters.map((/** @type {any} */ one) => card(one, now, snapshot, today)),
      );
    shown = told;
  };
  await draw();
  return live(ctx, () => void draw());
}

/** True at each moment: on the phone, on its way, at the server, or sent back. @param {HTMLElement} box @param {any} item @param {any[]} group @param {Context} ctx */
function whereabouts(box, item, group, ctx) {
  const refused = group.filter((one) => one.state === "refused");
  const waiting = group.filter((one) => one.state === "waiting");
  const photos = group.flatMap((one) => one.photos).filter((one) => one.state === "waiting").length;
  const { sending, online, problem } = ctx.sender.state;
  const what = countWords(group);
  const edit = link("改这份记录", `#/edit/${item.id}`, { class: "target" });
  if (refused.length > 0) {
    refill(
      box,
      h("h1", {}, chip("failed", "back", ""), "被退回，还在手机里"),
      refused.map((one) =>
        banner(
          "bad",
          one.label,
          Object.values(one.errors).flat().join("；"),
          link("去改", `#/edit/${one.id}`, { class: "button" }),
        ),
      ),
    );
    return;
  }
  if (waiting.length > 0) {
    const words = sending && online ? "正在上传" : "待上传";
    refill(
      box,
      h("h1", {}, chip("done", "check", ""), "已存在手机里"),
      h(
        "p",
        { class: "line" },
        h("span", { role: "status" }, what, " ", chip("waiting", "clock", words)),
        edit,
      ),
      problem === "expired" && h("p", { class: "note" }, "登录已过期，登录后自动上传。"),
    );
    return;
  }
  refill(
    box,
    h("h1", {}, chip("done", "check", ""), "已上传"),
    h(
      "p",
      { class: "line" },
      h(
        "span",
        { role: "status" },
        what,
        " ",
        photos > 0 ? chip("waiting", "clock", `照片 ${photos} 张待上传`) : chip("met", "done", "已上传"),
      ),
      item.url && link("打开记录", item.url, { class: "target" }),
    ),
  );
}

/** @param {any} matter @param {any} item @param {any} snapshot @param {string} today */
function card(matter, item, snapshot, today) {
  const { query_code, content, level, spot_answer, category } = matter.payload;
  const code = spacedCode(query_code);
  const day = heardOn(matter.captured_at, item.payload.day);
  const how = snapshot.levels.find((/** @type {any} */ one) => one.value === level);
  const due = spot_answer ? `当场已答复：${spot_answer}` : how ? answerWords(how, day, today) : "";
  const image = () => qr(`${snapshot.query_url}${query_code}`, `查进度的二维码，查询码 ${code}`);
  const numbered = matter.number ? `编号 ${matter.number}。` : "";
  const box = h(
    "article",
    { class: "slip", "aria-label": `诉求：${matter.label}` },
    h("h2", { class: "screen" }, "请给群众看，或请他们拍下来"),
    h("h2", { class: "paper" }, "诉求回执"),
    h("p", { class: "paper" }, `${item.label} · ${item.note}`),
    h("p", { class: "what" }, content),
    h(
      "p",
      { class: "paper" },
      `类别：${category}　记录人：${snapshot.cadre?.name ?? snapshot.user.name}　${withWeekday(day, today)}`,
    ),
    image(),
    h("p", { class: "note" }, "查询码"),
    h("p", { class: "code" }, code),
    h("p", { class: "due" }, due, " ", numbered, "扫码就能看到办到哪一步。"),
    h(
      "p",
      { class: "actions two-buttons" },
      button("全屏展示", () => full(image(), code, content)),
      button("打印回执", () => print(box)),
    ),
    !matter.number && h("p", { class: "note" }, "正式编号在上传后生成，查询码不变。"),
  );
  return box;
}

/** Held out to somebody across a table. @param {Node} image @param {string} code @param {string} content */
function full(image, code, content) {
  const dialog = h("dialog", { class: "full", "aria-label": "查询码" });
  const close = () => {
    dialog.close();
    dialog.remove();
  };
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(
    h("p", {}, content),
    image,
    h("p", { class: "code" }, code),
    button("关上", close, { class: "button main wide" }),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/** This slip alone. @param {HTMLElement} box */
function print(box) {
  box.classList.add("printed");
  document.documentElement.classList.add("slip-only");
  window.addEventListener(
    "afterprint",
    () => {
      box.classList.remove("printed");
      document.documentElement.classList.remove("slip-only");
    },
    { once: true },
  );
  window.print();
}

/** My households of the village that were not visited on that day, longest unmet first. @param {any} item @param {any[]} households @param {any[]} items @param {any} snapshot @param {string} today */
function nextOnes(item, households, items, snapshot, today) {
  const household = households.find((one) => one.code === item.payload.household);
  const trip = tripsOf(snapshot, items, item.payload.cadre || authorOf(snapshot)).find(
    (one) => one.id && one.id === item.payload.trip,
  );
  const village = household?.village ?? trip?.village ?? "";
  const day = item.payload.day ?? today;
  const rest = households.filter(
    (one) =>
      one.village === village &&
      one.code !== item.payload.household &&
      ![day, today].includes(one.last_visit?.day) &&
      (isMine(one, authorOf(snapshot)) || one.covered_for),
  );
  return { village, rest };
}

/** @param {any} one @param {string} today */
function nextRow(one, today) {
  const question = one.questions[0];
  const { before, when, after } = lastMetWords(one, today);
  return h(
    "li",
    {},
    link(one.head_name, `#/visit/${encodeURIComponent(one.code)}`, { class: "title target" }),
    tags(one.marks),
    h(
      "p",
      { class: "note" },
      one.group,
      one.group && " · ",
      question ? `村里有一问：${question.text}` : `${before}${when}${after && `；${after}`}`,
    ),
  );
}
