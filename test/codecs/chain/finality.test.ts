import fc from "fast-check";
import {expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {
  decodeFinality,
  EPOCH_STEPS_MAX,
  FINALITY_HEADERS_MAX,
  type FinalityProof,
  finalityBundle,
  finalityProof,
  type StateProof,
  stateProof,
} from "../../../src/codecs/chain/finality.js";
import {codeOf, expectLaws} from "../laws.js";

const u64 = fc.bigInt({min: 0n, max: 2n ** 64n - 1n});
const u32 = fc.integer({min: 0, max: 2 ** 32 - 1});
const blob = (size: number) => fc.uint8Array({minLength: size, maxLength: size}).map((each) => new Uint8Array(each));
const digest = blob(32);
const hex = digest.map(hexOf);
const siblings = fc.array(digest, {maxLength: 3});
const header = fc.record({
  chainId: fc.constant("test"),
  height: u64,
  epoch: u64,
  view: u64,
  timeMs: u64,
  parentId: hex,
  parentStateRoot: hex,
  parentReceiptsRoot: hex,
  transactionsRoot: hex,
  proofsRoot: hex,
  coinbaseRoot: hex,
  batchesRoot: hex,
  transactionCount: u32,
  proofCount: u32,
  coinbaseCount: u32,
  batchCount: u32,
  baseFeeDust: u64,
  gasUsed: u64,
  proposer: hex,
});
const certificate = fc.record({
  epoch: u64,
  height: u64,
  view: u64,
  blockId: hex,
  votes: fc.array(fc.record({validator: u32, signature: blob(2420)}), {maxLength: 2}),
});
const proofs: fc.Arbitrary<FinalityProof> = fc.record({
  headers: fc.array(header, {maxLength: 3}),
  certificates: fc.array(certificate, {maxLength: 3}),
  validatorSet: fc.record({
    validators: fc.array(fc.record({publicKey: blob(1312), power: u64, account: hex, siblings}), {maxLength: 2}),
    end: fc.record({siblings, leaf: fc.option(fc.record({path: digest, valueHash: digest}), {nil: null})}),
  }),
});

test("a proof is what it was, and altered bytes are another proof or none", () => expectLaws(finalityProof, proofs));

const states: fc.Arbitrary<StateProof> = fc.record({
  store: fc.constant("account"),
  key: hex,
  value: fc.option(blob(8), {nil: null}),
  siblings,
  leaf: fc.option(fc.record({path: digest, valueHash: digest}), {nil: null}),
  finality: proofs,
});

test("a proof of the state is what it was, and altered bytes are another or none", () =>
  expectLaws(stateProof, states));

test("a proof with steps is what it was, and a file is one with steps or without", () => {
  expectLaws(finalityBundle, fc.record({steps: fc.array(states, {maxLength: 2}), finality: proofs}));
  const [finality] = fc.sample(proofs, 1);
  const [step] = fc.sample(states, 1);
  const bundle = {steps: [step!], finality: finality!};
  expect(decodeFinality(finalityBundle.encode(bundle))).toEqual(bundle);
  expect(decodeFinality(finalityProof.encode(finality!))).toEqual({steps: [], finality});
  for (const other of [stateProof.encode(step!), Uint8Array.of(), Uint8Array.of(0x80), Uint8Array.of(0x0a)])
    expect(["FIELD_INVALID", "CBOR_INVALID"]).toContain(codeOf(() => decodeFinality(other)));
  const many = {...bundle, steps: Array(EPOCH_STEPS_MAX + 1).fill(step)};
  expect(codeOf(() => finalityBundle.encode(many))).toBe("FIELD_INVALID");
});

test("what is above a limit is not written", () => {
  const [proof] = fc.sample(proofs, 1);
  const [one] = fc.sample(header, 1);
  const [cert] = fc.sample(certificate, 1);
  const set = proof!.validatorSet;
  for (const change of [
    {headers: Array(FINALITY_HEADERS_MAX + 1).fill(one)},
    {certificates: Array(4).fill(cert)},
    {validatorSet: {...set, end: {leaf: null, siblings: Array(257).fill(new Uint8Array(32))}}},
  ])
    expect(codeOf(() => finalityProof.encode({...proof!, ...change}))).toBe("FIELD_INVALID");
});
