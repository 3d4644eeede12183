import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {utf8} from "../../src/codecs/bytes.js";
import {
  deferredBondDigest,
  deferredBondPrefix,
  type Enrollment,
  enrollment,
  hasLeadingZeroBits,
  peekEnrollmentKind,
  type Unenrollment,
  unenrollment,
} from "../../src/codecs/enrollment.js";
import {checkEnrollment, checkUnenrollment} from "../../src/codecs/enrollment-fields.js";
import {codeOf, expectCanonicalOrRefused, expectLaws} from "./laws.js";
import {text, u64} from "./mining/arbitraries.js";

const anyEnrollment: fc.Arbitrary<Enrollment> = fc.record({
  kind: fc.constant("enroll"),
  nodeId: text,
  gpuUuid: text,
  hmacKey: fc.option(fc.uint8Array({maxLength: 128})),
  stakeDust: u64,
  bondMode: fc.constantFrom("", "upfront", "mining_rewards"),
  workNonce: u64,
  memo: text,
});
const anyUnenrollment: fc.Arbitrary<Unenrollment> = fc.record({
  kind: fc.constant("unenroll"),
  nodeId: text,
  reason: text,
});
const SENDER = "ab".repeat(32);
const SOUND: Enrollment = {
  kind: "enroll",
  nodeId: "rig-1",
  gpuUuid: "GPU-0a1b",
  hmacKey: new Uint8Array(32).fill(7),
  stakeDust: 1_000_000_000n,
  bondMode: "",
  workNonce: 0n,
  memo: "",
};

test("enroll payloads survive encode and decode, and neighbours are canonical or refused", () => {
  expectLaws(enrollment, anyEnrollment);
});

test("unenroll payloads survive encode and decode, and neighbours are canonical or refused", () => {
  expectLaws(unenrollment, anyUnenrollment);
});

test("arbitrary bytes are refused with a DecodeError", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (raw) => {
      expectCanonicalOrRefused(enrollment, raw);
      expectCanonicalOrRefused(unenrollment, raw);
      codeOf(() => peekEnrollmentKind(raw));
    }),
  );
});

test("a payload beyond the limit is refused before it is read", () => {
  expect(codeOf(() => enrollment.decode(new Uint8Array(2049)))).toBe("JSON_TOO_LARGE");
  expect(codeOf(() => unenrollment.decode(new Uint8Array(2049)))).toBe("JSON_TOO_LARGE");
});

test("data behind a bracket passes the compat reader only", () => {
  const raw = utf8(`${Buffer.from(enrollment.encode(SOUND)).toString()}]junk`);
  expect(enrollment.readCompat(raw)).toEqual(SOUND);
  expect(codeOf(() => enrollment.decode(raw))).toBe("JSON_NOT_CANONICAL");
});

test("a key as an array of numbers passes the compat reader only", () => {
  const json = Buffer.from(enrollment.encode(SOUND)).toString();
  const raw = utf8(json.replace(/"hmac_key":"[^"]*"/, `"hmac_key":[${Array(32).fill(7).join(",")}]`));
  expect(enrollment.readCompat(raw)).toEqual(SOUND);
  expect(codeOf(() => enrollment.decode(raw))).toBe("JSON_NOT_CANONICAL");
});

test("an empty kind is filled in, another one is refused", () => {
  expect(enrollment.encode({...SOUND, kind: ""})).toEqual(enrollment.encode(SOUND));
  expect(codeOf(() => enrollment.encode({...SOUND, kind: "unenroll"}))).toBe("ENROLL_INVALID");
  expect(codeOf(() => unenrollment.decode(enrollment.encode(SOUND)))).toBe("ENROLL_INVALID");
});

describe("field rules", () => {
  const refusals: [string, Partial<Enrollment>, string][] = [
    ["another kind", {kind: "x"}, "ENROLL_INVALID"],
    ["no node id", {nodeId: ""}, "ENROLL_INVALID"],
    ["a node id of 65 bytes", {nodeId: "a".repeat(65)}, "ENROLL_INVALID"],
    ["a capital in the node id", {nodeId: "Rig"}, "ENROLL_INVALID"],
    ["no GPU id", {gpuUuid: ""}, "ENROLL_INVALID"],
    ["a GPU id of 97 bytes", {gpuUuid: "G".repeat(97)}, "ENROLL_INVALID"],
    ["a space in the GPU id", {gpuUuid: "GPU 1"}, "ENROLL_INVALID"],
    ["a lowercase GPU prefix", {gpuUuid: "gpu-1"}, "ENROLL_INVALID"],
    ["no key", {hmacKey: null}, "ENROLL_INVALID"],
    ["a key of 31 bytes", {hmacKey: new Uint8Array(31)}, "ENROLL_INVALID"],
    ["a key of 129 bytes", {hmacKey: new Uint8Array(129)}, "ENROLL_INVALID"],
    ["one dust too little", {stakeDust: 999_999_999n}, "ENROLL_STAKE_MISMATCH"],
    ["work on top of a bond", {workNonce: 1n}, "ENROLL_INVALID"],
    ["an unknown bond mode", {bondMode: "later"}, "ENROLL_INVALID"],
    ["a stake with deferred bond", {bondMode: "mining_rewards"}, "ENROLL_STAKE_MISMATCH"],
    ["no work for a deferred bond", {bondMode: "mining_rewards", stakeDust: 0n}, "ENROLL_INVALID"],
    ["a memo of 257 bytes", {memo: "m".repeat(257)}, "ENROLL_INVALID"],
  ];
  for (const [what, change, code] of refusals)
    test(`${what} is refused`, () => {
      expect(codeOf(() => checkEnrollment({...SOUND, ...change}, SENDER))).toBe(code);
    });

  test("a sound payload passes, with the bond of the chain", () => {
    expect(codeOf(() => checkEnrollment(SOUND, SENDER))).toBe("accepted");
    expect(codeOf(() => checkEnrollment({...SOUND, stakeDust: 5n}, SENDER, {bondDust: 5n}))).toBe("accepted");
  });

  test("nobody cannot enroll or unenroll", () => {
    expect(codeOf(() => checkEnrollment(SOUND, ""))).toBe("ENROLL_INVALID");
    expect(codeOf(() => checkUnenrollment({kind: "unenroll", nodeId: "rig-1", reason: ""}, ""))).toBe("ENROLL_INVALID");
  });

  test("a reason of 257 bytes is refused", () => {
    const payload = {kind: "unenroll", nodeId: "rig-1", reason: "é".repeat(129)};
    expect(() => checkUnenrollment(payload, SENDER)).toThrow("reason length 258 > MaxMemoLen 256");
  });
});

test("deferred-bond work does not depend on the nonce that is already in the payload", () => {
  const one = deferredBondDigest(deferredBondPrefix({...SOUND, workNonce: 1n}), 9n);
  expect(deferredBondDigest(deferredBondPrefix({...SOUND, workNonce: 2n}), 9n)).toEqual(one);
});

test("leading zero bits are counted across bytes", () => {
  const digest = Uint8Array.of(0, 0x1f, 0xff);
  expect([0, 8, 11, 12].map((bits) => hasLeadingZeroBits(digest, bits))).toEqual([true, true, true, false]);
  expect(hasLeadingZeroBits(new Uint8Array(1), 9)).toBe(false);
});
