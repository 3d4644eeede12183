/**
 * Source text as statements. Lines and white space are Python's, which knows more of both than ASCII: a program must
 * have the same id wherever it is compiled.
 */

/** One statement: its line, counted from 1, and its words. */
export interface Statement {
  readonly line: number;
  readonly tokens: readonly string[];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators are control characters
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
// U+200B and U+FEFF are no white space here, unlike in JavaScript's \s.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are white space
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Statements of `source`, without empty lines and comments. A `#` inside a line is part of a word. */
export function statementsOf(source: string): Statement[] {
  return source.split(LINE_END).flatMap((text, at) => {
    const tokens = text.split(SPACE).filter((token) => token !== "");
    return tokens.length === 0 || tokens[0]!.startsWith("#") ? [] : [{line: at + 1, tokens}];
  });
}
