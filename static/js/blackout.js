// Black boxes on a photo, drawn with finger or mouse. The number fields are the truth: what is drawn is written
// into them, what is typed is drawn. The server paints the photo anew.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-blackout]"));
const SIDES = ["left", "top", "width", "height"];
// A tap is no box: a hundredth of a side at least.
const SMALLEST = 1;

if (form) {
  const image = /** @type {HTMLImageElement} */ (form.querySelector(".blackout img"));
  if (image.complete) begin(form, image);
  else image.addEventListener("load", () => begin(form, image), { once: true });
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLImageElement} image
 */
function begin(form, image) {
  const canvas = /** @type {HTMLCanvasElement} */ (form.querySelector(".blackout canvas"));
  const list = /** @type {HTMLElement} */ (form.querySelector("[data-boxes]"));
  const count = /** @type {HTMLElement} */ (form.querySelector("[data-count]"));
  const most = Number(form.dataset.most);
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.hidden = false;
  for (const each of document.querySelectorAll("[data-drawn]")) each.removeAttribute("hidden");

  /** @type {{x: number, y: number} | null} */
  let start = null;
  /** @type {number[] | null} */
  let drawn = null;

  const fields = (/** @type {Element} */ row) =>
    SIDES.map((side) => /** @type {HTMLInputElement} */ (row.querySelector(`[name="${side}"]`)));
  const rows = () => [...list.children];
  const filled = () => rows().filter((row) => fields(row).some((field) => field.value.trim()));
  const box = (/** @type {Element} */ row) => fields(row).map((field) => Number(field.value));

  function paint() {
    const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    brush.clearRect(0, 0, canvas.width, canvas.height);
    brush.fillStyle = "#000";
    const boxes = filled().map(box);
    if (drawn) boxes.push(drawn);
    for (const [left, top, width, height] of boxes) {
      const across = canvas.width / 100;
      const down = canvas.height / 100;
      brush.fillRect(left * across, top * down, width * across, height * down);
    }
    const number = filled().length;
    count.textContent = number ? `遮住了 ${number} 块` : "";
  }

  function place(/** @type {PointerEvent} */ event) {
    const around = canvas.getBoundingClientRect();
    const within = (/** @type {number} */ share) => Math.min(100, Math.max(0, share * 100));
    return {
      x: within((event.clientX - around.left) / around.width),
      y: within((event.clientY - around.top) / around.height),
    };
  }

  function between(/** @type {{x: number, y: number}} */ one, /** @type {{x: number, y: number}} */ other) {
    const left = Math.min(one.x, other.x);
    const top = Math.min(one.y, other.y);
    return [left, top, Math.abs(one.x - other.x), Math.abs(one.y - other.y)];
  }

  /** Outwards to a tenth, so that nothing at the edge is left. */
  function rounded(/** @type {number[]} */ [left, top, width, height]) {
    const begins = [left, top].map((each) => Math.floor(each * 10));
    const ends = [left + width, top + height].map((each) => Math.min(1000, Math.ceil(each * 10)));
    return [begins[0], begins[1], ends[0] - begins[0], ends[1] - begins[1]].map((each) => each / 10);
  }

  function add(/** @type {number[]} */ box) {
    if (filled().length >= most) return;
    let row = rows().find((each) => !filled().includes(each));
    if (!row) {
      row = /** @type {Element} */ (list.children[0].cloneNode(true));
      list.append(row);
    }
    const values = rounded(box);
    fields(row).forEach((field, at) => (field.value = String(values[at])));
    changed();
  }

  /** As if it had been typed: the draft of the form is kept too. */
  function changed() {
    list.dispatchEvent(new Event("input", { bubbles: true }));
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    start = place(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!start || !event.isPrimary) return;
    drawn = between(start, place(event));
    paint();
  });
  canvas.addEventListener("pointerup", () => {
    const box = drawn;
    start = drawn = null;
    if (box && box[2] >= SMALLEST && box[3] >= SMALLEST) add(box);
    else paint();
  });
  canvas.addEventListener("pointercancel", () => {
    start = drawn = null;
    paint();
  });
  form.querySelector("[data-undo]")?.addEventListener("click", () => {
    const last = filled().at(-1);
    if (last) for (const field of fields(last)) field.value = "";
    changed();
  });
  list.addEventListener("input", paint);
  paint();
}
