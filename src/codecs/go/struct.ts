/** Go structs: members in a fixed order, read in any order and almost any case. */
import type {JsonCursor} from "./cursor.js";
import {type JsonStyle, quoteText} from "./quote.js";
import {jsonError} from "./scanner.js";
import type {GoType} from "./types.js";

/** One member: its wire name and type. */
export interface Member<T> {
  readonly name: string;
  readonly type: GoType<T>;
  readonly omitEmpty: boolean;
}

/** Member that is always written. */
export const member = <T>(name: string, type: GoType<T>): Member<T> => ({name, type, omitEmpty: false});
/** Member that is left out when empty. */
export const optional = <T>(name: string, type: GoType<T>): Member<T> => ({name, type, omitEmpty: true});

type Shape = Readonly<Record<string, Member<never> | Member<unknown>>>;
type Value<S> = {readonly [K in keyof S]: S[K] extends Member<infer T> ? T : never};
/** The value that a struct type carries. */
export type GoValue<G> = G extends GoType<infer T> ? T : never;

/**
 * Struct of members `shape`, written in that order. `goName` is the qualified type name that error texts carry.
 */
export function goStruct<const S extends Shape>(goName: string, shape: S): GoType<Value<S>> {
  const members = Object.entries(shape) as [string, Member<unknown>][];
  const exact = new Map(members.map(([key, each]) => [each.name, key]));
  const folded = new Map(members.map(([key, each]) => [foldName(each.name), key]));
  const shortName = goName.includes("{") ? "" : goName.slice(goName.lastIndexOf(".") + 1);
  const zero = Object.fromEntries(members.map(([key, each]) => [key, each.type.zero]));

  function readMembers(cursor: JsonCursor, out: Record<string, unknown>): void {
    const outer = cursor.place;
    do {
      const name = cursor.key();
      const key = exact.get(name) ?? folded.get(foldName(name));
      if (key === undefined) {
        if (cursor.refuseUnknown) cursor.note(() => jsonError(`json: unknown field ${quoteText(name)}`));
        cursor.skip();
        continue;
      }
      const {name: wireName, type} = shape[key] as Member<unknown>;
      cursor.place = {struct: shortName, path: outer === null ? wireName : `${outer.path}.${wireName}`};
      out[key] = type.read(cursor, out[key]);
      cursor.place = outer;
    } while (cursor.more());
  }

  return {
    goName,
    zero: zero as Value<S>,
    isEmpty: () => false,
    write: (value, style) => `{${writeMembers(members, value, style)}}`,
    read(cursor, previous) {
      const kind = cursor.kind();
      if (kind !== "object") {
        if (kind !== "null") cursor.noteMismatch(kind, goName);
        cursor.skip();
        return previous;
      }
      const out: Record<string, unknown> = {...previous};
      if (cursor.enter()) readMembers(cursor, out);
      return out as Value<S>;
    },
  };
}

function writeMembers(
  members: readonly [string, Member<unknown>][],
  value: Readonly<Record<string, unknown>>,
  style: JsonStyle,
): string {
  const parts: string[] = [];
  for (const [key, {name, type, omitEmpty}] of members)
    if (!omitEmpty || !type.isEmpty(value[key])) parts.push(`"${name}":${type.write(value[key], style)}`);
  return parts.join(",");
}

/** Unicode simple folding as far as names of ASCII letters can tell: U+017F folds to `s`, U+212A to `k`. */
const foldName = (name: string): string =>
  name.replace(/[A-Z\u017f\u212a]/g, (char) =>
    char === "\u017f" ? "s" : char === "\u212a" ? "k" : char.toLowerCase(),
  );
