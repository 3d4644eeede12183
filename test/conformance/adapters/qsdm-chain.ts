/** The ancestor's chain formats. */
import {hexOf, textOf, utf8} from "../../../src/codecs/bytes.js";
import {
  hashPreimage,
  producerDigest,
  qsdmBlock,
  qsdmBlockHash,
  qsdmHeader,
  transactionRootOf,
} from "../../../src/codecs/qsdm-chain/block.js";
import {
  type InclusionProof,
  leavesOf,
  proveInclusion,
  transactionRoot,
  verifyInclusion,
} from "../../../src/codecs/qsdm-chain/tree.js";
import {type Adapters, byKind, type Input, type Output} from "../case.js";

const proofShape = ({leafHash, index, siblings, root}: InclusionProof): Output => ({
  leaf_hash: leafHash,
  index,
  siblings: siblings.length === 0 ? null : siblings.map(({hash, isRight}) => ({hash, is_right: isRight})),
  root,
});

const proofOf = (input: Input): InclusionProof => ({
  leafHash: input.text("leaf_hash"),
  index: input.number("index"),
  siblings: input.has("siblings")
    ? input.objects("siblings").map((each) => ({hash: each.text("hash"), isRight: each.flag("is_right")}))
    : [],
  root: input.text("root"),
});

function hashBlock(input: Input): Output {
  const fields = {
    height: input.big("height"),
    prevHash: input.text("prev_hash"),
    stateRoot: input.text("state_root"),
    timestamp: input.text("timestamp"),
    producerId: input.text("producer_id"),
    transactionRoot: transactionRoot(input.has("tx_ids") ? input.texts("tx_ids") : []),
  };
  const hash = qsdmBlockHash(fields);
  const count = input.has("tx_ids") ? input.texts("tx_ids").length : 0;
  const header = qsdmHeader.encode({...fields, hash, transactionCount: BigInt(count)});
  return {
    hash,
    header: JSON.parse(new TextDecoder().decode(header)),
    preimage_utf8: hashPreimage(fields),
    producer_sig_digest: hexOf(producerDigest({...fields, hash})),
    tx_root: fields.transactionRoot,
  };
}

export const qsdmChainAdapters: Adapters = {
  "transaction-id merkle tree (txroot, inclusion proofs)": byKind({
    root(input) {
      const ids = input.has("items") ? input.texts("items") : [];
      return {leaves: ids.length === 0 ? null : leavesOf(ids), root: transactionRoot(ids)};
    },
    proof(input) {
      const proof = proveInclusion(input.texts("items"), input.number("index"));
      return {proof: proofShape(proof), verifies: verifyInclusion(proof, proof.root)};
    },
    proof_check: (input) => ({verifies: verifyInclusion(proofOf(input.object("proof")), input.text("root"))}),
  }),
  "block hash preimage, header, producer signature digest, NDJSON journal line": byKind({
    block_hash: hashBlock,
    journal_line(input) {
      const block = qsdmBlock.decode(utf8(input.text("line_utf8")));
      const transactionRoot = transactionRootOf(block);
      return {hash: qsdmBlockHash({...block, transactionRoot}), line_utf8: textOf(qsdmBlock.encode(block))};
    },
  }),
};
