// The reader's folder of work: it lies in memory, where SQLite works, and is kept in the storage in which JupyterLite
// keeps its files. So the file browser shows it, what its editor saves reaches the kernel, and kernels of several
// windows see each other's files, as if all of them worked on one disk.

const DATABASE = "alembic-course";
const STORE = "files";
const LEFT_OUT = /(^|\/)(__pycache__|\.ipynb_checkpoints|\.lab)(\/|$)|-journal$|\.lock$|\.tmp$/;

export class Disk {
  /**
   * @param FS Pyodide's file system.
   * @param folder the folder in it, @param kept its path in JupyterLite.
   * @param channel where windows and kernels tell each other what was written.
   */
  constructor(FS, folder, kept, channel) {
    Object.assign(this, { FS, folder, kept, channel, id: crypto.randomUUID?.() ?? String(Math.random()) });
    this.known = new Map(); // {path: what the storage holds of it as far as we know}
    this.solved = []; // what progress.json held when it was last the same here and there
    channel.addEventListener("message", ({ data }) => data.written && data.from !== this.id && this.take(data.written));
  }

  /** Bring the work back from the storage; a storage that cannot be read is told, and one goes on in memory. */
  async load() {
    this.FS.mkdirTree(this.folder);
    try {
      await transaction("readonly", (store) => {
        each(store, this.kept, (item) => this.put(item));
      });
    } catch (error) {
      this.fail(error);
    }
    this.known = this.stamps();
  }

  /** Write to the storage what has changed since; call it after each cell. Nobody waits for it. */
  async save() {
    const now = this.stamps();
    const changed = [...now].filter(([path, stamp]) => this.known.get(path) !== stamp).map(([path]) => path);
    const gone = [...this.known.keys()].filter((path) => !now.has(path));
    if (!changed.length && !gone.length) return;
    const items = changed.map((path) => this.item(path));
    this.known = now;
    try {
      await transaction("readwrite", (store) => {
        for (const path of gone) store.delete(`${this.kept}/${path}`);
        for (const item of items) {
          if (item.name === "progress.json" && item.path === `${this.kept}/progress.json`) this.merge(store, item);
          else store.put(item, item.path);
        }
        for (const path of parents(items)) store.put(directory(path), path);
      });
      this.channel.postMessage({ written: [...changed, ...gone].map((p) => `${this.kept}/${p}`), from: this.id });
    } catch (error) {
      for (const path of changed) this.known.delete(path); // to be tried again after the next cell
      this.fail(error);
    }
  }

  /** Read anew what another window or the editor has written. */
  async take(paths) {
    const mine = paths.filter((path) => path.startsWith(`${this.kept}/`) && !LEFT_OUT.test(path));
    if (!mine.length) return;
    await transaction("readonly", (store) => {
      for (const path of mine) {
        store.get(path).onsuccess = ({ target }) => {
          if (target.result) this.put(target.result);
          else this.remove(path.slice(this.kept.length + 1));
        };
      }
    }).catch((error) => this.fail(error));
    const now = this.stamps();
    for (const path of mine.map((p) => p.slice(this.kept.length + 1))) {
      if (now.has(path)) this.known.set(path, now.get(path));
      else this.known.delete(path);
    }
  }

  /** Let the storage hold what was solved here and what another window has solved meanwhile. */
  merge(store, item) {
    const mine = solved(item);
    store.get(item.path).onsuccess = ({ target }) => {
      const theirs = target.result ? solved(target.result) : [];
      const whole = new Set([...theirs, ...mine.filter((key) => !this.solved.includes(key))]);
      for (const key of this.solved) if (!mine.includes(key)) whole.delete(key);
      this.solved = [...whole].sort();
      const content = JSON.stringify({ solved: this.solved });
      const merged = { ...item, content, size: content.length };
      store.put(merged, item.path);
      this.put(merged);
      this.known.set("progress.json", this.stamps().get("progress.json"));
    };
  }

  put(item) {
    if (item.type === "directory") return;
    const path = item.path.slice(this.kept.length + 1);
    if (path === "progress.json") this.solved = solved(item);
    const full = `${this.folder}/${path}`;
    this.FS.mkdirTree(full.slice(0, full.lastIndexOf("/")));
    this.FS.writeFile(full, bytesOf(item));
  }

  remove(path) {
    if (this.FS.analyzePath(`${this.folder}/${path}`).exists) this.FS.unlink(`${this.folder}/${path}`);
  }

  item(path) {
    const data = this.FS.readFile(`${this.folder}/${path}`);
    const now = new Date().toISOString();
    const common = { name: path.split("/").pop(), path: `${this.kept}/${path}`, created: now, last_modified: now };
    return { ...common, ...content(data), type: "file", writable: true, size: data.length };
  }

  /** {path: what tells whether a file has changed}. */
  stamps(folder = this.folder, found = new Map()) {
    if (!this.FS.analyzePath(folder).exists) return found;
    for (const name of this.FS.readdir(folder)) {
      const path = `${folder}/${name}`;
      const inside = path.slice(this.folder.length + 1);
      if (name === "." || name === ".." || LEFT_OUT.test(inside)) continue;
      const { mode, mtime, size } = this.FS.lstat(path);
      if (this.FS.isDir(mode)) this.stamps(path, found);
      else if (this.FS.isFile(mode)) found.set(inside, `${mtime.getTime()} ${size}`);
    }
    return found;
  }

  fail(error) {
    console.error("The work cannot be kept:", error);
    this.channel.postMessage({ failed: error.name });
  }
}

function solved(item) {
  try {
    const keys = JSON.parse(new TextDecoder().decode(bytesOf(item))).solved;
    return Array.isArray(keys) ? keys : [];
  } catch {
    return [];
  }
}

function content(data) {
  try {
    return { content: new TextDecoder("utf-8", { fatal: true }).decode(data), format: "text", mimetype: "text/plain" };
  } catch {
    let text = "";
    for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
    return { content: btoa(text), format: "base64", mimetype: "application/octet-stream" };
  }
}

function bytesOf({ content, format }) {
  if (format === "base64") return Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  return new TextEncoder().encode(format === "json" ? JSON.stringify(content) : content);
}

function directory(path) {
  const now = new Date().toISOString();
  const name = path.split("/").pop();
  const common = { name, path, created: now, last_modified: now, type: "directory" };
  return { ...common, content: null, format: "json", mimetype: "application/json", size: 0, writable: true };
}

function parents(items) {
  const found = new Set();
  for (const { path } of items) {
    const parts = path.split("/");
    while (parts.pop() && parts.length) found.add(parts.join("/"));
  }
  return found;
}

function each(store, kept, use) {
  store.openCursor(IDBKeyRange.bound(`${kept}/`, `${kept}0`)).onsuccess = ({ target }) => {
    if (!target.result) return;
    use(target.result.value);
    target.result.continue();
  };
}

/** Do something with the files in one transaction; the promise ends when it is written, or with its error. */
async function transaction(mode, use) {
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    await new Promise((resolve, reject) => {
      const action = database.transaction(STORE, mode);
      action.oncomplete = resolve;
      action.onabort = action.onerror = () => reject(action.error ?? new DOMException("aborted", "AbortError"));
      use(action.objectStore(STORE));
    });
  } finally {
    database.close();
  }
}
