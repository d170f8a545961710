// What the kernel and the pages both know of the records in which JupyterLite keeps files.

/** The bytes of a record of the format base64.
 *
 * JupyterLite keeps a file of more than 1 MB, while it is uploaded and if that is broken off, as its bytes.
 */
export function decoded(content) {
  const text = plain(content ?? "");
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at); // from() takes seconds for 50 MB
  return bytes;
}

function plain(content) {
  try {
    return atob(content);
  } catch {
    return content;
  }
}
