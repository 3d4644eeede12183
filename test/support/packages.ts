/** Packages that nobody here writes. */
import {hexOf, utf8} from "../../src/codecs/bytes.js";
import {sha256} from "../../src/codecs/hash.js";
import type {Value, ValueObject} from "../../src/codecs/quorum/json.js";
import {hashedTextOf, type ProgramPackage} from "../../src/codecs/quorum/program-package.js";

/** The package with another policy, under the id that is then right. */
export function withPolicy({source}: ProgramPackage, changes: Readonly<Record<string, Value>>): ValueObject {
  const before = source.get("policy_manifest") as ValueObject;
  const changed = new Map([...source, ["policy_manifest", new Map([...before, ...Object.entries(changes)])]]);
  return new Map([...changed, ["program_id", hexOf(sha256(utf8(hashedTextOf(changed))))]]);
}
