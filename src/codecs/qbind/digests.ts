/**
 * Digests by which QBIND names votes, transactions and nodes. A transaction's id leaves its payload out, so that two of
 * one nonce share it: a fact about old data, and nothing to build on.
 * Source: bft-ledger, sections 2.4, 2.5 and 10.1. Vectors: digests.vectors.json.
 */
import {utf8} from "../bytes.js";
import {sha3} from "../hash.js";
import {type QbindVote, voteFields} from "./consensus.js";
import {blob, fixed, layout, list, struct, u8, u16, u32, u64} from "./layout.js";

const {version: _version, epoch: _epoch, ...namedOfVote} = voteFields;
const votePart = struct(namedOfVote);

/** What the reference's older verifier calls a vote by; version and epoch are left out. */
export const voteDigest = (vote: Omit<QbindVote, "signature">): Uint8Array =>
  sha3(utf8("QBIND:VOTE"), votePart.write(vote, "vote"));

const txIdPart = struct({sender: fixed(32), nonce: u64});
export const txId = (tx: {readonly sender: Uint8Array; readonly nonce: bigint}): Uint8Array =>
  sha3(txIdPart.write(tx, "tx"));

/** The account transaction of governance and validator programs, without type and signatures. */
export const accountTransaction = layout(
  "account transaction",
  struct({
    version: u8,
    chainId: u32,
    payer: fixed(32),
    nonce: u64,
    feeLimit: u64,
    accounts: list(u16, struct({accountId: fixed(32), flags: u8, accessHint: u8, reserved: fixed(2)})),
    programId: fixed(32),
    callData: blob(u32),
  }),
);

/** What its payer signs. */
export const accountTransactionDigest = (bytes: Uint8Array): Uint8Array => sha3(utf8("QBIND:TX"), bytes);

/** Who a node is: over its certificate, or over its ML-KEM-768 key where it has none. */
export const nodeId = (certificateOrKey: Uint8Array): Uint8Array => sha3(utf8("QBIND:nodeid:v1"), certificateOrKey);
