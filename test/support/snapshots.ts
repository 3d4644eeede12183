/** Snapshots of a real chain with real keys. */
import path from "node:path";
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {FinalityDesk} from "../../src/node/finality.js";
import {hashEach} from "../../src/node/ledger/state/hashing.js";
import type {SnapshotFiles} from "../../src/node/snapshots/files.js";
import type {VerifyPorts} from "../../src/node/snapshots/verify.js";
import {type SnapshotGround, type WritePorts, writeSnapshot} from "../../src/node/snapshots/write.js";
import {mlDsa44, signedTransfer, type TestAccount} from "./accounts.js";
import {extend, scratchDirectory, type TestChain} from "./chain.js";

const {signal} = new AbortController();

/** What a snapshot of the tip is taken of; blocks may come meanwhile. */
export const groundOf = ({chain}: TestChain): SnapshotGround => ({
  height: chain.tip.height,
  id: chain.tip.id,
  tree: chain.tree,
});

/** A block for each of so many payments of `payer`, whose next nonce is given. */
export async function pay(
  {intake}: TestChain,
  payer: TestAccount,
  {to, count, nonce}: {readonly to: string; readonly count: number; readonly nonce: bigint},
): Promise<void> {
  for (let i = 0n; i < BigInt(count); i++) {
    await intake.submit(signedTransfer(payer, {to, amountDust: 10n, nonce: nonce + i}));
    await extend(intake);
  }
}

export function writePorts(genesis: Genesis, {chain, store}: TestChain): WritePorts {
  const desk = new FinalityDesk({genesis, store, chain, newest: () => []});
  return {
    genesis,
    store,
    prove: (height) => desk.prove(height),
    older: null,
    subtreeBytes: 8_192,
    signal,
    wrote: () => {},
  };
}

/** The snapshot of `ground`, in a directory of its own. Two blocks have to stand on it. */
export const snapshotAt = (
  ground: SnapshotGround,
  genesis: Genesis,
  of: TestChain,
  change: Partial<WritePorts> = {},
): Promise<SnapshotFiles> =>
  writeSnapshot(ground, path.join(scratchDirectory(), String(ground.height)), {...writePorts(genesis, of), ...change});

export const trustIn = (genesis: Genesis, change: Partial<VerifyPorts> = {}): VerifyPorts => ({
  genesis,
  checkpoints: null,
  acceptOld: false,
  nowMs: genesis.timeMs,
  verifyVote: mlDsa44.verify,
  hashAll: hashEach,
  signal,
  checked: () => {},
  ...change,
});
