/** The evidence codecs. */
import {hexOf} from "../../../src/codecs/bytes.js";
import type {Proof} from "../../../src/codecs/mining/proof.js";
import {doubleMining} from "../../../src/codecs/slashing/double-mining.js";
import {forgedAttestation} from "../../../src/codecs/slashing/forged-attestation.js";
import {freshnessCheat} from "../../../src/codecs/slashing/freshness-cheat.js";
import {type Adapters, byOperation, type Input} from "../case.js";
import {proofOf, proofShape} from "./shapes.js";

const rawOf = (input: Input): Uint8Array =>
  input.has("raw_zero_bytes") ? new Uint8Array(input.number("raw_zero_bytes")) : input.bytes("raw_hex");

/** Proof B, which for size limits is given as proof A with one character many times over as its bundle. */
function proofBOf(input: Input): Proof {
  if (!input.has("proof_b_is_a_with_bundle_repeat")) return proofOf(input.object("proof_b"));
  const {attestation, ...proof} = proofOf(input.object("proof_a"));
  const repeat = input.object("proof_b_is_a_with_bundle_repeat");
  return {...proof, attestation: {...attestation, bundle: repeat.text("char").repeat(repeat.number("count"))}};
}

export const evidenceAdapters: Adapters = {
  "mining.slashing.doublemining: evidence codec": byOperation({
    encode: (input) => ({
      evidence_hex: hexOf(
        doubleMining.encode({
          proofA: proofOf(input.object("proof_a")),
          proofB: proofBOf(input),
          memo: input.text("memo"),
        }),
      ),
    }),
    decode(input) {
      const evidence = doubleMining.readCompat(rawOf(input));
      return {
        proof_a: proofShape(evidence.proofA),
        proof_b: proofShape(evidence.proofB),
        memo: evidence.memo,
        reencoded_hex: hexOf(doubleMining.encode(evidence)),
      };
    },
  }),
  "mining.slashing.forgedattest: evidence codec": byOperation({
    encode: (input) => ({
      evidence_hex: hexOf(
        forgedAttestation.encode({
          proof: proofOf(input.object("proof")),
          faultClass: input.text("fault_class"),
          memo: input.text("memo"),
        }),
      ),
    }),
    decode(input) {
      const {proof, faultClass, memo} = forgedAttestation.readCompat(rawOf(input));
      return {proof: proofShape(proof), fault_class: faultClass, memo};
    },
  }),
  "mining.slashing.freshnesscheat: evidence codec": byOperation({
    encode: (input) => ({
      evidence_hex: hexOf(
        freshnessCheat.encode({
          proof: proofOf(input.object("proof")),
          anchorHeight: input.big("anchor_height"),
          anchorBlockTime: input.big("anchor_block_time"),
          memo: input.text("memo"),
        }),
      ),
    }),
    decode(input) {
      const {proof, anchorHeight, anchorBlockTime, memo} = freshnessCheat.readCompat(rawOf(input));
      return {
        proof: proofShape(proof),
        anchor_height: String(anchorHeight),
        anchor_block_time: String(anchorBlockTime),
        memo,
      };
    },
  }),
};
