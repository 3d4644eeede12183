import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {block, certificate, coinbaseEntry, header, voteContent} from "../../../src/codecs/chain/block.js";
import {capsuleRecord} from "../../../src/codecs/chain/capsule.js";
import {
  envelope,
  signingBytes,
  txIdOf,
  type UnsignedEnvelope,
  unsignedEnvelope,
} from "../../../src/codecs/chain/envelope.js";
import {genesis, genesisIdOf} from "../../../src/codecs/chain/genesis.js";
import {multiEnvelope, policy} from "../../../src/codecs/chain/multisig.js";
import {batchTransfer, strictEnrollment, transfer} from "../../../src/codecs/chain/payloads.js";
import {receipt, txIdIn} from "../../../src/codecs/chain/receipt.js";
import {STREAM_ACTIONS, STREAM_STATUSES, streamRecord} from "../../../src/codecs/chain/stream.js";
import {vestingClaim} from "../../../src/codecs/chain/vesting.js";
import type {Codec} from "../../../src/codecs/codec.js";
import {sha3} from "../../../src/codecs/hash.js";
import {DecodeError} from "../../../src/errors.js";
import {NETWORK_PARAMS} from "../../../src/node/ledger/params/networks.js";

const u64 = fc.bigInt({min: 0n, max: 2n ** 64n - 1n});
const u32 = fc.integer({min: 0, max: 2 ** 32 - 1});
const blob = (min: number, max = min) =>
  fc.uint8Array({minLength: min, maxLength: max}).map((each) => new Uint8Array(each));
const digest = blob(32).map(hexOf);
const chainId = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
const shortText = (maxBytes: number) =>
  fc.string({unit: "grapheme", maxLength: 20}).filter((each) => Buffer.byteLength(each) <= maxBytes);

const content: fc.Arbitrary<UnsignedEnvelope> = fc.record({
  chainId,
  sender: digest,
  nonce: u64,
  expiresAtHeight: u64,
  maxFeeDust: u64,
  tipDust: u64,
  contract: fc.constantFrom("qsdm/transfer/v3", "qsdm/slash/v1"),
  payload: blob(0, 200),
});
const headers = fc.record({
  chainId,
  height: u64,
  epoch: u64,
  view: u64,
  timeMs: u64,
  parentId: digest,
  parentStateRoot: digest,
  parentReceiptsRoot: digest,
  transactionsRoot: digest,
  proofsRoot: digest,
  coinbaseRoot: digest,
  batchesRoot: digest,
  transactionCount: u32,
  proofCount: u32,
  coinbaseCount: u32,
  batchCount: u32,
  baseFeeDust: u64,
  gasUsed: u64,
  proposer: digest,
});
const coinbases = fc.record({to: digest, amountDust: u64});
const slashed = fc.record({
  nodeId: fc.constantFrom("rig-1", "rig-2"),
  evidenceKind: fc.constant("double-mining"),
  slashedDust: u64,
  rewardedDust: u64,
  burnedDust: u64,
  autoRevoked: fc.boolean(),
  remainingDust: u64,
});

const monetary = fc.record({
  mode: fc.constantFrom("shadow" as const, "active" as const),
  epochBlocks: u64,
  ...{validatorsBps: u32, insuranceBps: u32, communityBps: u32},
  ...{treasury: digest, insurance: digest, community: digest},
});

const streamName = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/);
const maybe = fc.option(u64, {nil: null});
const streams = fc.record({
  ...{payer: digest, provider: digest, serviceId: streamName, deviceIdHash: digest, sessionPublicKey: blob(32)},
  ...{priceDust: u64, pricePeriodSeconds: u64, budgetDust: u64, maxActiveSeconds: u64, expiresAtNs: u64},
  status: fc.constantFrom(...STREAM_STATUSES),
  ...{
    cumulativeActiveSeconds: u64,
    pausedDurationSeconds: u64,
    lastReceiptSequence: u64,
    lastReceiptObservedAtNs: maybe,
  },
  ...{accruedDust: u64, settledDust: u64, refundedDust: u64, openedAtNs: u64},
  ...{lastPausedAtNs: maybe, lastResumedAtNs: maybe, closedAtNs: maybe},
  lastAction: fc.constantFrom(...STREAM_ACTIONS),
  ...{lastActionId: streamName, lastActionAtNs: u64, actionCount: u64},
});

const capsules = fc.record({
  ...{locator: digest, nonce: blob(12), ciphertext: fc.uint8Array({minLength: 32, maxLength: 200})},
  createdAt: fc.stringMatching(/^[0-9TZ:.-]{20,35}$/),
  actionId: streamName,
  registeredAt: fc.stringMatching(/^[0-9TZ:.-]{20,35}$/),
});

const receipts = fc.record({
  txId: digest,
  height: u64,
  outcome: fc.constantFrom("applied" as const, "rejected" as const),
  code: fc.option(fc.constant("SLASH_VERIFIER_FAILED"), {nil: null}),
  message: fc.option(shortText(512), {nil: null}),
  sender: digest,
  nonce: u64,
  contract: fc.constant("qsdm/slash/v1"),
  gasUsed: u64,
  feeDust: u64,
  slash: fc.option(slashed, {nil: null}),
});
const CODECS: readonly [string, Codec<unknown>, fc.Arbitrary<unknown>][] = [
  ["unsigned envelope", unsignedEnvelope, content],
  ["envelope", envelope, fc.record({content, publicKey: fc.option(blob(2592), {nil: null}), signature: blob(4627)})],
  ["transfer", transfer, fc.record({to: digest, amountDust: u64, memo: shortText(256)})],
  ["policy", policy, fc.record({threshold: u32, keys: fc.array(blob(2592), {maxLength: 3})})],
  [
    "multi-signature envelope",
    multiEnvelope,
    fc.record({
      content,
      policy: fc.record({threshold: u32, keys: fc.array(blob(2592), {maxLength: 2})}),
      signatures: fc.array(fc.record({key: u32, signature: blob(4627)}), {maxLength: 2}),
    }),
  ],
  [
    "batch transfer",
    batchTransfer,
    fc.record({
      payments: fc.array(fc.record({to: digest, amountDust: u64, memo: shortText(256)}), {maxLength: 5}),
    }),
  ],
  [
    "strict enrollment",
    strictEnrollment,
    fc.record({payload: blob(2, 300), nodeKey: blob(2592), possession: blob(4627)}),
  ],
  ["header", header, headers],
  ["vesting claim", vestingClaim, fc.record({to: digest})],
  ["stream", streamRecord, streams],
  ["recovery capsule", capsuleRecord, capsules],
  ["coinbase", coinbaseEntry, coinbases],
  ["vote", voteContent, fc.record({chainId, epoch: u64, height: u64, view: u64, blockId: digest})],
  [
    "certificate",
    certificate,
    fc.record({
      epoch: u64,
      height: u64,
      view: u64,
      blockId: digest,
      votes: fc.array(fc.record({validator: u32, signature: blob(2420)}), {maxLength: 3}),
    }),
  ],
  [
    "block",
    block,
    fc.record({
      header: headers,
      transactions: fc.array(blob(1, 50), {maxLength: 3}),
      proofs: fc.array(blob(1, 50), {maxLength: 3}),
      coinbase: fc.array(coinbases, {maxLength: 3}),
      batches: fc.array(fc.record({round: u64, creator: u32, batchId: digest}), {maxLength: 3}),
    }),
  ],
  ["receipt", receipt, receipts],
  [
    "genesis",
    genesis,
    fc.record({
      chainId,
      network: fc.constant("dev"),
      timeMs: u64,
      params: fc
        .tuple(fc.constantFrom(...Object.values(NETWORK_PARAMS)), fc.option(monetary, {nil: null}))
        .map(([params, terms]) => ({...params, monetary: terms})),
      allocations: fc.array(coinbases, {maxLength: 3}),
      validators: fc.array(fc.record({publicKey: blob(1312), power: u64, account: digest}), {maxLength: 2}),
      authorities: fc.array(digest, {maxLength: 3}),
      vestings: fc.array(fc.record({to: digest, amountDust: u64, cliffHeight: u64, endHeight: u64}), {maxLength: 3}),
    }),
  ],
];

test("a receipt's encoding has its transaction's id at one place", () => {
  fc.assert(
    fc.property(receipts, (value) => {
      expect(hexOf(txIdIn(receipt.encode(value)))).toBe(value.txId);
    }),
  );
});

describe.each(CODECS)("%s", (_name, codec, values) => {
  test("gives back what it wrote", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(codec.decode(codec.encode(value))).toEqual(value);
      }),
      {numRuns: 60},
    );
  });

  test("takes no altered bytes that it would not have written itself", () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.integer({min: 1, max: 255}), (value, at, change) => {
        const bytes = codec.encode(value).slice();
        bytes[at % bytes.length]! ^= change;
        try {
          expect(hexOf(codec.encode(codec.decode(bytes)))).toBe(hexOf(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      {numRuns: 200},
    );
  });

  test("takes no cut and no padded bytes", () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, at) => {
        const bytes = codec.encode(value);
        expect(() => codec.decode(bytes.subarray(0, at % bytes.length))).toThrow(DecodeError);
        expect(() => codec.decode(Uint8Array.of(...bytes, 0))).toThrow(DecodeError);
      }),
      {numRuns: 60},
    );
  });
});

test("a transaction's id is the tagged digest of what is signed, whoever signs it and with what", () => {
  fc.assert(
    fc.property(content, (value) => {
      const tag = new TextEncoder().encode("qsdm/txid/v3\0");
      expect(txIdOf(value)).toBe(hexOf(sha3(tag, signingBytes(value))));
    }),
  );
});

test("what is signed changes with every field, so that nothing can be bent afterwards", () => {
  fc.assert(
    fc.property(content, content, (a, b) => {
      for (const key of Object.keys(a) as (keyof UnsignedEnvelope)[]) {
        const mixed = {...a, [key]: b[key]};
        const same = hexOf(signingBytes(mixed)) === hexOf(signingBytes(a));
        expect(same).toBe(String(a[key]) === String(b[key]));
      }
    }),
  );
});

test("a genesis id stands for every parameter", () => {
  const base = {
    chainId: "a",
    network: "dev",
    timeMs: 1n,
    params: NETWORK_PARAMS.dev,
    allocations: [],
    validators: [],
    authorities: [],
    vestings: [],
  };
  for (const key of Object.keys(base.params) as (keyof typeof base.params)[]) {
    const value = base.params[key];
    const other =
      key === "deviceTrust"
        ? {...base.params.deviceTrust, minDriver: "1"}
        : key === "monetary"
          ? fc.sample(monetary, 1)[0]
          : typeof value === "bigint"
            ? value ^ 1n
            : typeof value === "number"
              ? value + 1
              : "compat";
    expect(genesisIdOf({...base, params: {...base.params, [key]: other} as typeof base.params}), key).not.toBe(
      genesisIdOf(base),
    );
  }
});
