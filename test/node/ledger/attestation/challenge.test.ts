import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {challengeSigningBytes} from "../../../../src/codecs/mining/challenge.js";
import {
  ChallengeVerifier,
  checkChallenge,
  createChallengeSigner,
  signerIdOf,
} from "../../../../src/node/ledger/attestation/challenge.js";
import {ChallengeIssuer} from "../../../../src/node/ledger/attestation/issuer.js";
import {NonceStore} from "../../../../src/node/ledger/attestation/nonce-store.js";

const key = new Uint8Array(32).map((_, i) => i);
const signer = createChallengeSigner("v", key);
const draw = (byte: number) => () => new Uint8Array(32).fill(byte);
const coded = (code: string) => expect.objectContaining({code});

describe("a signer id", () => {
  test("tells nothing of the key that it names", () => {
    const id = signerIdOf(key);
    expect(id).toMatch(/^validator-[0-9a-f]{16}$/);
    expect(hexOf(key)).not.toContain(id.slice("validator-".length));
    expect(signerIdOf(key.map((byte) => byte ^ 1))).not.toBe(id);
    expect(signerIdOf(key)).toBe(id);
  });
});

describe("a challenge", () => {
  const challenge = new ChallengeIssuer(signer).issue(1_000_500n, draw(1));
  const verifier = new ChallengeVerifier();
  verifier.register("v", key);
  const freshness = {nowSeconds: 1_000n, windowSeconds: 60n, futureSkewSeconds: 5n};

  test("carries whole seconds and verifies under its signer's key", () => {
    expect(challenge).toMatchObject({issuedAt: 1_000n, signerId: "v"});
    expect(() => verifier.checkChallenge(challenge)).not.toThrow();
  });

  test.each([
    ["nonce", {nonce: new Uint8Array(32)}],
    ["time", {issuedAt: 1_001n}],
    ["signature", {signature: new Uint8Array(32)}],
    ["signature's length", {signature: new Uint8Array(31)}],
  ])("with another %s is refused", (_, change) => {
    expect(() => verifier.checkChallenge({...challenge, ...change})).toThrow(coded("CHALLENGE_SIGNATURE_INVALID"));
  });

  test("of a signer that nobody knows is refused", () => {
    expect(() => verifier.checkChallenge({...challenge, signerId: "w"})).toThrow(coded("CHALLENGE_SIGNER_UNKNOWN"));
  });

  test("is fresh up to both bounds, seconds included", () => {
    const at = (nowSeconds: bigint) => () => checkChallenge(challenge, {...freshness, nowSeconds}, verifier);
    expect(at(1_060n)).not.toThrow();
    expect(at(995n)).not.toThrow();
    expect(at(1_061n)).toThrow(coded("CHALLENGE_STALE"));
    expect(at(994n)).toThrow(coded("CHALLENGE_STALE"));
  });

  test("may be signed anew by a key that was rotated in", () => {
    const rotating = new ChallengeVerifier();
    rotating.register("v", new Uint8Array(32));
    expect(() => rotating.checkChallenge(challenge)).toThrow(coded("CHALLENGE_SIGNATURE_INVALID"));
    rotating.rotate("v", key);
    expect(() => rotating.checkChallenge(challenge)).not.toThrow();
  });
});

test.each([
  ["", 32, "CHALLENGE_SIGNER_INVALID"],
  ["v", 15, "CHALLENGE_SIGNER_INVALID"],
])("a signer %j with a key of %d bytes is refused", (id, size, code) => {
  expect(() => createChallengeSigner(id, new Uint8Array(size))).toThrow(coded(code));
  expect(() => new ChallengeVerifier().register(id, new Uint8Array(size))).toThrow(coded(code));
  expect(() => new ChallengeVerifier().rotate(id, new Uint8Array(size))).toThrow(coded(code));
});

test("one id cannot be registered twice", () => {
  const verifier = new ChallengeVerifier();
  verifier.register("v", key);
  expect(() => verifier.register("v", key)).toThrow(coded("CHALLENGE_SIGNER_TAKEN"));
});

describe("the issuer", () => {
  test("draws again on a collision, and gives up after four", () => {
    const issuer = new ChallengeIssuer(signer);
    issuer.issue(0n, draw(1));
    const bytes = [1, 1, 1, 2];
    expect(issuer.issue(0n, () => draw(bytes.shift()!)()).nonce).toEqual(draw(2)());
    expect(() => issuer.issue(0n, draw(1))).toThrow(coded("CHALLENGE_COLLISIONS"));
  });

  test("remembers for the retention time, its last millisecond included", () => {
    const issuer = new ChallengeIssuer(signer, 10);
    const {nonce} = issuer.issue(1_000n, draw(1));
    expect(issuer.recentlyIssued(nonce, 11_000n)).toBe(true);
    expect(issuer.recentlyIssued(nonce, 11_001n)).toBe(false);
    expect(issuer.issue(11_001n, draw(1)).nonce).toEqual(nonce);
  });

  test("signs what the codec says is signed", () => {
    const {signature, ...unsigned} = new ChallengeIssuer(signer).issue(7_000n, draw(3));
    expect(signature).toEqual(signer.sign(challengeSigningBytes(unsigned)));
  });
});

test("used nonces are kept apart by owner and dropped once too old", () => {
  const store = new NonceStore(10);
  const nonce = draw(1)();
  store.record("a", nonce, 1_000n);
  expect([store.has("a", nonce), store.has("b", nonce), store.has("a", draw(2)())]).toEqual([true, false, false]);
  store.record("b", nonce, 11_000n);
  expect(store.has("a", nonce)).toBe(true);
  store.record("c", nonce, 11_001n);
  expect(store.has("a", nonce)).toBe(false);
});

test("the signed bytes begin with the domain", () => {
  const bytes = challengeSigningBytes({signerId: "v", issuedAt: 1n, nonce: draw(0)()});
  expect(bytes.subarray(0, 18)).toEqual(utf8("qsdm.v2.challenge\0"));
});

test("a bound challenge signs what docs/decisions/0011 writes down, and no two uses share its bytes", () => {
  const challenge = {signerId: "v", issuedAt: 1n, nonce: new Uint8Array(32)};
  const binding = {minerAddr: "ab", nodeId: "rig", height: 300n};
  expect(Buffer.from(challengeSigningBytes(challenge, binding)).toString("latin1")).toBe(
    `qsdm/challenge/v1\0\x01v\x02${"\0".repeat(32)}\x02ab\x03rig\xac\x02`,
  );
  const text = fc.string({maxLength: 5, unit: fc.constantFrom("a", "b", "\x01", "\0")});
  const use = fc.record({minerAddr: text, nodeId: text, height: fc.bigInt({min: 0n, max: (1n << 64n) - 1n})});
  fc.assert(
    fc.property(use, use, (a, b) => {
      const same = a.minerAddr === b.minerAddr && a.nodeId === b.nodeId && a.height === b.height;
      const [first, second] = [a, b].map((each) => Buffer.from(challengeSigningBytes(challenge, each)));
      expect(first!.equals(second!)).toBe(same);
      expect(first!.equals(Buffer.from(challengeSigningBytes(challenge)))).toBe(false);
    }),
  );
});
