import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {textOf, utf8} from "../../../src/codecs/bytes.js";
import {checkGovernanceAdmission} from "../../../src/codecs/governance/admission.js";
import {
  decodeChange,
  encodeChange,
  formatProposal,
  parseProposal,
  readChangeCompat,
} from "../../../src/codecs/governance/change.js";
import {authorityThreshold, GOVERNED_PARAMETERS} from "../../../src/codecs/governance/parameters.js";
import {
  AUTHORITY_SET,
  type AuthoritySet,
  authoritySet,
  GOVERNANCE_CONTRACT,
  PARAM_SET,
  type ParamSet,
  paramSet,
  peekChainKind,
  peekGovernanceKind,
  SUBMESH_RETIRE,
  type SubmeshRetire,
  submeshRetire,
} from "../../../src/codecs/governance/payloads.js";
import {codeOf, expectCanonicalOrRefused, expectLaws} from "../laws.js";
import {text} from "../mining/arbitraries.js";

const effectiveHeight = fc.bigInt({min: 1n, max: (1n << 64n) - 1n});
const anyParamSet: fc.Arbitrary<ParamSet> = fc.constantFrom(...GOVERNED_PARAMETERS).chain(({name, min, max}) =>
  fc.record({
    kind: fc.constant(PARAM_SET),
    param: fc.constant(name),
    value: fc.bigInt({min, max}),
    effectiveHeight,
    memo: text,
  }),
);
const anyAuthoritySet: fc.Arbitrary<AuthoritySet> = fc.record({
  kind: fc.constant(AUTHORITY_SET),
  op: fc.constantFrom("add", "remove"),
  address: fc.stringMatching(/^[!-~]{1,64}$/),
  effectiveHeight,
  memo: text,
});
const anyRetire: fc.Arbitrary<SubmeshRetire> = fc.record({
  kind: fc.constant(SUBMESH_RETIRE),
  submesh: fc.stringMatching(/^[!-.0-~]{1,64}$/),
  effectiveHeight,
  memo: text,
});
const SOUND: ParamSet = {kind: PARAM_SET, param: "reward_bps", value: 5n, effectiveHeight: 9n, memo: ""};
const ADD: AuthoritySet = {kind: AUTHORITY_SET, op: "add", address: "a", effectiveHeight: 9n, memo: ""};

test("payloads survive encode and decode, and neighbours are canonical or refused", () => {
  expectLaws(paramSet, anyParamSet);
  expectLaws(authoritySet, anyAuthoritySet);
  expectLaws(submeshRetire, anyRetire);
});

test("a retirement is found under the name of its proposal, and the reference knows no such kind", () => {
  fc.assert(
    fc.property(anyRetire, ({submesh, effectiveHeight: height}) => {
      const proposed = {change: {kind: SUBMESH_RETIRE, submesh}, effectiveHeight: height} as const;
      expect(parseProposal(formatProposal(proposed))).toEqual(proposed);
      expect(decodeChange(encodeChange(proposed, "why"))).toEqual({...proposed, memo: "why"});
      expect(codeOf(() => readChangeCompat(encodeChange(proposed)))).toBe("GOVERNANCE_INVALID");
    }),
  );
});

test("arbitrary bytes are refused with a DecodeError", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (raw) => {
      expectCanonicalOrRefused(paramSet, raw);
      expectCanonicalOrRefused(authoritySet, raw);
      expectCanonicalOrRefused(submeshRetire, raw);
      codeOf(() => peekGovernanceKind(raw));
    }),
  );
});

describe("a parameter change is refused", () => {
  const refusals: [string, Partial<ParamSet>][] = [
    ["of another kind", {kind: AUTHORITY_SET}],
    ["without a name", {param: ""}],
    ["of an unknown parameter", {param: "block_time"}],
    ["above its bound", {value: 5_001n}],
    ["below its bound", {param: "auto_revoke_min_stake_dust", value: 99_999_999n}],
    ["at height zero", {effectiveHeight: 0n}],
    ["with a memo of 257 bytes", {memo: "m".repeat(257)}],
  ];
  for (const [what, change] of refusals)
    test(what, () => {
      expect(codeOf(() => paramSet.encode({...SOUND, ...change}))).toBe("GOVERNANCE_INVALID");
    });
});

describe("an authority change is refused", () => {
  const refusals: [string, Partial<AuthoritySet>][] = [
    ["of another kind", {kind: PARAM_SET}],
    ["with another verb", {op: "replace"}],
    ["without an address", {address: ""}],
    ["with an address of 129 bytes", {address: "a".repeat(129)}],
    ["with a space in the address", {address: "a b"}],
    ["at height zero", {effectiveHeight: 0n}],
    ["with a memo of 257 bytes", {memo: "m".repeat(257)}],
  ];
  for (const [what, change] of refusals)
    test(what, () => {
      expect(codeOf(() => authoritySet.encode({...ADD, ...change}))).toBe("GOVERNANCE_INVALID");
    });
});

test("the kind is peeked at with nothing allowed behind the value", () => {
  const json = textOf(paramSet.encode(SOUND));
  expect(peekGovernanceKind(utf8(json))).toBe(PARAM_SET);
  expect(codeOf(() => peekGovernanceKind(utf8(`${json}]`)))).toBe("GOVERNANCE_INVALID");
  expect(codeOf(() => paramSet.readCompat(utf8(`${json}]`)))).toBe("accepted");
});

test("on a chain of ours nothing is looked at that is longer than any payload", () => {
  const long = utf8(`{"kind":"${"x".repeat(4_096)}"}`);
  expect(codeOf(() => peekChainKind(long))).toBe("JSON_TOO_LARGE");
  expect(codeOf(() => peekChainKind(long.subarray(0, 4_096)))).toBe("GOVERNANCE_INVALID");
  expect(peekChainKind(paramSet.encode({...SOUND, memo: "m".repeat(256)}))).toBe(PARAM_SET);
});

test("admission wants a payload and a fee, and passes over other contracts", () => {
  const tx = {contractId: GOVERNANCE_CONTRACT, sender: "a", fee: 1, payload: authoritySet.encode(ADD)};
  expect(codeOf(() => checkGovernanceAdmission(tx))).toBe("accepted");
  expect(codeOf(() => checkGovernanceAdmission({...tx, fee: -1}))).toBe("GOVERNANCE_INVALID");
  expect(codeOf(() => checkGovernanceAdmission({...tx, payload: new Uint8Array(0)}))).toBe("GOVERNANCE_INVALID");
  expect(codeOf(() => checkGovernanceAdmission({...tx, payload: utf8("{}")}))).toBe("GOVERNANCE_INVALID");
  expect(codeOf(() => checkGovernanceAdmission(null))).toBe("GOVERNANCE_INVALID");
  expect(codeOf(() => checkGovernanceAdmission({...tx, contractId: "x", payload: utf8("{}")}))).toBe("accepted");
});

test("a change needs more than half of the authorities", () => {
  for (let authorities = 1; authorities < 50; authorities++)
    expect(authorityThreshold(authorities) * 2).toBeGreaterThan(authorities);
  expect([-1, 0, 1].map(authorityThreshold)).toEqual([0, 0, 1]);
});
