// @ts-check
// What every form of these screens does with what is typed: keeps a copy, asks before it is left, saves it once, says
// truthfully where it then is, and why it could not be saved.

import { banner, bottom, h, refill, showFaults } from "field/dom.js";
import { isOnline, live } from "field/screens/own.js";
import { keeper, storageWords } from "field/screens/draft.js";

/** @typedef {import("field/screens/own.js").Context} Context */

/**
 * @param {Context} ctx
 * @param {{
 *   key: string, snapshot: any, today: string, what: string, again?: string, drafts: () => Record<string, any>,
 *   truth: (online: boolean) => string, pending?: () => Promise<void> | null, pendingWords?: string,
 *   faults: () => Record<string, string[]>, made: () => { items: any[], photos?: any[] }, next: () => string,
 * }} given `drafts` gives one value a key of the draft; `pending` is what saving has to wait for; `what` was not
 *   saved, in words; `again` is where its draft comes back; `next` is the address after saving
 */
export function sheet(ctx, given) {
  const { key, snapshot, today, what, again = "" } = given;
  const form = h("form", { novalidate: true, autocomplete: "off" });
  const storage = h("div", {});
  const kept = h("p", { class: "note kept" });
  const save = h("button", { type: "submit", class: "button main wide" });
  const truth = h("p", { class: "note" });
  const draft = keeper({
    store: ctx.store,
    key,
    snapshot,
    today,
    read: given.drafts,
    told: (words) => {
      kept.textContent = words;
      refill(storage);
    },
    failed: (words) => refill(storage, banner("bad", "没有存下草稿", words)),
    leaving: `写好的已经存成草稿，下次打开${again}接着写。`,
  });

  let waiting = false;
  const sayTruth = () => {
    const online = isOnline(ctx);
    save.textContent = waiting ? (given.pendingWords ?? "") : online ? "保存并上传" : "保存到手机";
    truth.textContent = given.truth(online);
  };
  sayTruth();

  let [saving, left] = [false, false];
  const hold = (/** @type {boolean} */ held) => {
    saving = save.disabled = held;
  };
  const wait = async () => {
    for (let work = given.pending?.(); work && !left; work = given.pending?.()) {
      waiting = true;
      sayTruth();
      await work;
    }
    waiting = false;
    sayTruth();
  };
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (saving) return;
    hold(true);
    await wait();
    if (left) return;
    if (showFaults(form, given.faults())) return hold(false);
    const { items, photos } = given.made();
    try {
      await ctx.store.save(items, photos);
    } catch (error) {
      hold(false);
      const told = banner("bad", "没有保存", storageWords(error, `${what}没有存进手机`));
      refill(storage, told);
      told.scrollIntoView({ block: "center" });
      return;
    }
    await draft.drop();
    void ctx.sender.sendNow();
    ctx.go(given.next());
  });

  return {
    form,
    storage,
    kept,
    draft,
    /** The one main action with the sentence over it. */
    actions: () => bottom(truth, save),
    /** @param {HTMLElement} main @param {Record<string, string[]> | null} refused @returns {() => void} to be called when it is left */
    open(main, refused) {
      main.append(form);
      if (refused) showFaults(form, refused, "被退回。改好再保存，会重新上传。");
      const stop = live(ctx, sayTruth);
      return () => {
        left = true;
        stop();
        draft.leave();
      };
    },
  };
}
