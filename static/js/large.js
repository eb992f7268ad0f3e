// @ts-check
// 大字 on the public pages, which know nobody and set no cookie: remembered in this browser alone. It runs before
// the page is drawn, so that letters do not jump.

(() => {
  const KEY = "lianhu.large";
  const root = document.documentElement;

  function remembered() {
    try {
      return window.localStorage.getItem(KEY) === "1";
    } catch {
      return false;
    }
  }

  /** @param {boolean} large */
  function remember(large) {
    try {
      window.localStorage.setItem(KEY, large ? "1" : "0");
    } catch {
      // Without storage it holds for this page.
    }
  }

  root.classList.toggle("large", remembered());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-large]");
    if (!(button instanceof HTMLElement)) return;
    const say = () => {
      button.textContent = root.classList.contains("large") ? "标准字" : "大字";
    };
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      remember(root.classList.toggle("large"));
      say();
    });
  });
})();
