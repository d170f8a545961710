// Run by Node when the site is built: compiles the Python files of a folder, or makes the snapshot of a started Python.
//   node make.mjs compile PYODIDE FOLDER
//   node make.mjs snapshot PYODIDE ARCHIVE TARGET LIST     (LIST: of the files that Python has read)

import fs from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { pathToFileURL } from "node:url";
import { PREPARE, lay, readTar } from "./files.mjs";

const [, , what, pyodideFolder, source, target, list] = process.argv;
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`));

if (what === "compile") {
  // Without the columns of each instruction, a tenth of the whole: frames of packages are shown to nobody.
  const pyodide = await loadPyodide({ indexURL: pyodideFolder, env: { PYTHONNODEBUGRANGES: "1" } });
  pyodide.FS.mkdirTree("/in");
  pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: source }, "/in");
  pyodide.runPython(`
import compileall, os, re
copied = re.compile("/alembic/templates/")  # alembic init gives these to the reader as they are
packages = "/lib/python3.14/site-packages"
assert compileall.compile_dir("/in", legacy=True, ddir=packages, quiet=1, force=True, rx=copied)
for folder, _, names in os.walk("/in"):
    for name in names:
        if name.endswith(".py") and not copied.search(f"{folder}/"):
            os.remove(os.path.join(folder, name))
`);
} else {
  const files = readTar(gunzipSync(fs.readFileSync(source)));
  const said = [];
  const pyodide = await loadPyodide({
    indexURL: pyodideFolder,
    lockFileContents: { ...JSON.parse(fs.readFileSync(`${pyodideFolder}/pyodide-lock.json`)), packages: {} },
    fsInit: async (FS, { sitePackages }) => lay(FS, files, sitePackages),
    _makeSnapshot: true,
  });
  pyodide.runPython(PREPARE);
  const imported = pyodide.runPython(`
import gc, json, sys
found = [getattr(module, "__file__", None) for module in sys.modules.values()]
json.dumps([path for path in found if path])`);
  pyodide.runPython("del found; gc.collect(); gc.freeze(); None");
  clear(pyodide._module);
  const memory = pyodide.makeMemorySnapshot({ serializer: (object) => nameIn(pyodide, object) });
  fs.writeFileSync(target, gzipSync(memory, { level: 9 }));
  fs.writeFileSync(list, imported);
}
process.exit(0);

/** Fill with zeros what is free: it holds what was there before, and zeros take no room in an archive. */
function clear(module) {
  const end = module._malloc(1 << 20); // beyond it lies what was never used
  const held = [end];
  for (let size = 1 << 20; size >= 16; size >>= 1) {
    for (let at; (at = module._malloc(size)) < end || module._free(at); held.push(at)) module.HEAPU8.fill(0, at, at + size);
  }
  module.HEAPU8.fill(0, end, end + (1 << 20));
  held.forEach(module._free);
}

/** How start.mjs finds an object of JavaScript's that Python holds: "" is Pyodide itself, others are its functions. */
function nameIn(pyodide, object) {
  const name = Object.getOwnPropertyNames(pyodide).find((name) => pyodide[name] === object);
  if (!name && object !== pyodide) throw new Error(`Python holds ${object}`);
  return name ?? "";
}
