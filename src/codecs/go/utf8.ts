/** UTF-8 as Go walks it: each byte that is not part of a valid sequence counts as one code point of its own. */

/** What a byte stands for that is not part of valid UTF-8. */
export const REPLACEMENT = 0xfffd;

/** One step: the code point and how many bytes it took. An invalid byte gives `REPLACEMENT` and a width of 1. */
export interface Rune {
  readonly code: number;
  readonly width: number;
}

const INVALID: Rune = {code: REPLACEMENT, width: 1};

/** The code point at `at`. */
export function runeAt(bytes: Uint8Array, at: number): Rune {
  const first = bytes[at]!;
  if (first < 0x80) return {code: first, width: 1};
  const width =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (width === 0 || at + width > bytes.length) return INVALID;
  let code = first & (0x7f >> width);
  for (let i = at + 1; i < at + width; i++) {
    if ((bytes[i]! & 0xc0) !== 0x80) return INVALID;
    code = (code << 6) | (bytes[i]! & 0x3f);
  }
  if (width === 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return INVALID;
  if (width === 4 && (code < 0x10000 || code > 0x10ffff)) return INVALID;
  return {code, width};
}

/** Whether a rune is the reading of an invalid byte, not a literal U+FFFD. */
export const isInvalid = (rune: Rune): boolean => rune.code === REPLACEMENT && rune.width === 1;
