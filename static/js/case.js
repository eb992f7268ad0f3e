// @ts-check
// 查进度: the QR code of a 民情回执 leads to /public/case/#7KQMA4XWD2. What follows # is never sent, so the
// field is filled here; without this file the code is typed. It goes from the address, which others may see.

const CODE = /^#([0-9a-z]{5})([0-9a-z]{5})$/i;
const form = document.querySelector("[data-case]");

function fill() {
  const found = window.location.hash.match(CODE);
  const field = form instanceof HTMLFormElement && form.elements.namedItem("code");
  if (!found || !(field instanceof HTMLInputElement)) return;
  field.value = `${found[1]} ${found[2]}`.toUpperCase();
  window.history.replaceState(null, "", window.location.pathname);
}

fill();
window.addEventListener("hashchange", fill);
