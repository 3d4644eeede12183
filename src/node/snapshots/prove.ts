/**
 * Whether a snapshot is of a final block of the chain, from its proof alone: before a chunk is looked at, and without a word
 * that has to be believed.
 */
import {hexOf} from "../../codecs/bytes.js";
import {blockIdOf, type Certificate, CLOSING_PROPOSER} from "../../codecs/chain/block.js";
import type {StateProof, ValidatorSetProof} from "../../codecs/chain/finality.js";
import {type Genesis, genesisIdOf} from "../../codecs/chain/genesis.js";
import type {LightChain} from "../../codecs/chain/light.js";
import {type SnapshotEpoch, type SnapshotManifest, snapshotEpoch, snapshotProof} from "../../codecs/chain/snapshot.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {RuleError} from "../../errors.js";
import {checkFinality, isThreeChain} from "../consensus/finality/proof.js";
import {checkValidators, proveValidators} from "../consensus/finality/validator-set.js";
import {checkAge, enterEpoch, extended, groundOf, newestOf} from "../consensus/light/light.js";
import {checkCertificate} from "../consensus/votes/certificate.js";
import {Committee, type Voter} from "../consensus/votes/committee.js";
import {isBodyOf} from "../ledger/chain/assemble.js";
import {genesisTree} from "../ledger/chain/genesis.js";
import {pathOf, valueHashOf} from "../ledger/state/state.js";
import {EPOCH_KEY, epochs} from "../ledger/state/stores.js";
import {rootOfSubtrees} from "../ledger/state/subtrees.js";
import {lightChainOf} from "../light/genesis.js";

/** What a snapshot is held to. */
export interface SnapshotTrust {
  readonly genesis: Genesis;
  /** What the operator has from somebody who is trusted; null for the genesis alone. */
  readonly checkpoints: LightChain | null;
  /** Whether a genesis is enough, or a checkpoint, however old. */
  readonly acceptOld: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: bigint;
  /** ML-DSA-44. */
  readonly verifyVote: VerifySignature;
}

/** A block that is final, as its own snapshot shows. */
export interface ProvenBlock {
  readonly certificate: Certificate;
  readonly receiptsRoot: string;
}

/**
 * Holds a manifest to its proof, and the proof to the genesis.
 * @param frames records of the proof
 * @param took called with each epoch once it is verified
 * @throws RuleError SNAPSHOT_FOREIGN, SNAPSHOT_PROOF_INVALID, SNAPSHOT_MANIFEST_INVALID, CHECKPOINT_TOO_OLD,
 * CHECKPOINT_AHEAD, CHAIN_FORKED, and as the proofs in it; DecodeError
 */
export async function checkProof(
  manifest: SnapshotManifest,
  frames: AsyncIterable<Uint8Array>,
  trust: SnapshotTrust,
  took: (epoch: SnapshotEpoch) => void,
): Promise<ProvenBlock> {
  checkManifest(manifest, trust);
  const records = frames[Symbol.asyncIterator]();
  const first = await records.next();
  if (first.done) return refuse("it is empty");
  const {certificate, finality} = snapshotProof.decode(first.value);
  const epochsOf = new Epochs(trust);
  for (let next = await records.next(); !next.done; next = await records.next()) {
    const epoch = snapshotEpoch.decode(next.value);
    epochsOf.enter(epoch);
    took(epoch);
  }
  const {chain} = epochsOf;
  const block = finality.headers[0];
  const of = chain.checkpoints.find(({epoch}) => epoch === block?.epoch);
  if (!block || !of) return refuse("it does not lead to the epoch of its block");
  const {id, header, validators} = checkFinality(finality, groundOf(chain, of, trust.verifyVote));
  const {height, blockId, stateRoot} = manifest;
  const newest = newestOf(chain);
  if (id !== blockId || header.height !== height) refuse(`it is of block ${header.height}, the manifest of ${height}`);
  // The block that ended an epoch belongs to it, and the state after it to the next.
  if (newest.height > height || (header.epoch !== newest.epoch && newest.blockId !== id))
    refuse(`block ${height} is of epoch ${header.epoch}, which ended before`);
  const child = finality.headers[1]!;
  if (child.parentStateRoot !== stateRoot) refuse("the state of the manifest is not the one after its block");
  if (certificate.blockId !== id) refuse("the votes are for another block");
  checkVotes(certificate, validators, trust);
  // Who voted at the genesis and votes still has its stake at risk. Others may have left since.
  if (newest.epoch > 0n && !trust.acceptOld) checkAge(trust.checkpoints ?? lightChainOf(trust.genesis), trust.nowMs);
  return {certificate, receiptsRoot: child.parentReceiptsRoot};
}

/** What a manifest says without the chain's word: which chain, and subtrees that give the root. */
function checkManifest(manifest: SnapshotManifest, {genesis, checkpoints}: SnapshotTrust): void {
  const {chainId, genesisId, height, stateRoot, state} = manifest;
  if (chainId !== genesis.chainId || genesisId !== genesisIdOf(genesis))
    throw new RuleError("SNAPSHOT_FOREIGN", `the snapshot is of chain ${chainId}, or of one with another genesis`, {
      hint: "make the data directory with qsdm node init --genesis and the chain's own file",
    });
  const root = rootOfSubtrees(state);
  if (!root || hexOf(root) !== stateRoot)
    throw new RuleError("SNAPSHOT_MANIFEST_INVALID", "the parts of the state do not make up its root", {
      hint: "get the snapshot from another node",
    });
  if (checkpoints && newestOf(checkpoints).height > height)
    throw new RuleError(
      "CHECKPOINT_AHEAD",
      `the checkpoint is of block ${newestOf(checkpoints).height}, the snapshot of block ${height}`,
      {hint: "take a newer snapshot, or a checkpoint below it"},
    );
}

/** Goes from the genesis through the epochs of a proof, each by the votes of the one before. */
class Epochs {
  chain: LightChain;
  #set: ValidatorSetProof;
  #voters: readonly Voter[];

  constructor(private readonly trust: SnapshotTrust) {
    const {state, tree} = genesisTree(trust.genesis);
    this.chain = lightChainOf(trust.genesis);
    this.#set = proveValidators(state, tree);
    this.#voters = trust.genesis.validators;
  }

  enter({origin, certificate, row}: SnapshotEpoch): void {
    const {verifyVote} = this.trust;
    const {number, originHeight, closing, validatorSet} = row;
    const before = newestOf(this.chain).epoch;
    if (number !== before + 1n || origin.height !== originHeight) refuse(`epoch ${number} does not follow ${before}`);
    this.#checkClosing({origin, certificate, row});
    this.chain = extended(
      this.chain,
      enterEpoch(this.chain, stepInto({origin, certificate, row}, this.#set), verifyVote),
    );
    this.#voters = checkValidators(validatorSet, newestOf(this.chain).epochRoot);
    this.#set = validatorSet;
    if (closing.length === 0) refuse(`nothing closed epoch ${before}`);
  }

  /** The block that ended an epoch and those that closed it, each with the votes for it: they are kept and served on. */
  #checkClosing({origin, certificate, row}: SnapshotEpoch): void {
    let parentId = blockIdOf(origin);
    let {height} = origin;
    if (certificate.blockId !== parentId) refuse(`the votes for block ${height} are for another`);
    checkVotes(certificate, this.#voters, this.trust, origin.epoch);
    for (const {block, certificate: votes} of row.closing) {
      const {header} = block;
      const {transactionCount, proofCount, coinbaseCount, batchCount} = header;
      const isEmpty = transactionCount + proofCount + coinbaseCount + batchCount === 0 && isBodyOf(block);
      const follows = header.parentId === parentId && header.height === height + 1n && header.epoch === origin.epoch;
      if (!isEmpty || !follows || header.proposer !== CLOSING_PROPOSER)
        refuse(`block ${header.height} does not close epoch ${origin.epoch}`);
      parentId = blockIdOf(header);
      ({height} = header);
      if (votes.blockId !== parentId || votes.height !== height || votes.view !== header.view)
        refuse(`the votes for block ${height} are for another`);
      checkVotes(votes, this.#voters, this.trust, origin.epoch);
    }
  }
}

/** The step into an epoch as a light client takes it. */
function stepInto({origin, certificate, row}: SnapshotEpoch, validatorSet: ValidatorSetProof): StateProof {
  const {number, originHeight, siblings, closing} = row;
  const value = epochs.codec.encode({number, originHeight});
  const leaf = {path: pathOf(epochs.name, EPOCH_KEY), valueHash: valueHashOf(value)};
  const headers = [origin, ...closing.map(({block}) => block.header)];
  let end = 3;
  while (end < headers.length && !isThreeChain(headers.slice(end - 3, end))) end++;
  const certificates = [certificate, ...closing.map((each) => each.certificate)].slice(Math.max(0, end - 3), end);
  const finality = {headers: headers.slice(0, end), certificates, validatorSet};
  return {store: epochs.name, key: EPOCH_KEY, value, siblings, leaf, finality};
}

function checkVotes(
  certificate: Certificate,
  voters: readonly Voter[],
  {genesis, verifyVote: verify}: SnapshotTrust,
  epoch = certificate.epoch,
): void {
  const {quorum} = lightChainOf(genesis);
  const committee = new Committee(epoch, voters, {rotation: "round-robin", quorum});
  checkCertificate(certificate, {chainId: genesis.chainId, committee, verify});
}

function refuse(why: string): never {
  throw new RuleError("SNAPSHOT_PROOF_INVALID", `the proof of the snapshot does not hold: ${why}`, {
    hint: "get the snapshot from another node",
  });
}
