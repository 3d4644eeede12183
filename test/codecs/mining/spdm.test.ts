import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {base64Of, bytesOfBase64, bytesOfHex, hexOf} from "../../../src/codecs/bytes.js";
import {
  decodeSpdmBundle,
  encodeSpdmBundle,
  SPDM_BUNDLE_MAX_BYTES,
  type SpdmBundle,
  spdmNonce,
} from "../../../src/codecs/mining/spdm-bundle.js";
import {
  driverVersionOf,
  firmwareIdOf,
  SPDM_REPORT_MAX_BYTES,
  type SpdmReport,
  spdmReport,
  vbiosVersionOf,
} from "../../../src/codecs/mining/spdm-report.js";
import {codeOf, expectLaws} from "../laws.js";
import {bytes, text} from "./arbitraries.js";
import h100 from "./spdm-h100.vectors.json" with {type: "json"};

const u8 = fc.integer({min: 0, max: 255});
const value = fc.uint8Array({maxLength: 64}).map((each) => new Uint8Array(each));
const report: fc.Arbitrary<SpdmReport> = fc.record({
  requestNonce: bytes(32),
  slot: u8,
  parameters: fc.tuple(u8, u8),
  measurements: fc.uniqueArray(fc.record({index: u8, type: u8, value}), {maxLength: 8, selector: ({index}) => index}),
  nonce: bytes(32),
  opaque: fc
    .uniqueArray(fc.tuple(fc.integer({min: 0, max: 65_535}), value), {maxLength: 8, selector: ([type]) => type})
    .map((fields) => new Map(fields)),
  signature: bytes(96),
});
const [sound] = fc.sample(report, {numRuns: 1, seed: 1});

describe("a measurement report", () => {
  test("survives encode and decode, and neighbours are canonical or refused", () => expectLaws(spdmReport, report));

  test("of a real H100 reads as NVIDIA's verifier reads it", () => {
    const raw = bytesOfHex(h100.report);
    const decoded = spdmReport.decode(raw);
    expect(spdmReport.encode(decoded)).toEqual(raw);
    expect(hexOf(decoded.requestNonce)).toBe(h100.request_nonce);
    expect(decoded.measurements.map(({index}) => index)).toEqual(Array.from({length: 64}, (_, i) => i + 1));
    expect([driverVersionOf(decoded), vbiosVersionOf(decoded)]).toEqual([h100.driver, h100.vbios]);
    expect(hexOf(firmwareIdOf(decoded)!)).toBe(h100.firmware_id);
  });

  test("is refused when it is another request, cut, longer, or has something twice", () => {
    const raw = spdmReport.encode(sound!);
    const twice = {...sound!, measurements: [1, 1].map((index) => ({index, type: 0, value: new Uint8Array(1)}))};
    const bad = [raw.with(0, 0x12), raw.with(1, 0x81), raw.with(2, 0), raw.with(3, 1), raw.with(38, 0x61)];
    const more = [raw.subarray(0, -1), Uint8Array.of(...raw, 0), spdmReport.encode(twice), new Uint8Array(0)];
    for (const each of [...bad, ...more, new Uint8Array(SPDM_REPORT_MAX_BYTES + 1)])
      expect(codeOf(() => spdmReport.decode(each))).toBe("REPORT_INVALID");
  });

  test("without versions, or with some of another form, has none", () => {
    const withField = (type: number, field: Uint8Array | null) => ({
      ...sound!,
      opaque: new Map(field === null ? [] : [[type, field]]),
    });
    for (const driver of [null, new Uint8Array(0), Buffer.from("r550"), Buffer.from("550\0\0")])
      expect(codeOf(() => driverVersionOf(withField(3, driver)))).toBe("REPORT_INVALID");
    for (const vbios of [null, new Uint8Array(7)])
      expect(codeOf(() => vbiosVersionOf(withField(6, vbios)))).toBe("REPORT_INVALID");
    expect(firmwareIdOf(withField(20, null))).toBeNull();
  });
});

const bundle: fc.Arbitrary<SpdmBundle> = fc.record({
  certChain: fc.array(fc.base64String(), {minLength: 2, maxLength: 8}),
  challenge: fc.record({
    nonce: bytes(32),
    issuedAt: fc.bigInt({min: 1n, max: (1n << 63n) - 1n}),
    signerId: text.filter((each) => each !== ""),
    signature: bytes(32),
  }),
  report: bytes(40),
});
const [whole] = fc.sample(bundle, {numRuns: 1, seed: 1});

describe("a bundle around a report", () => {
  test("survives encode and decode, and neighbours are canonical or refused", () => {
    const codec = {
      encode: (each: SpdmBundle) => bytesOfBase64(encodeSpdmBundle(each)),
      decode: (raw: Uint8Array) => decodeSpdmBundle(base64Of(raw)),
    };
    expectLaws(codec, bundle);
  });

  test.each<[string, Partial<SpdmBundle>]>([
    ["one certificate", {certChain: ["AA=="]}],
    ["nine certificates", {certChain: Array<string>(9).fill("AA==")}],
    ["a challenge of nobody", {challenge: {...whole!.challenge, signerId: ""}}],
    ["a challenge without a time", {challenge: {...whole!.challenge, issuedAt: 0n}}],
  ])("is refused with %s", (_what, change) => {
    expect(codeOf(() => decodeSpdmBundle(encodeSpdmBundle({...whole!, ...change})))).toBe("BUNDLE_INVALID");
  });

  test("is refused when too long, before it is decoded", () => {
    expect(codeOf(() => decodeSpdmBundle("A".repeat(SPDM_BUNDLE_MAX_BYTES * 2 + 4)))).toBe("JSON_TOO_LARGE");
  });
});

test("the nonce of a report changes with solution, node and challenge", () => {
  const proof = {minerAddr: "a", batchRoot: new Uint8Array(32), mixDigest: new Uint8Array(32)};
  const challenge = whole!.challenge;
  const nonces = [
    spdmNonce(proof, {nodeId: "rig", challenge}),
    spdmNonce({...proof, minerAddr: "b"}, {nodeId: "rig", challenge}),
    spdmNonce({...proof, mixDigest: new Uint8Array(32).fill(1)}, {nodeId: "rig", challenge}),
    spdmNonce(proof, {nodeId: "rig-2", challenge}),
    spdmNonce(proof, {nodeId: "rig", challenge: {...challenge, issuedAt: challenge.issuedAt ^ 1n}}),
    spdmNonce(proof, {nodeId: "rig", challenge: {...challenge, nonce: new Uint8Array(32)}}),
  ].map(hexOf);
  expect(new Set(nonces).size).toBe(nonces.length);
  expect(nonces[0]).toHaveLength(64);
});

test("hex in a bundle is canonical", () => {
  const json = Buffer.from(encodeSpdmBundle(whole!), "base64").toString();
  const upper = json.replace(/"nonce":"[0-9a-f]+"/, (each) => each.toUpperCase().replace("NONCE", "nonce"));
  expect(upper).not.toBe(json);
  expect(codeOf(() => decodeSpdmBundle(base64Of(Buffer.from(upper))))).toBe("HEX_INVALID");
});
