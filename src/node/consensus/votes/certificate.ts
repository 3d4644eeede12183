/**
 * Quorum certificates: votes of strictly more than two thirds of the voting power for one block (D15: "at least" two
 * thirds lets two conflicting blocks be certified). A single validator is a quorum of one on the same path.
 */
import {type Certificate, type VoteContent, voteContent} from "../../../codecs/chain/block.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";
import type {Committee} from "./committee.js";

/** What certificates are held against. */
export interface VoteGround {
  readonly chainId: string;
  /** Of the certificate's epoch. */
  readonly committee: Committee;
  /** ML-DSA-44. */
  readonly verify: VerifySignature;
}

/** Bytes that a validator signs to vote. */
export const voteBytes = (content: VoteContent): Uint8Array => voteContent.encode(content);

/** @throws RuleError CERTIFICATE_INVALID */
export function checkCertificate(certificate: Certificate, {chainId, committee, verify}: VoteGround): void {
  const {epoch, height, view, blockId, votes} = certificate;
  const refuse = (why: string): never => {
    throw new RuleError("CERTIFICATE_INVALID", `certificate of block ${height} in view ${view}: ${why}`);
  };
  if (epoch !== committee.epoch) refuse(`epoch ${epoch}, these are the voters of ${committee.epoch}`);
  checkSigners(votes, committee, refuse);
  const bytes = voteBytes({chainId, epoch, height, view, blockId});
  for (const {validator, signature} of votes)
    if (!verify(committee.voters[validator]!.publicKey, bytes, signature))
      refuse(`vote of validator ${validator} does not verify`);
}

/** What is wrong with the signers of a certificate. */
export type SignerFault = "order" | "unknown" | "power";

/** Holds signers to be distinct members with a quorum of the power; before signatures, because it costs nothing. */
export function checkSigners(
  signers: readonly {readonly validator: number}[],
  committee: Committee,
  refuse: (why: string, fault: SignerFault) => never,
): void {
  let last = -1;
  for (const {validator} of signers) {
    // Strictly ascending, so that no voter can be counted twice.
    if (validator <= last) refuse("voters are not in ascending order", "order");
    last = validator;
    if (validator >= committee.size) refuse(`no validator ${validator}`, "unknown");
  }
  const indexes = signers.map(({validator}) => validator);
  if (!committee.isQuorum(indexes))
    refuse(`${committee.powerOf(indexes)} of ${committee.total} voting power is no quorum`, "power");
}
