/**
 * The DAG mempools of a committee in one process, for tests: signatures are keyed hashes of the real sizes, messages lie in
 * one queue and are delivered in the order that the test wants.
 */
import {concat, utf8} from "../../src/codecs/bytes.js";
import {type Ack, ackContent, ackContentOf} from "../../src/codecs/dag/availability.js";
import {type Batch, type BatchHeader, type BatchRef, batchHeader} from "../../src/codecs/dag/batch.js";
import type {Kept} from "../../src/codecs/dag/kept.js";
import {type DagMessage, dagMessage} from "../../src/codecs/dag/message.js";
import {sha3} from "../../src/codecs/hash.js";
import {ML_DSA_44} from "../../src/codecs/suite.js";
import {Committee} from "../../src/node/consensus/votes/committee.js";
import type {Transaction} from "../../src/node/ledger/chain/transaction.js";
import {bodyTerms} from "../../src/node/mempool/dag/check.js";
import type {DagEffect, DagInput} from "../../src/node/mempool/dag/effects.js";
import {restoreDag} from "../../src/node/mempool/dag/restore.js";
import {type DagLimits, type DagRules, DEFAULT_DAG_LIMITS} from "../../src/node/mempool/dag/rules.js";
import {type DagState, emptyDag} from "../../src/node/mempool/dag/state.js";
import {step} from "../../src/node/mempool/dag/step.js";
import {answerFor} from "../../src/node/mempool/dag/view.js";

export const CHAIN = "qsdm-dag-test";

/** A public key that names its holder; whoever knows it can sign, which is what makes this a stand-in. */
export const keyOf = (index: number): Uint8Array => {
  const key = new Uint8Array(ML_DSA_44.publicKeyBytes);
  key.set(sha3(utf8(`validator ${index}`)));
  return key;
};

export function toySign(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const signature = new Uint8Array(ML_DSA_44.signatureBytes);
  signature.set(sha3(publicKey, message));
  return signature;
}

export const toyVerify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  Buffer.compare(toySign(publicKey, message), signature) === 0;

/** A waiting transaction whose bytes are `text`. */
export const waiting = (text: string) => ({txId: text, bytes: utf8(text)});

const readTransaction = (bytes: Uint8Array): Transaction =>
  ({txId: Buffer.from(bytes).toString(), bytes}) as Transaction;

export const rulesOf = (self: number | null, powers: readonly bigint[], limits: Partial<DagLimits> = {}): DagRules => ({
  chainId: CHAIN,
  committee: new Committee(
    0n,
    powers.map((power, index) => ({power, publicKey: keyOf(index)})),
    {rotation: "by-power", quorum: "above-two-thirds"},
  ),
  firstRound: 1n,
  self,
  verify: toyVerify,
  readTransaction,
  proofIdOf: (raw) => Buffer.from(raw).toString(),
  limits: {...DEFAULT_DAG_LIMITS, ...limits},
});

export function sealed(
  header: BatchHeader,
  body: {readonly transactions: readonly Uint8Array[]; readonly proofs: readonly Uint8Array[]},
): Batch {
  const signature = toySign(keyOf(header.creator), batchHeader.encode(header));
  return {signed: {header, signature}, transactions: body.transactions, proofs: body.proofs};
}

/** A signed batch of the first round, or of `round` over `parents`. */
export function batchBy(
  creator: number,
  texts: readonly string[],
  {round = 1n, parents = []}: {round?: bigint; parents?: BatchHeader["parents"]} = {},
): Batch {
  const body = {transactions: texts.map((each) => utf8(each)), proofs: []};
  return sealed({chainId: CHAIN, epoch: 0n, round, creator, parents, ...bodyTerms(body)}, body);
}

export const ackBy = (validator: number, ref: BatchRef): Ack => ({
  epoch: 0n,
  ref,
  validator,
  signature: toySign(keyOf(validator), ackContent.encode(ackContentOf(CHAIN, 0n, ref))),
});

export const certificateBy = (validators: readonly number[], ref: BatchRef) => ({
  epoch: 0n,
  ref,
  acks: validators.map((validator) => {
    const {signature} = ackBy(validator, ref);
    return {validator, signature};
  }),
});

interface Letter {
  readonly from: number;
  readonly to: number;
  readonly input: DagInput;
}

/** One validator with its disk and what waits at it. */
export class Member {
  state: DagState;
  disk: Kept[] = [];
  readonly evidence: (DagEffect & {type: "evidence"})[] = [];
  readonly oversized: string[] = [];
  pool: {txId: string; bytes: Uint8Array}[] = [];

  constructor(readonly rules: DagRules) {
    this.state = emptyDag(rules.firstRound);
  }
}

export class Mempools {
  readonly members: readonly Member[];
  /** What is on its way, in order of sending. */
  readonly letters: Letter[] = [];
  /** Whether a letter arrives. */
  link: (from: number, to: number) => boolean = () => true;
  nowMs = 0n;

  constructor(size: number, limits: Partial<DagLimits> = {}) {
    const powers = Array.from({length: size}, () => 1n);
    this.members = powers.map((_, self) => new Member(rulesOf(self, powers, limits)));
  }

  /** Gives `input` to a member and carries out what comes of it. */
  give(to: number, input: DagInput): readonly DagEffect[] {
    const member = this.members[to]!;
    const {state, effects} = step(member.state, input, member.rules);
    member.state = state;
    for (const effect of effects) this.#perform(to, member, effect);
    return effects;
  }

  /** Puts transactions into a member's pool and offers it. */
  submit(to: number, ...texts: readonly string[]): void {
    const member = this.members[to]!;
    member.pool.push(...texts.map(waiting));
    this.#offer(to, member);
  }

  tick(byMs: bigint): void {
    this.nowMs += byMs;
    this.members.forEach((_, to) => {
      this.give(to, {type: "tick", nowMs: this.nowMs});
    });
  }

  /** Delivers everything that is on its way, and what comes of it; `pick` chooses the next letter. */
  settle(pick: (count: number) => number = () => 0, most = 10_000): void {
    for (let i = 0; this.letters.length > 0; i++) {
      if (i > most) throw new Error("the mempools do not come to rest");
      const [{from, to, input}] = this.letters.splice(pick(this.letters.length), 1) as [Letter];
      if (from === to || this.link(from, to)) this.give(to, input);
    }
  }

  /** Forgets a member's memory and starts it again from its disk. */
  restart(at: number, committed: readonly BatchRef[] = []): void {
    const member = this.members[at]!;
    const {state, lost} = restoreDag(member.disk, member.rules, committed);
    member.state = state;
    this.give(at, {type: "want", refs: lost});
    this.give(at, {type: "tick", nowMs: this.nowMs});
  }

  #offer(to: number, member: Member): void {
    const live = new Set(
      [...member.state.rounds.values()].flatMap((round) =>
        [...round.values()].flatMap(({bodies}) => [...bodies.values()].flatMap(({txIds}) => [...txIds])),
      ),
    );
    const transactions = member.pool.filter(({txId}) => !live.has(txId));
    this.give(to, {type: "pack", offered: {transactions, proofs: []}});
  }

  #perform(at: number, member: Member, effect: DagEffect): void {
    const mail = (to: number, message: DagMessage): void =>
      // Through the codec, as everything that travels.
      void this.letters.push({from: at, to, input: dagMessage.decode(dagMessage.encode(message))});
    switch (effect.type) {
      case "keep":
        return void member.disk.push(effect.record);
      case "seal":
        return void this.give(at, {type: "batch", batch: sealed(effect.header, effect)});
      case "acknowledge":
        return mail(effect.ref.creator, {type: "ack", ack: ackBy(at, effect.ref)});
      case "broadcast":
        return this.members.forEach((_, to) => {
          if (to !== at) mail(to, effect.message);
        });
      case "send":
        return mail(effect.to, effect.message);
      case "fetch":
        for (const peer of effect.from) {
          if (!this.link(at, peer) || !this.link(peer, at)) continue;
          const answer = answerFor(this.members[peer]!.state, effect.ref);
          this.letters.push({from: peer, to: at, input: {type: "answer", ref: effect.ref, answer}});
        }
        return;
      case "pack":
        return this.#offer(at, member);
      case "oversized":
        member.oversized.push(...effect.ids);
        member.pool = member.pool.filter(({txId}) => !effect.ids.includes(txId));
        return;
      case "evidence":
        return void member.evidence.push(effect);
      case "forget":
      case "available":
    }
  }
}

/** `text` repeated to `size` bytes. */
export const longText = (text: string, size: number): string =>
  Buffer.from(concat(utf8(text), new Uint8Array(size).fill(46)).subarray(0, size)).toString();
