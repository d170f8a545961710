// Renews what changes on the page, every few seconds, and lets a new solution be seen on the wall.
const PERIOD = 5000;
const live = document.getElementById("live");
const lost = document.getElementById("lost");
let shown = null;
let last = new Date();

function solvedByRow() {
  return new Map([...live.querySelectorAll("[data-key]")].map((row) => [row.dataset.key, Number(row.dataset.solved)]));
}

function show(html) {
  if (html === shown) return;
  const before = shown === null ? null : solvedByRow();
  shown = html;
  live.innerHTML = html; // the service has escaped everything that people wrote
  for (const row of before ? live.querySelectorAll("[data-key]") : []) {
    const had = before.get(row.dataset.key);
    if (had === undefined) continue;
    [...row.querySelectorAll(".solved")].slice(had).forEach((square) => square.classList.add("fresh"));
  }
}

async function renew() {
  try {
    const headers = { "X-XSRFToken": live.dataset.xsrf };
    const answer = await fetch(live.dataset.from, { headers, cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (answer.status === 403) return location.reload(); // logged out: the page leads to the log-in
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.text());
    last = new Date();
    lost.hidden = true;
  } catch {
    lost.textContent = lost.dataset.words.replace("{time}", last.toLocaleTimeString(document.documentElement.lang));
    lost.hidden = false;
  }
  setTimeout(renew, PERIOD);
}

setTimeout(renew, PERIOD);
