import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {
  decodeProof,
  encodeProof,
  NO_ATTESTATION,
  PROOF_MAX_BYTES,
  type Proof,
  proofIdOf,
  readProofCompat,
} from "../../../src/codecs/mining/proof.js";
import {codeOf, expectCanonicalOrRefused, expectLaws} from "../laws.js";
import {proof} from "./arbitraries.js";

const codec = {encode: encodeProof, decode: decodeProof};
const ZEROS = "0".repeat(64);
const MINIMAL: Proof = {
  version: 1,
  epoch: 0n,
  height: 0n,
  headerHash: new Uint8Array(32),
  minerAddr: "a",
  batchRoot: new Uint8Array(32),
  batchCount: 1,
  nonce: new Uint8Array(16),
  mixDigest: new Uint8Array(32),
  attestation: NO_ATTESTATION,
};
// The worked example of the mining protocol, section 29.1.
const MINIMAL_TEXT =
  `{"version":1,"epoch":"0","height":"0","header_hash":"${ZEROS}","miner_addr":"a","batch_root":"${ZEROS}"` +
  `,"batch_count":1,"nonce":"${"0".repeat(32)}","mix_digest":"${ZEROS}"` +
  ',"attestation":{"type":"","bundle":"","gpu_arch":"","claimed_hashrate_hps":0}}';

test("the minimal proof encodes to the specification's example", () => {
  expect(Buffer.from(encodeProof(MINIMAL)).toString()).toBe(MINIMAL_TEXT);
});

test("proofs survive encode and decode, and neighbours are canonical or refused", () => {
  expectLaws(codec, proof);
});

test("arbitrary bytes are refused with a DecodeError", () => {
  fc.assert(fc.property(fc.uint8Array(), (raw) => expectCanonicalOrRefused(codec, raw)));
});

test("the id does not depend on the attestation", () => {
  fc.assert(
    fc.property(proof, proof, (one, other) => {
      expect(proofIdOf({...one, attestation: other.attestation})).toEqual(proofIdOf(one));
    }),
  );
});

describe("strict decode refuses what the reference reads", () => {
  const loose: Record<string, string> = {
    "leading space": ` ${MINIMAL_TEXT}`,
    "a trailing newline": `${MINIMAL_TEXT}\n`,
    "a number for the epoch": MINIMAL_TEXT.replace('"epoch":"0"', '"epoch":0'),
    "a negative zero for the epoch": MINIMAL_TEXT.replace('"epoch":"0"', '"epoch":"-0"'),
    "upper-case hex": MINIMAL_TEXT.replace(ZEROS, `${"0".repeat(62)}AB`),
    "an unknown member": MINIMAL_TEXT.replace("{", '{"x":1,'),
    "a repeated member": MINIMAL_TEXT.replace("{", '{"version":1,'),
    "another order": MINIMAL_TEXT.replace('"version":1,"epoch":"0"', '"epoch":"0","version":1'),
    "another case of a name": MINIMAL_TEXT.replace("miner_addr", "Miner_Addr"),
    "a needless escape": MINIMAL_TEXT.replace('"a"', '"\\u0061"'),
    "version 2 members in version 1": MINIMAL_TEXT.replace("}}", `,"nonce":"${ZEROS}","issued_at":0}}`),
  };
  for (const [what, json] of Object.entries(loose))
    test(what, () => {
      expect(codeOf(() => decodeProof(utf8(json)))).toMatch(/^(JSON_NOT_CANONICAL|PROOF_INVALID)$/);
    });
});

test("a proof beyond the limit is refused before it is read", () => {
  expect(codeOf(() => decodeProof(new Uint8Array(PROOF_MAX_BYTES + 1)))).toBe("JSON_TOO_LARGE");
});

test("an address that breaks out of its quotes never decodes", () => {
  const hostile = {...MINIMAL, minerAddr: `a","batch_root":"${"1".repeat(64)}`};
  expect(codeOf(() => decodeProof(encodeProof(hostile)))).toBe("JSON_NOT_CANONICAL");
});

test("values that the wire cannot carry do not encode", () => {
  expect(codeOf(() => encodeProof({...MINIMAL, epoch: 1n << 64n}))).toBe("FIELD_INVALID");
  expect(codeOf(() => encodeProof({...MINIMAL, nonce: new Uint8Array(15)}))).toBe("FIELD_INVALID");
  expect(codeOf(() => encodeProof({...MINIMAL, minerAddr: "\ud800"}))).toBe("FIELD_INVALID");
});

test("the compat reader takes a number for the height and folds the case of names", () => {
  const json = MINIMAL_TEXT.replace('"height":"0"', '"HEIGHT":18446744073709551615');
  expect(readProofCompat(utf8(json)).height).toBe(18446744073709551615n);
});

test("the compat reader refuses an exponent with the text of the reference", () => {
  const json = MINIMAL_TEXT.replace('"epoch":"0"', '"epoch":1e3');
  expect(() => readProofCompat(utf8(json))).toThrow(
    'mining: parse epoch: strconv.ParseUint: parsing "1e3": invalid syntax',
  );
});
