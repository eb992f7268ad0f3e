// @ts-check
// Photos of a visit: chosen, made small at once, looked at, taken off again.

import { button, h, refill } from "field/dom.js";
import { newId } from "field/store.js";
import { shrink } from "field/photos.js";

/**
 * @param {any} form @param {HTMLElement} box @param {{ store: any, visit: string, kept: { id: string }[] }} given
 *   `kept` are the photos that the queue already has for this visit
 * @returns {{ pending: () => Promise<void> | null, faults: () => Record<string, string[]> }} the work that saving waits
 *   for, and what went wrong with it meanwhile, told once
 */
export function pictures(form, box, given) {
  const { visit, snapshot } = form;
  const most = snapshot.photos.a_visit;
  const told = h("p", { class: "note", role: "status" });
  const rejected = h("ul", { class: "fault" });
  const list = h("ul", { class: "pictures" });
  const left = () => most - visit.pictures.length - given.kept.length;
  /** @type {Promise<void> | null} */
  let work = null;
  let [awaited, failed] = [false, false];
  const reject = (/** @type {string} */ words) => {
    failed = true;
    rejected.append(h("li", {}, words));
  };

  const take = async (/** @type {File[]} */ chosen) => {
    for (const [at, one] of chosen.entries()) {
      if (left() <= 0) {
        reject(`一次走访最多 ${most} 张照片，后面的没有加。`);
        break;
      }
      told.textContent = `正在处理第 ${at + 1} 张，共 ${chosen.length} 张……`;
      try {
        visit.pictures.push({ id: newId(), blob: await shrink(one) });
      } catch (error) {
        reject(`${one.name}：${error instanceof Error ? error.message : "读不出这张照片"}`);
      }
      draw();
      form.changed("pictures");
    }
    told.textContent = "";
  };

  const file = h("input", {
    type: "file",
    id: "f-photos",
    "data-named": "photos",
    accept: "image/jpeg,image/png,image/webp",
    multiple: true,
    "aria-describedby": "f-photos-help",
    onchange: () => {
      const chosen = [...file.files];
      file.value = "";
      if (!work) {
        refill(rejected);
        awaited = failed = false;
      }
      // Leaving asks from now on.
      form.changed("pictures");
      const mine = (work ?? Promise.resolve()).then(() => take(chosen));
      work = mine;
      void mine.then(() => {
        if (work === mine) work = null;
      });
    },
  });

  /** @param {string} id @param {Promise<Blob | null> | Blob} source @param {number} at @param {() => void} remove */
  const picture = (id, source, at, remove) => {
    const image = h("img", { alt: `第 ${at} 张照片`, width: 96, height: 96 });
    void Promise.resolve(source).then((blob) => {
      if (!blob) return;
      const url = URL.createObjectURL(blob);
      image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
      image.src = url;
    });
    return h(
      "li",
      {},
      image,
      button("去掉", remove, { class: "button text", "aria-label": `去掉第 ${at} 张照片` }),
    );
  };

  const draw = () => {
    refill(
      list,
      given.kept.map(({ id }, at) =>
        picture(id, given.store.photo(id), at + 1, async () => {
          await given.store.removePhoto(id);
          given.kept = given.kept.filter((one) => one.id !== id);
          draw();
        }),
      ),
      visit.pictures.map((/** @type {any} */ { id, blob }, /** @type {number} */ at) =>
        picture(id, blob, given.kept.length + at + 1, () => {
          visit.pictures = visit.pictures.filter((/** @type {any} */ one) => one.id !== id);
          draw();
          form.changed("pictures");
        }),
      ),
    );
    file.disabled = left() <= 0;
  };
  draw();
  refill(
    box,
    h(
      "div",
      { class: "field", "data-field": "photos" },
      h("h3", {}, "照片"),
      h("label", { class: "button file" }, file, "拍照或选照片"),
      h("p", { class: "help", id: "f-photos-help" }, `最多 ${most} 张，存进手机前会缩小。`),
    ),
    told,
    rejected,
    list,
  );

  return {
    pending: () => {
      if (work) awaited = true;
      return work;
    },
    faults: () => {
      const unread = awaited && failed;
      awaited = failed = false;
      /** @type {Record<string, string[]>} */
      const faults = {};
      if (unread) faults.photos = ["有照片没有加上，原因写在照片下面；不加也行，就再点一次保存"];
      return faults;
    },
  };
}
