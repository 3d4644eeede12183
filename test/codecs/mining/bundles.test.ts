import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {base64Of, bytesOfBase64, textOf, utf8} from "../../../src/codecs/bytes.js";
import {decodeCbor} from "../../../src/codecs/cbor/cbor.js";
import {issuedAtOfProof, nodeIdOfProof} from "../../../src/codecs/mining/attestation.js";
import {
  decodeHmacBundle,
  encodeHmacBundle,
  HMAC_ATTESTATION,
  HMAC_BUNDLE_MAX_BYTES,
  hmacBundle,
  readHmacBundleCompat,
  signHmacBundle,
} from "../../../src/codecs/mining/hmac-bundle.js";
import {
  decodeKeyBundle,
  encodeKeyBundle,
  KEY_BUNDLE_MAX_BYTES,
  type KeyBundle,
  withKeyBundle,
} from "../../../src/codecs/mining/key-bundle.js";
import {keySigningBytes} from "../../../src/codecs/mining/key-signing.js";
import {decodeProof, encodeProof} from "../../../src/codecs/mining/proof.js";
import {codeOf, expectCanonicalOrRefused, expectLaws} from "../laws.js";
import {hmacBundle as anyHmacBundle, bytes, proofV2, text} from "./arbitraries.js";

const anyKeyBundle: fc.Arbitrary<KeyBundle> = fc.record({
  evidence: fc.base64String(),
  evidenceType: fc.constant(HMAC_ATTESTATION),
  nodeId: text,
  signature: bytes(4627),
});
const few = {numRuns: 30};

describe("HMAC bundle", () => {
  test("survives encode and decode, and neighbours are canonical or refused", () => {
    expectLaws(hmacBundle, anyHmacBundle);
  });

  test("is refused in base64 that other texts decode to as well", () => {
    const [sample] = fc.sample(anyHmacBundle, {numRuns: 1, seed: 1});
    const base64 = encodeHmacBundle(sample!);
    expect(decodeHmacBundle(base64)).toEqual(sample);
    const wrapped = `${base64.slice(0, 40)}\n${base64.slice(40)}`;
    expect(codeOf(() => decodeHmacBundle(wrapped))).toBe("BASE64_INVALID");
    expect(readHmacBundleCompat(wrapped)).toEqual(sample);
  });

  test("is refused when too long, before it is decoded", () => {
    expect(codeOf(() => decodeHmacBundle("A".repeat(HMAC_BUNDLE_MAX_BYTES * 2 + 4)))).toBe("JSON_TOO_LARGE");
  });

  test("has a MAC that depends on every member but itself", () => {
    const [sample] = fc.sample(anyHmacBundle, {numRuns: 1, seed: 2});
    const key = new Uint8Array(32).fill(7);
    const signed = signHmacBundle(sample!, key);
    const otherMac = {...sample!, hmac: "other"};
    expect(signHmacBundle(otherMac, key).hmac).toBe(signed.hmac);
    for (const name of Object.keys(sample!).filter((each) => each !== "hmac"))
      expect(signHmacBundle({...sample!, [name]: name === "issuedAt" ? 5n : "changed"}, key).hmac).not.toBe(
        signed.hmac,
      );
  });
});

describe("key bundle", () => {
  test("survives encode and decode", () => {
    fc.assert(
      fc.property(anyKeyBundle, (bundle) => {
        expect(decodeKeyBundle(encodeKeyBundle(bundle))).toEqual(bundle);
      }),
      few,
    );
  });

  test("near its encoding, what decodes at all encodes to the same bytes", () => {
    const codec = {
      encode: (bundle: KeyBundle) => bytesOfBase64(encodeKeyBundle(bundle)),
      decode: (raw: Uint8Array) => decodeKeyBundle(base64Of(raw)),
    };
    const [sample] = fc.sample(anyKeyBundle, {numRuns: 1, seed: 3});
    const raw = codec.encode(sample!);
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.nat(255), (at, byte) => {
        expectCanonicalOrRefused(codec, raw.with(at, byte));
      }),
    );
  });

  const [bundle] = fc.sample(anyKeyBundle, {numRuns: 1, seed: 4});
  const [proof] = fc.sample(proofV2, {numRuns: 1, seed: 4});

  test("carries its members in the order of the design", () => {
    const json = textOf(bytesOfBase64(encodeKeyBundle(bundle!)));
    expect(Object.keys(JSON.parse(json) as object)).toEqual(["evidence", "evidence_type", "node_id", "signature"]);
  });

  test("is refused with a signature of another size", () => {
    for (const size of [0, 4626, 4628])
      expect(codeOf(() => decodeKeyBundle(encodeKeyBundle({...bundle!, signature: new Uint8Array(size)})))).toBe(
        "BUNDLE_INVALID",
      );
  });

  test("is refused with a null signature, unknown evidence, or too long", () => {
    const wire = (signature: string, type: string) =>
      base64Of(utf8(`{"evidence":"","evidence_type":"${type}","node_id":"n","signature":${signature}}`));
    expect(codeOf(() => decodeKeyBundle(wire("null", HMAC_ATTESTATION)))).toBe("BUNDLE_INVALID");
    expect(codeOf(() => decodeKeyBundle(wire('""', "nvidia-cc-v9")))).toBe("BUNDLE_INVALID");
    expect(codeOf(() => decodeKeyBundle("A".repeat(KEY_BUNDLE_MAX_BYTES * 2 + 4)))).toBe("JSON_TOO_LARGE");
  });

  test("signs the same bytes before and after the signature is in place", () => {
    const unsigned = withKeyBundle(proof!, {...bundle!, signature: new Uint8Array(0)});
    const signed = withKeyBundle(proof!, bundle!);
    expect(keySigningBytes("devnet", signed)).toEqual(keySigningBytes("devnet", unsigned));
    expect(decodeCbor(keySigningBytes("devnet", signed))).toEqual(["qsdm/proof/v3", "devnet", encodeProof(unsigned)]);
  });

  test("signs other bytes on another chain, and for another solution", () => {
    const signed = withKeyBundle(proof!, bundle!);
    expect(keySigningBytes("testnet", signed)).not.toEqual(keySigningBytes("devnet", signed));
    const other = {...signed, height: signed.height ^ 1n};
    expect(keySigningBytes("devnet", other)).not.toEqual(keySigningBytes("devnet", signed));
  });

  test("fits into a proof that strict rules take", () => {
    const signed = withKeyBundle(proof!, bundle!);
    expect(decodeProof(encodeProof(signed))).toEqual(signed);
  });

  test("is what signing asks for", () => {
    expect(codeOf(() => keySigningBytes("devnet", proof!))).toBe("BUNDLE_INVALID");
  });
});

describe("the node behind a proof", () => {
  const [evidence] = fc.sample(anyHmacBundle, {numRuns: 1, seed: 5});
  const [proof] = fc.sample(proofV2, {numRuns: 1, seed: 5});
  const hmacProof = {
    ...proof!,
    attestation: {...proof!.attestation, type: HMAC_ATTESTATION, bundle: encodeHmacBundle(evidence!)},
  };

  test("is named by an HMAC bundle", () => {
    expect(nodeIdOfProof(hmacProof)).toBe(evidence!.nodeId);
    expect(issuedAtOfProof(hmacProof)).toEqual(evidence!.issuedAt);
  });

  test("is named by a key bundle, not by the evidence inside", () => {
    const keyed = withKeyBundle(proof!, {
      evidence: hmacProof.attestation.bundle,
      evidenceType: HMAC_ATTESTATION,
      nodeId: "rig-1",
      signature: new Uint8Array(4627),
    });
    expect(nodeIdOfProof(keyed)).toBe("rig-1");
    expect(issuedAtOfProof(keyed)).toEqual(proof!.attestation.issuedAt);
    expect(codeOf(() => issuedAtOfProof({...keyed, attestation: {...keyed.attestation, bundle: "x"}}))).toBe(
      "BASE64_INVALID",
    );
  });

  test("is nobody for an unknown attestation type", () => {
    const other = {...proof!, attestation: {...proof!.attestation, type: "ngc-v1"}};
    expect(codeOf(() => nodeIdOfProof(other))).toBe("ATTESTATION_TYPE_UNKNOWN");
    expect(codeOf(() => issuedAtOfProof(other))).toBe("ATTESTATION_TYPE_UNKNOWN");
  });
});
