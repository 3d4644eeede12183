/**
 * A light client's rules: from one final block to a later one by a finality proof, and from a final block to what the
 * state held after it (docs/decisions/0070-light-client.md). Pure.
 */
import {bytesOfHex} from "../../../codecs/bytes.js";
import {blockIdOf} from "../../../codecs/chain/block.js";
import type {FinalityProof, StateProof} from "../../../codecs/chain/finality.js";
import {CHECKPOINTS_MAX, type Checkpoint, type LightChain} from "../../../codecs/chain/light.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError, UnavailableError} from "../../../errors.js";
import {pathOf, valueHashOf} from "../../ledger/state/state.js";
import {EPOCH_KEY, epochs} from "../../ledger/state/stores.js";
import {verifyLeaf} from "../../ledger/state/tree.js";
import {checkFinality, type FinalBlock, type FinalityGround} from "../finality/proof.js";

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

/** What a proof of the epoch that `checkpoint` is in is held against. */
export const groundOf = (
  {chainId, quorum}: LightChain,
  {epoch, epochRoot}: Pick<Checkpoint, "epoch" | "epochRoot">,
  verify: VerifySignature,
): FinalityGround => ({chainId, epoch, stateRoot: epochRoot, quorum, verify});

/**
 * The block that `proof` shows to be final, as a checkpoint.
 * @throws RuleError as `checkFinality`; CHAIN_FORKED when it is another block at a height that was verified before;
 * EPOCH_UNPROVED when it is of an epoch that was not entered yet; UnavailableError EPOCH_OVER when it is of one so old
 * that its voters were forgotten
 */
export function checkpointOf(chain: LightChain, proof: FinalityProof, verify: VerifySignature): Checkpoint {
  const [first] = proof.headers;
  const known = chain.checkpoints.find(({height}) => height === first?.height);
  // The last block of an epoch stands here as what the next one goes on from; its id says that it is the same.
  if (first && known && known.epoch > first.epoch && known.blockId === blockIdOf(first)) return known;
  const of = epochOfProof(chain, proof);
  const {epoch, epochRoot} = of;
  const {id, header} = checkFinality(proof, groundOf(chain, of, verify));
  const {height, timeMs} = header;
  if (known && known.blockId !== id) throw forked(height, known.blockId, id);
  const end = chain.checkpoints.find((each) => each.epoch > epoch && each.height < height);
  if (end)
    throw new RuleError("FINALITY_INVALID", `block ${height} is of epoch ${epoch}, which block ${end.height} ended`, {
      hint: "get the proof anew, from another node if need be",
    });
  // The child's header: more than two thirds voted for it, or for a block above it.
  const stateRoot = proof.headers[1]!.parentStateRoot;
  return known ?? {height, blockId: id, timeMs, epoch, epochRoot, stateRoot};
}

/**
 * The block that `proof` shows to be final in the epoch of the newest verified block, with who votes there.
 * @throws RuleError EPOCH_UNPROVED; as `checkFinality`
 */
export function checkNewest(chain: LightChain, proof: FinalityProof, verify: VerifySignature): FinalBlock {
  epochOfProof(chain, proof);
  return checkFinality(proof, groundOf(chain, newestOf(chain), verify));
}

/** A checkpoint of the epoch that `proof` says it is of. */
function epochOfProof(chain: LightChain, {headers}: FinalityProof): Pick<Checkpoint, "epoch" | "epochRoot"> {
  const newest = newestOf(chain);
  const first = headers[0];
  const of = chain.checkpoints.find(({epoch}) => epoch === first?.epoch);
  // Without headers it is no proof, on whichever ground.
  if (of || !first) return of ?? newest;
  const {height, epoch} = first;
  if (epoch > newest.epoch)
    throw new RuleError(
      "EPOCH_UNPROVED",
      `block ${height} is of epoch ${epoch}, what is trusted of epoch ${newest.epoch}`,
      {
        hint: "get the proof with the steps between: qsdm finality fetch has them, qsdm light sync goes them",
      },
    );
  throw new UnavailableError(
    "EPOCH_OVER",
    `block ${height} is of epoch ${epoch}, whose validators are not kept any more`,
    {
      hint: "ask a node that is not so far behind",
    },
  );
}

/**
 * The last block of the newest verified epoch, as a checkpoint of the epoch that goes on from it.
 * @param proof of the state's record of the epoch, after that block
 * @throws RuleError EPOCH_STEP_INVALID, CHAIN_FORKED; as `checkState`
 */
export function enterEpoch(chain: LightChain, proof: StateProof, verify: VerifySignature): Checkpoint {
  const newest = newestOf(chain);
  const {checkpoint, value} = checkState(chain, {store: epochs.name, key: EPOCH_KEY}, proof, verify);
  const {height, stateRoot} = checkpoint;
  const next = value && epochs.codec.decode(value);
  if (checkpoint.epoch !== newest.epoch || next?.number !== newest.epoch + 1n || next.originHeight !== height)
    throw new RuleError("EPOCH_STEP_INVALID", `block ${height} is not the last of epoch ${newest.epoch}`, {
      hint: "ask another node",
    });
  if (height < newest.height) throw endedTwice(newest.epoch, height, newest.height);
  return {...checkpoint, epoch: next.number, epochRoot: stateRoot};
}

/** Two final blocks of one height: more than a third of the voting power contradicts itself. */
export const forked = (height: bigint, one: string, other: string): RuleError =>
  new RuleError("CHAIN_FORKED", `two blocks of height ${height} are both shown to be final: ${one} and ${other}`, {
    hint: "more than a third of the voting power contradicts itself: trust nothing above, and ask the validators",
    details: {height, one, other},
  });

/** A final block of an epoch above the one that ended it: the same contradiction. */
export const endedTwice = (epoch: bigint, end: bigint, height: bigint): RuleError =>
  new RuleError("CHAIN_FORKED", `epoch ${epoch} is shown to end with block ${end}, and to go on to block ${height}`, {
    hint: "more than a third of the voting power contradicts itself: trust nothing above, and ask the validators",
    details: {epoch, end, height},
  });

/** `chain` with a newer checkpoint, or the newest in a later epoch; any other changes nothing. */
export function extended(chain: LightChain, checkpoint: Checkpoint): LightChain {
  const {height, epoch} = newestOf(chain);
  if (checkpoint.height < height || (checkpoint.height === height && checkpoint.epoch <= epoch)) return chain;
  const before = chain.checkpoints.filter((each) => each.height < checkpoint.height);
  return {...chain, checkpoints: [...before, checkpoint].slice(-CHECKPOINTS_MAX)};
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
