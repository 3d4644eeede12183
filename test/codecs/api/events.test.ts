import fc from "fast-check";
import {expect, test} from "vitest";
import {eventBody, numbered, readEvent, TOPICS, type Topic} from "../../../src/codecs/api/events.js";

const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
const text = fc.string({unit: "grapheme"});
const count = fc.nat(2 ** 32 - 1);
/** Times have milliseconds, and years of four digits. */
const time = fc.bigInt(0n, 253_402_300_799_999n);
const phase = fc.constantFrom("active", "pending_unbond", "revoked");
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary);

const BODIES: Readonly<Record<Topic, fc.Arbitrary<unknown>>> = {
  blocks: fc.record({
    event: fc.constant("block"),
    height: u64,
    timeMs: time,
    blockId: text,
    transactionCount: count,
    proofCount: count,
  }),
  slashes: fc.record({
    event: fc.constant("slash_resolved"),
    txId: text,
    outcome: fc.constantFrom("applied", "rejected"),
    recordedAt: time,
    height: u64,
    slasher: text,
    nodeId: text,
    evidenceKind: text,
    slashedDust: u64,
    rewardedDust: u64,
    burnedDust: u64,
    autoRevoked: fc.boolean(),
    autoRevokeRemainingDust: u64,
    rejectReason: text,
    error: text,
  }),
  enrollments: fc.record({
    event: fc.constantFrom("new", "transition", "stake_delta", "dropped"),
    height: u64,
    nodeId: text,
    owner: text,
    phase: maybe(phase),
    prevPhase: maybe(phase),
    stakeDust: u64,
    prevStakeDust: maybe(u64),
    slashable: fc.boolean(),
    enrolledAtHeight: u64,
    revokedAtHeight: maybe(u64),
    unbondMaturesAtHeight: maybe(u64),
  }),
  proofs: fc.record({
    event: fc.constantFrom("proof_included", "proof_refused"),
    height: u64,
    nodeId: text,
    proofId: text,
    epoch: u64,
    proofHeight: u64,
    minerAddr: text,
    reason: text,
    detail: text,
    proof: text,
  }),
  params: fc.record({
    event: fc.constant("param_activated"),
    height: u64,
    param: text,
    activeValue: u64,
    prevActiveValue: maybe(u64),
  }),
  streams: fc.record({
    event: fc.constantFrom(
      "stream_open",
      "stream_receipt",
      "stream_pause",
      "stream_resume",
      "stream_settle",
      "stream_close",
    ),
    height: u64,
    streamId: text,
    payer: text,
    provider: text,
    serviceId: text,
    status: fc.constantFrom("active", "paused", "closed"),
    budgetDust: u64,
    accruedDust: u64,
    escrowDust: u64,
    toProviderDust: u64,
    toPayerDust: u64,
  }),
  rejections: fc.record({
    event: fc.constant("rejection"),
    height: u64,
    logSeq: u64,
    recordedAtMs: time,
    kind: text,
    reason: text,
    arch: text,
    quotedHeight: u64,
    minerAddr: text,
    gpuName: text,
    certSubject: text,
    detail: text,
  }),
};

for (const topic of TOPICS)
  test(`${topic}: what is written under a number is read back, and is one line`, () => {
    fc.assert(
      fc.property(u64, BODIES[topic], (seq, body) => {
        const json = (eventBody[topic] as unknown as {write(value: unknown): string}).write(body);
        const data = numbered(seq, json);
        expect(data).not.toMatch(/[\n\r]/);
        expect(readEvent(topic, data)).toEqual({seq, topic, body});
      }),
      {numRuns: 50},
    );
  });

test.each([
  ["an unknown topic", "weather", '{"seq":1}'],
  ["no number", "params", '{"event":"param_activated","height":1,"param":"p","active_value":1}'],
  ["a missing member", "blocks", '{"seq":1,"event":"block","height":1}'],
  ["another topic's event", "params", '{"seq":1,"event":"block","height":1,"param":"p","active_value":1}'],
])("%s is refused", (_name, topic, data) => {
  expect(() => readEvent(topic, data)).toThrow(expect.objectContaining({code: "ANSWER_INVALID"}));
});
