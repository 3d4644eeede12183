/** What a custodian does in each kind of job: what it checks and writes down first, the protocol, and what stays. */
import {hexOf} from "../../../codecs/bytes.js";
import {decodeElements, encodeElements} from "../../../codecs/quorum/element.js";
import {secretNames} from "../../../codecs/quorum/ir.js";
import {
  depositPayload,
  type EvaluatePayload,
  evaluatePayload,
  type Job,
  jobDigest,
  refreshPayload,
  stockPayload,
} from "../../../codecs/quorum/strict/job.js";
import {digestOf, sign} from "../../../codecs/quorum/strict/statement.js";
import {result, ticket} from "../../../codecs/quorum/strict/statements.js";
import {RuleError} from "../../../errors.js";
import {packElements, unpackElements} from "../field/bytes.js";
import {slice, type Vector} from "../field/vector.js";
import {inputNames} from "../program/evaluate.js";
import {runningIr} from "../program/running.js";
import {sideBySide} from "../program/side-by-side.js";
import {type Authenticated, authenticate, checkHidden, joinAll, sliceOf} from "../verified/authenticated.js";
import {costOf, wiresOf} from "../verified/cost.js";
import {evaluateVerified} from "../verified/evaluation.js";
import {namingNobody} from "../verified/opening.js";
import {compareHeard, type Protocol} from "../verified/protocol.js";
import {renew} from "../verified/refresh.js";
import {makeStock, pointOf, stockMax, triplesAt} from "../verified/stock.js";
import {checkDeposit, checkRosterDigest, checkStatement} from "./admission.js";
import {boundOf, exhausted, hasSecrets, masksFor, type StrictCustodian, stale} from "./custodian.js";
import {
  beginRun,
  keep,
  keysFor,
  lastingKeysFor,
  partyOf,
  refuseJob,
  SKIPPED_MAX,
  secretAt,
  sessionOf,
} from "./job-parts.js";
import {coordinatorOf} from "./numbers.js";
import {pay} from "./payment.js";
import {unmasked, type Watched, watched} from "./queries.js";
import type {Reservation} from "./reservations.js";
import {checkStake} from "./stake.js";
import type {Sharing, TicketRecord} from "./store.js";
import {takeOver} from "./takeover.js";

/**
 * The protocol of `job` for this custodian, which gives what the coordinator is told. What is used up by it is written down
 * before it resolves.
 */
export async function begin(custodian: StrictCustodian, job: Job, nowMs: number): Promise<Protocol<Uint8Array>> {
  const {members, place} = custodian.ports;
  checkRosterDigest(members, job.roster);
  checkParticipants(job, members.n, place);
  custodian.checkServing();
  switch (job.kind) {
    case "refresh":
      return refresh(custodian, job);
    case "deposit":
      return takeDeposit(custodian, job);
    case "takeover":
      return takeOver(custodian, job);
    case "stock":
      return addStock(custodian, job);
    case "evaluate":
      return evaluate(custodian, job, nowMs);
  }
}

/** @throws RuleError JOB_INVALID */
function checkParticipants({participants, kind}: Job, n: number, place: number): void {
  const ascending = participants.every((each, at) => each < n && (at === 0 || each > participants[at - 1]!));
  if (!ascending || !participants.includes(place)) refuseJob("names other participants than there are");
  if (kind !== "evaluate" && participants.length < n) refuseJob("needs every custodian");
}

function* refresh(custodian: StrictCustodian, job: Job): Protocol<Uint8Array> {
  const {store, place} = custodian.ports;
  const {recovering, sharings} = refreshPayload.decode(job.payload);
  const lost = recovering.includes(place);
  if (!lost && (store.keys()?.epoch ?? 0n) !== job.epoch) keysFor(custodian, job);
  // With exactly t + 1 helpers one of them could bend what is given back, so nobody takes it who has its own.
  if (lost && store.keys()) refuseJob("gives shares back to a custodian that has its own");
  if (!lost) checkComplete(custodian, sharings);
  const programs = sharings.map(({programId, run}) => {
    const program = custodian.program(programId);
    const names = secretNames(program.ir);
    const held = store.sharing(program.programId);
    if (!lost && held?.run !== run) stale(`its shares of ${program.programId} are of another job`);
    const shares = names.map((name) => (lost ? 0n : held!.secrets.get(name)!.share));
    return {programId: program.programId, names, shares};
  });
  beginRun(custodian, job.run);
  const {keys, alpha, secrets} = yield* renew(partyOf(custodian), {
    shares: packElements(programs.flatMap(({shares}) => shares)),
    recovering,
    job: jobDigest(job),
  });
  let used = 0;
  const renewed = programs.map(({programId, names}): Sharing => {
    const mine = new Map(names.map((name) => [name, secretAt(secrets, used++)]));
    return {programId, run: job.run, epoch: job.run, secrets: mine};
  });
  const made = {epoch: job.run, sets: keys, alpha: unpackElements(alpha)[0]!};
  return keep(custodian, job, {keys: made, sharings: renewed});
}

/** A secret that a refresh leaves out would be lost with its keys. @throws RuleError JOB_INVALID */
function checkComplete({ports: {store}}: StrictCustodian, named: readonly {readonly programId: Uint8Array}[]): void {
  const listed = new Set(named.map(({programId}) => hexOf(programId)));
  for (const {programId} of store.programs())
    if (store.sharing(programId) && !listed.has(programId)) refuseJob(`leaves the secrets of ${programId} out`);
}

function* takeDeposit(custodian: StrictCustodian, job: Job): Protocol<Uint8Array> {
  const {store, members, place, unseal} = custodian.ports;
  const signed = depositPayload.decode(job.payload);
  const {programId, boxes} = signed.content;
  checkDeposit(signed, custodian.ports);
  const program = custodian.program(programId);
  const names = secretNames(program.ir);
  if (store.sharing(program.programId))
    throw new RuleError("SECRETS_SHARED", `the secrets of ${program.programId} are shared already`, {
      hint: "to share other values compile it with another policy, which gives it another id",
    });
  if (boxes.length !== members.n) refuseJob("seals shares for another number of custodians");
  const shares = decodeElements(unseal(boxes[place]!, boundOf(programId, place)), names.length);
  const keys = lastingKeysFor(custodian, job);
  beginRun(custodian, job.run);
  const session = sessionOf(custodian, keys, job);
  const values = yield* namingNobody(authenticate(session, packElements(shares)));
  yield* namingNobody(checkHidden(session, values));
  yield* compareHeard(session.party);
  const secrets = new Map(names.map((name, at) => [name, secretAt(values, at)]));
  return keep(custodian, job, {sharings: [{programId: program.programId, run: job.run, epoch: job.epoch, secrets}]});
}

function* addStock(custodian: StrictCustodian, job: Job): Protocol<Uint8Array> {
  const {store, members} = custodian.ports;
  const {firstTriple, triples, firstMask, masks} = stockPayload.decode(job.payload);
  if (Math.max(triples, masks) > stockMax(partyOf(custodian))) refuseJob("makes more than one job may");
  for (const [kind, first] of [
    ["triple", firstTriple],
    ["mask", firstMask],
  ] as const) {
    if (coordinatorOf(first) >= members.roster.coordinators.length) refuseJob("uses numbers of no coordinator");
    const next = store.nextOf(kind, coordinatorOf(first));
    if (first < next) refuseJob("uses numbers again");
    if (first - next > SKIPPED_MAX) refuseJob("leaves too many numbers out");
  }
  const keys = keysFor(custodian, job);
  beginRun(custodian, job.run);
  const made = yield* makeStock(sessionOf(custodian, keys, job), {triples, masks});
  if (store.keys()?.epoch !== keys.epoch) stale("new keys came while the job ran");
  store.atomically(() => {
    if (triples > 0) store.addStock("triple", {first: firstTriple, count: triples}, made.triples);
    if (masks > 0) store.addStock("mask", {first: firstMask, count: masks}, made.masks);
  });
  return new Uint8Array();
}

async function evaluate(custodian: StrictCustodian, job: Job, nowMs: number): Promise<Protocol<Uint8Array>> {
  const {store} = custodian.ports;
  const plan = evaluatePayload.decode(job.payload);
  const {content} = plan.ticket;
  checkStatement(ticket, plan.ticket, {...custodian.ports, nowMs});
  const program = custodian.activeProgram(content.programId, nowMs);
  checkStake(program, content.client, {...custodian.ports, nowMs});
  const {programId} = program;
  const {evaluations} = content;
  masksFor(program, evaluations);
  const ir = sideBySide(runningIr(program), evaluations);
  const keys = keysFor(custodian, job);
  if (content.epoch !== keys.epoch) stale("the ticket's masks are of another epoch");
  const names = inputNames(ir);
  const masked = decodeElements(content.masked, names.length);
  const sharing = store.sharing(programId);
  if (hasSecrets(program) && (!sharing || sharing.run !== plan.sharing))
    stale(`it has no shares of job ${plan.sharing}`);
  const digest = digestOf(ticket, plan.ticket);
  // Masks of a ticket that is done are gone, and whoever brings it again is told why.
  checkUnused(custodian, digest, plan);
  const masks = custodian.reservations.given({...content, programId}, wiresOf(program));
  const party = partyOf(custodian);
  const holder = {party, alpha: packElements([keys.alpha])};
  const [inputMasks, outputMasks] = partedAt(masks, inputNames(program.ir).length);
  const inputs = unmasked(holder, inputMasks, masked);
  const watch = watched(custodian, {digest, plan, program, epoch: keys.epoch, inputs});
  const admission = {digest, plan, programId, nowMs, watch};
  // Before the stock is touched, and again with what was written down meanwhile.
  admit(custodian, admission);
  const range = {first: plan.firstTriple, count: costOf(ir, watch?.watch.earlier.length).triples};
  if (!store.lease("triple", range)) exhausted("triple");
  await store.together(() => admit(custodian, admission)());
  const triples = store.take("triple", range) ?? exhausted("triple");
  const secrets = secretNames(program.ir).map((name) => sharing!.secrets.get(name)!);
  const protocol = evaluateVerified(
    ir,
    holder,
    {
      inputs,
      secrets: {
        shares: packElements(secrets.map(({share}) => share)),
        macs: packElements(secrets.map(({mac}) => mac)),
      },
      outputMasks,
      ...(watch ? {watch: watch.watch} : {}),
    },
    triplesAt(triples, party, pointOf(jobDigest(job))),
  );
  return signed(custodian, protocol, {digest, plan, firsts: masks.map(({first}) => first)});
}

/** Masks of inputs, then of outputs, of one evaluation after the other. */
function partedAt(all: readonly Reservation[], inputs: number): [Authenticated, Authenticated] {
  const whole = all.map(({masks, count}) => ({
    count,
    value: {shares: slice(masks, 0, count), macs: slice(masks, count, 2 * count)},
  }));
  return [
    joinAll(whole.map(({value}) => sliceOf(value, 0, inputs))),
    joinAll(whole.map(({value, count}) => sliceOf(value, inputs, count))),
  ];
}

/** What evaluations give, signed; their ticket is not used again, nor their masks. */
function* signed(
  {ports, reservations, results}: StrictCustodian,
  protocol: Protocol<Vector>,
  {digest, plan, firsts}: Pick<Admission, "digest" | "plan"> & {readonly firsts: readonly bigint[]},
): Protocol<Uint8Array> {
  const outputs = yield* protocol;
  const {notAfterMs} = plan.ticket.content;
  // Where a crash loses this a later attempt gives the same result once more, under the same masks.
  ports.store.soon(() => ports.store.saveTicket(digest, {attempt: plan.attempt, done: true}, notAfterMs));
  for (const first of firsts) reservations.drop(first);
  const statement = {ticket: digest, custodian: ports.place, masked: encodeElements(unpackElements(outputs))};
  const said = result.encode(sign(result, statement, (message) => ports.sign(message)));
  results.keep(digest, said);
  return said;
}

/** What became of a ticket, if it may be tried. @throws RuleError TICKET_USED */
function checkUnused(
  {results, ports: {store}}: StrictCustodian,
  digest: Uint8Array,
  {attempt}: EvaluatePayload,
): TicketRecord | null {
  const known = store.ticket(digest);
  // A result is in memory before it is on the disk.
  if (known?.done || (known && attempt <= known.attempt) || results.of(digest))
    throw new RuleError("TICKET_USED", "the ticket was used before", {hint: "sign a new one"});
  return known;
}

interface Admission {
  readonly digest: Uint8Array;
  readonly plan: EvaluatePayload;
  readonly programId: string;
  readonly nowMs: number;
  readonly watch: Watched | null;
}

/**
 * Charges a ticket at its first attempt, and lets each later one in once.
 * @returns writes down that it did
 * @throws RuleError TICKET_USED, ANOMALY_SUSPECTED, QUERIES_DIFFER, and as `pay`
 */
function admit(custodian: StrictCustodian, {digest, plan, programId, nowMs, watch}: Admission): () => void {
  const {store, members} = custodian.ports;
  const {client, notAfterMs, evaluations} = plan.ticket.content;
  const known = checkUnused(custodian, digest, plan);
  watch?.check();
  const {policy} = store.program(programId)!;
  const {organisation} = members.client(client)!;
  const purchase = {programId, policy, client, organisation, evaluations, nowMs: BigInt(nowMs)};
  const paid = known ? null : pay(store, purchase);
  return () => {
    if (paid) {
      store.dropTicketsBefore(BigInt(nowMs));
      paid();
    }
    watch?.save();
    store.saveTicket(digest, {attempt: plan.attempt, done: false}, notAfterMs);
  };
}
