// @ts-check
// Days, moments and figures as a person says them. Days are ISO text; the county's day is Shanghai's.

const ZONE = "Asia/Shanghai";
const WEEK = "日一二三四五六";
const DAY = 86_400_000;

/** @param {string} iso */
const utc = (iso) => Date.parse(`${iso}T00:00:00Z`);

/** @param {number} ms */
const isoDay = (ms) => new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(ms);

/**
 * Now, by the server's clock as it was when the snapshot was fetched: a phone's clock may be wrong by a year.
 * @param {any} snapshot
 */
export function nowOf(snapshot) {
  const told = Date.parse(snapshot?.server_time ?? "");
  return Date.now() + (told && snapshot.at ? told - snapshot.at : 0);
}

/**
 * The day from which the server counts a matter's answer: when it was written down, never before its visit.
 * @param {string} captured_at @param {string} [visited]
 */
export const heardOn = (captured_at, visited = "") => {
  const written = isoDay(Date.parse(captured_at));
  return written < visited ? visited : written;
};

/** @param {any} snapshot */
export const todayOf = (snapshot) => isoDay(nowOf(snapshot));

/** @param {string} iso @param {number} count */
export const plusDays = (iso, count) => new Date(utc(iso) + count * DAY).toISOString().slice(0, 10);

/** @param {string} from @param {string} to */
export const daysBetween = (from, to) => Math.round((utc(to) - utc(from)) / DAY);

/** 11月25日, with its year in words when it is not this one. @param {string} iso @param {string} today */
export function dayWords(iso, today) {
  const [year, month, day] = iso.split("-").map(Number);
  const gap = Number(today.slice(0, 4)) - year;
  const before = gap === 0 ? "" : gap === 1 ? "去年" : gap === -1 ? "明年" : `${year}年`;
  return `${before}${month}月${day}日`;
}

/** @param {string} iso @param {string} today */
export const withWeekday = (iso, today) =>
  `${dayWords(iso, today)} (周${WEEK[new Date(utc(iso)).getUTCDay()]})`;

/** @param {string} iso @param {string} today */
export function ago(iso, today) {
  const days = daysBetween(iso, today);
  return days <= 0 ? "今天" : days === 1 ? "昨天" : `${days} 天前`;
}

/** @param {string} begins @param {string} ends @param {string} today */
export function spanWords(begins, ends, today) {
  if (begins === ends) return `${dayWords(begins, today)}一天`;
  return `${dayWords(begins, today)}至${dayWords(ends, today)}，${daysBetween(begins, ends) + 1} 天`;
}

/** 11月25日 14:06 @param {string | number} at @param {string} today */
export function momentWords(at, today) {
  const ms = typeof at === "number" ? at : Date.parse(at);
  const time = new Intl.DateTimeFormat("sv-SE", {
    timeZone: ZONE,
    hour: "2-digit",
    minute: "2-digit",
  }).format(ms);
  const day = isoDay(ms);
  return `${day === today ? "今天" : dayWords(day, today)} ${time}`;
}

/** 138 1234 1234: read aloud in threes and fours. @param {string} phone */
export const spacedPhone = (phone) => phone.replace(/^(\d{3})(\d{4})(\d{4})$/, "$1 $2 $3");

/** Two groups of five. @param {string} code */
export const spacedCode = (code) => `${code.slice(0, 5)}-${code.slice(5)}`;

/** @param {{ value: string, label: string }} level */
export const holderWords = (level) =>
  ({ village: "村里", township: "乡镇", county: "县里" })[level.value] ?? level.label;

/** 村里 7 天内答复，即 12月2日前。 @param {any} level @param {string} day @param {string} today */
export const answerWords = (level, day, today) =>
  `${holderWords(level)} ${level.days} 天内答复，即 ${dayWords(plusDays(day, level.days), today)}前。`;

/** @param {any} household */
export const placeOf = (household) => `${household.village_name}${household.group}`;

/**
 * When anyone last met the family, and after it a later visit at which nobody did.
 * @param {any} household @param {string} today @returns {{ before: string, when: string, after: string }}
 */
export function lastMetWords(household, today) {
  const { last_met: met, last_visit: last } = household;
  if (!met && !last) return { before: "还没有走访过", when: "", after: "" };
  const later = last && last.result !== "met" && last.day > (met ?? "");
  const after = later ? `上次 ${dayWords(last.day, today)}，${last.result_label}` : "";
  if (!met) return { before: "还没有见过面", when: "", after };
  return { before: `上次见面 ${dayWords(met, today)}，`, when: ago(met, today), after };
}
