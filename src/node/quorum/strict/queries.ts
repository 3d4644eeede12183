/**
 * Earlier queries of a client that a new one is compared with. A custodian keeps its shares of their inputs, and lets no
 * evaluation begin that leaves out one of the last it knows of. One that had no part in an evaluation is handed the ticket of
 * it, and makes its share of the inputs from the masks that the ticket names.
 */
import {equalBytes, hexOf} from "../../../codecs/bytes.js";
import {decodeElements} from "../../../codecs/quorum/element.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {EvaluatePayload} from "../../../codecs/quorum/strict/job.js";
import {digestOf, isSignedBy} from "../../../codecs/quorum/strict/statement.js";
import {ticket} from "../../../codecs/quorum/strict/statements.js";
import {RuleError} from "../../../errors.js";
import {packElements} from "../field/bytes.js";
import {slice, type Vector} from "../field/vector.js";
import {type WatchPolicy, watchOf} from "../policy/watch.js";
import {inputNames} from "../program/evaluate.js";
import {type Authenticated, constants, type Holder, halves, sliceOf} from "../verified/authenticated.js";
import {wiresOf} from "../verified/cost.js";
import type {Watch} from "../verified/evaluation.js";
import {type Patterns, scoreOf} from "../verified/patterns.js";
import {masksAt, pointOf} from "../verified/stock.js";
import {checkRosterDigest} from "./admission.js";
import {exhausted, type StrictCustodian, stale} from "./custodian.js";
import {partyOf, refuseJob} from "./job-parts.js";
import {payLate} from "./payment.js";
import type {SignedTicket} from "./store.js";

/** Queries in one comparison: what two custodians that learned of them in another order hold together. */
export const comparedMax = ({window}: WatchPolicy): number => 2 * window;

/** What an evaluation of a watched program does beside the others. */
export interface Watched {
  /** @throws RuleError ANOMALY_SUSPECTED, TICKET_USED, QUERIES_DIFFER */
  check(): void;
  /** Within the transaction that lets the ticket in: whatever becomes of the evaluation, later ones are compared with it. */
  save(): void;
  readonly watch: Watch;
}

export interface Asked {
  /** Of the ticket. */
  readonly digest: Uint8Array;
  readonly plan: EvaluatePayload;
  readonly program: ProgramPackage;
  readonly epoch: bigint;
  readonly inputs: Authenticated;
}

/** `null` where the program is not watched. @throws RuleError JOB_INVALID, QUERIES_DIFFER */
export function watched(custodian: StrictCustodian, {digest, plan, program, epoch, inputs}: Asked): Watched | null {
  const {store} = custodian.ports;
  const {programId} = program;
  const {client} = plan.ticket.content;
  const policy = watchOf(program.policy);
  const named = new Set(plan.earlier.map(hexOf));
  if (!policy) return plan.earlier.length === 0 ? null : refuseJob("compares queries of a program that is not watched");
  if (named.size < plan.earlier.length || named.has(hexOf(digest))) refuseJob("names a query twice");
  if (named.size > comparedMax(policy)) refuseJob(`compares more than ${comparedMax(policy)} queries`);
  const asked = {programId, client};
  const earlier = plan.earlier.map((each) => {
    const query = store.query(each);
    const fits = query?.programId === programId && query.client === client && query.epoch === epoch;
    return fits ? query.inputs : differ("lacks one of the queries");
  });
  return {
    check() {
      const score = store.score(asked);
      if (score > policy.limit) suspect({score, limit: policy.limit});
      // It was charged once. As the newest again it would push others out of the window, and cost nothing.
      if (store.ticket(digest) && !store.query(digest)) tooOld();
      for (const each of lastOf(store.queries(asked), digest, policy))
        if (!named.has(hexOf(each))) differ("knows of a query beside those");
    },
    save: () => store.saveQuery({...asked, ticket: digest, epoch, inputs, signed: plan.ticket}, policy.window + 1),
    watch: {
      earlier,
      found: (patterns) => {
        const added = scoreOf(patterns);
        if (added === 0) return;
        // On the disk before an output is opened, or the client told anything.
        const score = store.addScore({...asked, ticket: digest}, added);
        custodian.anomalies.add(patterns);
        if (score > policy.limit) suspect({score, limit: policy.limit, patterns});
      },
    },
  };
}

/** The last of `held` that a new query has to be compared with. */
const lastOf = (held: readonly Uint8Array[], besides: Uint8Array, {window}: WatchPolicy): readonly Uint8Array[] =>
  held.filter((each) => !equalBytes(each, besides)).slice(-window);

/**
 * Tickets of the last queries of a client that this custodian knows of, the newest last.
 * @throws RuleError PROGRAM_UNKNOWN
 */
export function lastQueries(
  custodian: StrictCustodian,
  {programId, client, besides}: {readonly programId: Uint8Array; readonly client: string; readonly besides: Uint8Array},
): readonly Uint8Array[] {
  const program = custodian.program(programId);
  const policy = watchOf(program.policy);
  const held = custodian.ports.store.queries({programId: program.programId, client});
  return policy ? lastOf(held, besides, policy) : [];
}

/**
 * Takes in a query that others evaluated. It counts as if this custodian had been there: against the budget, and as the newest
 * that later ones are compared with.
 * @throws RuleError QUERY_INVALID, ROSTER_MISMATCH, PROGRAM_UNKNOWN, STALE_EPOCH, STOCK_EXHAUSTED, and as `payLate`
 */
export function learnQuery(custodian: StrictCustodian, signed: SignedTicket, nowMs: number): void {
  const {store, members, verify} = custodian.ports;
  const {content} = signed;
  const {client, evaluations, roster} = content;
  custodian.checkServing();
  checkRosterDigest(members, roster);
  const known = members.client(client);
  if (!known || !isSignedBy(ticket, signed, known.card.signingKey, verify)) invalid(`is not signed by ${client}`);
  const program = custodian.program(content.programId);
  const {programId} = program;
  const policy = watchOf(program.policy);
  if (!policy || evaluations !== 1) return invalid("is of no program that is watched");
  const digest = digestOf(ticket, signed);
  if (store.query(digest)) return;
  if (store.ticket(digest)) invalid("is too old to be compared with");
  const keys = store.keys();
  if (keys?.epoch !== content.epoch) return stale("the query's masks are of another epoch");
  const masked = decodeElements(content.masked, inputNames(program.ir).length);
  const {organisation} = known;
  const purchase = {programId, policy: program.policy, client, organisation, evaluations, nowMs: BigInt(nowMs)};
  const paid = payLate(store, purchase);
  const masks = masksOf(custodian, program, signed);
  const holder = {party: partyOf(custodian), alpha: packElements([keys.alpha])};
  const inputs = unmasked(holder, masks, masked);
  store.atomically(() => {
    paid();
    store.saveTicket(digest, {attempt: 0, done: false}, content.notAfterMs);
    store.saveQuery({programId, client, ticket: digest, epoch: keys.epoch, inputs, signed}, policy.window + 1);
  });
}

/** Shares of inputs: their masks, and what is left of them in the open. */
export function unmasked(holder: Holder, masks: Authenticated, masked: readonly bigint[]): Authenticated {
  const known = constants(holder, packElements(masked));
  return halves((half) => holder.party.field.add(half(masks), half(known)));
}

/** Masks of the inputs that a ticket names: those given to its client, or of the stock where none were. @throws RuleError STOCK_EXHAUSTED */
function masksOf(custodian: StrictCustodian, program: ProgramPackage, {content}: SignedTicket): Authenticated {
  const {store} = custodian.ports;
  const [count, inputs] = [wiresOf(program), inputNames(program.ir).length];
  const {programId} = program;
  const given = custodian.reservations.find({...content, programId});
  const first = content.firstMask;
  const rows = given ? given.masks : fromStock();
  if (given) custodian.reservations.drop(first);
  return sliceOf({shares: slice(rows, 0, count), macs: slice(rows, count, 2 * count)}, 0, inputs);

  function fromStock(): Vector {
    const range = {first, count};
    const taken = (store.lease("mask", range) && store.take("mask", range)) || exhausted("mask");
    return masksAt(taken, partyOf(custodian), pointOf(content.request));
  }
}

function differ(why: string): never {
  throw new RuleError("QUERIES_DIFFER", `this custodian ${why} that the job compares with`, {
    hint: "try again; a custodian that was away is told of what it missed before it takes part",
  });
}

function tooOld(): never {
  throw new RuleError("TICKET_USED", "too many queries came since the ticket was tried", {hint: "sign a new one"});
}

function invalid(why: string): never {
  throw new RuleError("QUERY_INVALID", `the earlier query ${why}`);
}

const WORDS: Readonly<Record<keyof Patterns, string>> = {
  repeat: "repeats an earlier one",
  grid: "has one input varied alone",
  line: "is on a line with others",
};

/** @throws RuleError ANOMALY_SUSPECTED */
function suspect({
  score,
  limit,
  patterns,
}: {
  readonly score: bigint;
  readonly limit: bigint;
  readonly patterns?: Patterns;
}): never {
  const found = (Object.keys(WORDS) as (keyof Patterns)[]).filter((name) => patterns?.[name]);
  const why =
    found.length === 0
      ? "earlier queries stood in patterns"
      : `the query ${found.map((name) => WORDS[name]).join(" and ")}`;
  throw new RuleError("ANOMALY_SUSPECTED", `${why}: the client's score is ${score}, and at most ${limit} is answered`, {
    hint: "queries that vary one input, repeat, or lie on a line look like extraction; ask the owner of the program",
    details: {score, limit},
  });
}
