// @ts-check
// “全选本组” shows at once what it means: the boxes of its group follow it, and it follows them.
// Without this the server reads the group's box as all of the group.

for (const group of document.querySelectorAll("[data-pick]")) {
  const all = group.querySelector("[data-pick-all]");
  const boxes = /** @type {HTMLInputElement[]} */ ([...group.querySelectorAll("input[name=household]")]);
  if (!(all instanceof HTMLInputElement)) continue;
  const follow = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  group.addEventListener("change", (event) => {
    if (event.target === all) boxes.forEach((box) => (box.checked = all.checked));
    follow();
  });
  group.closest("form")?.addEventListener("draft:filled", follow);
  follow();
}
