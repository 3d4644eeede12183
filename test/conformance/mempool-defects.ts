/**
 * Where our pool differs from QSDM's. What was recorded is a pool of the reference, and each row is one rule that ours
 * has more: a second, slow pool is run without the rule and with it, and what it gave without it has to be what stood
 * there. So a row changes nothing of a case that it does not understand.
 */
import {isDeepStrictEqual} from "node:util";
import {MEMPOOL_AREA} from "./adapters/mempool.js";
import type {Input, Json} from "./case.js";
import type {Defect} from "./defects.js";

interface Offered {
  readonly id: string;
  readonly sender: string;
  readonly nonce: number;
  readonly fee: number;
  readonly tagged: boolean;
}

/** Rules that the reference does not have. */
interface OwnRules {
  /** One transaction waits for each nonce of a sender, whatever it calls. */
  readonly oneForANonce: boolean;
  /** Room is made at the end of another sender's queue, first behind a gap; who could not be included makes none. */
  readonly tailsGiveWay: boolean;
  /** A block takes a sender's nonces one after the other, and none behind a gap. */
  readonly inSequence: boolean;
}

type Starts = ReadonlyMap<string, number>;

/** Where accounts stand: the least nonce that is offered of each. */
const startsOf = (txs: readonly Offered[]): Starts =>
  new Map(txs.map(({sender}) => [sender, Math.min(...txs.filter((tx) => tx.sender === sender).map((tx) => tx.nonce))]));

/** First nonce of `sender` that does not wait. */
function nextNonce(held: readonly Offered[], sender: string, starts: Starts): number {
  let next = starts.get(sender)!;
  while (held.some((each) => each.sender === sender && each.nonce === next)) next++;
  return next;
}

const lowest = (some: readonly Offered[]): Offered | undefined => [...some].sort((a, b) => a.fee - b.fee)[0];

interface Run {
  readonly rules: OwnRules;
  readonly size: number;
  readonly starts: Starts;
}

/** Who has to go for `offered`, if anybody. */
function gives(pool: Offered[], offered: Offered, {rules, starts}: Run): Offered | undefined {
  const cheaper = (each: Offered | undefined) => (each && each.fee < offered.fee ? each : undefined);
  if (!rules.tailsGiveWay) return cheaper(lowest(pool));
  if (offered.nonce > nextNonce(pool, offered.sender, starts)) return undefined;
  const tails = pool.filter((each) => !pool.some(({sender, nonce}) => sender === each.sender && nonce > each.nonce));
  const gapped = lowest(tails.filter(({sender, nonce}) => nonce > nextNonce(pool, sender, starts)));
  const worst = gapped ?? cheaper(lowest(tails));
  return worst?.sender === offered.sender ? undefined : worst;
}

/** Adds `offered`. @returns the class of the refusal, or null */
function offer(held: Offered[], offered: Offered, run: Run): string | null {
  const {rules, size} = run;
  if (held.some(({id}) => id === offered.id)) return "duplicate";
  const sameNonce = held.filter(({sender, nonce}) => sender === offered.sender && nonce === offered.nonce);
  if (sameNonce.some(({tagged}) => rules.oneForANonce || (tagged && offered.tagged))) return "nonce_pending";
  if (held.length >= size) {
    const gone = gives(held, offered, run);
    if (!gone) return "full";
    held.splice(held.indexOf(gone), 1);
  }
  held.push(offered);
  return null;
}

/** Takes `count` out of `held`, the best first. */
function drain(held: Offered[], count: number, {rules, starts}: Run): string[] {
  const ids: string[] = [];
  const at = new Map(starts);
  while (ids.length < count) {
    const ready = held.filter(({sender, nonce}) => !rules.inSequence || nonce === at.get(sender));
    const best = [...ready].sort((a, b) => b.fee - a.fee)[0];
    if (!best) break;
    held.splice(held.indexOf(best), 1);
    at.set(best.sender, best.nonce + 1);
    ids.push(best.id);
  }
  return ids;
}

const offeredOf = (tx: Input, fee: number): Offered => ({
  ...{id: tx.text("id"), sender: tx.text("sender"), nonce: tx.number("nonce"), fee},
  tagged: tx.textOr("contract_id") !== "",
});

function poolRun(input: Input, rules: OwnRules): Json {
  const held: Offered[] = [];
  const txs = input.objects("ops").map((op) => offeredOf(op.object("tx"), op.object("tx").number("fee")));
  const run: Run = {rules, size: input.number("max_size"), starts: startsOf(txs)};
  const results = txs.map((tx) => ({error: offer(held, tx, run), size: held.length}));
  const drained = drain(held, input.number("drain"), run);
  return {results, drained_ids: drained, size_after: held.length};
}

/** The reference puts each sender's nonces in order within the places that the sender has; whoever has no name stays. */
function orderRun(input: Input, rules: OwnRules): Json {
  const txs = input.objects("txs").map((tx, i) => offeredOf(tx, -i));
  if (!rules.inSequence) {
    const sorted = (name: string): Offered[] =>
      txs.filter(({sender}) => sender === name).sort((a, b) => (name === "" ? 0 : a.nonce - b.nonce));
    const queues = new Map(txs.map(({sender}) => [sender, sorted(sender)]));
    return {ids: txs.map(({sender}) => queues.get(sender)!.shift()!.id)};
  }
  const held: Offered[] = [];
  const run: Run = {rules, size: txs.length, starts: startsOf(txs)};
  for (const each of txs) offer(held, each, run);
  return {ids: drain(held, txs.length, run)};
}

const NONE: OwnRules = {oneForANonce: false, tailsGiveWay: false, inSequence: false};

/** What each operation gave stands beside it in the input. */
const told = (recorded: Json, input: Input): Json =>
  input.has("ops")
    ? {
        ...(recorded as {readonly [name: string]: Json}),
        results: input.objects("ops").map(({json}) => ({error: json.error!, size: json.size!})),
      }
    : recorded;

const row = (id: string, without: OwnRules, withIt: OwnRules): Defect => ({
  id,
  areas: [MEMPOOL_AREA],
  correct(recorded, input) {
    const run = input.has("ops") ? poolRun : orderRun;
    return isDeepStrictEqual(run(input, without), recorded) ? run(input, withIt) : recorded;
  },
});

const ONE = {...NONE, oneForANonce: true};
const TAILS = {...ONE, tailsGiveWay: true};

export const MEMPOOL_DEFECTS: readonly Defect[] = [
  {id: "told-in-input", areas: [MEMPOOL_AREA], correct: told},
  // The reference lets payments of one nonce wait beside each other, of which all but one must fail.
  row("one-for-a-nonce", NONE, ONE),
  // The reference puts out the lowest fee, which may be the first of a queue: nothing behind it can go on then.
  row("tails-give-way", ONE, TAILS),
  // The reference fills blocks by fee alone, with transactions that must fail before their turn.
  row("in-sequence", TAILS, {...TAILS, inSequence: true}),
];
