// @ts-check
// What a visit on the screen is: filled from the household and its last record, read back from the queue, checked by
// what the server's form says, and made into items. No element of a page here.

import { newId, queryCode } from "field/store.js";
import { placeOf } from "field/words_screens.js";
import { authorOf, tripOn, tripsOf, villageName } from "field/screens/own.js";

export const NONE = "无";
const FACTS = /** @type {const} */ (["head_name", "phone", "people_count", "income_sources"]);

/**
 * @typedef {{ id: string, code: string, text: string, matter: boolean, category: string, chosen: boolean, level: string,
 *   kind: string, answered: boolean, answer: string, outcome: string, kept: boolean, sent: boolean, errors?: Record<string, string[]> }} Row
 * @typedef {{ id: string, village: string, begins_on: string, ends_on: string, touched: boolean, known: boolean }} NewTrip
 * @typedef {{ id: string, blob: Blob }} Picture
 * @typedef {{ id: string, household: string, day: string, cadre: string, result: string,
 *   base: Record<string, string>, facts: Record<string, string>, changing: boolean,
 *   seen: string[], clear: string[], rows: Row[], no_difficulties: boolean, opinions: string, no_opinions: boolean,
 *   policy_talk: boolean | null, talk_topic: string, promises: string, proxy: boolean, proxy_reason: string,
 *   companions: string[], companion_reason: string, place: { longitude: number, latitude: number } | null,
 *   trip: NewTrip, pictures: Picture[], attached: number, captured_at: string | null }} Visit
 */

/** @param {any} snapshot @returns {Row} */
export const newRow = (snapshot) => ({
  id: newId(),
  code: queryCode(),
  text: "",
  matter: false,
  category: "",
  chosen: false,
  level: snapshot.levels[0]?.value ?? "",
  kind: snapshot.kinds[0]?.[0] ?? "",
  answered: false,
  answer: "",
  outcome: "solved",
  kept: false,
  sent: false,
});

/** @param {any} household */
const factsOf = (household) =>
  Object.fromEntries(FACTS.map((name) => [name, String(household?.[name] ?? "")]));

/**
 * A new visit, filled as far as the household and its last record go.
 * @param {any} snapshot @param {any} household null when the phone does not hold it @param {string} code
 * @param {string} today @param {any} previous the payload of the visit recorded just before, for its topic
 * @returns {Visit}
 */
export function fresh(snapshot, household, code, today, previous) {
  const last = household?.last_visit;
  const facts = factsOf(household);
  return {
    id: newId(),
    household: code,
    day: today,
    cadre: "",
    result: snapshot.results[0]?.[0] ?? "met",
    base: facts,
    facts: { ...facts },
    changing: false,
    seen: [...(last?.seen ?? [])],
    clear: [...(last?.clear ?? [])],
    rows: [newRow(snapshot)],
    no_difficulties: false,
    opinions: "",
    no_opinions: false,
    policy_talk: null,
    talk_topic: previous?.talk_topic || last?.talk_topic || snapshot.talk_topics[0] || "",
    promises: "",
    proxy: !mayVisit({ cadre: "" }, household, snapshot),
    proxy_reason: "",
    companions: [],
    companion_reason: "",
    place: null,
    trip: {
      id: newId(),
      village: household?.village ?? "",
      begins_on: today,
      ends_on: today,
      touched: false,
      known: false,
    },
    pictures: [],
    attached: 0,
    captured_at: null,
  };
}

/**
 * The visit of an item that waits or was refused, with the matters that hang on it.
 * @param {any} snapshot @param {any} household @param {any} item @param {any[]} items @returns {Visit}
 */
export function fromItem(snapshot, household, item, items) {
  const said = item.payload;
  const visit = fresh(snapshot, household, said.household, said.day, null);
  const matters = items.filter((one) => one.kind === "grievance" && one.payload.visit === item.id);
  const answers = (said.spot_answer ?? "").split("\n");
  /** @type {Row[]} */
  const rows = [];
  const none = said.difficulties.trim() === NONE;
  for (const text of none ? [] : said.difficulties.split("\n")) {
    const at = matters.findIndex((one) => one.payload.content === text);
    const matter = at < 0 ? null : matters.splice(at, 1)[0];
    rows.push({ ...newRow(snapshot), text, ...answerIn(answers, text), ...rowOf(matter) });
  }
  // A matter whose text was changed meanwhile is shown all the same.
  for (const matter of matters)
    rows.push({ ...newRow(snapshot), text: matter.payload.content, ...rowOf(matter) });
  const alone = rows.length === 1 && said.solved_on_spot && !rows[0].answered;
  if (alone) Object.assign(rows[0], { answered: true, answer: said.spot_answer });
  for (const name of FACTS) if (said[name]) visit.facts[name] = String(said[name]);
  const cadre = said.cadre ?? "";
  return {
    ...visit,
    id: item.id,
    cadre,
    trip: { ...visit.trip, known: tripIsElsewhere({ ...visit, cadre }, snapshot, item, items) },
    result: said.result,
    changing: FACTS.some((name) => said[name]),
    seen: [...said.seen],
    clear: [...said.clear],
    rows: rows.length > 0 ? rows : [newRow(snapshot)],
    no_difficulties: none,
    opinions: said.opinions.trim() === NONE ? "" : said.opinions,
    no_opinions: said.opinions.trim() === NONE,
    policy_talk: said.policy_talk,
    talk_topic: said.talk_topic || visit.talk_topic,
    promises: said.promises ?? "",
    proxy: !mayVisit({ cadre: said.cadre ?? "" }, household, snapshot) || Boolean(said.proxy_reason),
    proxy_reason: said.proxy_reason ?? "",
    companions: [...(said.companions ?? [])],
    companion_reason: said.companion_reason ?? "",
    place:
      said.longitude === null || said.longitude === undefined
        ? null
        : { longitude: said.longitude, latitude: said.latitude },
    attached: (item.photos ?? []).length,
    captured_at: item.captured_at,
  };
}

/**
 * It named no trip, and none that this phone could have meant covers its day: that one is in the system was said.
 * @param {Visit} visit @param {any} snapshot @param {any} item @param {any[]} items
 */
function tripIsElsewhere(visit, snapshot, item, items) {
  if (item.payload.trip) return false;
  const covering = tripOn(tripsOf(snapshot, items, actorOf(visit, snapshot)), visit.trip.village, visit.day);
  return !covering || covering.state === "refused";
}

/** @param {any} item @returns {Partial<Row>} */
function rowOf(item) {
  if (!item) return {};
  const { query_code, category, level, kind, spot_answer, outcome } = item.payload;
  const answer = spot_answer ? { answered: true, answer: spot_answer, outcome } : {};
  return {
    id: item.id,
    code: query_code,
    matter: true,
    chosen: true,
    category,
    level,
    kind,
    kept: true,
    sent: item.state === "sent",
    errors: item.errors,
    ...answer,
  };
}

/** @param {string[]} lines @param {string} text */
function answerIn(lines, text) {
  const found = lines.find((line) => line.startsWith(`${text}：`));
  return found ? { answered: true, answer: found.slice(text.length + 1) } : {};
}

/** Rows in which something is written. @param {Visit} visit */
export const written = (visit) =>
  visit.no_difficulties ? [] : visit.rows.filter((row) => row.text.trim() || row.kept);

/** One matter, one line: the record joins them by line breaks. @param {string} text */
export const oneLine = (text) => text.trim().replace(/\s*\n\s*/g, "；");

/** The category whose longest word occurs in the text. @param {any} snapshot @param {string} text */
export function guessCategory(snapshot, text) {
  let [best, length] = ["", 0];
  for (const category of snapshot.categories) {
    for (const word of category.words) {
      if (word.length > length && text.includes(word)) [best, length] = [category.name, word.length];
    }
  }
  return best;
}

/** @param {Visit} visit @param {any} snapshot */
export const actorOf = (visit, snapshot) => visit.cadre || authorOf(snapshot);

/**
 * One's own household, or one that is covered (代管): no reason is asked. Whose household it is that a liaison types
 * for, this phone does not know.
 * @param {{ cadre: string }} visit @param {any} household @param {any} snapshot
 */
export const mayVisit = (visit, household, snapshot) =>
  Boolean(visit.cadre || (household && (household.covered_for || household.cadre === authorOf(snapshot))));

/**
 * The trip that covers the day, or null: then one is made with the visit. A trip that the phone cannot know, because
 * it is another cadre's or was entered elsewhere, is taken on the person's word; the server finds it by its days.
 * @param {Visit} visit @param {any[]} trips
 */
export const coveringTrip = (visit, trips) =>
  visit.trip.known
    ? { id: null, begins_on: visit.day, ends_on: visit.day, state: "known" }
    : tripOn(trips, visit.trip.village, visit.day);

/**
 * What the form demands, and what this screen cannot leave open. Every other rule is the server's.
 * @param {Visit} visit @param {any} snapshot @param {string} today @param {any | null} covering
 */
export function faultsOf(visit, snapshot, today, covering) {
  /** @type {Record<string, string[]>} */
  const faults = {};
  const said = payloadOf(visit, covering);
  const form = snapshot.form.visit;
  const need = (/** @type {string} */ name, /** @type {string} */ words) => (faults[name] ??= []).push(words);
  for (const [name, rule] of Object.entries(/** @type {Record<string, any>} */ (form))) {
    const value = /** @type {any} */ (said)[name];
    if (rule.required && (value === "" || value === null)) need(name, EMPTY[name] ?? `请填写${rule.label}`);
    const over = typeof value === "string" && rule.max_length ? [...value].length - rule.max_length : 0;
    if (over > 0) need(name, `${rule.label}最多 ${rule.max_length} 字，多了 ${over} 字`);
    const { smallest, largest } = rule;
    if (typeof value === "number" && typeof smallest === "number" && (value < smallest || value > largest))
      need(name, `${rule.label}应在 ${smallest} 到 ${largest} 之间`);
  }
  if (visit.day > today) need("day", "走访日期还没到，请改成走访那天");
  if (visit.policy_talk === null) need("policy_talk", "请选讲了还是没讲");
  const people = visit.facts.people_count.trim();
  if (people && !/^\d+$/.test(people)) need("people_count", "人口请写数字");
  if (visit.proxy && !visit.proxy_reason.trim()) need("proxy_reason", "请写代访原因");
  if (!visit.trip.village && !visit.trip.known) need("trip", "请选这户在哪个村");
  else if (!covering && (visit.trip.begins_on > visit.day || visit.trip.ends_on < visit.day)) {
    need("trip", "走访日期不在这次下乡里，请改其中一个");
  }
  for (const row of visit.no_difficulties ? [] : visit.rows) {
    if (!row.text.trim() && (row.matter || row.answered)) need(`${row.id}-text`, "请写这条困难");
    if (row.answered && !row.answer.trim()) need(`${row.id}-answer`, "请写当场怎么答复的");
    if (row.matter && !row.category) need(`${row.id}-category`, "请选类别");
    for (const [part, name, value] of [
      ["text", "content", row.text],
      ["answer", "spot_answer", row.answer],
    ]) {
      const limit = snapshot.form.grievance[name]?.max_length;
      if (row.matter && limit && [...value].length > limit)
        need(`${row.id}-${part}`, `最多 ${limit} 字，多了 ${[...value].length - limit} 字`);
    }
  }
  return faults;
}

/** @type {Record<string, string>} */
const EMPTY = {
  difficulties: "请写存在困难；没有就点“没有困难”",
  opinions: "请写群众意见；没有就点“没有意见”",
};

/** @param {Visit} visit @param {any | null} covering */
export function payloadOf(visit, covering) {
  const rows = written(visit);
  const solved = rows.filter((row) => row.answered && row.answer.trim());
  const changed = Object.fromEntries(
    FACTS.map((name) => [
      name,
      visit.facts[name].trim() === visit.base[name] ? "" : visit.facts[name].trim(),
    ]),
  );
  return {
    household: visit.household,
    day: visit.day,
    ...tripOf(visit, covering),
    result: visit.result,
    ...changed,
    people_count: changed.people_count === "" ? null : Number(changed.people_count),
    difficulties: visit.no_difficulties ? NONE : rows.map((row) => oneLine(row.text)).join("\n"),
    opinions: visit.no_opinions ? NONE : visit.opinions.trim(),
    clear: visit.clear,
    seen: visit.seen,
    policy_talk: visit.policy_talk === true,
    talk_topic: visit.policy_talk ? visit.talk_topic.trim() : "",
    solved_on_spot: solved.length > 0,
    spot_answer:
      rows.length === 1
        ? solved.map((row) => row.answer.trim()).join("")
        : solved.map((row) => `${oneLine(row.text)}：${oneLine(row.answer)}`).join("\n"),
    promises: visit.promises.trim(),
    proxy_reason: visit.proxy ? visit.proxy_reason.trim() : "",
    companions: visit.companions,
    companion_reason: visit.companions.length > 0 ? visit.companion_reason.trim() : "",
    longitude: visit.place?.longitude ?? null,
    latitude: visit.place?.latitude ?? null,
    ...(visit.cadre ? { cadre: visit.cadre } : {}),
  };
}

/** A trip entered on a page has no id of a phone: the server finds it by its days. @param {Visit} visit @param {any} covering */
function tripOf(visit, covering) {
  const id = covering ? covering.id : visit.trip.id;
  return id ? { trip: id } : {};
}

/**
 * The items that one tap on save writes together: a trip where none covers the day, the visit, its matters.
 * @param {Visit} visit @param {any} snapshot @param {any} household @param {any | null} covering
 */
export function itemsOf(visit, snapshot, household, covering) {
  const payload = payloadOf(visit, covering);
  const name = (visit.facts.head_name || household?.head_name || "").trim();
  const label = name ? `${name}户` : `户 ${visit.household}`;
  const place = household ? placeOf(household) : villageName(snapshot, visit.trip.village);
  const own = visit.cadre ? { cadre: visit.cadre } : {};
  const written_at = visit.captured_at ? { captured_at: visit.captured_at } : {};
  const items = [];
  if (!covering) {
    const { id, village, begins_on, ends_on } = visit.trip;
    items.push({
      id,
      kind: "trip",
      payload: { village, begins_on, ends_on, ...own },
      parents: [],
      label: villageName(snapshot, village),
      note: "",
    });
  }
  items.push({
    id: visit.id,
    kind: "visit",
    payload,
    parents: payload.trip ? [payload.trip] : [],
    label,
    note: place,
    ...written_at,
  });
  for (const row of written(visit).filter((one) => one.matter && !one.sent)) {
    items.push(
      matterItem(row, { visit: visit.id, household: visit.household, ...own }, [visit.id], written_at),
    );
  }
  const photos = visit.pictures.map(({ id, blob }) => ({ id, visit: visit.id, blob }));
  return { items, photos };
}

/** @param {any} row @param {any} belongs @param {string[]} parents @param {any} written_at */
export function matterItem(row, belongs, parents, written_at) {
  const content = oneLine(row.text);
  const title = row.title?.trim() || [...content].slice(0, 30).join("");
  return {
    id: row.id,
    kind: "grievance",
    payload: {
      ...belongs,
      kind: row.kind,
      category: row.category,
      title,
      content,
      level: row.level,
      query_code: row.code,
      ...(row.answered ? { spot_answer: row.answer.trim(), outcome: row.outcome } : {}),
    },
    parents,
    label: title,
    note: "",
    ...written_at,
  };
}

/** 走访 1 份、诉求 2 件 @param {any[]} items */
export function countWords(items) {
  const count = (/** @type {string} */ kind) => items.filter((item) => item.kind === kind).length;
  const [trips, visits, matters] = [count("trip"), count("visit"), count("grievance")];
  return [trips && `下乡 ${trips} 次`, visits && `走访 ${visits} 份`, matters && `诉求 ${matters} 件`]
    .filter(Boolean)
    .join("、");
}
