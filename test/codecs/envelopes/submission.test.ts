import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {slashSubmission} from "../../../src/codecs/envelopes/submission.js";
import {codeOf, expectLaws} from "../laws.js";

const text = fc.string({maxLength: 20, unit: "grapheme"}).map((each) => each.toWellFormed());
const u64 = fc.bigInt({min: 0n, max: 2n ** 64n - 1n});

// Written by hand from the member list of the mining protocol, section 24.5.
const POSTED =
  '{"id":"slash-1","sender":"ab","nonce":3,"fee":0.001,"contract_id":"qsdm/slash/v1","payload_b64":"e30="}';

describe("a slash as it is posted", () => {
  test("obeys both laws", () => {
    expectLaws(
      slashSubmission,
      fc.record({
        id: text,
        sender: text,
        nonce: u64,
        fee: fc.double({noNaN: true, noDefaultInfinity: true}).map((each) => each + 0),
        gasLimit: fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}),
        contractId: text,
        payloadBase64: text,
      }),
    );
  });

  test("is read from the reference's members, and a gas limit of 0 is left out", () => {
    const submission = slashSubmission.decode(utf8(POSTED));
    expect(submission).toMatchObject({id: "slash-1", nonce: 3n, fee: 0.001, gasLimit: 0n, payloadBase64: "e30="});
    expect(new TextDecoder().decode(slashSubmission.encode({...submission, gasLimit: 5n}))).toContain(
      '"fee":0.001,"gas_limit":5,"contract_id"',
    );
  });

  test.each<[string, string, string]>([
    ["an unknown member", POSTED.replace("{", '{"signature":"00",'), "ENVELOPE_INVALID"],
    ["a second object", POSTED + POSTED, "ENVELOPE_INVALID"],
    ["a negative nonce", POSTED.replace(":3", ":-3"), "ENVELOPE_INVALID"],
    ["a fee in quotes", POSTED.replace("0.001", '"0.001"'), "ENVELOPE_INVALID"],
    [
      "another order",
      '{"sender":"ab","id":"slash-1","nonce":3,"fee":1,"contract_id":"","payload_b64":""}',
      "JSON_NOT_CANONICAL",
    ],
    ["too many bytes", POSTED.replace("e30=", "A".repeat(1_048_576)), "JSON_TOO_LARGE"],
  ])("refuses %s", (_what, json, code) => expect(codeOf(() => slashSubmission.decode(utf8(json)))).toBe(code));
});
