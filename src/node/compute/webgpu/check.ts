/** Whether a device computes what the rules compute, before anybody relies on it. */
import {equalBytes} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {UnavailableError} from "../../../errors.js";
import {buildDag} from "../../ledger/mining/dag.js";
import {advanceNonce} from "../../ledger/mining/pow.js";
import {solveSlice} from "../../ledger/mining/solve.js";
import {mixDigest} from "../../ledger/mining/walk.js";
import type {ComputeBackend} from "../backend.js";

/** Not a power of two, so that taking the remainder counts. */
const ENTRIES = 301;
const MESSAGES = 1_024;
const WALKS = 16;
/** One hash in 64 is below. */
const TARGET = 1n << 250n;
const ATTEMPTS = 200;

type Checked = Pick<ComputeBackend, "name" | "sha3" | "mixDigests" | "solveSlice">;

/** @throws UnavailableError DEVICE_WRONG: hashes, walks or searches differ from the rules' own */
export function checkDevice(backend: Checked): void {
  const fail = (what: string): never => {
    throw new UnavailableError("DEVICE_WRONG", `backend ${backend.name}: the device ${what}`, {
      hint: "use another backend",
    });
  };
  const messages = Array.from({length: MESSAGES}, (_, i) => new Uint8Array(i % 136).fill(i));
  const digests = backend.sha3(messages);
  if (!messages.every((message, i) => equalBytes(digests[i]!, sha3(message)))) fail("hashes another way");

  const table = buildDag({epoch: 0n, workSetRoot: new Uint8Array(32), entries: ENTRIES});
  const headerHash = Uint8Array.from({length: 32}, (_, i) => i);
  // The last word of the nonce overflows on the way.
  const nonce = new Uint8Array(16).fill(0xff, 0, 12);
  const starts = Array.from({length: WALKS}, (_, i) => ({headerHash, nonce: advanceNonce(nonce, BigInt(i))}));
  for (const mix of [1, 2] as const) {
    const mixes = backend.mixDigests(table, starts, mix);
    if (!starts.every((start, i) => equalBytes(mixes[i]!, mixDigest(table, start, mix))))
      fail(mix === 1 ? "walks another way" : "does not give the tensor mix bit for bit");
    const job = {headerHash, batchRoot: new Uint8Array(32), target: TARGET, table, mix};
    const [theirs, ours] = [backend, {solveSlice}].map((each) => each.solveSlice(job, nonce, ATTEMPTS));
    if (theirs!.attempts !== ours!.attempts) fail("finds something else");
  }
}
