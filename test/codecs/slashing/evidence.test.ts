import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {textOf, utf8} from "../../../src/codecs/bytes.js";
import {encodeProof} from "../../../src/codecs/mining/proof.js";
import {EVIDENCE_MAX_BYTES} from "../../../src/codecs/slashing/evidence.js";
import {
  FAULT_CLASSES,
  type ForgedAttestation,
  forgedAttestation,
} from "../../../src/codecs/slashing/forged-attestation.js";
import {type FreshnessCheat, freshnessCheat} from "../../../src/codecs/slashing/freshness-cheat.js";
import {codeOf, expectCanonicalOrRefused, expectLaws} from "../laws.js";
import {proof, proofV2, text, u64} from "../mining/arbitraries.js";

const forged: fc.Arbitrary<ForgedAttestation> = fc.record({
  proof,
  faultClass: fc.constantFrom("", ...FAULT_CLASSES),
  memo: text,
});
const freshness: fc.Arbitrary<FreshnessCheat> = fc.record({
  proof,
  anchorHeight: u64,
  anchorBlockTime: fc.bigInt({min: 1n, max: (1n << 63n) - 1n}),
  memo: text,
});
const [sample] = fc.sample(proofV2, {numRuns: 1, seed: 1});
const proofText = textOf(encodeProof(sample!));

describe("forged-attestation evidence", () => {
  test("survives encode and decode, and neighbours are canonical or refused", () => {
    expectLaws(forgedAttestation, forged);
  });

  test("is refused with an unknown fault class, both ways", () => {
    expect(codeOf(() => forgedAttestation.encode({proof: sample!, faultClass: "x", memo: ""}))).toBe(
      "EVIDENCE_INVALID",
    );
    const raw = utf8(`{"proof":${proofText},"fault_class":"x"}`);
    expect(() => forgedAttestation.readCompat(raw)).toThrow('forgedattest: unknown fault_class "x"');
  });
});

describe("freshness evidence", () => {
  test("survives encode and decode, and neighbours are canonical or refused", () => {
    expectLaws(freshnessCheat, freshness);
  });

  const read = (height: string, time: string) => () =>
    freshnessCheat.decode(utf8(`{"proof":${proofText},"anchor_height":${height},"anchor_block_time":${time}}`));

  test("is refused without an anchor, or with one that is no time and no height", () => {
    expect(codeOf(read('"5"', "1"))).toBe("accepted");
    expect(read('""', "1")).toThrow("freshnesscheat: evidence missing required anchor_height field");
    for (const height of ['"-1"', '"1e3"', '"18446744073709551616"', "5"])
      expect(codeOf(read(height, "1"))).toBe("EVIDENCE_INVALID");
    for (const time of ["0", "-1", "1.5", '"1"']) expect(codeOf(read('"5"', time))).toBe("EVIDENCE_INVALID");
  });

  test("is refused with a leading zero in the height by strict decode only", () => {
    expect(codeOf(read('"05"', "1"))).toBe("JSON_NOT_CANONICAL");
    const raw = utf8(`{"proof":${proofText},"anchor_height":"05","anchor_block_time":1}`);
    expect(freshnessCheat.readCompat(raw).anchorHeight).toBe(5n);
  });
});

describe("either kind", () => {
  const codecs = {forgedAttestation, freshnessCheat};
  for (const [name, codec] of Object.entries(codecs)) {
    test(`${name}: arbitrary bytes are refused with a DecodeError`, () => {
      fc.assert(fc.property(fc.uint8Array(), (raw) => expectCanonicalOrRefused<never>(codec as never, raw)));
    });

    test(`${name}: too much evidence is refused before it is read`, () => {
      expect(codeOf(() => codec.decode(new Uint8Array(EVIDENCE_MAX_BYTES + 1)))).toBe("JSON_TOO_LARGE");
    });

    test(`${name}: a missing proof, an unknown member and a proof that is no proof are refused`, () => {
      for (const json of ["{}", "null", '{"proof":{}}', '{"proof":null}', `{"proof":${proofText},"x":1}`, "[]"])
        expect(codeOf(() => codec.readCompat(utf8(json)))).toBe("EVIDENCE_INVALID");
    });
  }
});
