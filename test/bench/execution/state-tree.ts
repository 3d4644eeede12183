/** P17: the state root after 10,000 changed leaves, by a tree that is hashed level by level. */
import {randomBytes} from "node:crypto";
import {sha3_256} from "@noble/hashes/sha3.js";
import {equalBytes} from "../../../src/codecs/bytes.js";
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {type HashAll, hashEach, hashEachBy} from "../../../src/node/ledger/state/hashing.js";
import {type Leaf, rootOf, updateTree} from "../../../src/node/ledger/state/tree.js";
import {best, type Print, ratio} from "../compute/rounds.js";

const LEAVES = 1_000_000;
const CHANGED = 10_000;

const leaf = (): Leaf => ({path: new Uint8Array(randomBytes(32)), valueHash: new Uint8Array(randomBytes(32))});

export function benchStateTree(backends: readonly ComputeBackend[], print: Print): void {
  const leaves = Array.from({length: LEAVES}, leaf);
  const changes = leaves.slice(0, CHANGED).map(({path}) => ({path, valueHash: new Uint8Array(randomBytes(32))}));
  const native = backends.find(({sha3Packed}) => sha3Packed);
  const ways: Readonly<Record<string, HashAll>> = {
    noble: hashEachBy(sha3_256),
    "node:crypto": hashEach,
    ...(native ? {[native.name]: native.sha3Packed!} : {}),
  };
  const tree = updateTree(null, leaves, native?.sha3Packed);
  const right = rootOf(updateTree(tree, changes));
  for (const [name, hashAll] of Object.entries(ways))
    if (!equalBytes(rootOf(updateTree(tree, changes, hashAll)), right)) print(`WRONG ROOT from ${name}`);
  const took = best(
    Object.fromEntries(Object.entries(ways).map(([name, hashAll]) => [name, () => updateTree(tree, changes, hashAll)])),
  ) as Record<string, number>;
  print(`P17 state root after ${CHANGED} changed leaves of ${LEAVES}`);
  for (const name of Object.keys(ways))
    print(
      `  ${name} ${((took[name]! / CHANGED) * 1e3).toFixed(1)} us for a leaf: ratio to noble ` +
        `${ratio(took.noble!, took[name]!)} (goal 60), node:crypto ${ratio(took["node:crypto"]!, took[name]!)}`,
    );
}
