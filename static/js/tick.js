// @ts-check
// 勾选本页全部: without this file one ticks them one by one.

const all = document.querySelector("[data-tick-all]");
if (all instanceof HTMLInputElement) {
  const boxes = [...document.querySelectorAll("input[name=person], input[data-tick]")].filter(
    (box) => box instanceof HTMLInputElement,
  );
  all.hidden = boxes.length === 0;
  all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
  boxes.forEach((box) =>
    box.addEventListener("change", () => (all.checked = boxes.every((each) => each.checked))),
  );
}
