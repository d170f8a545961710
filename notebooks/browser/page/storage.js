// The storage in which JupyterLite keeps the reader's files, as the pages see it. A record's key is its path:
// "ru/work/05/models.py".

import { decoded } from "../static/pyodide/records.mjs";

const DATABASE = "alembic-course";
const STORE = "files";

/** @returns [record] of all files in the languages' folders; none if nobody has worked here yet. */
export async function records(languages) {
  const found = [];
  await transaction("readonly", (store) => {
    for (const language of languages) {
      store.getAll(IDBKeyRange.bound(`${language}/`, `${language}0`)).onsuccess = ({ target }) =>
        found.push(...target.result);
    }
  });
  return found.filter((record) => record.type !== "directory");
}

/** Take files away and put files in, all of them or none. @param put {path: Uint8Array} */
export async function change(remove, put) {
  await transaction("readwrite", (store) => {
    for (const path of remove) store.delete(path);
    const folders = new Set();
    for (const [path, data] of put) {
      store.put(record(path, data), path);
      const parts = path.split("/");
      while (parts.pop() && parts.length > 1) folders.add(parts.join("/"));
    }
    for (const path of folders) store.put(directory(path), path);
  });
}

/** A file as it lies on a disk. */
export function bytesOf({ content, format }) {
  if (format === "base64") return decoded(content);
  return new TextEncoder().encode(typeof content === "string" ? content : `${JSON.stringify(content, null, 1)}\n`);
}

function record(path, data) {
  const common = { ...described(path), size: data.length };
  if (path.endsWith(".ipynb")) {
    const content = JSON.parse(new TextDecoder().decode(data));
    return { ...common, type: "notebook", format: "json", mimetype: "application/json", content };
  }
  try {
    const content = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    return { ...common, type: "file", format: "text", mimetype: "text/plain", content };
  } catch {
    let text = "";
    for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
    return { ...common, type: "file", format: "base64", mimetype: "application/octet-stream", content: btoa(text) };
  }
}

function directory(path) {
  return {
    ...described(path),
    type: "directory",
    format: "json",
    mimetype: "application/json",
    content: null,
    size: 0,
  };
}

function described(path) {
  const now = new Date().toISOString();
  return { name: path.split("/").pop(), path, created: now, last_modified: now, writable: true };
}

/** The promise ends when all is written, or with the error because of which nothing is. */
async function transaction(mode, use) {
  const database = await opened();
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

/** The first page to need the storage makes it, in the form in which JupyterLite looks for it. */
async function opened(version) {
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, version);
    opening.onupgradeneeded = () => {
      if (!opening.result.objectStoreNames.contains(STORE)) opening.result.createObjectStore(STORE);
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  if (database.objectStoreNames.contains(STORE)) return database;
  database.close();
  return opened(database.version + 1);
}
