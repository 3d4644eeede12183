import {describe, expect, test} from "vitest";
import type {HmacBundle} from "../../../../src/codecs/mining/hmac-bundle.js";
import {encodeHmacBundle, readHmacBundleCompat, signHmacBundle} from "../../../../src/codecs/mining/hmac-bundle.js";
import type {Proof} from "../../../../src/codecs/mining/proof.js";
import {refuseCc} from "../../../../src/node/ledger/attestation/cc-stub.js";
import {AttestationDispatcher} from "../../../../src/node/ledger/attestation/dispatcher.js";
import {AttestationError, type FailureClass} from "../../../../src/node/ledger/attestation/failure.js";
import {checkHmacAttestation, type HmacPorts} from "../../../../src/node/ledger/attestation/hmac.js";
import {NonceStore} from "../../../../src/node/ledger/attestation/nonce-store.js";
import {attestWithMac} from "../../../../src/node/mining/attest.js";
import {recordOf, solved, TEST_NOW_MS, testChallenge, testChallenges, testRig} from "../../../support/mining.js";

const rig = testRig("rig-1");
const record = recordOf(rig);
const solution = solved(rig);
const challenges = testChallenges();

const ports = (change: Partial<HmacPorts> = {}): HmacPorts => ({
  operator: (nodeId) => (nodeId === "rig-1" ? record : null),
  challenges,
  nonces: new NonceStore(),
  denyList: [],
  limits: {windowSeconds: 60, futureSkewSeconds: 5},
  ...change,
});

/** A genuine proof whose bundle is changed, and MACed again unless the MAC is what changes. */
function changed(change: Partial<HmacBundle>, outer: Partial<Proof["attestation"]> = {}): Proof {
  const proof = attestWithMac(solution, rig, testChallenge());
  const bundle = {...readHmacBundleCompat(proof.attestation.bundle), ...change};
  const signed = change.hmac === undefined ? signHmacBundle(bundle, rig.hmacKey) : bundle;
  return {...proof, attestation: {...proof.attestation, bundle: encodeHmacBundle(signed), ...outer}};
}

function failureOf(proof: Proof, given = ports(), nowMs = TEST_NOW_MS): AttestationError {
  try {
    checkHmacAttestation(given, proof, nowMs);
  } catch (error) {
    if (error instanceof AttestationError) return error;
    throw error;
  }
  throw new Error("the attestation was accepted");
}

test("a genuine attestation passes, once", () => {
  const given = ports();
  const proof = changed({});
  checkHmacAttestation(given, proof, TEST_NOW_MS);
  expect(failureOf(proof, given)).toMatchObject({failureClass: "nonce_mismatch", code: "ATTESTATION_NONCE_MISMATCH"});
});

test("hex in upper case and a GPU id in another case are the same", () => {
  const {gpuUuid} = rig;
  checkHmacAttestation(ports(), changed({gpuUuid: gpuUuid.toLowerCase()}), TEST_NOW_MS);
  const proof = changed({});
  const {nonce} = readHmacBundleCompat(proof.attestation.bundle);
  const upper = signHmacBundle(
    {...readHmacBundleCompat(proof.attestation.bundle), nonce: nonce.toUpperCase()},
    rig.hmacKey,
  );
  const bundle = encodeHmacBundle(upper);
  checkHmacAttestation(ports(), {...proof, attestation: {...proof.attestation, bundle}}, TEST_NOW_MS);
});

describe("an attestation is refused", () => {
  const cases: readonly [string, Proof, FailureClass, string, HmacPorts?][] = [
    ["for its type", changed({}, {type: "x"}), "type_unknown", 'got attestation type "x"'],
    ["when its bundle is no base64", changed({}, {bundle: "!"}), "bundle_malformed", "base64 decode"],
    ["when its bundle is no JSON", changed({}, {bundle: "e30x"}), "bundle_malformed", "hmac: "],
    ["with a bind that is no hash", changed({challengeBind: "ab"}), "bundle_malformed", "not 32 hex bytes"],
    ["with another solution's bind", changed({challengeBind: "0".repeat(64)}), "signature_invalid", "bind mismatch"],
    ["for an unknown node", changed({nodeId: "rig-9"}), "signature_invalid", "node_id not in operator registry"],
    ["with a MAC that is no hash", changed({hmac: "zz"}), "bundle_malformed", "hmac field not 32 hex bytes"],
    ["with a wrong MAC", changed({hmac: "0".repeat(64)}), "signature_invalid", 'hmac mismatch for node "rig-1"'],
    ["for another GPU", changed({gpuUuid: "GPU-2"}), "signature_invalid", 'gpu_uuid "GPU-2" != registered "GPU-rig-1"'],
    ["with a nonce that is none", changed({nonce: "ab"}), "bundle_malformed", "nonce not 32 hex bytes"],
    ["with two nonces", changed({nonce: "0".repeat(64)}), "nonce_mismatch", "bundle.nonce != Attestation.Nonce"],
    ["with two times", changed({issuedAt: 1n}), "nonce_mismatch", "bundle.issued_at != Attestation.IssuedAt"],
    ["without a signer", changed({challengeSignerId: ""}), "bundle_malformed", "challenge_signer_id missing"],
    ["without a challenge signature", changed({challengeSig: ""}), "bundle_malformed", "challenge_sig not hex"],
    ["with a made up challenge", changed({challengeSig: "00"}), "signature_invalid", "signature verification failed"],
    [
      "for an unknown architecture",
      changed({}, {gpuArch: "volta"}),
      "signature_invalid",
      'gpu_arch "volta" not in allowlist',
    ],
    [
      "for a name of another architecture",
      changed({}, {gpuArch: "hopper"}),
      "signature_invalid",
      "gpu_name does not match",
    ],
    ["when its GPU is denied", changed({}), "signature_invalid", "on deny-list", ports({denyList: ["", "rtx 40"]})],
    [
      "when its node was revoked",
      changed({}),
      "signature_invalid",
      "node_id revoked",
      ports({operator: () => ({...record, revokedAtHeight: 3n})}),
    ],
  ];
  test.each(cases)("%s", (_, proof, failureClass, text, given) => {
    const failure = failureOf(proof, given);
    expect(failure.failureClass).toBe(failureClass);
    expect(failure.message).toContain(text);
  });

  test("a second after the minute, and a second before the allowed future", () => {
    const at = (seconds: bigint) => failureOf(changed({}), ports(), TEST_NOW_MS + seconds * 1_000n);
    expect(at(61n)).toMatchObject({failureClass: "stale"});
    expect(at(-6n)).toMatchObject({failureClass: "stale"});
    for (const seconds of [60n, -5n]) checkHmacAttestation(ports(), changed({}), TEST_NOW_MS + seconds * 1_000n);
    expect(failureOf(changed({}), ports(), TEST_NOW_MS + 60_001n).message).toContain("attestation age 1m0.001s");
  });

  test("and its nonce is spent only when everything before it held", () => {
    const given = ports();
    const stale = changed({});
    failureOf(stale, given, TEST_NOW_MS + 61_000n);
    checkHmacAttestation(given, stale, TEST_NOW_MS);
    // Quirk Q22: the hardware checks come after.
    const denied = ports({denyList: ["rtx"]});
    const proof = changed({});
    failureOf(proof, denied);
    expect(failureOf(proof, denied).message).toContain("nonce already used");
  });
});

test("where no issuer's key is held, the challenge's signature is not looked at", () => {
  checkHmacAttestation(ports({challenges: null}), changed({challengeSig: "00"}), TEST_NOW_MS);
});

describe("the dispatcher", () => {
  test("asks the verifier of the attestation's type", () => {
    const asked: string[] = [];
    const dispatcher = new AttestationDispatcher();
    dispatcher.register("a", () => asked.push("a"));
    dispatcher.register("b", () => asked.push("b"));
    dispatcher.check(changed({}, {type: "b"}), 0n);
    expect(asked).toEqual(["b"]);
    expect(() => dispatcher.check(changed({}, {type: "c"}), 0n)).toThrow('no verifier registered for type "c"');
    expect(() => dispatcher.check(changed({}, {type: ""}), 0n)).toThrow("empty attestation type");
    expect(() => dispatcher.register("a", () => undefined)).toThrow('type "a" already registered');
    expect(() => dispatcher.register("", () => undefined)).toThrow("must be non-empty");
    expect(() => dispatcher.assertRegistered(["z", "a", "c"])).toThrow("missing verifiers for types: [c z]");
  });

  test("refuses confidential-computing attestations with a reason of their own", () => {
    expect(() => refuseCc(changed({}, {type: "nvidia-cc-v1"}), 0n)).toThrow("verifier not yet available in this build");
    expect(() => refuseCc(changed({}, {type: "x"}), 0n)).toThrow('StubVerifier received "x"');
  });
});
