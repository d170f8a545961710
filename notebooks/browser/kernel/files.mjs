// The archive of Python files, in the browser and in the Node that makes the snapshot.

export const IMPORTS = [
  "IPython.core.interactiveshell", "IPython.core.application", "IPython.core.shellapp", "IPython.core.completer",
  "IPython.core.historyapp", "IPython.core.magics", "alembic.command", "alembic.config", "alembic.autogenerate",
  "sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "sqlite3", "sqlparse", "prettytable", "mako.template", "mako.codegen",
  "sql.magic", "unittest.mock", "zipfile", "difflib", "html", "tomllib", "logging.config", "asyncio",
].join(", ");

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

/** Put the archive's files where they belong: `site/…` among Python's packages, `course/…` below `course`.
 *
 * What a package says of itself comes after the start (`dist`): a snapshot must begin with an empty list of packages.
 */
export function lay(FS, files, { packages, dist, course }) {
  const site = packages ?? "/lib/python3.14/site-packages";
  for (const [name, data] of files) {
    const [top, ...rest] = name.split("/");
    const path = rest.join("/");
    const itself = path.includes(".dist-info/");
    if (top === "site" && ((packages && !itself) || (dist && itself))) put(FS, `${site}/${path}`, data);
    if (top === "course" && course) put(FS, `${course}/${path}`, data);
  }
}

export function put(FS, path, data) {
  FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  FS.writeFile(path, data);
}
