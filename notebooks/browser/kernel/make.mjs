// Run by Node when the site is built: compiles the Python files of a folder, or makes the snapshot of a started Python.
//   node make.mjs compile FOLDER        node make.mjs snapshot ARCHIVE TARGET

import fs from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { pathToFileURL } from "node:url";
import { IMPORTS, lay, readTar } from "./files.mjs";

const [, , what, pyodideFolder, source, target] = process.argv;
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`));

if (what === "compile") {
  const pyodide = await loadPyodide({ indexURL: pyodideFolder });
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
  const pyodide = await loadPyodide({
    indexURL: pyodideFolder,
    fsInit: async (FS, { sitePackages }) => lay(FS, files, { packages: sitePackages }),
    _makeSnapshot: true,
  });
  pyodide.runPython(`import ${IMPORTS}\nimport gc; gc.collect()`);
  fs.writeFileSync(target, gzipSync(pyodide.makeMemorySnapshot(), { level: 9 }));
}
process.exit(0);
