// JupyterLite takes this file for Pyodide's own (pyodideUrl): it starts Pyodide from a snapshot of its memory in which
// IPython, SQLAlchemy and Alembic are imported already, lays the course's files out and brings back the reader's work.

import { loadPyodide as plain } from "./pyodide.mjs";
import createModule from "./pyodide.asm.mjs";
import { Disk } from "./disk.mjs";
import { IMPORTS, lay, readTar } from "./files.mjs";

const LANGUAGE = new URL(import.meta.url).searchParams.get("language");
const channel = new BroadcastChannel("alembic-course");

/** Start Pyodide for JupyterLite's kernel.
 *
 * @param options what JupyterLite asks for; `packages` are all in the archive already.
 * @returns Pyodide, with the course in /course and the reader's work in it.
 */
export async function loadPyodide({ packages, ...options }) {
  tell("python");
  const [files, memory] = await Promise.all([fetched("python.tar.gz").then(readTar), snapshot()]);
  const pyodide = await startFrom(memory, files, options).catch((error) => {
    if (!memory) throw error;
    console.warn("The snapshot cannot be used here:", error);
    return startFrom(null, files, options);
  });
  tell("course");
  lay(pyodide.FS, files, { dist: true, course: "/course" });
  const disk = new Disk(pyodide.FS, `/course/notebooks/${LANGUAGE}/work`, `${LANGUAGE}/work`, channel);
  await disk.load();
  globalThis.courseDisk = disk;
  pyodide.FS.chdir(`/course/notebooks/${LANGUAGE}`);
  tell("kernel");
  return pyodide;
}

async function startFrom(memory, files, options) {
  const pyodide = await plain({
    ...options,
    fsInit: async (FS, { sitePackages }) => lay(FS, files, { packages: sitePackages }),
    createPyodideModule: async (settings) => roomFor(memory, await createModule(settings)),
    _loadSnapshot: memory ?? undefined,
  });
  if (!memory) pyodide.runPython(`import ${IMPORTS}`);
  return pyodide;
}

/** The memory must be as large as the snapshot before Pyodide copies that into it; only an allocation makes it grow. */
function roomFor(memory, module) {
  while (memory && module.HEAP8.length < memory.length) {
    if (!module._malloc(8 << 20)) throw new Error("no room for the snapshot");
  }
  if (memory) module.HEAP8.fill(0);
  return module;
}

/** The snapshot, or null where this browser calls functions another way than the Node that made it. */
async function snapshot() {
  const iPad = /iPad|iPhone|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  return iPad ? null : fetched("snapshot.gz").catch(() => null);
}

async function fetched(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${response.status} ${name}`);
  const stream = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function tell(stage) {
  channel.postMessage({ stage });
}
