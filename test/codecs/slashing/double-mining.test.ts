import fc from "fast-check";
import {expect, test} from "vitest";
import {compareBytes, textOf, utf8} from "../../../src/codecs/bytes.js";
import {encodeProof} from "../../../src/codecs/mining/proof.js";
import {type DoubleMining, doubleMining} from "../../../src/codecs/slashing/double-mining.js";
import {EVIDENCE_MAX_BYTES} from "../../../src/codecs/slashing/evidence.js";
import {codeOf, expectCanonicalOrRefused, expectLaws} from "../laws.js";
import {proofV2, text} from "../mining/arbitraries.js";

/** Evidence with its pair in canonical order. */
const evidence: fc.Arbitrary<DoubleMining> = fc.tuple(proofV2, proofV2, text).map(([a, b, memo]) => {
  const inOrder = compareBytes(encodeProof(a), encodeProof(b)) < 0;
  return {proofA: inOrder ? a : b, proofB: inOrder ? b : a, memo};
});
const [sample] = fc.sample(evidence, {numRuns: 1, seed: 1});

test("evidence survives encode and decode, and neighbours are canonical or refused", () => {
  expectLaws(doubleMining, evidence);
});

test("both orders of a pair encode to the same bytes", () => {
  fc.assert(
    fc.property(evidence, ({proofA, proofB, memo}) => {
      expect(doubleMining.encode({proofA: proofB, proofB: proofA, memo})).toEqual(
        doubleMining.encode({proofA, proofB, memo}),
      );
    }),
  );
});

test("arbitrary bytes are refused with a DecodeError", () => {
  fc.assert(fc.property(fc.uint8Array(), (raw) => expectCanonicalOrRefused(doubleMining, raw)));
});

test("a pair in the wrong order passes the compat reader only", () => {
  const [a, b] = [sample!.proofA, sample!.proofB].map((proof) => textOf(encodeProof(proof)));
  const raw = utf8(`{"proof_a":${b},"proof_b":${a}}`);
  expect(doubleMining.readCompat(raw)).toEqual({proofA: sample!.proofB, proofB: sample!.proofA, memo: ""});
  expect(codeOf(() => doubleMining.decode(raw))).toBe("JSON_NOT_CANONICAL");
});

test("a pair of one proof is no evidence", () => {
  expect(() => doubleMining.encode({...sample!, proofB: sample!.proofA})).toThrow("no equivocation to encode");
  const proof = textOf(encodeProof(sample!.proofA));
  expect(codeOf(() => doubleMining.decode(utf8(`{"proof_a":${proof},"proof_b":${proof}}`)))).toBe("EVIDENCE_INVALID");
});

test("evidence that is too long is refused before it is read, and not written", () => {
  expect(codeOf(() => doubleMining.decode(new Uint8Array(EVIDENCE_MAX_BYTES + 1)))).toBe("JSON_TOO_LARGE");
  const attestation = {...sample!.proofA.attestation, bundle: "A".repeat(EVIDENCE_MAX_BYTES)};
  expect(codeOf(() => doubleMining.encode({...sample!, proofB: {...sample!.proofA, attestation}}))).toBe(
    "EVIDENCE_INVALID",
  );
});

test("a memo of 257 bytes is refused both ways", () => {
  expect(codeOf(() => doubleMining.encode({...sample!, memo: "m".repeat(257)}))).toBe("EVIDENCE_INVALID");
  const raw = utf8(`{"proof_a":{},"proof_b":{},"memo":"${"m".repeat(257)}"}`);
  expect(() => doubleMining.readCompat(raw)).toThrow("doublemining: memo exceeds 256 bytes (got 257)");
});

test("a proof whose address is not JSON cannot be embedded", () => {
  const proofB = {...sample!.proofB, minerAddr: 'a"b'};
  expect(() => doubleMining.encode({...sample!, proofB})).toThrow(
    "doublemining: encode: json: error calling MarshalJSON",
  );
});
