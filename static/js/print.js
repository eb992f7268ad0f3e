// @ts-check
// 打印: without this file the browser's own menu prints the page as well.

const button = document.querySelector("[data-print]");
if (button instanceof HTMLElement) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
