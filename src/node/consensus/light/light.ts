/**
 * A light client's rules: from one final block to a later one by a finality proof, and from a final block to what the
 * state held after it (docs/decisions/0070-light-client.md). Pure.
 */
import {bytesOfHex} from "../../../codecs/bytes.js";
import type {FinalityProof, StateProof} from "../../../codecs/chain/finality.js";
import {CHECKPOINTS_MAX, type Checkpoint, type LightChain} from "../../../codecs/chain/light.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import {pathOf, valueHashOf} from "../../ledger/state/state.js";
import {verifyLeaf} from "../../ledger/state/tree.js";
import {checkFinality} from "../finality/proof.js";

/** The newest block that was verified. */
export const newestOf = ({checkpoints}: LightChain): Checkpoint => checkpoints.at(-1)!;

/**
 * Refuses to go on from a checkpoint whose voters may have left: their stake answers for nothing any more, so that a
 * second history would cost them nothing.
 * @param nowMs milliseconds since 1970
 * @throws RuleError CHECKPOINT_TOO_OLD
 */
export function checkAge(chain: LightChain, nowMs: bigint): void {
  const {height, timeMs} = newestOf(chain);
  const ageMs = nowMs - timeMs;
  if (ageMs <= BigInt(chain.maxAgeSeconds) * 1_000n) return;
  throw new RuleError(
    "CHECKPOINT_TOO_OLD",
    `the newest block that is trusted, ${height}, is ${ageMs / 1_000n} s old; this chain's votes count for ${chain.maxAgeSeconds} s`,
    {
      hint: "start from a newer checkpoint of somebody you trust, or pass --accept-old if you know it for another reason",
    },
  );
}

/**
 * The block that `proof` shows to be final, as a checkpoint.
 * @throws RuleError as `checkFinality`; CHAIN_FORKED when it is another block at a height that was verified before
 */
export function checkpointOf(chain: LightChain, proof: FinalityProof, verify: VerifySignature): Checkpoint {
  const {chainId, quorum} = chain;
  const {epoch, epochRoot} = newestOf(chain);
  const {id, header} = checkFinality(proof, {chainId, epoch, stateRoot: epochRoot, quorum, verify});
  const {height, timeMs} = header;
  const known = chain.checkpoints.find((each) => each.height === height);
  if (known && known.blockId !== id) throw forked(height, known.blockId, id);
  // The child's header: more than two thirds voted for it, or for a block above it.
  const stateRoot = proof.headers[1]!.parentStateRoot;
  return {height, blockId: id, timeMs, epoch, epochRoot, stateRoot};
}

/** Two final blocks of one height: more than a third of the voting power contradicts itself. */
export const forked = (height: bigint, one: string, other: string): RuleError =>
  new RuleError("CHAIN_FORKED", `two blocks of height ${height} are both shown to be final: ${one} and ${other}`, {
    hint: "more than a third of the voting power contradicts itself: trust nothing above, and ask the validators",
    details: {height, one, other},
  });

/** `chain` with a newer checkpoint; one that is not newer changes nothing. */
export function extended(chain: LightChain, checkpoint: Checkpoint): LightChain {
  if (checkpoint.height <= newestOf(chain).height) return chain;
  return {...chain, checkpoints: [...chain.checkpoints, checkpoint].slice(-CHECKPOINTS_MAX)};
}

/**
 * What the state held under a key after the final block of `proof`, with that block; `null` is nothing.
 * @throws RuleError as `checkpointOf`; STATE_PROOF_INVALID
 */
export function checkState(
  chain: LightChain,
  {store, key}: {readonly store: string; readonly key: string},
  proof: StateProof,
  verify: VerifySignature,
): {readonly checkpoint: Checkpoint; readonly value: Uint8Array | null} {
  const refuse = (why: string): never => {
    throw new RuleError("STATE_PROOF_INVALID", `no proof of ${store} ${key}: ${why}`, {hint: "ask another node"});
  };
  if (proof.store !== store || proof.key !== key) refuse(`it is of ${proof.store} ${proof.key}`);
  const checkpoint = checkpointOf(chain, proof.finality, verify);
  const valueHash = proof.value && valueHashOf(proof.value);
  const {siblings, leaf, value} = proof;
  if (!verifyLeaf(bytesOfHex(checkpoint.stateRoot, 32), {path: pathOf(store, key), valueHash}, {siblings, leaf}))
    refuse(`it does not lead to the state after block ${checkpoint.height}`);
  return {checkpoint, value};
}
