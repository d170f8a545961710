// The reader's folder of work: it lies in memory, where SQLite works, and is kept in the storage in which JupyterLite
// keeps its files. So the file browser shows it, what its editor saves reaches the kernel, and kernels of several
// windows see each other's files, as if all of them worked on one disk.

import { decoded } from "./records.mjs";

const DATABASE = "alembic-course";
const STORE = "files";
const PATIENCE = 10_000; // ms: a storage that answers no more must not hold up the cells
const LEFT_OUT = /(^|\/)(__pycache__|\.ipynb_checkpoints|\.progress\.lock)(\/|$)/;
const DIRECTORY = "directory";

export class Disk {
  /**
   * @param FS Pyodide's file system.
   * @param folder the folder in it, @param kept its path in JupyterLite.
   * @param channel where windows and kernels tell each other what was written.
   */
  constructor(FS, folder, kept, channel) {
    Object.assign(this, { FS, folder, kept, channel, id: crypto.randomUUID?.() ?? String(Math.random()) });
    this.known = new Map(); // {path: stamp}: what the storage holds, as far as we know
    this.solved = []; // what progress.json held when it was last the same here and there
    this.loaded = false;
    this.trouble = null; // the name of the error that keeps the work from being kept
    this.heard = new Map(); // {path: whether the page wrote it}: what is to be read anew
    this.last = Promise.resolve(); // what is done with the storage is done in order
    channel.addEventListener("message", ({ data }) => {
      if (data.written && data.from !== this.id) this.hear(data.written, data.from === "page");
      if (data.give) channel.postMessage({ given: data.give, files: this.everything() });
    });
  }

  /** Bring the work back from the storage. One that cannot be read is told, and one goes on in memory. */
  load() {
    return this.inTurn(() => this.bringBack());
  }

  /** Before a cell: what other windows and the editor have written is here. */
  ready() {
    return this.inTurn(() => this.loaded || this.bringBack());
  }

  /** After a cell: what it has changed is kept. The cell's reply waits for it, a few milliseconds: what one sees done
   * outlives a kernel that is restarted and a window that is closed at once. */
  save() {
    return this.inTurn(() => this.loaded && this.keep());
  }

  /** Do it when all before it is done. It never fails: a trouble is told, and the next cell tries again. */
  inTurn(action) {
    this.last = this.last.then(action).catch((error) => {
      console.error("The work cannot be kept:", error);
      this.tell(error.name);
    });
    return this.last;
  }

  async bringBack() {
    this.FS.mkdirTree(this.folder);
    const items = await transaction("readonly", (store) => store.getAll(below(this.kept)));
    const missing = items.filter(({ path }) => !this.exists(this.inside(path))); // if an earlier try has failed
    for (const item of missing) this.put(item);
    this.nowKnown(missing.map(({ path }) => this.inside(path)));
    this.loaded = true;
    this.tell(null);
  }

  async keep() {
    const now = this.stamps();
    const changed = [...now.keys()].filter((path) => this.known.get(path) !== now.get(path));
    const gone = [...this.known.keys()].filter((path) => !now.has(path));
    if (!changed.length && !gone.length) return this.tell(null);
    const items = changed.map((path) => this.item(path, now.get(path)));
    let merged = null;
    await transaction("readwrite", (store) => {
      for (const path of gone) store.delete(`${this.kept}/${path}`);
      for (const path of parents(this.kept, items)) store.put(directory(path), path);
      for (const item of items) {
        if (item.path === `${this.kept}/progress.json`) this.merge(store, item, (whole) => (merged = whole));
        else store.put(item, item.path);
      }
    });
    for (const path of changed) this.known.set(path, now.get(path));
    for (const path of gone) this.known.delete(path);
    if (merged) this.put(merged);
    if (merged) this.nowKnown(["progress.json"]);
    this.tell(null);
    this.channel.postMessage({ written: [...changed, ...gone].map((p) => `${this.kept}/${p}`), from: this.id });
  }

  /** Others have written this. What is told again before its turn comes is read once: an upload tells each megabyte. */
  hear(paths, byPage) {
    const mine = paths.filter((path) => path.startsWith(`${this.kept}/`) && !LEFT_OUT.test(path));
    for (const path of mine) this.heard.set(path, byPage || this.heard.get(path));
    if (mine.length) this.inTurn(() => this.take());
  }

  /** Read anew what another window or the editor has written; of a folder the page names nothing but itself. */
  async take() {
    const heard = this.heard;
    const found = new Map();
    this.heard = new Map();
    if (!heard.size) return;
    await transaction("readonly", (store) => {
      for (const [path, byPage] of heard) {
        store.get(path).onsuccess = ({ target }) => {
          found.set(path, target.result);
          if (!byPage || target.result?.type !== DIRECTORY) return;
          store.getAll(below(path)).onsuccess = ({ target }) => target.result.forEach((item) => found.set(item.path, item));
        };
      }
    });
    for (const [path, item] of found) {
      if (item) this.put(item);
      else this.remove(this.inside(path));
    }
    this.nowKnown([...found.keys()].map((path) => this.inside(path)));
  }

  /** Let the storage hold what was solved here and what another window has solved meanwhile. */
  merge(store, item, use) {
    const mine = solved(item);
    if (!mine) return store.put(item, item.path); // the course itself puts such a file aside
    store.get(item.path).onsuccess = ({ target }) => {
      const theirs = (target.result && solved(target.result)) ?? [];
      const whole = new Set([...theirs, ...mine.filter((key) => !this.solved.includes(key))]);
      for (const key of this.solved) if (!mine.includes(key)) whole.delete(key);
      const content = JSON.stringify({ solved: [...whole].sort() });
      const merged = { ...item, ...asText(content) };
      store.put(merged, item.path);
      use(merged);
    };
  }

  put(item) {
    const path = this.inside(item.path);
    const full = `${this.folder}/${path}`;
    if (this.exists(path) && this.isDirectory(full) !== (item.type === DIRECTORY)) this.remove(path);
    if (item.type === DIRECTORY) return this.FS.mkdirTree(full);
    if (path === "progress.json") this.solved = solved(item) ?? [];
    this.FS.mkdirTree(full.slice(0, full.lastIndexOf("/")));
    this.FS.writeFile(full, bytesOf(item));
  }

  remove(path) {
    const full = `${this.folder}/${path}`;
    if (!this.exists(path)) return;
    if (!this.isDirectory(full)) return this.FS.unlink(full);
    for (const name of this.names(full)) this.remove(`${path}/${name}`);
    // The folder in which Python stands stays, empty: Emscripten removes neither it nor those above it.
    if (!`${this.FS.cwd()}/`.startsWith(`${full}/`)) this.FS.rmdir(full);
  }

  /** [[path in JupyterLite, Uint8Array]] of all files in memory: with them the work can be taken away in any case. */
  everything() {
    const files = [...this.stamps()].filter(([, stamp]) => stamp !== DIRECTORY).map(([path]) => path);
    return files.map((path) => [`${this.kept}/${path}`, this.FS.readFile(`${this.folder}/${path}`)]);
  }

  item(path, stamp) {
    if (stamp === DIRECTORY) return directory(`${this.kept}/${path}`);
    return { ...named(`${this.kept}/${path}`), type: "file", ...content(path, this.FS.readFile(`${this.folder}/${path}`)) };
  }

  /** The storage holds these paths, and what is below them, as they are here. */
  nowKnown(paths) {
    const now = this.stamps();
    const among = new Set(paths);
    for (const path of new Set([...now.keys(), ...this.known.keys()])) {
      if (!among.has(path) && !above(path).some((folder) => among.has(folder) && !now.has(folder))) continue;
      if (now.has(path)) this.known.set(path, now.get(path));
      else this.known.delete(path);
    }
  }

  /** {path: what tells whether a file has changed}. It walks MEMFS's own nodes: by paths, a thousand files take 0.1 s. */
  stamps() {
    const found = new Map();
    const walk = (node, above) => {
      for (const [name, { id, mode, mtime, ctime, usedBytes, contents }] of Object.entries(node.contents)) {
        const path = above + name;
        if (LEFT_OUT.test(path)) continue;
        if (this.FS.isFile(mode)) found.set(path, `${id} ${mtime} ${ctime} ${usedBytes}`);
        if (!this.FS.isDir(mode)) continue;
        found.set(path, DIRECTORY);
        walk({ contents }, `${path}/`);
      }
    };
    if (this.exists("")) walk(this.FS.lookupPath(this.folder).node, "");
    return found;
  }

  inside = (path) => path.slice(this.kept.length + 1);
  exists = (path) => this.FS.analyzePath(`${this.folder}/${path}`).exists;
  isDirectory = (full) => this.FS.isDir(this.FS.lstat(full).mode);
  names = (folder) => this.FS.readdir(folder).filter((name) => name !== "." && name !== "..");

  /** Let the pages know when the work can no longer be kept, and when it can again: once each. */
  tell(trouble) {
    if (trouble !== this.trouble) this.channel.postMessage(trouble ? { failed: trouble } : { kept: true });
    this.trouble = trouble;
  }
}

/** The keys in a progress.json, null if it cannot be read. */
function solved(item) {
  try {
    const keys = JSON.parse(new TextDecoder().decode(bytesOf(item))).solved;
    return Array.isArray(keys) ? keys : null;
  } catch {
    return null;
  }
}

/** A file's bytes in the form in which JupyterLite keeps a notebook, a text and anything else. */
function content(path, bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return path.endsWith(".ipynb") ? (asNotebook(text, bytes.length) ?? asText(text)) : asText(text);
  } catch {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return { content: btoa(text), format: "base64", mimetype: "application/octet-stream", size: bytes.length };
  }
}

function asText(text) {
  return { content: text, format: "text", mimetype: "text/plain", size: new TextEncoder().encode(text).length };
}

function asNotebook(text, size) {
  try {
    return { content: JSON.parse(text), format: "json", mimetype: "application/json", size, type: "notebook" };
  } catch {
    return null;
  }
}

function bytesOf({ content, format }) {
  if (format === "base64") return decoded(content);
  return new TextEncoder().encode(format === "json" ? JSON.stringify(content) : (content ?? ""));
}

function directory(path) {
  return { ...named(path), type: DIRECTORY, content: null, format: "json", mimetype: "application/json", size: 0 };
}

function named(path) {
  const now = new Date().toISOString();
  return { name: path.split("/").pop(), path, created: now, last_modified: now, writable: true };
}

/** The folders a path lies in, the nearest first. */
function above(path) {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, parts.length - at).join("/"));
}

/** The folder of work and the folders of these items: JupyterLite shows no file whose folder has no item. */
function parents(kept, items) {
  return new Set([kept, ...items.flatMap(({ path }) => above(path))].filter((path) => path.startsWith(kept)));
}

/** The keys of all that is below a path: "0" follows "/". */
function below(path) {
  return IDBKeyRange.bound(`${path}/`, `${path}0`, false, true);
}

/** Do something with the files in one transaction; what it asked for last, when all is written, or the error. */
async function transaction(mode, use) {
  let late;
  const timeout = new Promise((_, reject) => {
    late = setTimeout(() => reject(new DOMException("The storage does not answer.", "TimeoutError")), PATIENCE);
  });
  try {
    return await Promise.race([timeout, within(mode, use)]);
  } finally {
    clearTimeout(late);
  }
}

async function within(mode, use) {
  const database = await connection();
  try {
    return await new Promise((resolve, reject) => {
      const action = database.transaction(STORE, mode);
      let asked;
      action.oncomplete = () => resolve(asked?.result);
      action.onabort = () => reject(action.error ?? new DOMException("aborted", "AbortError"));
      try {
        asked = use(action.objectStore(STORE));
      } catch (error) {
        reject(error); // first, since to abort may fail too
        action.abort();
      }
    });
  } finally {
    database.close();
  }
}

/** The database with JupyterLite's table of files in it, made here if no window has needed it yet. */
async function connection() {
  for (;;) {
    const database = await opened();
    if (database.objectStoreNames.contains(STORE)) return database;
    database.close();
    const upgraded = await opened(database.version + 1).catch((error) => {
      if (error.name !== "VersionError") throw error; // a window was quicker
    });
    upgraded?.close();
  }
}

function opened(version) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, version);
    opening.onupgradeneeded = () => {
      const database = opening.result; // the table is made as localforage does, through which JupyterLite writes
      if (!database.objectStoreNames.contains(STORE)) database.createObjectStore(STORE);
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}
