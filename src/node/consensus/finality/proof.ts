/** Finality proofs: what a three-chain shows to somebody who did not take part. */
import {blockIdOf, type Certificate, CLOSING_PROPOSER, type Header} from "../../../codecs/chain/block.js";
import type {FinalityProof} from "../../../codecs/chain/finality.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import type {Validator} from "../../ledger/state/stores.js";
import {checkCertificate} from "../votes/certificate.js";
import {Committee, type Quorum} from "../votes/committee.js";
import {checkValidators} from "./validator-set.js";

/** What a proof is held against: all that its reader trusts. */
export interface FinalityGround {
  readonly chainId: string;
  readonly epoch: bigint;
  /** Of the state that the epoch's validators are drawn from: for epoch 0 that of genesis. 64 hex digits. */
  readonly stateRoot: string;
  readonly quorum: Quorum;
  /** ML-DSA-44. */
  readonly verify: VerifySignature;
}

/** A block that is final, and who says so. */
export interface FinalBlock {
  readonly id: string;
  readonly header: Header;
  readonly validators: readonly Validator[];
}

/** Headers of which the first is final once all are certified: each the parent of the next, in views without a gap. */
export const isThreeChain = (headers: readonly Header[]): boolean =>
  headers.length === 3 && headers.every((each, i) => i === 0 || follows(each, headers[i - 1]!, 1n));

/** Whether `child` names `parent`, at most `gap` views above it where that is given. */
function follows(child: Header, parent: Header, gap?: bigint): boolean {
  const views = child.view - parent.view;
  return (
    child.height === parent.height + 1n &&
    views > 0n &&
    (gap === undefined || views <= gap) &&
    // Last, since it costs the most.
    child.parentId === blockIdOf(parent)
  );
}

/**
 * The block that `proof` shows to be final. Pure; costs one verification for each vote.
 * @throws RuleError FINALITY_INVALID, VALIDATOR_SET_INVALID, CERTIFICATE_INVALID
 */
export function checkFinality(proof: FinalityProof, ground: FinalityGround): FinalBlock {
  const {headers, certificates} = proof;
  const [first] = headers;
  const three = headers.slice(-3);
  if (!first || !isThreeChain(three)) return refuse("its last three headers are not a chain in views without a gap");
  if (certificates.length !== 3) return refuse(`${certificates.length} certificates, not 3`);
  // Where views were given up, the voters certify enough of these to make the first of them look final.
  if (first.proposer === CLOSING_PROPOSER) return refuse(`block ${first.height} closes its epoch, and is dropped`);
  headers.forEach((each, i) => {
    checkGround(each, ground);
    if (i > 0 && !follows(each, headers[i - 1]!)) refuse(`header ${i} is not a child of the one before`);
  });
  three.forEach((header, i) => {
    if (!certifies(certificates[i]!, header)) refuse(`certificate ${i} is not of block ${header.height}`);
  });
  const validators = checkValidators(proof.validatorSet, ground.stateRoot);
  // Who leads does not matter here.
  const committee = new Committee(ground.epoch, validators, {rotation: "round-robin", quorum: ground.quorum});
  for (const each of certificates) checkCertificate(each, {...ground, committee});
  return {id: blockIdOf(first), header: first, validators};
}

function checkGround({chainId, epoch, height}: Header, ground: FinalityGround): void {
  if (chainId !== ground.chainId) refuse(`it is of chain ${chainId}, not ${ground.chainId}`);
  if (epoch !== ground.epoch) refuse(`block ${height} is of epoch ${epoch}, not ${ground.epoch}`);
  // Block 0 is what the genesis says; nobody votes for it.
  if (height === 0n) refuse("block 0 is not voted for");
}

const certifies = ({epoch, height, view, blockId}: Certificate, header: Header): boolean =>
  epoch === header.epoch && height === header.height && view === header.view && blockId === blockIdOf(header);

function refuse(why: string): never {
  throw new RuleError("FINALITY_INVALID", `no proof of finality: ${why}`, {
    hint: "get the proof anew, from another node if need be",
  });
}
