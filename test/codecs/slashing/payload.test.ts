import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {checkSlashAdmission} from "../../../src/codecs/slashing/admission.js";
import {EVIDENCE_MAX_BYTES} from "../../../src/codecs/slashing/evidence.js";
import {
  checkSlashPayload,
  EVIDENCE_KINDS,
  SLASH_PAYLOAD_MAX_BYTES,
  type SlashPayload,
  slashPayload,
} from "../../../src/codecs/slashing/payload.js";
import {codeOf, expectCanonicalOrRefused, expectLaws} from "../laws.js";
import {text, u64} from "../mining/arbitraries.js";

const payload: fc.Arbitrary<SlashPayload> = fc.record({
  nodeId: text,
  evidenceKind: fc.oneof(fc.constantFrom(...EVIDENCE_KINDS), text),
  evidence: fc.option(fc.uint8Array({maxLength: 200})),
  slashAmountDust: u64,
  memo: text,
});
const SOUND: SlashPayload = {
  nodeId: "rig-1",
  evidenceKind: "double-mining",
  evidence: Uint8Array.of(1),
  slashAmountDust: 1n,
  memo: "",
};

test("slash payloads survive encode and decode, and neighbours are canonical or refused", () => {
  expectLaws(slashPayload, payload);
});

test("arbitrary bytes are refused with a DecodeError", () => {
  fc.assert(fc.property(fc.uint8Array(), (raw) => expectCanonicalOrRefused(slashPayload, raw)));
});

test("the largest evidence fits into a payload, one byte more than the limit is refused before it is read", () => {
  const largest = slashPayload.encode({...SOUND, evidence: new Uint8Array(EVIDENCE_MAX_BYTES)});
  expect(slashPayload.decode(largest).evidence?.length).toBe(EVIDENCE_MAX_BYTES);
  expect(codeOf(() => slashPayload.decode(new Uint8Array(SLASH_PAYLOAD_MAX_BYTES + 1)))).toBe("JSON_TOO_LARGE");
});

describe("field rules", () => {
  const refusals: [string, Partial<SlashPayload>, string][] = [
    ["no node id", {nodeId: ""}, "SLASH_INVALID"],
    ["a node id of 65 bytes", {nodeId: "a".repeat(65)}, "SLASH_INVALID"],
    ["an unknown kind", {evidenceKind: "double_mining"}, "SLASH_KIND_UNKNOWN"],
    ["no evidence", {evidence: null}, "SLASH_INVALID"],
    ["too much evidence", {evidence: new Uint8Array(EVIDENCE_MAX_BYTES + 1)}, "SLASH_INVALID"],
    ["no amount", {slashAmountDust: 0n}, "SLASH_INVALID"],
    ["a memo of 257 bytes", {memo: "m".repeat(257)}, "SLASH_INVALID"],
  ];
  for (const [what, change, code] of refusals)
    test(`${what} is refused`, () => {
      expect(codeOf(() => checkSlashPayload({...SOUND, ...change}, "a"))).toBe(code);
    });

  test("nobody cannot slash", () => {
    expect(codeOf(() => checkSlashPayload(SOUND, ""))).toBe("SLASH_INVALID");
    expect(codeOf(() => checkSlashPayload(SOUND, "a"))).toBe("accepted");
  });
});

describe("admission", () => {
  const tx = {contractId: "qsdm/slash/v1", sender: "a", fee: 1, payload: slashPayload.encode(SOUND)};

  test("passes over other contracts", () => {
    expect(codeOf(() => checkSlashAdmission({...tx, contractId: "qsdm/enroll/v2", payload: new Uint8Array(0)}))).toBe(
      "accepted",
    );
  });

  test("refuses a fee of zero, no payload, and no transaction", () => {
    expect(codeOf(() => checkSlashAdmission(tx))).toBe("accepted");
    expect(codeOf(() => checkSlashAdmission({...tx, fee: 0}))).toBe("SLASH_INVALID");
    expect(codeOf(() => checkSlashAdmission({...tx, payload: new Uint8Array(0)}))).toBe("SLASH_INVALID");
    expect(codeOf(() => checkSlashAdmission(null))).toBe("SLASH_INVALID");
  });
});
