/**
 * Quorum certificates: votes of strictly more than two thirds of the voting power for one block (D15: "at least" two
 * thirds lets two conflicting blocks be certified). A single validator is a quorum of one on the same path.
 */
import {type Certificate, type VoteContent, voteContent} from "../../../codecs/chain/block.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";

/** One voter of an epoch. */
export interface Voter {
  /** ML-DSA-44. */
  readonly publicKey: Uint8Array;
  readonly power: bigint;
}

/** Bytes that a validator signs to vote. */
export const voteBytes = (content: VoteContent): Uint8Array => voteContent.encode(content);

/** Whether `power` is a quorum of `total`. */
export const isQuorum = (power: bigint, total: bigint): boolean => power * 3n > total * 2n;

/**
 * @param verify ML-DSA-44
 * @throws RuleError CERTIFICATE_INVALID
 */
export function checkCertificate(
  certificate: Certificate,
  vote: Omit<VoteContent, "epoch" | "view">,
  {voters, verify}: {voters: readonly Voter[]; verify: VerifySignature},
): void {
  const refuse = (why: string): never => {
    throw new RuleError("CERTIFICATE_INVALID", `certificate of block ${vote.height}: ${why}`);
  };
  const bytes = voteBytes({...vote, epoch: certificate.epoch, view: certificate.view});
  let power = 0n;
  let last = -1;
  for (const {validator, signature} of certificate.votes) {
    // Strictly ascending, so that no voter can be counted twice.
    if (validator <= last) refuse("voters are not in ascending order");
    last = validator;
    const voter = voters[validator] ?? refuse(`no validator ${validator}`);
    if (!verify(voter.publicKey, bytes, signature)) refuse(`vote of validator ${validator} does not verify`);
    power += voter.power;
  }
  const total = voters.reduce((sum, each) => sum + each.power, 0n);
  if (!isQuorum(power, total)) refuse(`${power} of ${total} voting power is no quorum`);
}
