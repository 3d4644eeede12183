/**
 * Bytes that QBIND's batch mempool hashes: the content of a batch, its certificate, and the references of a block. None
 * says what it is, so they are read where somebody says so.
 * Source: bft-ledger, sections 1.4 and 2.5. Vectors: digests.vectors.json, signing-preimages.vectors.json.
 */
import {concat} from "../bytes.js";
import {sha3} from "../hash.js";
import {blob, fixed, layout, list, type PartValue, struct, toTheEnd, u32, u64} from "./layout.js";

const parentsPart = list(u32, struct({creator: u64, batchId: fixed(32)}));
/** Preimages of the transactions. */
const transactionsPart = list(u32, blob(u32));
const contentPart = struct({creator: u64, viewHint: u64, parents: parentsPart, transactions: transactionsPart});

export const batchContent = layout("batch", contentPart);
export type BatchContent = PartValue<typeof contentPart>;

/** The digests that stand for the lists where a batch is signed, and the digest of all of it. */
export const batchDigests = (content: BatchContent) => ({
  batchId: sha3(batchContent.encode(content)),
  parents: sha3(parentsPart.write(content.parents, "parents")),
  transactions: sha3(transactionsPart.write(content.transactions, "transactions")),
});

/** Signers in the order in which they came, and no signature. */
export const batchCertificate = layout(
  "batch certificate",
  struct({creator: u64, batchId: fixed(32), view: u64, signers: list(u32, u64)}),
);

/** Certified batches as a block names them. */
const reference = struct({creator: u64, batchId: fixed(32), certificateDigest: fixed(32)});
export const batchReferences = layout("batch references", toTheEnd(reference));

/** 32 zero bytes where there are none. */
export function batchCommitment(refs: readonly PartValue<typeof reference>[]) {
  const digests = refs.map((each) => sha3(reference.write(each, "reference")));
  return {digests, commitment: digests.length === 0 ? new Uint8Array(32) : sha3(concat(...digests))};
}
