/** Values as the addon takes and gives them. */
import {concat} from "../../../codecs/bytes.js";
import {InvariantError} from "../../../errors.js";
import {type Dag, entriesOf, isCheckpoints, isTable} from "../../ledger/mining/checkpoints.js";
import type {WalkStart} from "../../ledger/mining/walk.js";
import type {AddonDag} from "./addon.js";
import {NativeTable} from "./table.js";

export const HASH_BYTES = 32;
export const NONCE_BYTES = 16;
const MAX_HASH = (1n << 256n) - 1n;
const MAX_END = 0xffff_ffff;

/** Messages one after the other. */
export interface Packed {
  readonly bytes: Uint8Array;
  /** Where each one ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
}

/** Bytes of all messages; more than `MAX_END` are no batch. */
export const sizeOf = (messages: readonly Uint8Array[]): number => messages.reduce((sum, {length}) => sum + length, 0);
export const fits = (messages: readonly Uint8Array[]): boolean => sizeOf(messages) <= MAX_END;

export function packed(messages: readonly Uint8Array[]): Packed {
  if (!fits(messages)) throw new InvariantError("a batch of more than 4 GiB");
  const ends = new Uint32Array(messages.length);
  // There may be more messages than a call takes arguments.
  const bytes = messages.length === 1 ? messages[0]! : new Uint8Array(sizeOf(messages));
  let end = 0;
  for (const [i, message] of messages.entries()) {
    if (messages.length > 1) bytes.set(message, end);
    end += message.length;
    ends[i] = end;
  }
  return {bytes, ends};
}

/** Starts one after the other; null where one is no hash and nonce of the protocol: the rules walk from any. */
export function packedStarts(starts: readonly WalkStart[]): Uint8Array | null {
  const whole = starts.every(({headerHash, nonce}) => headerHash.length + nonce.length === HASH_BYTES + NONCE_BYTES);
  return whole ? concat(...starts.flatMap(({headerHash, nonce}) => [headerHash, nonce])) : null;
}

/** Bytes or a mapped table, entries and interval; null where only the rules can read it. */
export function dagArguments(dag: Dag): AddonDag | null {
  if (isTable(dag)) return [dag, entriesOf(dag), 1];
  if (isCheckpoints(dag)) return [dag.marks, dag.entries, dag.interval];
  return dag instanceof NativeTable ? [dag.handle, dag.entries, 1] : null;
}

/** Each hash of a row of them. */
export const slices = (hashes: Uint8Array, count: number): Uint8Array[] =>
  Array.from({length: count}, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));

/** The largest hash below `target`, big-endian; the target is at least 1. */
export function limitOf(target: bigint): Uint8Array {
  if (target < 1n) throw new InvariantError(`no hash is below a target of ${target}`);
  const limit = target > MAX_HASH ? MAX_HASH : target - 1n;
  return new Uint8Array(Buffer.from(limit.toString(16).padStart(2 * HASH_BYTES, "0"), "hex"));
}
