// Beside JupyterLab: how Python's start goes, the way back to the lessons, the work taken away, and what JupyterLab's
// editor and the kernels have to know of each other.

import { collect, download } from "./work.js";
import { records } from "./storage.js";

const { language, languages, words } = JSON.parse(document.getElementById("course").textContent);
const STAGES = ["page", "python", "course", "kernel"]; // the last three are told by the kernel's start.mjs
const SLOW = 30000;
const WORK = new RegExp(`^(${languages.join("|")})/work/`);
const SMALL = 700; // pixels: a telephone
const NARROW = 1000; // a tablet

const line = document.getElementById("course-start");
let channel;
let stage = "page";

/** Show how the start goes until the lesson's kernel can run a cell; again whenever one is started anew. */
function watchStart() {
  let since = performance.now();
  let waited = true;
  const look = () => {
    const waits = waiting();
    if (waits && started) fit(window.jupyterapp);
    if (waits && !waited) [since, stage] = [performance.now(), "kernel"];
    waited = waits;
    line.hidden = !waits;
    if (!waits || line.classList.contains("trouble")) return;
    const step = STAGES.indexOf(stage) + 1;
    const slow = performance.now() - since > SLOW && words.slow;
    const readable = document.querySelector(".jp-RenderedMarkdown") && words.read_meanwhile; // it is drawn
    tell([words[`stage_${stage}`], readable, slow].filter(Boolean).join(" "));
    line.querySelector("progress").value = step;
  };
  setInterval(look, 200);
}

function waiting() {
  const app = window.jupyterapp;
  const shown = app?.shell.currentWidget;
  if (!started || !shown) return true;
  const context = shown.sessionContext;
  return Boolean(context) && !["idle", "busy"].includes(context.session?.kernel?.status);
}

/** Write a sentence only when it changes: a screen reader says each. */
function tell(sentence) {
  const place = line.querySelector("span");
  if (place.textContent !== sentence) place.textContent = sentence;
}

function trouble(sentence) {
  line.classList.add("trouble");
  line.hidden = false;
  tell(sentence);
}

/** What the course cannot do without; older browsers lack one or another. */
function able() {
  let modules = false;
  try {
    const options = { get type() { return (modules = true), "module"; } }; // prettier-ignore
    new Worker("data:text/javascript,", options).terminate();
  } catch {} // then they are not there either
  const needed = [window.WebAssembly, window.DecompressionStream, window.BroadcastChannel, window.indexedDB];
  return modules && needed.every(Boolean);
}

/** A Lumino widget around a node: JupyterLab gives no class to scripts, but each of its widgets descends from it. */
function widget(app, id, node) {
  let prototype = Object.getPrototypeOf(app.shell);
  while (Object.getPrototypeOf(prototype) !== Object.prototype) prototype = Object.getPrototypeOf(prototype);
  const made = new prototype.constructor({ node });
  made.id = id;
  return made;
}

/** In the top bar: all lessons, and the work to take away. */
function showTheWay(app) {
  const bar = document.createElement("div");
  const back = Object.assign(document.createElement("a"), {
    href: `../index.html#${language}`,
    textContent: `‹ ${words.all_lessons}`,
  });
  back.addEventListener("click", (event) => {
    event.preventDefault();
    leaveFor(app, back.href);
  });
  bar.append(back, takeButton(app));
  app.shell.add(widget(app, "course-way", bar), "top", { rank: 50 }); // between the logo and the menus
}

function takeButton(app, wait) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: words.take });
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await saveChanged(app);
      const files = unsaved(app, await collect(languages, { channel, wait }));
      if (files.size) download(files);
      else app.commands.execute("apputils:notify", { message: words.nothing_to_take, type: "info" });
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

/** Put what is open and could not be saved over what is saved. */
function unsaved(app, files) {
  for (const context of changedContexts(app)) {
    if (!languages.includes(context.path.split("/")[0])) continue;
    const content = context.model.toJSON();
    const text = typeof content === "string" ? content : JSON.stringify(content, null, 1);
    files.set(context.path, new TextEncoder().encode(text));
  }
  return files;
}

async function leaveFor(app, address) {
  await saveChanged(app);
  location.assign(address);
}

/** Save what was changed. JupyterLab's own "save all" also writes what is only looked at, as the text it could make of it.
 * A full storage takes nothing: the kernels and the tabs have it still. */
async function saveChanged(app) {
  await Promise.allSettled(changedContexts(app).map((context) => context.save()));
}

/** The open files that hold more than is saved; the pages of PostgreSQL can only be read. */
function changedContexts(app) {
  const open = new Set([...app.shell.widgets("main")].map(({ context }) => context));
  return [...open].filter((context) => context?.model?.dirty && context.canSave);
}

/** Refuse to open in the editor what is no text, as Jupyter's server does: saved again, a database would be spoilt. */
function refuseBytes(app) {
  const { contents } = app.serviceManager;
  const get = contents.get.bind(contents);
  contents.get = async (path, options) => {
    const found = await get(path, options);
    if (options?.format === "text" && found.content?.includes?.("\ufffd")) throw new Error(words.no_text);
    return found;
  };
}

/** A running cell cannot be stopped here: Python and what would tell it so wait for each other. */
function explainInterrupt(app) {
  app.commands.commandExecuted.connect((_, { id }) => {
    if (!/^(notebook|kernelmenu|console):interrupt/.test(id)) return;
    app.commands.execute("apputils:notify", { message: words.no_interrupt, type: "info", options: { autoClose: 10000 } });
  });
}

/** While the work cannot be kept, say so and offer to take it away. */
function watchStorage(app) {
  const bar = Object.assign(document.createElement("div"), { id: "course-storage", hidden: true });
  const sentence = Object.assign(document.createElement("span"), { role: "alert" });
  bar.append(sentence, takeButton(app, 10000));
  document.body.append(bar);
  channel.addEventListener("message", ({ data }) => {
    if (data.kept) bar.hidden = true;
    if (!data.failed) return;
    bar.hidden = false;
    sentence.textContent = data.failed === "QuotaExceededError" ? words.storage_full : words.storage_refused;
  });
}

/** JupyterLab opens no page of which it cannot store a copy first; with a full storage one can still read and run it. */
function openWithoutCopy({ serviceManager: { contents } }) {
  const copy = contents.createCheckpoint.bind(contents);
  contents.createCheckpoint = (path) => copy(path).catch(() => ({ id: "0", last_modified: new Date().toISOString() }));
}

/** Save when the reader turns to something else: a telephone may not let the page come back. */
function saveWhenLeft(app) {
  document.addEventListener("visibilitychange", () => document.hidden && saveChanged(app));
}

/** Tell the kernels what JupyterLab wrote, and JupyterLab what the kernels wrote. */
function passOn(app) {
  app.serviceManager.contents.fileChanged.connect(async (_, { oldValue, newValue }) => {
    const changed = [oldValue?.path, newValue?.path].filter((path) => path && WORK.test(`${path}/`));
    if (!changed.length) return;
    const paths = new Set(changed);
    const [from, to] = [oldValue?.path, newValue?.path];
    if (newValue?.type === "directory") {
      for (const { path } of await records(languages).catch(() => [])) {
        if (!path.startsWith(`${to}/`)) continue;
        paths.add(path);
        if (from) paths.add(from + path.slice(to.length));
      }
    }
    channel.postMessage({ written: [...paths], from: "page" });
  });
  channel.addEventListener("message", ({ data }) => {
    if (!data.written || data.from === "page") return;
    app.commands.execute("filebrowser:refresh").catch(() => {});
    for (const { context } of app.shell.widgets("main")) {
      if (data.written.includes(context?.path) && !context.model.dirty) context.revert().catch(() => {});
    }
  });
}

/** A page of the other language belongs into the other JupyterLab: there its menus and its course are. */
function keepLanguagesApart(app) {
  const elsewhere = (path) => languages.find((other) => other !== language && path?.startsWith(`${other}/`));
  const address = (path) => `../lab-${elsewhere(path)}/index.html?path=${encodeURIComponent(path)}`;
  const onClick = (event) => {
    const link = event.target.closest?.(".jp-RenderedMarkdown a[href]");
    const path = link && /\/files\/([^#?]+)$/.exec(new URL(link.href).pathname)?.[1];
    if (!path) return;
    if (elsewhere(path)) leaveFor(app, address(path));
    else if (path.endsWith(".pdf"))
      window.open(link.href); // no browser on a telephone shows one inside a page
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("click", onClick, { capture: true });
  const onCurrent = () => {
    const { context } = app.shell.currentWidget ?? {};
    if (elsewhere(context?.path)) leaveFor(app, address(context.path));
    else if (context) {
      remember(context.path);
      history.replaceState(null, "", `?path=${encodeURIComponent(context.path)}`); // for a reload: no layout is kept
    }
  };
  app.shell.currentChanged.connect(onCurrent);
  onCurrent();
}

/** The entry page leads back to the lesson that was open last. */
function remember(path) {
  const name = /^\w+\/(\d\d_\w+)\.ipynb$/.exec(path ?? "")?.[1];
  try {
    if (name) localStorage.setItem(`alembic-course-last-${language}`, name);
  } catch {} // this browser keeps nothing
}

/** On a tablet and a telephone the lesson takes the whole width; JupyterLab opens its sidebar when it opens a page. */
function fit(app) {
  if (innerWidth >= NARROW) return;
  if (!app.shell.leftCollapsed) app.shell.collapseLeft();
  if (!app.shell.rightCollapsed) app.shell.collapseRight();
  if (innerWidth >= SMALL) return;
  if (app.shell.mode !== "single-document") app.shell.mode = "single-document";
  for (const side of ["left", "right"]) {
    if (app.shell.isSideTabBarVisible(side)) app.commands.execute("application:toggle-side-tabbar", { side });
  }
  if (app.commands.isToggled("statusbar:toggle")) app.commands.execute("statusbar:toggle");
}

let started = false;

async function begin() {
  if (!able()) return trouble(words.old_browser);
  channel = new BroadcastChannel("alembic-course");
  channel.addEventListener("message", ({ data }) => {
    if (data.stage === "broken" && waiting()) trouble(words.broken);
    if (!STAGES.includes(data.stage)) return;
    stage = data.stage;
    line.classList.remove("trouble"); // another try
  });
  watchStart();
  const app = await exposed();
  openWithoutCopy(app);
  saveWhenLeft(app);
  passOn(app);
  refuseBytes(app);
  explainInterrupt(app);
  watchStorage(app);
  await app.restored;
  showTheWay(app);
  keepLanguagesApart(app);
  started = true;
}

/** JupyterLab's application, as soon as JupyterLite has put it into the page (exposeAppInBrowser). */
function exposed() {
  return new Promise((resolve) => {
    const look = setInterval(() => {
      if (!window.jupyterapp) return;
      clearInterval(look);
      resolve(window.jupyterapp);
    }, 50);
  });
}

begin();
