// @ts-check
// Asks every second how far the work is; the page is loaded anew when it is over.

const box = document.getElementById("progress");

async function ask() {
  try {
    const answer = await fetch(window.location.href, { headers: { "X-Part": "progress" } });
    if (answer.headers.get("X-Over") || answer.redirected) {
      window.location.reload();
      return;
    }
    if (answer.ok && box) box.innerHTML = await answer.text();
  } catch {
    // No signal for a moment: the work goes on, the next question will be answered.
  }
  window.setTimeout(ask, 1000);
}

window.setTimeout(ask, 500);
