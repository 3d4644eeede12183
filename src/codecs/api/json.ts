/**
 * Answers of an HTTP API as values. Numbers stay text: `JSON.parse` rounds above 2^53, and amounts and heights are
 * unsigned 64-bit integers.
 */
import {DecodeError} from "../../errors.js";

/** A JSON number as written. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;
/** Members by name; of a repeated name the last one counts, as in Go. */
export type JsonObject = ReadonlyMap<string, Json>;

/** Deepest nesting; the API's own documents need six. */
export const JSON_MAX_DEPTH = 64;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS: readonly (readonly [string, Json])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/** The one value that `text` holds. @throws DecodeError JSON_INVALID */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  #at = 0;
  constructor(private readonly text: string) {}

  value(depth: number): Json {
    if (depth > JSON_MAX_DEPTH) return this.#refuse("nested too deeply");
    this.#match(SPACE);
    const char = this.text[this.#at];
    if (char === "{") return this.#object(depth);
    if (char === "[") return this.#array(depth);
    if (char === '"') return this.#string();
    for (const [word, value] of WORDS)
      if (this.text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    const number = this.#match(NUMBER);
    return number === null ? this.#refuse("a value expected") : new JsonNumber(number);
  }

  end(): void {
    this.#match(SPACE);
    if (this.#at !== this.text.length) this.#refuse("data after the value");
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, Json>();
    this.#at++;
    if (this.#take("}")) return members;
    do {
      this.#match(SPACE);
      const name = this.#string();
      if (!this.#take(":")) this.#refuse("a colon expected");
      members.set(name, this.value(depth + 1));
    } while (this.#take(","));
    return this.#take("}") ? members : this.#refuse("a comma or a closing brace expected");
  }

  #array(depth: number): Json[] {
    const items: Json[] = [];
    this.#at++;
    if (this.#take("]")) return items;
    do items.push(this.value(depth + 1));
    while (this.#take(","));
    return this.#take("]") ? items : this.#refuse("a comma or a closing bracket expected");
  }

  #string(): string {
    const literal = this.#match(STRING);
    return literal === null ? this.#refuse("a string expected") : (JSON.parse(literal) as string);
  }

  #take(char: string): boolean {
    this.#match(SPACE);
    if (this.text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #refuse(why: string): never {
    throw new DecodeError("JSON_INVALID", `not JSON: ${why} at character ${this.#at}`, {details: {offset: this.#at}});
  }
}
