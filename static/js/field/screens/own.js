// @ts-check
// The households, trips and unsent work that the screens show, read from the snapshot and the queue together.

import { todayOf } from "field/words_screens.js";

/** @typedef {any} Snapshot the last answer of /api/field/ */
/** @typedef {any} Household one of its households */
/** @typedef {any} Item one of the queue */
/** @typedef {import("field/app.js").Context} Context */

/** @param {Context} ctx @returns {Promise<{ snapshot: Snapshot, items: Item[], households: Household[], today: string }>} */
export async function load(ctx) {
  const [snapshot, items] = await Promise.all([ctx.store.snapshot(), ctx.store.items()]);
  const today = todayOf(snapshot);
  const households = (snapshot?.households ?? []).map((/** @type {Household} */ one) =>
    withUnsent(one, items, snapshot),
  );
  households.sort(longestUnmet);
  return { snapshot, items, households, today };
}

/** A visit that still waits on this phone is the last one too. @param {Household} household @param {Item[]} items @param {Snapshot} snapshot */
function withUnsent(household, items, snapshot) {
  const visits = items
    .filter(
      (item) =>
        item.kind === "visit" && item.payload.household === household.code && item.state !== "refused",
    )
    .sort((a, b) => (a.payload.day < b.payload.day ? 1 : -1));
  const newest = visits[0]?.payload;
  const met = visits.find((item) => item.payload.result === "met")?.payload.day ?? "";
  const last_met = met > (household.last_met ?? "") ? met : household.last_met;
  if (!newest || (household.last_visit && household.last_visit.day >= newest.day))
    return { ...household, last_met };
  const { head_name, phone, people_count, income_sources } = newest;
  return {
    ...household,
    head_name: head_name || household.head_name,
    phone: phone || household.phone,
    people_count: people_count || household.people_count,
    income_sources: income_sources || household.income_sources,
    last_met,
    last_visit: {
      ...household.last_visit,
      ...newest,
      result_label: snapshot.results.find((/** @type {any} */ one) => one[0] === newest.result)?.[1] ?? "",
      cadre_name: nameOf(snapshot, newest.cadre),
    },
  };
}

/** Who made a visit that was typed here. @param {Snapshot} snapshot @param {string} [code] of the cadre it was typed for */
const nameOf = (snapshot, code) =>
  (code ? snapshot.records_for.find((/** @type {any} */ one) => one.code === code) : snapshot.cadre)?.name ??
  "";

/** Never met first. @param {Household} a @param {Household} b */
function longestUnmet(a, b) {
  const [first, second] = [a.last_met ?? "", b.last_met ?? ""];
  return first < second ? -1 : first > second ? 1 : a.code < b.code ? -1 : 1;
}

/** Paired with the cadre who acts, today. @param {Household} household @param {string} author */
export const isMine = (household, author) => Boolean(household) && household.cadre === author;

/**
 * Trips known to the server and trips that wait on this phone, newest first.
 * @param {Snapshot} snapshot @param {Item[]} items @param {string} author
 */
export function tripsOf(snapshot, items, author) {
  const known = (snapshot?.trips ?? []).filter((/** @type {any} */ trip) => trip.cadre === author);
  const ids = new Set(known.map((/** @type {any} */ trip) => trip.id).filter(Boolean));
  const here = items
    .filter((item) => item.kind === "trip" && !ids.has(item.id))
    .filter((item) => (item.payload.cadre || item.author_code) === author)
    .map((item) => ({
      ...item.payload,
      id: item.id,
      village_name: villageName(snapshot, item.payload.village),
      state: item.state,
      arrival_confirmed: false,
    }));
  return [...here, ...known].sort((a, b) => (a.begins_on < b.begins_on ? 1 : -1));
}

/** @param {any[]} trips @param {string} village @param {string} day */
export const tripOn = (trips, village, day) =>
  trips.find((trip) => trip.village === village && trip.begins_on <= day && day <= trip.ends_on) ?? null;

/** @param {Snapshot} snapshot @param {string} code */
export const villageName = (snapshot, code) =>
  snapshot?.villages.find((/** @type {any} */ one) => one.code === code)?.name ??
  snapshot?.households.find((/** @type {any} */ one) => one.village === code)?.village_name ??
  code;

/** @param {Snapshot} snapshot */
export const authorOf = (snapshot) => snapshot?.cadre?.code ?? "";

/** Whether a save goes on to the server at once, as far as the phone knows. @param {Context} ctx */
export const isOnline = (ctx) => ctx.sender.state.online && !ctx.sender.state.problem;

/**
 * Calls `draw` at each change of queue or sender. The answer is called when the screen is left.
 * @param {Context} ctx @param {() => any} draw
 */
export function live(ctx, draw) {
  const stop = new AbortController();
  for (const source of [ctx.store, ctx.sender])
    source.addEventListener("change", draw, { signal: stop.signal });
  return () => stop.abort();
}
