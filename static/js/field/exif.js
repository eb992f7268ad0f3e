// @ts-check
// Drawing a photo anew drops its EXIF. When and where it was taken are put back, and nothing else: no camera, no
// owner, no thumbnail. The server reads the two and removes them too (contract, section 3).

const EXIF = 0x8769;
const GPS = 0x8825;
const TAKEN = 0x9003;
const OFFSET = 0x9011;
const LONG = 4;
const SIZES = [0, 1, 1, 2, 4, 8];
/** Latitude and longitude with their hemispheres. */
const PLACE = [1, 2, 3, 4];

/** @typedef {{ tag: number, type: number, count: number, bytes: Uint8Array }} Entry */

/**
 * @param {Uint8Array} head the beginning of the original JPEG
 * @param {Blob} small the JPEG drawn anew
 * @returns {Promise<Blob>}
 */
export async function carryTimeAndPlace(head, small) {
  try {
    const segment = timeAndPlace(head);
    // Behind the two bytes that begin a JPEG.
    return segment ? new Blob([small.slice(0, 2), segment, small.slice(2)], { type: "image/jpeg" }) : small;
  } catch {
    // A malformed EXIF is none.
    return small;
  }
}

/** @param {Uint8Array} head @returns {Uint8Array<ArrayBuffer> | null} an APP1 segment */
export function timeAndPlace(head) {
  const tiff = tiffOf(head);
  if (!tiff) return null;
  const little = tiff.getUint16(0) === 0x4949;
  const first = entries(tiff, tiff.getUint32(4, little), little);
  const taken = below(tiff, first, EXIF, little).filter(({ tag }) => tag === TAKEN || tag === OFFSET);
  const place = below(tiff, first, GPS, little).filter(({ tag }) => PLACE.includes(tag));
  return taken.length || place.length === PLACE.length ? written(taken, place.length === PLACE.length ? place : []) : null;
}

/** @param {Uint8Array} head @returns {DataView | null} */
function tiffOf(head) {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  for (let at = 2; at + 10 < view.byteLength && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda) return null;
    if (marker === 0xe1 && view.getUint32(at + 4) === 0x45786966) {
      return new DataView(head.buffer, head.byteOffset + at + 10, view.getUint16(at + 2) - 8);
    }
  }
  return null;
}

/** @param {DataView} tiff @param {number} at @param {boolean} little @returns {Entry[]} values turned to big-endian */
function entries(tiff, at, little) {
  const found = [];
  for (let index = 0; index < tiff.getUint16(at, little); index += 1) {
    const place = at + 2 + index * 12;
    const tag = tiff.getUint16(place, little);
    const type = tiff.getUint16(place + 2, little);
    const count = tiff.getUint32(place + 4, little);
    const size = (SIZES[type] ?? 0) * count;
    if (!size || size > 64) continue;
    const from = size > 4 ? tiff.getUint32(place + 8, little) : place + 8;
    const bytes = new Uint8Array(size);
    const unit = type === 5 ? 4 : (SIZES[type] ?? 1);
    for (let each = 0; each < size; each += unit) {
      for (let byte = 0; byte < unit; byte += 1) {
        bytes[each + (little ? unit - 1 - byte : byte)] = tiff.getUint8(from + each + byte);
      }
    }
    found.push({ tag, type, count, bytes });
  }
  return found;
}

/** The table that an entry of the first one points to. @param {DataView} tiff @param {Entry[]} first @param {number} tag @param {boolean} little */
function below(tiff, first, tag, little) {
  const pointer = first.find((entry) => entry.tag === tag && entry.type === LONG);
  return pointer ? entries(tiff, new DataView(pointer.bytes.buffer).getUint32(0), little) : [];
}

/** @param {Entry[]} taken @param {Entry[]} place @returns {Uint8Array<ArrayBuffer>} */
function written(taken, place) {
  const tables = [taken, place].map((table) => [...table].sort((a, b) => a.tag - b.tag));
  const pointers = tables.flatMap((table, index) => (table.length ? [{ tag: index ? GPS : EXIF, table }] : []));
  const length = (/** @type {{ length: number }} */ table) => 2 + table.length * 12 + 4;
  const sized = tables.filter((table) => table.length);
  const data = sized.flat().filter((entry) => entry.bytes.length > 4);
  const size = 8 + length(pointers) + sized.reduce((sum, table) => sum + length(table), 0);
  const whole = size + data.reduce((sum, entry) => sum + entry.bytes.length, 0);
  const segment = new Uint8Array(10 + whole);
  segment.set([0xff, 0xe1, (whole + 8) >> 8, (whole + 8) & 255, 0x45, 0x78, 0x69, 0x66, 0, 0]);
  const tiff = new DataView(segment.buffer, 10);
  tiff.setUint32(0, 0x4d4d002a);
  tiff.setUint32(4, 8);
  let at = 8;
  let free = size;
  /** @param {Entry[]} table */
  const put = (table) => {
    tiff.setUint16(at, table.length);
    at += 2;
    for (const { tag, type, count, bytes } of table) {
      tiff.setUint16(at, tag);
      tiff.setUint16(at + 2, type);
      tiff.setUint32(at + 4, count);
      if (bytes.length > 4) {
        tiff.setUint32(at + 8, free);
        segment.set(bytes, 10 + free);
        free += bytes.length;
      } else {
        segment.set(bytes, 10 + at + 8);
      }
      at += 12;
    }
    at += 4;
  };
  let begins = 8 + length(pointers);
  put(
    pointers.map(({ tag, table }) => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, begins);
      begins += length(table);
      return { tag, type: LONG, count: 1, bytes };
    }),
  );
  sized.forEach(put);
  return segment;
}
