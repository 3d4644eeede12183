/** Path, query and header parameters: one value for the server to parse, the client to write and OpenAPI to show. */
import {isAddress} from "../../codecs/address.js";
import {U64_MAX} from "../../codecs/amount.js";
import type {Schema} from "../../codecs/api/shape.js";
import {UsageError} from "../../errors.js";

export interface Param<T> {
  readonly in: "path" | "query" | "header";
  /** `text` is `undefined` when the request does not have the parameter. @throws UsageError PARAMETER_INVALID */
  parse(text: string | undefined, name: string): T;
  /** Text of a value that `parse` would take; `undefined` leaves the parameter out. @throws UsageError PARAMETER_INVALID */
  format(value: T, name: string): string | undefined;
  readonly required: boolean;
  readonly schema: Schema;
  readonly description: string;
}
export type ParamValue<P> = P extends Param<infer T> ? T : never;

const refuse = (name: string, why: string): never => {
  throw new UsageError("PARAMETER_INVALID", `${name} ${why}`, {details: {parameter: name}});
};

interface Kind<T> {
  read(text: string, name: string): T;
  readonly schema: Schema;
}

const textKind = ({pattern, maxBytes, what}: {pattern: RegExp; maxBytes: number; what: string}): Kind<string> => ({
  read(text, name) {
    if (Buffer.byteLength(text) > maxBytes) return refuse(name, `is longer than ${maxBytes} bytes`);
    return pattern.test(text) ? text : refuse(name, `is not ${what}`);
  },
  schema: {type: "string", maxLength: maxBytes, pattern: pattern.source},
});

export const nodeIdKind = textKind({pattern: /^[a-z0-9_-]+$/, maxBytes: 64, what: "1 to 64 of a-z, 0-9, _ and -"});
/** Any name of a governed parameter; an unknown one is not found rather than malformed. */
export const parameterNameKind = textKind({pattern: /^[^/]+$/, maxBytes: 64, what: "a parameter's name"});
export const txIdKind = textKind({pattern: /^[0-9A-Za-z_-]{1,256}$/, maxBytes: 256, what: "a transaction id"});
/** Whether `text` can be an id of this ledger; the reference's ids can be any text, and are simply unknown here. */
export const isTxId = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
/** Names apart by commas. */
export const topicsKind = textKind({pattern: /^[a-z]+(?:,[a-z]+)*$/, maxBytes: 256, what: "a list of topics"});
/** Any text: a cursor need not exist. */
export const cursorKind = textKind({pattern: /^[^\p{Cc}]*$/u, maxBytes: 64, what: "a cursor"});

/** Id of a stream, of an action or of a service. */
export const streamNameKind = textKind({pattern: /^[A-Za-z0-9._:-]+$/, maxBytes: 128, what: "a name"});

/** A store of the state by name; which ones there are is for the rules to say. */
export const stateStoreKind = textKind({pattern: /^[a-z-]+$/, maxBytes: 64, what: "a store's name"});
export const stateKeyKind = textKind({pattern: /^[^\p{Cc}]+$/u, maxBytes: 256, what: "a key of the state"});

export const addressKind: Kind<string> = {
  read: (text, name) => (isAddress(text) ? text : refuse(name, "is not an address of 64 lowercase hex digits")),
  schema: {type: "string", pattern: "^[0-9a-f]{64}$"},
};

/** Digest of 32 bytes. */
export const digestKind = textKind({pattern: /^[0-9a-f]{64}$/, maxBytes: 64, what: "64 lowercase hex digits"});

export const heightKind: Kind<bigint> = {
  read(text, name) {
    const value = /^[0-9]{1,20}$/.test(text) ? BigInt(text) : -1n;
    return value >= 0n && value <= U64_MAX ? value : refuse(name, "is not an unsigned 64-bit integer");
  },
  schema: {type: "integer", format: "uint64", minimum: 0},
};

/** Seconds since 1970, within what the store's milliseconds can hold. */
export const secondsKind: Kind<bigint> = {
  read: (text, name) =>
    /^[0-9]{1,15}$/.test(text) ? BigInt(text) : refuse(name, "is not a count of seconds since 1970"),
  schema: {type: "integer", format: "int64", minimum: 0},
};

/** A page size. What is above `max` is cut to it by the handler, as the reference does. */
export const limitKind: Kind<number> = {
  read: (text, name) => (/^[0-9]{1,9}$/.test(text) ? Number(text) : refuse(name, "is not a count")),
  schema: {type: "integer", minimum: 0},
};

export const wordKind = <const W extends string>(...words: readonly W[]): Kind<W> => ({
  read: (text, name) => words.find((word) => word === text) ?? refuse(name, `is not one of ${words.join(", ")}`),
  schema: {type: "string", enum: words},
});

/** A part of the path. */
export const inPath = <T extends string | bigint | number>(kind: Kind<T>, description: string): Param<T> => ({
  in: "path",
  required: true,
  description,
  schema: kind.schema,
  parse: (text, name) => kind.read(text ?? "", name),
  format: (value, name) => String(kind.read(String(value), name)),
});

/** A query parameter that must be there. */
export const inQuery = <T extends string | bigint | number>(kind: Kind<T>, description: string): Param<T> => ({
  in: "query",
  required: true,
  description,
  schema: kind.schema,
  parse: (text, name) => (text === undefined ? refuse(name, "is missing") : kind.read(text, name)),
  format: (value, name) => String(kind.read(String(value), name)),
});

/** A header that may be missing or empty, which is `null`. Its name has hyphens where the parameter's has underlines. */
export const mayHeader = <T extends string | bigint | number>(kind: Kind<T>, description: string): Param<T | null> => ({
  ...mayQuery(kind, description),
  in: "header",
});

/** Name of a header parameter on the wire. */
export const headerNameOf = (wire: string): string => wire.replaceAll("_", "-");

/** A query parameter that may be missing or empty, which is `null`. */
export const mayQuery = <T extends string | bigint | number>(kind: Kind<T>, description: string): Param<T | null> => ({
  in: "query",
  required: false,
  description,
  schema: kind.schema,
  parse: (text, name) => (text === undefined || text === "" ? null : kind.read(text, name)),
  format: (value, name) => (value === null ? undefined : String(kind.read(String(value), name))),
});
