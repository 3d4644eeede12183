import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf, textOf, utf8} from "../../../src/codecs/bytes.js";
import {type Challenge, challengeCodec, challengeSigningBytes} from "../../../src/codecs/mining/challenge.js";
import {WORK_MAX_BYTES, type Work, workCodec} from "../../../src/codecs/mining/work.js";
import {codeOf, expectLaws} from "../laws.js";
import {bytes, i64, text, u32, u64, workSet} from "./arbitraries.js";

const challenge: fc.Arbitrary<Challenge> = fc.record({
  nonce: bytes(32),
  issuedAt: fc.bigInt({min: 1n, max: (1n << 63n) - 1n}),
  signerId: text.filter((id) => id !== ""),
  signature: fc.uint8Array({minLength: 1, maxLength: 64}),
});

const work: fc.Arbitrary<Work> = fc.record({
  epoch: u64,
  height: u64,
  headerHash: bytes(32),
  difficulty: fc.bigInt({min: 1n, max: 1n << 256n}),
  dagEntries: u32,
  workSetRoot: bytes(32),
  workSet,
  batchCountMaximum: u32,
  blocksPerEpoch: u64,
});

describe("challenge", () => {
  test("survives encode and decode, and neighbours are canonical or refused", () => {
    expectLaws(challengeCodec, challenge);
  });

  test("signs the bytes of the specification's example", () => {
    // Mining protocol, section 29.2.
    const signed = challengeSigningBytes({signerId: "v", issuedAt: 1700907930n, nonce: new Uint8Array(32)});
    expect(hexOf(signed)).toBe(`7173646d2e76322e6368616c6c656e6765000176b4ae8ed60c${"00".repeat(32)}`);
  });

  test("signs different bytes for different times and signers", () => {
    fc.assert(
      fc.property(i64, i64, text, text, (a, b, x, y) => {
        fc.pre(a !== b || x !== y);
        const nonce = new Uint8Array(32);
        expect(challengeSigningBytes({signerId: x, issuedAt: a, nonce})).not.toEqual(
          challengeSigningBytes({signerId: y, issuedAt: b, nonce}),
        );
      }),
    );
  });

  const sound = {nonce: "ab".repeat(32), issued_at: 5, signer_id: "v", signature: "00"};
  const read = (change: Record<string, unknown>) => () =>
    challengeCodec.readCompat(utf8(JSON.stringify({...sound, ...change})));
  const faults: [string, Record<string, unknown>, string][] = [
    ["a short nonce", {nonce: "00"}, "v2client: bad nonce hex: want 32 bytes, got 1"],
    ["a nonce that is not hex", {nonce: "abzz"}, "v2client: bad nonce hex: want 32 bytes, got 1"],
    ["an empty signature", {signature: ""}, "v2client: bad or empty signature hex"],
    ["a signature that is not hex", {signature: "0"}, "v2client: bad or empty signature hex"],
    ["no signer", {signer_id: ""}, "v2client: empty signer_id"],
    ["time zero", {issued_at: 0}, "v2client: non-positive issued_at 0"],
    ["an unknown member", {x: 1}, 'v2client: decode challenge: json: unknown field "x"'],
  ];
  for (const [what, change, message] of faults)
    test(`with ${what} is refused in the words of QSDM's client`, () => {
      expect(read(change)).toThrow(message);
    });

  test("may be followed by anything for the compat reader only", () => {
    const [sample] = fc.sample(challenge, {numRuns: 1, seed: 1});
    const raw = utf8(`${textOf(challengeCodec.encode(sample!))} and more`);
    expect(challengeCodec.readCompat(raw)).toEqual(sample);
    expect(codeOf(() => challengeCodec.decode(raw))).toBe("JSON_NOT_CANONICAL");
  });
});

describe("work", () => {
  test("survives encode and decode, and neighbours are canonical or refused", () => {
    expectLaws(workCodec, work);
  });

  const [sample] = fc.sample(work, {numRuns: 1, seed: 1});
  const json = textOf(workCodec.encode(sample!));

  test("keeps heights above 2^53", () => {
    const height = 18446744073709551615n;
    expect(workCodec.decode(workCodec.encode({...sample!, height})).height).toBe(height);
  });

  test("is refused with a difficulty of zero, with a sign, or beyond every target", () => {
    for (const difficulty of ["0", "-1", "+1", "1e3", "", "9".repeat(79)]) {
      const raw = utf8(json.replace(/"difficulty":"[0-9]+"/, `"difficulty":"${difficulty}"`));
      expect(() => workCodec.readCompat(raw)).toThrow("api: invalid difficulty");
    }
  });

  test("is refused with a digest of another size", () => {
    const raw = utf8(json.replace(/"content_hash":"../, '"content_hash":"'));
    expect(() => workCodec.readCompat(raw)).toThrow("api: content_hash wrong length");
  });

  test("is refused when too long, before it is read", () => {
    expect(codeOf(() => workCodec.decode(new Uint8Array(WORK_MAX_BYTES + 1)))).toBe("JSON_TOO_LARGE");
  });
});
