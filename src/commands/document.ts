/** Answers of the node as the members of a JSON document. */
import {wireNameOf} from "../codecs/api/shape.js";

/** `value` with member names in snake case, all the way down. */
export function documentOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(documentOf);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [wireNameOf(name), documentOf(member)]));
}
