/** How results and errors look as text and as JSON. Pure: io.ts prints what this file makes. */
import {hexOf} from "../codecs/bytes.js";
import {QsdmError} from "../errors.js";

/** One field of a record. `null` prints as `-`. */
export type TextField = string | number | bigint | boolean | null;
/** A bare value, or records of fields that print one per line with tabs. */
export type Text = string | readonly (readonly TextField[])[];

/** What a failure tells the caller. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

/** Exit codes, as qsdm(1) documents them. */
export const EXIT = {done: 0, bug: 1, usage: 2, refused: 3, unavailable: 4, submitted: 5, interrupted: 130} as const;

const SCHEMA = 1;
// C0 and C1 controls, and the marks that reorder text: a memo from a peer must not drive the reader's terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const NAMED: Readonly<Record<string, string>> = {"\n": "\\n", "\t": "\\t", "\r": "\\r"};

const escaped = (char: string): string => NAMED[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** `text` with control characters written as escapes; line breaks and tabs stay. */
export const printable = (text: string): string =>
  text.replace(UNSAFE, (char) => (char === "\n" || char === "\t" ? char : escaped(char)));

/** `text` on one line. */
export const oneLine = (text: string): string => text.replace(UNSAFE, escaped);

const fieldOf = (field: TextField): string => (field === null ? "-" : oneLine(String(field).replaceAll("\\", "\\\\")));

/** Lines of a result, each ended by a line feed. */
export function linesOf(text: Text): string {
  if (typeof text === "string") return text === "" ? "" : `${printable(text)}\n`;
  return text.map((record) => `${record.map(fieldOf).join("\t")}\n`).join("");
}

/** Bigints become decimal text (JSON numbers lose digits above 2^53) and bytes become lowercase hex. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? hexOf(value) : value;
}

const document = (value: object): string => `${JSON.stringify({schema: SCHEMA, ...value}, jsonValue)}\n`;

/** The one document of a success. */
export const successDocument = (data: unknown, warnings: readonly string[]): string =>
  document({ok: true, data, warnings});

/** The one document of a failure. */
export const failureDocument = ({code, message, hint, details}: Failure): string =>
  document({ok: false, error: {code, message, hint, details}});

/** One line of an event stream. */
export const eventLine = (event: Readonly<Record<string, unknown>>): string => document(event);

/** What `error` means to the caller; anything outside the error family is a bug. */
export function failureOf(error: unknown): Failure {
  if (error instanceof QsdmError) {
    const {code, message, hint = null, details, exitCode} = error;
    return {code, message, hint, details, exitCode};
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "INTERNAL",
    message: `internal error: ${message}`,
    hint: "this is a bug: run the command again with --verbose and report what it prints",
    details: {},
    exitCode: EXIT.bug,
  };
}

/** The failure of a command that a signal ended. */
export const INTERRUPTED: Failure = {
  code: "INTERRUPTED",
  message: "interrupted",
  hint: null,
  details: {},
  exitCode: EXIT.interrupted,
};

/** `error` with the stacks of all its causes, for --verbose. */
export function stackOf(error: unknown): string {
  const lines: string[] = [];
  for (let at = error, depth = 0; at !== undefined && depth < 8; depth++) {
    lines.push(`${depth === 0 ? "" : "caused by: "}${at instanceof Error ? (at.stack ?? at.message) : String(at)}`);
    at = at instanceof Error ? at.cause : undefined;
  }
  return lines.join("\n");
}
