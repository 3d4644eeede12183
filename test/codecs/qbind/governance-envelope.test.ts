/** The codec's laws and refusals; the recorded digests run in test/conformance. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {
  approversOf,
  envelopeFault,
  governanceEnvelope,
  readGovernanceEnvelope,
} from "../../../src/codecs/qbind/governance-envelope.js";
import {codeOf, expectCanonicalOrRefused, near} from "../laws.js";
import recorded from "./governance-envelope.vectors.json" with {type: "json"};

const samples = recorded.cases.map(({input}) =>
  governanceEnvelope.encode(governanceEnvelope.readCompat(utf8(JSON.stringify(input)))),
);
const [first] = recorded.cases;
const altered = (change: object): Uint8Array => utf8(JSON.stringify({...first!.input, ...change}));

test("what is written is read back, and a neighbour of it is another envelope or none", () => {
  for (const sample of samples) expect(governanceEnvelope.encode(governanceEnvelope.decode(sample))).toEqual(sample);
  const neighbour = fc.constantFrom(...samples).chain(near);
  fc.assert(fc.property(neighbour, (bytes) => expectCanonicalOrRefused(governanceEnvelope, bytes)));
});

test("members come in any order and layout where people write them", () => {
  const {digest} = readGovernanceEnvelope(
    utf8(JSON.stringify(Object.fromEntries(Object.entries(first!.input).reverse()), null, 2)),
  );
  expect(digest).toBe(first!.expected.digest);
  expect(codeOf(() => governanceEnvelope.decode(altered({version: ""})))).toBe("JSON_NOT_CANONICAL");
});

test("one member who approves twice is one", () => {
  const [approval] = first!.input.council_approvals;
  const envelope = governanceEnvelope.readCompat(altered({council_approvals: [approval, approval]}));
  expect(approversOf(envelope)).toEqual(["m1"]);
});

describe("refused is", () => {
  test.each<[string, object]>([
    ["a member that nobody knows, which would be under the digest", {emergency: true}],
    ["a class that nobody knows", {class: "d_other"}],
    ["a height below zero", {activation_height: -1}],
    ["hashes that are no object", {binary_hashes: []}],
  ])("%s", (_what, change) => {
    expect(codeOf(() => readGovernanceEnvelope(altered(change)))).toBe("QBIND_ENVELOPE_INVALID");
  });

  test("what is no JSON, and what is too long", () => {
    expect(codeOf(() => readGovernanceEnvelope(utf8("{")))).toBe("QBIND_ENVELOPE_INVALID");
    expect(codeOf(() => readGovernanceEnvelope(new Uint8Array(256 * 1024 + 1)))).toBe("JSON_TOO_LARGE");
  });
});

test("an envelope without its name is short of a field", () => {
  expect(envelopeFault(governanceEnvelope.readCompat(altered({envelope_id: ""})))).toBe("MissingField");
});
