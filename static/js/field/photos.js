// @ts-check
// A photo is made small on the phone before it is kept: a longest side of 1600, as JPEG, upright.

import { carryTimeAndPlace } from "field/exif.js";
import { PHOTO_WORDS } from "field/words.js";

const LONGEST = 1600;
const QUALITY = 0.8;
const MOST_BYTES = 40_000_000;
/** More would take the page's memory with it. */
const MOST_PIXELS = 120_000_000;

/** Why a photo was not taken, in words to show. */
export class PhotoRefused extends Error {
  name = "PhotoRefused";
}

/** @param {Blob} file @returns {Promise<Blob>} a JPEG; throws PhotoRefused with the reason */
export async function shrink(file) {
  if (file.size > MOST_BYTES) throw new PhotoRefused(PHOTO_WORDS.tooLarge);
  if (!file.size) throw new PhotoRefused(PHOTO_WORDS.notAPhoto);
  const head = new Uint8Array(await file.slice(0, 131_072).arrayBuffer());
  if (text(head, 0, 5) === "%PDF-" || text(head, 0, 200).includes("<svg")) throw new PhotoRefused(PHOTO_WORDS.notAPhoto);
  if (pngPixels(head) > MOST_PIXELS) throw new PhotoRefused(PHOTO_WORDS.tooLarge);
  const picture = await opened(file, head);
  try {
    const small = await drawn(picture);
    return head[0] === 0xff && head[1] === 0xd8 ? await carryTimeAndPlace(head, small) : small;
  } finally {
    picture.close();
  }
}

/** @param {Blob} file @param {Uint8Array} head @returns {Promise<ImageBitmap>} */
async function opened(file, head) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new PhotoRefused(isHeic(head) ? PHOTO_WORDS.heic : PHOTO_WORDS.notAPhoto);
  }
}

/** @param {ImageBitmap} picture @returns {Promise<Blob>} */
async function drawn(picture) {
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d", { alpha: false });
  if (!pen) throw new PhotoRefused(PHOTO_WORDS.noMemory);
  // What is see-through in a PNG becomes paper.
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  // A phone gives the memory of a canvas back at once only when told.
  canvas.width = canvas.height = 0;
  if (!blob) throw new PhotoRefused(PHOTO_WORDS.noMemory);
  return blob;
}

/** @param {Uint8Array} head @param {number} from @param {number} length */
function text(head, from, length) {
  return String.fromCharCode(...head.subarray(from, from + length));
}

/** @param {Uint8Array} head */
function isHeic(head) {
  return text(head, 4, 4) === "ftyp" && /^(hei|hev|mif|msf)/.test(text(head, 8, 4));
}

/** A PNG of a few bytes may unpack to gigabytes. @param {Uint8Array} head */
function pngPixels(head) {
  if (text(head, 1, 3) !== "PNG" || head.length < 24) return 0;
  const view = new DataView(head.buffer, head.byteOffset);
  return view.getUint32(16) * view.getUint32(20);
}
