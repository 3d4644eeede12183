/**
 * What validators say to each other: proposals, votes, timeouts (docs/decisions/0052-hotstuff.md).
 *
 * What is signed names the chain, the epoch and the view, each kind under a tag of its own, so that no signature is good
 * for another chain, validator set, view or kind. Source: HotStuff (Yin et al. 2019); timeout certificates of DiemBFT.
 */

import {DecodeError} from "../../errors.js";
import {digestHex} from "../address.js";
import {decodeCbor} from "../cbor/cbor.js";
import {type FieldValue, fixed, list, nullable, record, u32, u64} from "../cbor/record.js";
import {type Certificate, certificate} from "../chain/block.js";
import {chainIdField} from "../chain/envelope.js";
import {ML_DSA_44} from "../suite.js";
import {compactBlock} from "./compact-block.js";

/** Most validators of one epoch, and so most signatures in a certificate. */
export const VALIDATORS_MAX = 1_000;

const signature = fixed(ML_DSA_44.signatureBytes);

/** What the leader of a view signs: this block and no other. The header behind the id names parent and proposer. */
export const proposalContent = record("qsdm/proposal/v1", {
  chainId: chainIdField,
  epoch: u64,
  height: u64,
  view: u64,
  blockId: digestHex,
});
export type ProposalContent = FieldValue<typeof proposalContent>;

/** What a validator signs to give a view up, with the newest certificate that it knew. */
export const timeoutContent = record("qsdm/timeout/v1", {
  chainId: chainIdField,
  epoch: u64,
  view: u64,
  highView: u64,
  highBlockId: digestHex,
});
export type TimeoutContent = FieldValue<typeof timeoutContent>;

/** Timeouts of more than two thirds of the power for one view, and the newest certificate that any of them names. */
export const timeoutCertificate = record("qsdm/timeout-certificate/v1", {
  epoch: u64,
  view: u64,
  /** Ascending by validator. */
  timeouts: list(
    record("given-up", {validator: u32, highView: u64, highBlockId: digestHex, signature}),
    VALIDATORS_MAX,
  ),
  highCertificate: certificate,
});
export type TimeoutCertificate = FieldValue<typeof timeoutCertificate>;

export const proposal = record("qsdm/proposal-message/v2", {
  block: compactBlock,
  /** Of the block's parent. */
  justify: certificate,
  /** Why the views between the parent's and this one hold no block; null where there are none. */
  timeouts: nullable(timeoutCertificate),
  /** Place of the leader in the epoch's validator list. */
  validator: u32,
  signature,
});
export type Proposal = FieldValue<typeof proposal>;

/** A vote on its way to whoever collects it; `voteContent` is what is signed. */
export const vote = record("qsdm/vote-message/v1", {
  epoch: u64,
  height: u64,
  view: u64,
  blockId: digestHex,
  validator: u32,
  signature,
});
export type Vote = FieldValue<typeof vote>;

export const timeout = record("qsdm/timeout-message/v1", {
  epoch: u64,
  view: u64,
  highCertificate: certificate,
  /** How the sender came to this view when not by `highCertificate`, so that whoever fell behind can follow. */
  entered: nullable(timeoutCertificate),
  validator: u32,
  signature,
});
export type Timeout = FieldValue<typeof timeout>;

export type ConsensusMessage =
  | {readonly type: "proposal"; readonly proposal: Proposal}
  | {readonly type: "vote"; readonly vote: Vote}
  | {readonly type: "timeout"; readonly timeout: Timeout}
  /** The certificate that ends an epoch, which no block of it will ever carry. */
  | {readonly type: "certificate"; readonly certificate: Certificate};

const TAGS = {
  "qsdm/proposal-message/v2": "proposal",
  "qsdm/vote-message/v1": "vote",
  "qsdm/timeout-message/v1": "timeout",
  "qsdm/certificate/v2": "certificate",
} as const;

/** The message in `bytes`. @throws DecodeError CBOR_INVALID, FIELD_INVALID, MESSAGE_UNKNOWN */
export function decodeMessage(bytes: Uint8Array): ConsensusMessage {
  const wire = decodeCbor(bytes);
  const tag = Array.isArray(wire) ? wire[0] : null;
  const type = typeof tag === "string" && Object.hasOwn(TAGS, tag) ? TAGS[tag as keyof typeof TAGS] : null;
  if (type === "proposal") return {type, proposal: proposal.fromWire(wire, type)};
  if (type === "vote") return {type, vote: vote.fromWire(wire, type)};
  if (type === "timeout") return {type, timeout: timeout.fromWire(wire, type)};
  if (type === "certificate") return {type, certificate: certificate.fromWire(wire, type)};
  throw new DecodeError("MESSAGE_UNKNOWN", "no message of consensus");
}

/** Bytes of a message. */
export function encodeMessage(message: ConsensusMessage): Uint8Array {
  if (message.type === "proposal") return proposal.encode(message.proposal);
  if (message.type === "certificate") return certificate.encode(message.certificate);
  return message.type === "vote" ? vote.encode(message.vote) : timeout.encode(message.timeout);
}

/** The epoch that a message is of. */
export function epochOfMessage(message: ConsensusMessage): bigint {
  switch (message.type) {
    case "proposal":
      return message.proposal.block.header.epoch;
    case "vote":
      return message.vote.epoch;
    case "timeout":
      return message.timeout.epoch;
    case "certificate":
      return message.certificate.epoch;
  }
}
