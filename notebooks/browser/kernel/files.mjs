// The Python files, and what of them is imported at the start: for the browser, and for the Node that makes the snapshot.

const COURSE = "/course/notebooks";

/** What a kernel imports before its first cell: packages, the kernel itself, the course.
 *
 * Left out is what colours Mako's pages of errors: it imports a score of other languages. Completer: there is no jedi.
 * The __main__ of the reader, which IPython puts in place, waits for ENTER: Pyodide's own stays apart from it.
 */
export const PREPARE = `
import importlib, sys

main, colours = sys.modules["__main__"], "mako.ext.pygmentplugin"
sys.modules[colours] = None
import IPython.core.completer, IPython.core.historyapp, IPython.core.magics
import alembic.autogenerate, alembic.command, alembic.config, sqlalchemy.dialects.sqlite, sqlalchemy.orm
import difflib, html, logging.config, mako.codegen, mako.template, prettytable, sql.magic, sqlite3, sqlparse, tomllib
import unittest.mock, wcwidth, zipfile
del sys.modules[colours]
import pyodide_kernel
pyodide_kernel.ipython_shell.Completer.use_jedi = False
sys.modules["__main__"] = main
sys.path.append("${COURSE}")
import course.browser, course.exercise_verbs, course.files, course.history_picture, course.kernel, course.lessons
import course.postgres, course.progress, course.report, course.schema_picture, course.session
sys.path.pop()
importlib.invalidate_caches()
None`;

/** The reader's __main__, and the course at work before the first cell: what that writes is kept too. */
export const ENTER = `
import contextlib, random, sys, pyodide_kernel

sys.modules["__main__"] = pyodide_kernel.ipython_shell.user_module
random.seed()
with contextlib.suppress(Exception):  # the first cell will say what it is
    import lesson
None`;

/** @returns [[path, Uint8Array]] of the files in a tar archive (ustar, nothing but files). */
export function readTar(bytes) {
  const text = (from, length) => new TextDecoder().decode(bytes.subarray(from, from + length)).split("\0")[0];
  const files = [];
  for (let at = 0; bytes[at]; ) {
    const size = parseInt(text(at + 124, 12), 8);
    const name = [text(at + 345, 155), text(at, 100)].filter(Boolean).join("/");
    files.push([name, bytes.subarray(at + 512, at + 512 + size)]);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** Put files where they belong: `site/…` among Python's packages, `course/…` in /course.
 *
 * What a package says of itself comes after the start (`later`): a snapshot must begin with an empty list of packages.
 */
export function lay(FS, files, site, later = false) {
  for (const [name, data] of files) {
    if (name.includes(".dist-info/") === later) put(FS, name.startsWith("site/") ? site + name.slice(4) : `/${name}`, data);
  }
}

function put(FS, path, data) {
  FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  FS.writeFile(path, data, { canOwn: true });
}
