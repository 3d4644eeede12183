/** Indented JSON as Go prints it: two spaces, `": "` after keys, empty containers closed at once. */

/** The indented form of compact JSON that a writer of this folder made. */
export function indentJson(compact: string): string {
  let out = "";
  let depth = 0;
  for (let at = 0; at < compact.length; at++) {
    const char = compact[at]!;
    if (char === '"') {
      const end = stringEnd(compact, at);
      out += compact.slice(at, end);
      at = end - 1;
    } else if (char === "{" || char === "[") {
      const closer = compact[at + 1];
      if (closer === "}" || closer === "]") {
        out += char + closer;
        at++;
      } else out += char + newline(++depth);
    } else if (char === "}" || char === "]") out += newline(--depth) + char;
    else if (char === ",") out += char + newline(depth);
    else out += char === ":" ? ": " : char;
  }
  return out;
}

const newline = (depth: number): string => `\n${"  ".repeat(depth)}`;

function stringEnd(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}
