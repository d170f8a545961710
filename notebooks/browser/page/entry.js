// The entry page: the language, what is solved, the work taken away and brought back.

import { NotWork, bring, collect, download } from "./work.js";
import { bytesOf, records } from "./storage.js";

const { words, languages, titles, heavy } = JSON.parse(document.getElementById("course").textContent);
// A browser without it gets as far as a lesson, which tells what it lacks.
const channel = window.BroadcastChannel && new BroadcastChannel("alembic-course");
let language;

/** A sentence in the reader's language. */
function say(key, values = {}) {
  return words[key][language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // this browser keeps nothing
  }
}

function choose() {
  const asked = location.hash.slice(1);
  language = [asked, remembered("alembic-course-language")].find((name) => languages.includes(name));
  for (const name of languages) document.getElementById(`course-${name}`).hidden = name !== language;
  document.getElementById("choice").hidden = Boolean(language);
  if (!language) return order();
  try {
    localStorage.setItem("alembic-course-language", language);
  } catch {} // it is asked again next time
  document.documentElement.lang = language;
  document.title = say("title");
  lead();
  show();
}

/** The browser's own language comes first in the choice; nothing is chosen for the reader. */
function order() {
  const nav = document.querySelector("#choice nav");
  const wanted = navigator.languages.map((name) => name.slice(0, 2)).filter((name) => languages.includes(name));
  for (const name of wanted.reverse()) nav.prepend(nav.querySelector(`[lang=${name}]`));
}

/** The large button leads to the lesson that was open last. */
function lead() {
  const last = remembered(`alembic-course-last-${language}`);
  const title = titles[language][last];
  if (!title) return;
  const button = here(".go-on");
  button.textContent = say("go_on", { title });
  button.href = `lab-${language}/index.html?path=${language}/${last}.ipynb`;
}

function here(selector) {
  return document.querySelector(`#course-${language} ${selector}`);
}

/** Show what is solved and how much the browser keeps. */
async function show() {
  const kept = await records(languages).catch(() => []);
  const solved = new Set(read(kept.find(({ path }) => path === `${language}/work/progress.json`)));
  for (const bar of document.querySelectorAll(`#course-${language} .bar`)) {
    const marks = bar.dataset.exercises.split(" ").map((key) => solved.has(key));
    bar.textContent = marks.map((mark) => (mark ? "■" : "□")).join("");
    bar.ariaLabel = say("solved", { solved: marks.filter(Boolean).length, all: marks.length });
    bar.title = bar.ariaLabel;
  }
  const size = kept.reduce((sum, { size }) => sum + (size ?? 0), 0) / 1e6;
  const shown = new Intl.NumberFormat(language, { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(
    Math.max(size, 0.1),
  );
  const sentences = [kept.length ? say("holds", { files: kept.length, size: shown }) : say("holds_nothing")];
  if (kept.length && (await persisted())) sentences.push(say("persisted"));
  here(".holds").textContent = sentences.join(" ");
}

function read(record) {
  try {
    return JSON.parse(new TextDecoder().decode(bytesOf(record))).solved;
  } catch {
    return []; // nothing yet, or spoilt: the course tells that itself
  }
}

/** Ask the browser to keep the work; on a plain http address it cannot be asked. */
async function persisted() {
  return navigator.storage?.persist ? navigator.storage.persist().catch(() => false) : false;
}

function answer(...sentences) {
  here(".answer").textContent = sentences.join(" ");
}

async function take() {
  const files = await collect(languages, { channel });
  if (!files.size) return answer(say("nothing_to_take"));
  download(files);
  answer(say("taken"));
}

async function bringBack(archive) {
  try {
    const { came, aside } = await bring(archive, languages, language, channel);
    const sentences = [came.length ? say("brought", { files: came.length }) : say("brought_nothing_new")];
    const names = aside.map(([from, to]) => `${from} → ${to}`).join(", ");
    if (aside.length) sentences.push(say("put_aside", { names }));
    answer(...sentences);
  } catch (error) {
    if (!(error instanceof NotWork)) console.error(error);
    answer(say(error instanceof NotWork ? error.message : "not_stored"));
  }
  await show();
}

for (const button of document.querySelectorAll(".take")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    await take().finally(() => (button.disabled = false));
  });
}
for (const button of document.querySelectorAll(".bring")) {
  const input = button.parentElement.querySelector("input");
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    if (input.files.length) await bringBack(input.files[0]);
    input.value = ""; // so that the same file can be chosen again
  });
}

/** Fetch what the first lesson will need while the reader looks around; not where bytes are dear. */
function fetchAhead() {
  const { saveData, effectiveType } = navigator.connection ?? {};
  if (saveData || /2g|3g/.test(effectiveType)) return;
  for (const href of heavy)
    document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href }));
}

channel?.addEventListener("message", ({ data }) => data.written && language && show());
addEventListener("hashchange", choose);
addEventListener("pageshow", (event) => event.persisted && choose()); // the way back from a lesson
choose();
if (document.readyState === "complete") fetchAhead();
else addEventListener("load", fetchAhead);
