/**
 * Two signed statements of one validator of which only one can be honest: two votes, or two proposals, of one epoch and
 * view for different blocks. Whoever holds it needs nothing else to see that it is true
 * (docs/decisions/0066-equivocation.md).
 */
import {digestHex} from "../address.js";
import {hexOf, utf8} from "../bytes.js";
import {type FieldValue, fixed, record, u64, within, word} from "../cbor/record.js";
import {voteContent} from "../chain/block.js";
import {chainIdField} from "../chain/envelope.js";
import {sha3} from "../hash.js";
import {ML_DSA_44, type VerifySignature} from "../suite.js";
import {proposalContent} from "./messages.js";

/** Punishes what the evidence proves. */
export const EQUIVOCATION_CONTRACT = "qsdm/equivocation/v1";

const statement = record("statement", {
  height: u64,
  blockId: digestHex,
  signature: fixed(ML_DSA_44.signatureBytes),
});
export type Statement = FieldValue<typeof statement>;

export const equivocation = within(
  8_192,
  record(EQUIVOCATION_CONTRACT, {
    chainId: chainIdField,
    kind: word("vote", "proposal"),
    epoch: u64,
    view: u64,
    /** ML-DSA-44 key that signed both. */
    publicKey: fixed(ML_DSA_44.publicKeyBytes),
    /** In ascending order of block id, so that two watchers write the same bytes. */
    first: statement,
    second: statement,
  }),
);
export type EquivocationProof = FieldValue<typeof equivocation>;

/** `proof` with its statements in their one order. */
export const inOrder = <T extends Pick<EquivocationProof, "first" | "second">>(proof: T): T =>
  proof.first.blockId <= proof.second.blockId ? proof : {...proof, first: proof.second, second: proof.first};

/**
 * Why the record proves nothing, or null. Pure; costs two verifications.
 * @param verify ML-DSA-44
 */
export function faultOf(proof: EquivocationProof, verify: VerifySignature): string | null {
  const {chainId, kind, epoch, view, publicKey, first, second} = proof;
  if (first.blockId === second.blockId) return "both statements are for one block";
  if (first.blockId > second.blockId) return "the statements are not in order of block id";
  const content = kind === "vote" ? voteContent : proposalContent;
  for (const {height, blockId, signature} of [first, second])
    if (!verify(publicKey, content.encode({chainId, epoch, height, view, blockId}), signature))
      return `the signature for block ${blockId} does not verify`;
  return null;
}

const OFFENCE_TAG = utf8("qsdm/equivocation-offence/v1\0");

/** What is punished once, whichever two of its statements show it: 64 hex digits. */
export const offenceOf = ({chainId, kind, epoch, view, publicKey}: EquivocationProof): string =>
  hexOf(sha3(OFFENCE_TAG, utf8(`${chainId}\0${kind}\0${epoch}\0${view}\0`), publicKey));

const TX_ID_TAG = utf8("qsdm/txid/equivocation-v1\0");

/** Id under which a block carries the evidence itself: 64 hex digits. */
export const equivocationTxIdOf = (bytes: Uint8Array): string => hexOf(sha3(TX_ID_TAG, bytes));

/** Whether `bytes` start as evidence does: an array of eight whose first item is the tag. */
export function isEquivocation(bytes: Uint8Array): boolean {
  const start = utf8(EQUIVOCATION_CONTRACT);
  return bytes[0] === 0x88 && bytes[1] === 0x60 + start.length && start.every((byte, i) => bytes[i + 2] === byte);
}
