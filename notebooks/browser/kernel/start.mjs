// JupyterLite takes this file for Pyodide's own (pyodideUrl): it starts Pyodide from a snapshot of its memory in which
// IPython, SQLAlchemy, Alembic and the course are imported already, and brings the reader's work back. The start begins
// as soon as this file is loaded, which worker.mjs does long before JupyterLite asks for Pyodide.

import { loadPyodide as plain } from "./pyodide.mjs";
import createModule from "./pyodide.asm.mjs";
import { Disk } from "./disk.mjs";
import { ENTER, PREPARE, lay, readTar } from "./files.mjs";

const LANGUAGE = new URL(import.meta.url).searchParams.get("language");
const HOME = `/course/notebooks/${LANGUAGE}`;
const SCREEN = { stdout: console.log, stderr: console.error }; // until JupyterLite says where to
const channel = new BroadcastChannel("alembic-course");

const started = start();
started.catch(() => tell("broken")); // for page.js; whoever asks for Pyodide will be told too

/** What JupyterLite calls.
 *
 * @param options its own; `packages` are all there already.
 * @returns Pyodide, with the course in /course and the reader's work in it.
 */
export async function loadPyodide({ stdout, stderr }) {
  Object.assign(SCREEN, { stdout, stderr });
  const pyodide = await started;
  tell("course");
  const disk = new Disk(pyodide.FS, `${HOME}/work`, `${LANGUAGE}/work`, channel);
  await disk.load(); // not before: JupyterLite has made its storage by now
  globalThis.courseDisk = disk;
  pyodide.FS.chdir(HOME);
  pyodide.runPython(ENTER);
  tell("kernel");
  return pyodide;
}

async function start() {
  tell("python");
  const files = fetched("python.bin").then(readTar);
  const memory = fetched("snapshot.bin");
  return startFrom(memory, files).catch(async (error) => {
    console.warn("The snapshot cannot be used here:", error);
    return startFrom(null, Promise.all([files, fetched("imported.bin").then(readTar)]).then((both) => both.flat()));
  });
}

/** @param memory a promise of the snapshot, or null: Python then imports all by itself, which takes some seconds. */
async function startFrom(memory, files) {
  let module;
  const pyodide = await plain({
    indexURL: new URL(".", import.meta.url).href,
    stdout: (line) => SCREEN.stdout(line),
    stderr: (line) => SCREEN.stderr(line),
    fsInit: async (FS, { sitePackages }) => lay(FS, await files, sitePackages),
    createPyodideModule: async (settings) => roomFor(await memory, (module = await createModule(settings))),
    _loadSnapshot: memory ?? undefined,
    _snapshotDeserializer: (name) => (name ? module.API.public_api[name] : module.API.public_api),
  });
  if (!memory) pyodide.runPython(PREPARE);
  lay(pyodide.FS, await files, pyodide._api.sitePackages, true);
  return pyodide;
}

/** The memory must be as large as the snapshot before Pyodide copies that into it; only an allocation makes it grow. */
function roomFor(memory, module) {
  while (memory && module.HEAP8.length < memory.length) {
    if (!module._malloc(8 << 20)) throw new Error("no room for the snapshot");
  }
  if (memory) keepTrampoline(module);
  if (memory) module.HEAP8.fill(0);
  return module;
}

/** How Python calls functions of C is not the snapshot's to say: Safari cannot do it as the Node that made it does. */
function keepTrampoline(module) {
  const number = (at) => new Int32Array(module.HEAP8.buffer, at, 1); // the memory may have grown meanwhile
  const at = module.__PyRuntime + number(module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET)[0];
  const [own] = number(at);
  const begin = module._init_pyodide_proxy; // Pyodide's first call of Python when the snapshot is in place
  module._init_pyodide_proxy = () => {
    number(at)[0] = own;
    begin();
  };
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
