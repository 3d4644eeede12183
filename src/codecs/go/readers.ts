/** The ancestor's three ways to read JSON. They differ in unknown members and in what may follow the value. */
import {DecodeError} from "../../errors.js";
import {JsonCursor} from "./cursor.js";
import {jsonError, quoteByte, scanValue, skipSpace} from "./scanner.js";
import type {GoType} from "./types.js";

/** How the caller names failures: its own code, and the text that goes before Go's. */
export interface Wording {
  readonly code: string;
  readonly prefix: string;
  /** Whole text for data after the value (R-strict only). */
  readonly trailing?: string;
}

/** Runs `read` and puts `prefix` before the message of what it throws. */
export function prefixed<T>({code, prefix}: Pick<Wording, "code" | "prefix">, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DecodeError) throw new DecodeError(code, prefix + cause.message, {cause});
    throw cause;
  }
}

function bind<T>(type: GoType<T>, bytes: Uint8Array, refuseUnknown: boolean): T {
  const cursor = new JsonCursor(bytes, 0, refuseUnknown);
  const value = type.read(cursor, type.zero);
  if (cursor.fault !== null) throw cursor.fault;
  return value;
}

/** R-whole: nothing but white space may follow; unknown members are ignored. */
export function readWhole<T>(type: GoType<T>, bytes: Uint8Array, wording: Wording): T {
  return prefixed(wording, () => {
    const end = skipSpace(bytes, scanValue(bytes, 0, "whole"));
    if (end < bytes.length) throw jsonError(`invalid character ${quoteByte(bytes[end]!)} after top-level value`);
    return bind(type, bytes, false);
  });
}

/** R-first: reads one value and ignores what follows it. */
export function readFirst<T>(
  type: GoType<T>,
  bytes: Uint8Array,
  options: Wording & {readonly unknown: "refuse" | "ignore"},
): T {
  return prefixed(options, () => {
    scanStream(bytes);
    return bind(type, bytes, options.unknown === "refuse");
  });
}

/**
 * R-strict: refuses unknown members, and data after the value unless it begins with `]` or `}`, which Go's question
 * "does another value follow?" takes for the end of a container (quirk Q1).
 */
export function readStrict<T>(type: GoType<T>, bytes: Uint8Array, wording: Wording & {readonly trailing: string}): T {
  let end = 0;
  const value = prefixed(wording, () => {
    end = scanStream(bytes);
    return bind(type, bytes, true);
  });
  const next = bytes[skipSpace(bytes, end)];
  if (next !== undefined && next !== 0x5d && next !== 0x7d) throw new DecodeError(wording.code, wording.trailing);
  return value;
}

function scanStream(bytes: Uint8Array): number {
  if (skipSpace(bytes, 0) === bytes.length) throw jsonError("EOF");
  return scanValue(bytes, 0, "stream");
}
