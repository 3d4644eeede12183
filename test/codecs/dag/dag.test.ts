import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {ack, availability, availabilityDigest} from "../../../src/codecs/dag/availability.js";
import {BATCH_MAX_BYTES, batch, batchHeader, batchIdOf} from "../../../src/codecs/dag/batch.js";
import {batchAnswer, batchRequest, dagMessage} from "../../../src/codecs/dag/message.js";
import {ML_DSA_44} from "../../../src/codecs/suite.js";
import {codeOf, expectLaws} from "../laws.js";

const digest = fc.uint8Array({minLength: 32, maxLength: 32}).map((bytes) => Buffer.from(bytes).toString("hex"));
const u64 = fc.bigInt({min: 0n, max: (1n << 64n) - 1n});
const index = fc.nat(0xffff_ffff);
const signature = fc.uint8Array({minLength: ML_DSA_44.signatureBytes, maxLength: ML_DSA_44.signatureBytes});
const ref = fc.record({round: u64, creator: index, batchId: digest});
const header = fc.record({
  chainId: fc.constantFrom("qsdm-main", "a"),
  epoch: u64,
  round: u64,
  creator: index,
  parents: fc.array(fc.record({creator: index, batchId: digest}), {maxLength: 4}),
  transactionsRoot: digest,
  proofsRoot: digest,
  transactionCount: index,
  proofCount: index,
  bodyBytes: index,
});
const item = fc.uint8Array({minLength: 1, maxLength: 40});
const body = fc.record({
  signed: fc.record({header, signature}),
  transactions: fc.array(item, {maxLength: 4}),
  proofs: fc.array(item, {maxLength: 4}),
});
const certificate = fc.record({
  epoch: u64,
  ref,
  acks: fc.array(fc.record({validator: index, signature}), {maxLength: 3}),
});
const signedAck = fc.record({epoch: u64, ref, validator: index, signature});

describe("records of the DAG mempool", () => {
  test("obey the laws of every codec", () => {
    expectLaws(batch, body);
    expectLaws(batchHeader, header);
    expectLaws(ack, signedAck);
    expectLaws(availability, certificate);
    expectLaws(batchRequest, fc.record({ref}));
    expectLaws(batchAnswer, fc.record({batch: fc.option(body), certificate: fc.option(certificate)}));
    expectLaws(
      dagMessage,
      fc.oneof(
        body.map((each) => ({type: "batch" as const, batch: each})),
        signedAck.map((each) => ({type: "ack" as const, ack: each})),
        certificate.map((each) => ({type: "certificate" as const, certificate: each})),
      ),
    );
  });

  test("refuse an oversized message before they look at it, and a record that is none of theirs", () => {
    expect(codeOf(() => dagMessage.decode(new Uint8Array(BATCH_MAX_BYTES + 1)))).toBe("MESSAGE_TOO_LARGE");
    expect(codeOf(() => dagMessage.decode(Uint8Array.of(0x81, 0x61, 0x78)))).toBe("FIELD_INVALID");
    expect(codeOf(() => dagMessage.decode(Uint8Array.of(0x01)))).toBe("FIELD_INVALID");
  });

  test("a batch id covers every field of the header", () => {
    fc.assert(
      fc.property(header, header, (a, b) => {
        const same = Buffer.compare(batchHeader.encode(a), batchHeader.encode(b)) === 0;
        expect(batchIdOf(a) === batchIdOf(b)).toBe(same);
      }),
    );
  });

  test("a certificate's digest tells chain, epoch and batch, and not who signed", () => {
    fc.assert(
      fc.property(certificate, certificate, (a, b) => {
        expect(availabilityDigest("a", {...b, epoch: a.epoch, ref: a.ref})).toBe(availabilityDigest("a", a));
        expect(availabilityDigest("b", a)).not.toBe(availabilityDigest("a", a));
        expect(availabilityDigest("a", {...a, epoch: a.epoch ^ 1n})).not.toBe(availabilityDigest("a", a));
      }),
    );
  });
});
