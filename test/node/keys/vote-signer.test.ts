import {readFileSync, writeFileSync} from "node:fs";
import path from "node:path";
import {describe, expect, test} from "vitest";
import type {SignedRecord} from "../../../src/codecs/consensus/promise.js";
import {SignedFile} from "../../../src/node/keys/signed-file.js";
import {VoteSigner} from "../../../src/node/keys/vote-signer.js";
import {scratchDirectory} from "../../support/chain.js";

const A = "aa".repeat(32);
const B = "bb".repeat(32);
const KEY = new Uint8Array(1_312);
const SIGNATURE = new Uint8Array(2420);
const vote = (view: bigint, blockId = A, epoch = 0n) => ({chainId: "qsdm-test", epoch, height: view, view, blockId});
const timeout = (view: bigint) => ({chainId: "qsdm-test", epoch: 0n, view, highView: 0n, highBlockId: A});

function opened(file = path.join(scratchDirectory(), "validator.signed")) {
  const signed: Uint8Array[] = [];
  const store = SignedFile.open(file);
  const sign = (message: Uint8Array): Uint8Array => {
    signed.push(message);
    return SIGNATURE;
  };
  return {file, store, signer: new VoteSigner(KEY, sign, store), signed};
}

describe("a voting key", () => {
  test("signs rising views, and the same statement again", () => {
    const {signer, signed} = opened();
    signer.vote(vote(1n));
    signer.vote(vote(1n));
    signer.proposal(vote(1n));
    signer.vote(vote(2n, B));
    expect(signed).toHaveLength(4);
    expect(signed[0]).toEqual(signed[1]);
  });

  test.each<[string, (signer: VoteSigner) => unknown, (signer: VoteSigner) => unknown]>([
    ["a second block of one view", (s) => s.vote(vote(5n)), (s) => s.vote(vote(5n, B))],
    ["an earlier view", (s) => s.vote(vote(5n)), (s) => s.vote(vote(4n))],
    ["a view that it gave up", (s) => s.timeout(timeout(5n)), (s) => s.vote(vote(5n))],
    ["a second proposal of one view", (s) => s.proposal(vote(5n)), (s) => s.proposal(vote(5n, B))],
    ["a vote for another block than its own of the view", (s) => s.proposal(vote(5n)), (s) => s.vote(vote(5n, B))],
    ["an earlier proposal", (s) => s.proposal(vote(5n)), (s) => s.proposal(vote(4n))],
    ["an epoch that is over", (s) => s.vote(vote(5n, A, 1n)), (s) => s.vote(vote(6n, A, 0n))],
  ])("refuses %s, also after a restart", (_what, first, second) => {
    const before = opened();
    first(before.signer);
    expect(() => second(before.signer)).toThrowError(expect.objectContaining({code: "SIGNER_REFUSED"}));
    expect(before.signed).toHaveLength(1);
    before.store.close();
    const {signer, signed} = opened(before.file);
    expect(() => second(signer)).toThrowError(expect.objectContaining({code: "SIGNER_REFUSED"}));
    expect(signed).toEqual([]);
  });

  test("writes once for its block and its vote for it, and keeps what it said before", () => {
    const {signer, store} = opened();
    const written: SignedRecord[] = [];
    const counted = new VoteSigner(KEY, () => SIGNATURE, {
      get record() {
        return store.record;
      },
      write(record) {
        written.push(record);
        store.write(record);
      },
    });
    counted.proposal(vote(1n));
    counted.vote(vote(1n));
    expect(written).toHaveLength(1);
    signer.vote(vote(3n, B));
    signer.proposal(vote(2n));
    signer.timeout(timeout(4n));
    signer.proposal(vote(4n));
    const own = {proposedView: 4n, proposedBlockId: A};
    expect(store.record).toMatchObject({...own, votedView: 3n, votedBlockId: B, timeoutView: 4n});
  });

  test("has written down what it signs before it signs", () => {
    const {file, store} = opened();
    let onDisk: unknown = null;
    const signer = new VoteSigner(
      KEY,
      () => {
        const other = SignedFile.open(file);
        onDisk = other.record;
        other.close();
        return SIGNATURE;
      },
      store,
    );
    signer.vote(vote(3n));
    expect(onDisk).toMatchObject({votedView: 3n, votedBlockId: A});
  });
});

describe("the record of what was signed", () => {
  test("survives a write that a crash cut short", () => {
    const {file, signer, store} = opened();
    signer.vote(vote(1n));
    signer.vote(vote(2n, B));
    store.close();
    const bytes = readFileSync(file);
    // The second record is in the first slot: half of a third one over the other slot, as a crash leaves it.
    const torn = Buffer.from(bytes);
    torn.fill(7, 512, 700);
    writeFileSync(file, torn);
    expect(opened(file).store.record).toMatchObject({votedView: 2n, votedBlockId: B});
  });

  test("that is broken altogether keeps the key from voting", () => {
    const {file, signer, store} = opened();
    signer.vote(vote(1n));
    signer.vote(vote(2n));
    store.close();
    writeFileSync(file, Buffer.alloc(1_024, 7));
    expect(() => SignedFile.open(file)).toThrowError(expect.objectContaining({code: "SIGNED_RECORD_CORRUPT"}));
  });
});
