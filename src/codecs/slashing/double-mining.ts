/**
 * Evidence of double mining: two different proofs of one node for one height.
 *
 * J-plain object `proof_a`, `proof_b`, `memo` (left out when empty). The proof with the smaller canonical bytes comes
 * first, so both orders of a pair encode to the same evidence.
 * Source: mining protocol, section 20.4. Vectors: double-mining.vectors.json.
 */
import {compareBytes} from "../bytes.js";
import {goStruct, member, optional} from "../go/struct.js";
import {goRaw, goText} from "../go/types.js";
import {canonicalCodec} from "../json.js";
import type {Proof} from "../mining/proof.js";
import {EVIDENCE_MAX_BYTES, EvidenceWording} from "./evidence.js";

export interface DoubleMining {
  readonly proofA: Proof;
  readonly proofB: Proof;
  readonly memo: string;
}

const wording = new EvidenceWording("doublemining");
const evidenceWire = goStruct("doublemining.evidenceWire", {
  proofA: member("proof_a", goRaw),
  proofB: member("proof_b", goRaw),
  memo: optional("memo", goText()),
});

function write({proofA, proofB, memo}: DoubleMining): string {
  wording.checkMemo(memo);
  const a = wording.canonical("proof_a", proofA);
  const b = wording.canonical("proof_b", proofB);
  const order = compareBytes(a, b);
  if (order === 0) wording.refuse("proof_a == proof_b (no equivocation to encode)");
  const [first, second] = order < 0 ? [a, b] : [b, a];
  return wording.sized(
    evidenceWire.write({proofA: wording.embed(first), proofB: wording.embed(second), memo}, "plain"),
  );
}

function read(bytes: Uint8Array): DoubleMining {
  const wire = wording.read(evidenceWire, bytes);
  wording.checkMemo(wire.memo);
  const rawA = wording.present("proof_a", wire.proofA);
  const rawB = wording.present("proof_b", wire.proofB);
  return {proofA: wording.proof("proof_a", rawA), proofB: wording.proof("proof_b", rawB), memo: wire.memo};
}

/**
 * `decode` wants the pair in order and both proofs canonical; `readCompat` takes either order and loose proofs.
 * @throws DecodeError EVIDENCE_INVALID with the reference's text, JSON_TOO_LARGE, JSON_NOT_CANONICAL
 */
export const doubleMining = canonicalCodec<DoubleMining>({
  what: "double-mining evidence",
  maxBytes: EVIDENCE_MAX_BYTES,
  write,
  read,
});
