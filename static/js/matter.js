// @ts-check
// Picking a person narrows as one types, and a template goes into the reply at once.
// Without this the buttons ask the server, which gives the form back with all that was typed.

for (const group of document.querySelectorAll("[data-people]")) {
  const search = group.querySelector("input[type=search]");
  const rows = /** @type {HTMLElement[]} */ ([...group.querySelectorAll("[data-words]")]);
  if (!(search instanceof HTMLInputElement)) continue;
  const given = search.value;
  search.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase();
    for (const row of rows) {
      const said = (row.dataset.words || "").toLowerCase();
      row.hidden = search.value !== given && !said.includes(words);
    }
  });
}

const reply = document.querySelector("#act textarea[name=reason]");
for (const button of document.querySelectorAll("[data-insert]")) {
  if (!(button instanceof HTMLButtonElement) || !(reply instanceof HTMLTextAreaElement)) continue;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    reply.value = [reply.value, button.dataset.insert].filter(Boolean).join("\n");
    reply.dispatchEvent(new Event("input", { bubbles: true }));
    reply.focus();
  });
}
