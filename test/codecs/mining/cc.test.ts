import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {base64Of, bytesOfBase64, utf8} from "../../../src/codecs/bytes.js";
import {
  CC_BUNDLE_MAX_BYTES,
  type CcBundle,
  decodeCcBundle,
  encodeCcBundle,
  readCcBundleCompat,
} from "../../../src/codecs/mining/cc-bundle.js";
import {type CcQuoteContent, ccPreimage, compareDotted, compareVersions} from "../../../src/codecs/mining/cc-quote.js";
import {decodePinnedRoots} from "../../../src/codecs/mining/cc-roots.js";
import {codeOf, expectLaws} from "../laws.js";
import {bytes, hex, text} from "./arbitraries.js";

const named = text.filter((each) => each !== "");
const bundle: fc.Arbitrary<CcBundle> = fc.record({
  deviceUuid: hex(16),
  certChain: fc.array(fc.base64String(), {minLength: 1, maxLength: 8}),
  quote: fc.record({
    challengeNonce: hex(32),
    issuedAt: fc.bigInt({min: 1n, max: (1n << 63n) - 1n}),
    challengeSignerId: named,
    challengeSig: hex(8),
    signature: bytes(9).map((each) => base64Of(each)),
  }),
  pcr: fc.record({firmwareVer: named, driverVer: named}),
});
const [sound] = fc.sample(bundle, {numRuns: 1, seed: 1});

describe("CC bundle", () => {
  test("survives encode and decode, and neighbours are canonical or refused", () => {
    const codec = {
      encode: (value: CcBundle) => bytesOfBase64(encodeCcBundle(value)),
      decode: (raw: Uint8Array) => decodeCcBundle(base64Of(raw)),
    };
    expectLaws(codec, bundle);
  });

  test("may be followed by anything for the compat reader only", () => {
    const longer = base64Of(utf8(`${Buffer.from(encodeCcBundle(sound!), "base64").toString()} x`));
    expect(readCcBundleCompat(longer)).toEqual(sound);
    expect(codeOf(() => decodeCcBundle(longer))).toBe("JSON_NOT_CANONICAL");
  });

  test("is refused when too long, before it is decoded", () => {
    expect(codeOf(() => decodeCcBundle("A".repeat(CC_BUNDLE_MAX_BYTES * 2 + 4)))).toBe("JSON_TOO_LARGE");
    expect(codeOf(() => readCcBundleCompat("A".repeat(87_384)))).toBe("BUNDLE_INVALID");
  });

  const quote = (change: Partial<CcBundle["quote"]>) => ({quote: {...sound!.quote, ...change}});
  const refusals: [string, Partial<CcBundle>][] = [
    ["no device", {deviceUuid: ""}],
    ["a device that is not hex", {deviceUuid: "zz"}],
    ["no certificates", {certChain: []}],
    ["nine certificates", {certChain: Array<string>(9).fill("AA==")}],
    ["no nonce", quote({challengeNonce: ""})],
    ["a nonce of 31 bytes", quote({challengeNonce: "00".repeat(31)})],
    ["time zero", quote({issuedAt: 0n})],
    ["no signer", quote({challengeSignerId: ""})],
    ["a signer of 129 bytes", quote({challengeSignerId: "s".repeat(129)})],
    ["no challenge signature", quote({challengeSig: ""})],
    ["a challenge signature that is not hex", quote({challengeSig: "0"})],
    ["a challenge signature of 8,193 bytes", quote({challengeSig: "00".repeat(8193)})],
    ["no signature", quote({signature: ""})],
    ["a signature that is not base64", quote({signature: "*"})],
    ["no firmware version", {pcr: {firmwareVer: "", driverVer: "1"}}],
    ["more than 64 KiB", {certChain: ["A".repeat(CC_BUNDLE_MAX_BYTES)]}],
  ];
  for (const [what, change] of refusals)
    test(`with ${what} is not written`, () => {
      expect(codeOf(() => encodeCcBundle({...sound!, ...change}))).toBe("BUNDLE_INVALID");
    });
});

describe("quote preimage", () => {
  const content: fc.Arbitrary<CcQuoteContent> = fc.record({
    deviceUuid: hex(16),
    nonce: bytes(32),
    issuedAt: fc.bigInt({min: -(1n << 63n), max: (1n << 63n) - 1n}),
    minerAddr: text,
    batchRoot: bytes(32),
    mixDigest: bytes(32),
    challengeSignerId: text,
    challengeSig: fc.uint8Array({maxLength: 40}),
  });

  test("is different for different contents", () => {
    fc.assert(
      fc.property(content, content, (a, b) => {
        fc.pre(JSON.stringify({...a, issuedAt: `${a.issuedAt}`}) !== JSON.stringify({...b, issuedAt: `${b.issuedAt}`}));
        expect(ccPreimage(a)).not.toEqual(ccPreimage(b));
      }),
    );
  });

  test("is refused for fields beyond their caps", () => {
    const [one] = fc.sample(content, {numRuns: 1, seed: 1});
    for (const change of [
      {deviceUuid: "00"},
      {deviceUuid: "0g".repeat(16)},
      {minerAddr: "m".repeat(257)},
      {challengeSignerId: "s".repeat(129)},
      {challengeSig: new Uint8Array(8193)},
    ])
      expect(codeOf(() => ccPreimage({...one!, ...change}))).toBe("QUOTE_INVALID");
  });
});

test("dotted versions compare by number, and are refused where the comparison meets a letter", () => {
  expect([compareDotted("10.0", "9"), compareDotted("1", "1.0.0"), compareDotted("1.2", "1.10")]).toEqual([1, 0, -1]);
  expect(compareDotted("2.x", "1.x")).toBe(1);
  expect(codeOf(() => compareDotted("1.5E", "1.0"))).toBe("VERSION_INVALID");
  expect(codeOf(() => compareDotted("4294967296", "1"))).toBe("VERSION_INVALID");
});

test("versions of real firmware compare in base 16, and both are looked at whole", () => {
  const pairs = [
    ["96.00.5E.00.01", "96.00.5D.FF.FF"],
    ["10", "9"],
    ["1.0", "1"],
    ["550.54.14", "550.54.15"],
  ] as const;
  expect(pairs.map(([a, b]) => compareVersions(a, b))).toEqual([1, 1, 0, -1]);
  for (const bad of ["", "1.", ".1", "r550", "1..2", "123456789", "2.x"])
    expect([codeOf(() => compareVersions(bad, "1")), codeOf(() => compareVersions("1", bad))]).toEqual([
      "VERSION_INVALID",
      "VERSION_INVALID",
    ]);
});

test("roots that are no certificates are refused with the file's name", () => {
  const read = (content: string | Uint8Array) => () => decodePinnedRoots(Buffer.from(content), "pins.pem");
  expect(read("")).toThrow("cc: pinned root pins.pem empty");
  expect(read("x")).toThrow("cc: pinned root pins.pem first byte 0x78");
  expect(read(Uint8Array.of(0x30, 0))).toThrow("cc: pinned root pins.pem DER parse: ");
  expect(codeOf(read("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))).toBe("ROOTS_INVALID");
  expect(codeOf(read(`${"-----BEGIN A-----\n".repeat(5_000)}`))).toBe("ROOTS_INVALID");
});
