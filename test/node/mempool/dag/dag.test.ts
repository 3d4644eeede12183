import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../../src/codecs/bytes.js";
import {type Batch, refOf} from "../../../../src/codecs/dag/batch.js";
import type {DagEffect, DagInput} from "../../../../src/node/mempool/dag/effects.js";
import {restoreDag} from "../../../../src/node/mempool/dag/restore.js";
import {emptyDag} from "../../../../src/node/mempool/dag/state.js";
import {step} from "../../../../src/node/mempool/dag/step.js";
import {bodyOf, frontier, hasBoth, missingOf, packedIds} from "../../../../src/node/mempool/dag/view.js";
import {
  ackBy,
  batchBy,
  certificateBy,
  keyOf,
  longText,
  Mempools,
  rulesOf,
  sealed,
  toySign,
} from "../../../support/dag.js";

const textsOf = (committee: Mempools, at: number): string[] =>
  frontier(committee.members[at]!.state).flatMap(({batch}) =>
    batch.transactions.map((bytes) => Buffer.from(bytes).toString()),
  );
const refsOf = (committee: Mempools, at: number) => frontier(committee.members[at]!.state).map(({ref}) => ref);
const commitAll = (committee: Mempools, refs = refsOf(committee, 0)): void =>
  committee.members.forEach((_, to) => {
    committee.give(to, {type: "committed", refs});
  });
const all = [0, 1, 2, 3];
const typesOf = (effects: readonly DagEffect[]): string[] => effects.map(({type}) => type);

describe("a committee of four", () => {
  test("certifies what one of them was given, at every one of them", () => {
    const committee = new Mempools(4);
    committee.submit(2, "a", "b");
    committee.settle();
    for (const at of all) expect(textsOf(committee, at)).toEqual(["a", "b"]);
    expect(new Set(all.map((at) => JSON.stringify(refsOf(committee, at), big))).size).toBe(1);
  });

  test("moves to the next round only with somebody's transactions", () => {
    const committee = new Mempools(4);
    committee.submit(0, "a");
    committee.settle();
    const roundsOf = () => committee.members.map(({state}) => state.ownRound);
    expect(roundsOf()).toEqual([1n, 1n, 1n, 1n]);
    committee.tick(60_000n);
    committee.settle();
    expect(roundsOf()).toEqual([1n, 1n, 1n, 1n]);
    committee.submit(3, "b");
    committee.settle();
    expect(roundsOf()).toEqual([2n, 2n, 2n, 2n]);
    expect(textsOf(committee, 1)).toEqual(["a", "b"]);
  });

  test("certifies with one member silent, and not with two", () => {
    const committee = new Mempools(4);
    committee.link = (from, to) => from !== 3 && to !== 3;
    committee.submit(0, "a");
    committee.settle();
    expect(textsOf(committee, 1)).toEqual(["a"]);
    const half = new Mempools(4);
    half.link = (from, to) => from < 2 && to < 2;
    half.submit(0, "a");
    half.settle();
    half.tick(60_000n);
    half.settle();
    expect(textsOf(half, 0)).toEqual([]);
  });

  test("brings back a member that heard nothing, by certificates, parents and fetching", () => {
    const committee = new Mempools(4);
    committee.link = (from, to) => from !== 3 && to !== 3;
    for (const text of ["a", "b", "c"]) {
      committee.submit(0, text);
      committee.settle();
    }
    committee.link = () => true;
    for (let i = 0; i < 10; i++) {
      committee.tick(4_000n);
      committee.settle();
    }
    expect(textsOf(committee, 3)).toEqual(["a", "b", "c"]);
  });

  test("fetches at once what a proposal names", () => {
    const committee = new Mempools(4);
    committee.link = (from, to) => from !== 3 && to !== 3;
    committee.submit(0, "a");
    committee.settle();
    committee.link = () => true;
    const refs = refsOf(committee, 0);
    const late = committee.members[3]!;
    expect(missingOf(late.state, refs)).toEqual(refs);
    expect(typesOf(committee.give(3, {type: "want", refs}))).toEqual(["fetch"]);
    committee.settle();
    expect(missingOf(late.state, refs)).toEqual([]);
  });

  test("asks three at once, others each time, after one, two and then every five seconds", () => {
    const committee = new Mempools(7);
    const ref = refOf(batchBy(6, ["lost"]).signed.header);
    committee.link = () => false;
    committee.give(0, {type: "want", refs: [ref]});
    const asked: {atMs: bigint; from: readonly number[]}[] = [];
    for (let atMs = 100n; atMs <= 15_000n; atMs += 100n)
      for (const effect of committee.give(0, {type: "tick", nowMs: atMs}))
        if (effect.type === "fetch") asked.push({atMs, from: effect.from});
    expect(asked.map(({atMs}) => atMs)).toEqual([1_000n, 3_000n, 8_000n, 13_000n]);
    for (const {from} of asked) expect([from.length, from.includes(0)]).toEqual([3, false]);
    expect(new Set(asked.flatMap(({from}) => from)).size).toBe(6);
  });

  test("asks for no more than it can bear, and not for ever for what nobody has", () => {
    const committee = new Mempools(4, {maxWanted: 2, maxFetchAttempts: 3});
    const refs = ["a", "b", "c"].map((text) => refOf(batchBy(3, [text]).signed.header));
    committee.link = () => false;
    committee.give(0, {type: "want", refs});
    expect(committee.members[0]!.state.wanted.size).toBe(2);
    for (let i = 0; i < 5; i++) committee.tick(5_000n);
    expect(committee.members[0]!.state.wanted.size).toBe(0);
  });

  test("forgets what lies more than fifty rounds below the committed one, on disk too", () => {
    const committee = new Mempools(4);
    const forgotten: bigint[] = [];
    for (let i = 1; i <= 60; i++) {
      committee.submit(0, `t${i}`);
      committee.settle();
      const refs = refsOf(committee, 0);
      for (const at of all)
        for (const effect of committee.give(at, {type: "committed", refs}))
          if (effect.type === "forget" && at === 0) forgotten.push(effect.belowRound);
      committee.settle();
    }
    expect(forgotten.at(-1)).toBe(10n);
    expect([...committee.members[0]!.state.rounds.keys()].every((round) => round >= 10n)).toBe(true);
  });

  test("makes no batch more than fifty rounds above the committed one", () => {
    const committee = new Mempools(4);
    for (let i = 1; i <= 60; i++) {
      committee.submit(0, `t${i}`);
      committee.settle();
    }
    expect(committee.members[0]!.state.ownRound).toBe(50n);
    commitAll(committee);
    committee.settle();
    expect(committee.members[0]!.state.ownRound).toBeGreaterThan(50n);
  });

  test("agrees whatever the order of delivery, and loses nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), {minLength: 50, maxLength: 400}), (order) => {
        const committee = new Mempools(4);
        for (const at of all) committee.submit(at, `a${at}`, `b${at}`);
        let next = 0;
        committee.settle((count) => order[next++ % order.length]! % count);
        for (const at of all) committee.submit(at, `c${at}`);
        committee.settle((count) => order[next++ % order.length]! % count);
        for (let i = 0; i < 5; i++) {
          committee.tick(4_000n);
          committee.settle();
        }
        const first = refsOf(committee, 0);
        for (const at of all) expect(refsOf(committee, at)).toEqual(first);
        expect(textsOf(committee, 0).sort()).toEqual(all.flatMap((at) => [`a${at}`, `b${at}`, `c${at}`]).sort());
      }),
      {numRuns: 40},
    );
  });

  test("delivers in the end over links that lose every third letter", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(2)), (losses) => {
        const committee = new Mempools(4);
        committee.link = () => losses.next().value !== 0;
        for (const at of all) committee.submit(at, `x${at}`);
        for (let i = 0; i < 100; i++) {
          committee.settle();
          committee.tick(5_000n);
        }
        for (const at of all) expect(textsOf(committee, at).sort()).toEqual(["x0", "x1", "x2", "x3"]);
      }),
      {numRuns: 20},
    );
  });
});

const big = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);

describe("a restart", () => {
  test("sends an own batch again, and makes no second one for its round", () => {
    const committee = new Mempools(4);
    committee.link = () => false;
    committee.submit(0, "a");
    committee.settle();
    committee.restart(0);
    committee.link = () => true;
    committee.submit(0, "b");
    committee.tick(10_000n);
    committee.settle();
    commitAll(committee);
    committee.settle();
    for (const {evidence} of committee.members) expect(evidence).toEqual([]);
    expect(committee.members[0]!.state.ownRound).toBe(2n);
  });

  test("does not acknowledge another batch for a round that was acknowledged before", () => {
    const committee = new Mempools(4);
    const [first, second] = [batchBy(3, ["a"]), batchBy(3, ["b"])];
    expect(typesOf(committee.give(0, {type: "batch", batch: first}))).toContain("acknowledge");
    committee.restart(0);
    expect(typesOf(committee.give(0, {type: "batch", batch: second}))).not.toContain("acknowledge");
  });

  test("knows what consensus committed", () => {
    const committee = new Mempools(4);
    committee.submit(0, "a");
    committee.settle();
    const refs = refsOf(committee, 0);
    committee.restart(1, refs);
    expect(textsOf(committee, 1)).toEqual([]);
    committee.restart(1);
    expect(textsOf(committee, 1)).toEqual(["a"]);
  });

  test("leaves out a batch that the disk altered, and fetches it from whoever has it", () => {
    const committee = new Mempools(4);
    committee.submit(0, "a");
    committee.settle();
    const member = committee.members[1]!;
    const {disk} = member;
    member.disk = disk.map((each) =>
      each.type === "batch" ? {...each, batch: {...each.batch, transactions: [utf8("b")]}} : each,
    );
    expect(restoreDag(disk, member.rules, []).lost).toEqual([]);
    expect(restoreDag(member.disk, member.rules, []).lost).toHaveLength(4);
    committee.restart(1);
    expect(textsOf(committee, 1)).toEqual([]);
    committee.settle();
    expect(textsOf(committee, 1)).toEqual(["a"]);
  });

  test("makes no second batch for the round of one that the disk lost", () => {
    const committee = new Mempools(4);
    committee.link = () => false;
    committee.submit(0, "a");
    committee.settle();
    const member = committee.members[0]!;
    member.disk = member.disk.filter(({type}) => type !== "batch");
    committee.restart(0);
    expect(member.state.ownRound).toBe(1n);
    expect(restoreDag(member.disk, member.rules, []).lost).toHaveLength(1);
  });

  test("keeps a batch and the word that it is held on disk before the word leaves", () => {
    const committee = new Mempools(4);
    const types = committee
      .give(1, {type: "batch", batch: batchBy(0, ["a"])})
      .map((each) => (each.type === "keep" ? `keep ${each.record.type}` : each.type));
    expect(types.slice(0, 3)).toEqual(["keep batch", "keep acked", "acknowledge"]);
  });
});

describe("an equivocating creator", () => {
  const [first, second] = [batchBy(3, ["a"]), batchBy(3, ["b"])];

  test("is reported once with both headers, and its second batch is not acknowledged", () => {
    const committee = new Mempools(4);
    committee.give(0, {type: "batch", batch: first});
    expect(typesOf(committee.give(0, {type: "batch", batch: second}))).toEqual(["evidence"]);
    expect(committee.give(0, {type: "batch", batch: second})).toEqual([]);
    expect(committee.members[0]!.evidence[0]!.headers).toEqual([first.signed, second.signed]);
  });

  test("is followed in what the others certified", () => {
    const committee = new Mempools(4);
    committee.give(0, {type: "batch", batch: first});
    const ref = refOf(second.signed.header);
    committee.give(0, {type: "certificate", certificate: certificateBy([1, 2, 3], ref)});
    expect(typesOf(committee.give(0, {type: "batch", batch: second}))).toContain("available");
    expect(textsOf(committee, 0)).toEqual(["b"]);
  });

  test("cannot have both batches certified by honest validators", () => {
    const committee = new Mempools(4);
    for (const [to, batch] of [
      [0, first],
      [1, first],
      [2, second],
    ] as const)
      committee.give(to, {type: "batch", batch});
    for (const to of [0, 1, 2]) for (const batch of [first, second]) committee.give(to, {type: "batch", batch});
    const acked = committee.members.map(({state}) => state.rounds.get(1n)?.get(3)?.acked ?? null);
    expect(acked.slice(0, 3)).toEqual([first, first, second].map((each) => refOf(each.signed.header).batchId));
  });
});

describe("refusals", () => {
  const rules = rulesOf(0, [1n, 1n, 1n, 1n]);
  const codeOf = (input: DagInput, given: readonly DagInput[] = [], under = rules): string => {
    let state = emptyDag(1n);
    for (const each of given) state = step(state, each, under).state;
    try {
      const after = step(state, input, under);
      return after.effects.length === 0 ? "ignored" : "taken";
    } catch (error) {
      return (error as {code: string}).code;
    }
  };
  const parentsOf = (creators: readonly number[]) =>
    creators.map((creator) => ({creator, batchId: refOf(batchBy(creator, [`p${creator}`]).signed.header).batchId}));
  const certificates = [0, 1, 2].map((creator) => {
    const ref = refOf(batchBy(creator, [`p${creator}`]).signed.header);
    return {type: "certificate", certificate: certificateBy([0, 1, 2], ref)} as const;
  });
  const give = (batch: Batch, given: readonly DagInput[] = []) => codeOf({type: "batch", batch}, given);

  test("a sound batch is taken", () => {
    expect(give(batchBy(1, ["a"]))).toBe("taken");
    expect(give(batchBy(1, ["a"], {round: 2n, parents: parentsOf([0, 1, 2])}), certificates)).toBe("taken");
  });

  test("a batch with a forged signature, body, number or chain", () => {
    const sound = batchBy(1, ["a"]);
    const {header, signature} = sound.signed;
    expect(give({...sound, signed: {header, signature: toySign(keyOf(2), new Uint8Array())}})).toBe("BATCH_INVALID");
    expect(give({...sound, transactions: [Uint8Array.of(98)]})).toBe("BATCH_INVALID");
    expect(give({...sound, proofs: [Uint8Array.of(98)]})).toBe("BATCH_INVALID");
    expect(give({...sound, signed: {header: {...header, chainId: "other"}, signature}})).toBe("BATCH_INVALID");
    expect(give(sealed({...header, round: 0n}, sound))).toBe("BATCH_INVALID");
    expect(give(sealed({...header, creator: 9}, sound))).toBe("BATCH_INVALID");
    expect(give(sealed({...header, bodyBytes: 2}, sound))).toBe("BATCH_INVALID");
    expect(give(batchBy(1, ["a", "a"]))).toBe("BATCH_INVALID");
  });

  test("a batch above the limits", () => {
    const tight = rulesOf(0, [1n, 1n, 1n, 1n], {maxBatchBytes: 10, maxBatchTransactions: 2});
    const under = (batch: Batch) => codeOf({type: "batch", batch}, [], tight);
    expect(under(batchBy(1, [longText("x", 10)]))).toBe("taken");
    expect(under(batchBy(1, [longText("x", 11)]))).toBe("BATCH_INVALID");
    expect(under(batchBy(1, ["a", "b", "c"]))).toBe("BATCH_INVALID");
  });

  test("parents in the first round, too few, twice, out of order, of nobody, or uncertified", () => {
    const over = (creators: readonly number[]) =>
      give(batchBy(1, ["a"], {round: 2n, parents: parentsOf(creators)}), certificates);
    expect(give(batchBy(1, ["a"], {parents: parentsOf([0, 1, 2])}))).toBe("BATCH_INVALID");
    for (const creators of [[], [0, 1], [0, 1, 1], [0, 0, 1, 2], [2, 1, 0], [0, 1, 9]])
      expect(over(creators)).toBe("BATCH_INVALID");
    const other = [...parentsOf([0, 1]), {creator: 2, batchId: "00".repeat(32)}];
    expect(give(batchBy(1, ["a"], {round: 2n, parents: other}), certificates)).toBe("BATCH_PARENT_UNCERTIFIED");
  });

  test("a batch over unknown parents is held and not acknowledged until they are certified", () => {
    let state = emptyDag(1n);
    const batch = batchBy(1, ["a"], {round: 2n, parents: parentsOf([0, 1, 2])});
    const types: string[][] = [];
    for (const input of [{type: "batch", batch} as const, ...certificates]) {
      const after = step(state, input, rules);
      state = after.state;
      types.push(typesOf(after.effects));
    }
    expect(types.map((each) => each.includes("acknowledge"))).toEqual([false, false, false, true]);
  });

  test("a batch whose parent is committed before its certificate is here is acknowledged", () => {
    const batch = batchBy(1, ["a"], {round: 2n, parents: parentsOf([0, 1, 2])});
    let {state} = step(emptyDag(1n), {type: "batch", batch}, rules);
    for (const input of certificates.slice(0, 2)) ({state} = step(state, input, rules));
    const refs = [certificates[2]!.certificate.ref];
    expect(typesOf(step(state, {type: "committed", refs}, rules).effects)).toContain("acknowledge");
  });

  test("a batch that a crash left without an ack is acknowledged when it comes again", () => {
    const batch = batchBy(1, ["a"], {round: 2n, parents: parentsOf([0, 1, 2])});
    const {state} = restoreDag([...certificates, {type: "batch", batch}], rules, []);
    expect(typesOf(step(state, {type: "batch", batch}, rules).effects)).toEqual(["keep", "acknowledge"]);
  });

  test("a certificate with too few signers, one twice, out of order, of nobody, or forged", () => {
    const ref = refOf(batchBy(1, ["a"]).signed.header);
    const sound = certificateBy([0, 1, 2], ref);
    const certify = (certificate: typeof sound) => codeOf({type: "certificate", certificate});
    expect(certify(sound)).toBe("taken");
    for (const signers of [[], [0, 1], [0, 1, 1], [1, 0, 2], [0, 1, 9]])
      expect(certify(certificateBy(signers, ref))).toBe("AVAILABILITY_INVALID");
    const [one, two, three] = sound.acks;
    const forged = {...sound, acks: [one!, two!, {...three!, signature: one!.signature}]};
    expect(certify(forged)).toBe("AVAILABILITY_INVALID");
    expect(certify({...sound, ref: {...ref, creator: 9}})).toBe("AVAILABILITY_INVALID");
    expect(certify({...sound, ref: {...ref, round: 0n}})).toBe("AVAILABILITY_INVALID");
    expect(certify({...sound, epoch: 1n})).toBe("ignored");
  });

  test("a forged ack, and acks of no use are left alone", () => {
    const batch = batchBy(0, ["a"]);
    const ref = refOf(batch.signed.header);
    const own: readonly DagInput[] = [{type: "batch", batch}];
    const acknowledge = (ack: ReturnType<typeof ackBy>, given = own) => codeOf({type: "ack", ack}, given);
    expect(acknowledge({...ackBy(1, ref), validator: 2})).toBe("ACK_INVALID");
    expect(acknowledge(ackBy(9, ref))).toBe("ACK_INVALID");
    expect(acknowledge(ackBy(1, ref), [])).toBe("ignored");
    expect(acknowledge(ackBy(1, ref), [...own, {type: "ack", ack: ackBy(1, ref)}])).toBe("ignored");
    expect(acknowledge(ackBy(1, refOf(batchBy(2, ["b"]).signed.header)))).toBe("ignored");
  });

  test("a quorum is more than two thirds of the power, not of the heads", () => {
    const weighted = rulesOf(0, [1n, 1n, 1n, 6n]);
    const ref = refOf(batchBy(1, ["a"]).signed.header);
    const certify = (signers: readonly number[]) =>
      codeOf({type: "certificate", certificate: certificateBy(signers, ref)}, [], weighted);
    expect(certify([0, 1, 2])).toBe("AVAILABILITY_INVALID");
    // Seven ninths, and exactly two thirds.
    expect(certify([0, 3])).toBe("taken");
    expect(certify([3])).toBe("AVAILABILITY_INVALID");
  });

  test("an answer about another batch, and one that nobody asked for is left alone", () => {
    const [asked, other] = [batchBy(1, ["a"]), batchBy(2, ["b"])];
    const ref = refOf(asked.signed.header);
    const want: readonly DagInput[] = [{type: "want", refs: [ref]}];
    const answer = (batch: Batch, given = want) =>
      codeOf({type: "answer", ref, answer: {batch, certificate: null}}, given);
    expect(answer(other)).toBe("ANSWER_UNASKED");
    expect(answer(asked, [])).toBe("ignored");
    expect(answer(asked)).toBe("taken");
    const certificate = certificateBy([0, 1, 2], refOf(other.signed.header));
    expect(codeOf({type: "answer", ref, answer: {batch: null, certificate}}, want)).toBe("ANSWER_UNASKED");
  });

  test("a batch too far ahead is left alone until it is certified", () => {
    const far = batchBy(1, ["a"], {round: 4n, parents: parentsOf([0, 1, 2])});
    expect(give(far)).toBe("ignored");
    const certificate = certificateBy([0, 1, 2], refOf(far.signed.header));
    expect(give(far, [{type: "certificate", certificate}])).toBe("taken");
  });

  test("a node that only follows holds batches and acknowledges none", () => {
    const follower = rulesOf(null, [1n, 1n, 1n, 1n]);
    const {state, effects} = step(emptyDag(1n), {type: "batch", batch: batchBy(1, ["a"])}, follower);
    expect(typesOf(effects)).toEqual(["keep"]);
    expect(bodyOf(state, refOf(batchBy(1, ["a"]).signed.header))).not.toBeNull();
    const offered = {transactions: [], proofs: []};
    expect(step(state, {type: "pack", offered}, follower).effects).toEqual([]);
  });
});

describe("packing", () => {
  test("passes over what no batch can hold, takes the rest in order, and always ends", () => {
    const committee = new Mempools(1, {maxBatchBytes: 100, maxBatchTransactions: 3});
    committee.submit(0, longText("big", 101), "a", longText("b", 90), longText("c", 90), "d");
    committee.settle();
    commitAll(committee);
    committee.settle();
    expect(committee.members[0]!.oversized).toEqual([longText("big", 101)]);
    const rounds = committee.members[0]!.state.rounds;
    const packed = [...rounds.keys()].map((round) =>
      [...rounds.get(round)!.get(0)!.bodies.values()].flatMap(({txIds}) => [...txIds].map((id) => id[0])),
    );
    expect(packed).toEqual([["a", "b"]]);
  });

  test("a transaction is packed until consensus commits its batch", () => {
    const committee = new Mempools(1);
    committee.submit(0, "a");
    committee.settle();
    const {state} = committee.members[0]!;
    expect(packedIds(state).has("a")).toBe(true);
    expect(packedIds(state).has("b")).toBe(false);
    const refs = refsOf(committee, 0);
    expect(refs.every((ref) => hasBoth(state, ref))).toBe(true);
    commitAll(committee);
    expect(packedIds(committee.members[0]!.state).has("a")).toBe(false);
    expect(textsOf(committee, 0)).toEqual([]);
  });
});
