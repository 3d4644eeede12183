/** `name=value` flags as inputs of a program. */
import {UsageError} from "../../errors.js";
import {integerOf} from "../../node/quorum/language/integer.js";

/** @throws UsageError INPUT_INVALID, INPUT_REPEATED */
export function parseAssignments(flags: readonly string[]): ReadonlyMap<string, bigint> {
  const inputs = new Map<string, bigint>();
  for (const text of flags) {
    const at = text.lastIndexOf("=");
    const value = at < 1 ? null : integerOf(text.slice(at + 1));
    if (value === null)
      throw new UsageError("INPUT_INVALID", `"${text}" is not name=value with an integer`, {
        hint: "write --set x=3 once for each input",
      });
    const name = text.slice(0, at);
    if (inputs.has(name)) throw new UsageError("INPUT_REPEATED", `input '${name}' is given twice`);
    inputs.set(name, value);
  }
  return inputs;
}

/** The same, with exactly the inputs that are `known`. @throws UsageError INPUT_UNKNOWN, INPUT_MISSING too */
export function parseInputs(flags: readonly string[], known: readonly string[]): ReadonlyMap<string, bigint> {
  const inputs = parseAssignments(flags);
  const unknown = [...inputs.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError("INPUT_UNKNOWN", `the program has no input '${unknown}'`, {
      hint: known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`,
    });
  const missing = known.filter((name) => !inputs.has(name));
  if (missing.length > 0)
    throw new UsageError("INPUT_MISSING", `no value for ${missing.join(", ")}`, {
      hint: `add --set ${missing[0]}=VALUE`,
    });
  return inputs;
}
