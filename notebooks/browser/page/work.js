// The reader's work as an archive: taken away, brought back. Its paths are the repository's,
// notebooks/ru/work/05/models.py, so that one archive fits another browser and the laptop edition.

import { strToU8, unzipSync, zipSync } from "./fflate.js";
import { bytesOf, change, records } from "./storage.js";

const FOLDERS_LEFT_OUT = /(^|\/)(__MACOSX|__pycache__|\.ipynb_checkpoints|\.lab|\.git|\.venv|node_modules|\.\.)(\/|$)/;
const FILES_LEFT_OUT = /\/\.DS_Store$|\/\._[^/]*$|\.progress\.lock$|\.tmp$/; // ._: macOS's, beside each file
const LARGEST = 250e6; // bytes of one file: the course makes none of a hundredth of that, but a reader may bring one
const PROGRESS = /^\w+\/work\/progress\.json$/;
const SITE = new URL("..", import.meta.url);

export class NotWork extends Error {}

/** @returns {path: Uint8Array} of all that the reader has made: from the storage and, if that is full, the kernels. */
export async function collect(languages, { channel, wait = 700 } = {}) {
  const stored = await records(languages).catch(() => []);
  const files = new Map();
  for (const item of stored) {
    const data = item.path.endsWith(".ipynb") ? await changedPage(item) : bytesOf(item);
    if (data) files.set(item.path, data);
  }
  const kept = new Map(files);
  for (const [path, data] of channel ? await memory(channel, wait) : []) {
    // A kernel knows an old version of what another kernel has written: that one is in the storage.
    if (!kept.has(path) || !equal(kept.get(path), data)) files.set(path, data);
  }
  return files;
}

/** Give the reader an archive to keep. */
export function download(files) {
  const inside = Object.fromEntries([...files].map(([path, data]) => [`notebooks/${path}`, data]));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([zipSync(inside)], { type: "application/zip" }));
  link.download = `alembic-course-${new Date().toISOString().slice(0, 10)}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Put an archive's files into the storage. What is there and differs moves to `…_before_1`, as start() does.
 *
 * @param language the one whose work it is if the archive does not say so.
 * @returns {came: [path], aside: [[from, to]]}
 * @throws NotWork if there is no work in the archive.
 */
export async function bring(archive, languages, language, channel) {
  const brought = await contents(archive, languages, language);
  const here = new Map((await records(languages)).map((item) => [item.path, bytesOf(item)]));
  const names = new Set([...here.keys()].map(unit));
  const put = new Map();
  const remove = new Set();
  const aside = [];
  for (const [name, files] of grouped(brought)) {
    const old = new Map([...here].filter(([path]) => unit(path) === name));
    if (PROGRESS.test(name)) {
      const [merged] = [...files.values()].map((data) => both(old.get(name), data));
      if (!old.has(name) || !equal(merged, old.get(name))) put.set(name, merged);
    } else if (!same(old, files)) {
      if (old.size) {
        const to = free(name, names);
        aside.push([name, to]);
        for (const [path, data] of old) {
          remove.add(path);
          if (path.startsWith(name)) put.set(to + path.slice(name.length), data);
        }
      }
      for (const [path, data] of files) put.set(path, data);
    }
  }
  await change(
    [...remove].filter((path) => !put.has(path)),
    put,
  );
  channel?.postMessage({ written: [...new Set([...remove, ...put.keys()])], from: "page" });
  return { came: [...brought.keys()].filter((path) => put.has(path)), aside };
}

/** What of an archive is work: {path in the storage: Uint8Array}. */
async function contents(archive, languages, language) {
  let entries;
  try {
    const filter = ({ name, compression, size, originalSize }) => {
      const path = plain(name);
      if (FOLDERS_LEFT_OUT.test(path) || FILES_LEFT_OUT.test(path) || originalSize >= LARGEST) return false;
      if (!compression && size !== originalSize) throw new Error(`${name} has a password`); // fflate knows of none
      return true;
    };
    entries = unzipSync(new Uint8Array(await archive.arrayBuffer()), { filter });
  } catch {
    throw new NotWork("no_archive");
  }
  const found = new Map();
  for (const [name, data] of Object.entries(entries)) {
    const path = /[/\\]$/.test(name) ? null : place(plain(name), languages, language);
    if (!path) continue;
    if (!path.endsWith(".ipynb")) found.set(path, data);
    else if (readable(data) && (await changedPage({ path, content: readable(data) }))) found.set(path, data);
  }
  if (!found.size) throw new NotWork("no_work");
  return found;
}

/** A name as any system would write it; Windows writes \ between folders. */
function plain(name) {
  return name
    .split(/[/\\]/)
    .filter((part) => part && part !== ".")
    .join("/");
}

/** Where a file of an archive belongs: of one made here, of the repository, of notebooks/ru, of its work or within. */
function place(name, languages, language) {
  const named = new RegExp(`(?:^|/)(${languages.join("|")})/(work/.+|[^/]+\\.ipynb)$`).exec(name);
  if (named) return `${named[1]}/${named[2]}`;
  const work =
    /(?:^|\/)work\/(.+)$/.exec(name)?.[1] ??
    /^(?:\d\d[^/]*\/.+|\.(?:opened|databases)\/.+|progress\.json)$/.exec(name)?.[0];
  return work ? `${language}/work/${work}` : null;
}

/** What is replaced as a whole: a lesson's folder, with the record of how an exercise was opened; else a file. */
function unit(path) {
  const [language, work, first, second] = path.split("/");
  if (work !== "work") return path;
  return `${language}/work/${first === ".opened" && second ? second : first}`;
}

function grouped(files) {
  const groups = new Map();
  for (const [path, data] of files) groups.set(unit(path), (groups.get(unit(path)) ?? new Map()).set(path, data));
  return groups;
}

function free(name, taken) {
  const [, stem, ending] = /^(.*?)(\.ipynb)?$/.exec(name);
  let number = 1;
  while (taken.has(`${stem}_before_${number}${ending ?? ""}`)) number += 1;
  const found = `${stem}_before_${number}${ending ?? ""}`;
  taken.add(found);
  return found;
}

function both(old, data) {
  const solved = [old, data].flatMap((each) => readable(each)?.solved ?? []).filter((key) => typeof key === "string");
  return strToU8(JSON.stringify({ solved: [...new Set(solved)].sort() }));
}

/** A notebook as it is to leave the browser, or null if it is as the course has it. */
async function changedPage({ path, content }) {
  const response = await fetch(new URL(`files/${path}`, SITE)).catch(() => null);
  const original = response?.ok ? await response.json().catch(() => null) : null;
  if (original && essence(original) === essence(content)) return null;
  // The browser's kernel is called `python`; the laptop's Jupyter knows it as `python3`.
  const kernelspec = { display_name: "Python 3 (ipykernel)", language: "python", name: "python3" };
  const metadata = { ...content.metadata, kernelspec };
  return strToU8(`${JSON.stringify({ ...content, metadata }, null, 1)}\n`);
}

function essence({ cells }) {
  const text = (value) =>
    Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : value;
  const inside = ({ output_type, name, ename, data, ...rest }) => {
    const kinds = Object.entries(data ?? {}).map(([kind, value]) => [kind, text(value)]);
    return [output_type, name, ename, text(rest.text), kinds.sort()];
  };
  return JSON.stringify(
    (cells ?? []).map((cell) => [cell.cell_type, text(cell.source), (cell.outputs ?? []).map(inside)]),
  );
}

function same(old, files) {
  return (
    old.size === files.size && [...files].every(([path, data]) => old.has(path) && alike(path, old.get(path), data))
  );
}

function alike(path, one, other) {
  if (!path.endsWith(".ipynb")) return equal(one, other);
  return essence(readable(one) ?? {}) === essence(readable(other) ?? {});
}

function equal(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function readable(data) {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return null;
  }
}

/** What the kernels of all windows have in memory; a kernel that runs a cell answers after it. */
function memory(channel, wait) {
  return new Promise((resolve) => {
    const give = String(Math.random());
    const files = [];
    const done = () => {
      channel.removeEventListener("message", take);
      resolve(files);
    };
    const take = ({ data }) => {
      if (data.given !== give) return;
      files.push(...data.files);
      setTimeout(done, 300); // for the other kernels
    };
    channel.addEventListener("message", take);
    channel.postMessage({ give });
    setTimeout(done, wait);
  });
}
