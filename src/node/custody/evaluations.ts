/** Evaluations as a coordinator carries them: masks for a client, then its ticket, with as many attempts as it takes. */
import {equalBytes, hexOf} from "../../codecs/bytes.js";
import {secretNames} from "../../codecs/quorum/ir.js";
import type {ProgramPackage} from "../../codecs/quorum/program-package.js";
import {resultCommitment} from "../../codecs/quorum/strict/audit.js";
import type {Answer, Ask, CoordinatorMethods} from "../../codecs/quorum/strict/calls.js";
import {evaluatePayload, type Job} from "../../codecs/quorum/strict/job.js";
import {type ContentOf, digestOf, isSignedBy, type Signed} from "../../codecs/quorum/strict/statement.js";
import {maskRequest, type maskShares, result, ticket} from "../../codecs/quorum/strict/statements.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {QsdmError, UnavailableError} from "../../errors.js";
import {watchOf} from "../quorum/policy/watch.js";
import {runningIr} from "../quorum/program/running.js";
import {sideBySide} from "../quorum/program/side-by-side.js";
import {checkStatement} from "../quorum/strict/admission.js";
import {masksFor} from "../quorum/strict/custodian.js";
import type {Members} from "../quorum/strict/members.js";
import {costOf} from "../quorum/verified/cost.js";
import type {Log} from "../service.js";
import type {AuditDesk} from "./audit-desk.js";
import type {Answers, CustodianCalls} from "./custodian-calls.js";
import {areRefusals, blamed, causeOf, codeOf, missing, refusalsIn} from "./failures.js";
import type {Jobs, Ran} from "./jobs.js";
import {type Agreed, Queries, queriesMissing} from "./queries.js";
import type {StockKeeper} from "./stock-keeper.js";

export interface EvaluationsPorts {
  readonly members: Members;
  readonly custodians: CustodianCalls;
  readonly verify: VerifySignature;
  readonly audit: AuditDesk;
  readonly jobs: Jobs;
  readonly stock: StockKeeper;
  /** @throws RuleError PROGRAM_UNKNOWN */
  program(programId: Uint8Array): Promise<ProgramPackage>;
  /** What custodians hold is something else than was thought. */
  forget(): void;
  nowMs(): number;
  readonly log: Log;
}

type SignedRequest = Signed<ContentOf<typeof maskRequest>>;
type SignedTicket = Signed<ContentOf<typeof ticket>>;
type SignedResult = Signed<ContentOf<typeof result>>;
type Evaluated = Answer<CoordinatorMethods["evaluate"]>;

/** Who takes part, and which earlier queries they compare with, where they do. */
type Participants = Pick<Agreed, "participants"> & Partial<Agreed>;
/** Times that an evaluation is tried where custodians know of queries that the others do not. */
const QUERY_TRIES = 4;

/** How custodians refuse what was numbered before another coordinator had them make new keys. */
const BEHIND: ReadonlySet<string> = new Set(["STALE_EPOCH", "STOCK_EXHAUSTED"]);
/** How they refuse a ticket that another coordinator had. */
const HAD: ReadonlySet<string> = new Set(["TICKET_USED", "MASKS_UNKNOWN"]);

const isBehind = ({answers, failures}: Answers<unknown>): boolean =>
  answers.length === 0 && failures.every(({error}) => BEHIND.has(codeOf(error)));
const isHad = ({failures}: Answers<unknown>): boolean => failures.some(({error}) => HAD.has(codeOf(error)));

/** Whether another coordinator brought an evaluation of the same client meanwhile. */
const areBehindOthers = ({failures}: Answers<unknown>): boolean =>
  failures.some(({error}) => codeOf(error) === "QUERIES_DIFFER");

export class Evaluations {
  /** Since it started: evaluations with a result, attempts without one, and how often each custodian was left out. */
  readonly counts: {evaluations: number; bits: number; aborts: number; suspected: number; readonly blamed: number[]};
  readonly #queries: Queries;
  /** By program: the job that made the present shares of its secrets. */
  readonly #sharings = new Map<string, bigint>();

  constructor(private readonly ports: EvaluationsPorts) {
    this.#queries = new Queries(ports);
    this.counts = {evaluations: 0, bits: 0, aborts: 0, suspected: 0, blamed: Array<number>(ports.members.n).fill(0)};
  }

  /** Shares may be others now. */
  forget(): void {
    this.#sharings.clear();
  }

  /** @throws RuleError as `checkStatement`, EVALUATIONS_TOO_MANY, STOCK_EXHAUSTED, and what a custodian refuses with; UnavailableError CUSTODIANS_MISSING */
  async masks(request: SignedRequest): Promise<readonly Signed<ContentOf<typeof maskShares>>[]> {
    const {members, audit, nowMs} = this.ports;
    checkStatement(maskRequest, request, {...this.ports, nowMs: nowMs()});
    const {content} = request;
    const count = masksFor(await this.ports.program(content.programId), content.evaluations);
    let given = await this.#reserve(request, count);
    if (isBehind(given)) {
      this.ports.forget();
      given = await this.#reserve(request, count);
    }
    const {answers, error} = given;
    if (answers.length < members.k) throw error ?? missing(answers.length, members.k);
    const {programId, client: party} = content;
    audit.note({event: "masks", subject: digestOf(maskRequest, request), programId, party});
    return answers.map(({answer}) => answer);
  }

  async #reserve(request: SignedRequest, count: number) {
    const {custodians, stock} = this.ports;
    const first = await stock.allocate("mask", count);
    const given = await custodians.all("masks", {request, first});
    if (areRefusals(given)) stock.giveBack("mask", {first, count});
    return given;
  }

  /**
   * Has the custodians evaluate, without those that were named or silent in an attempt before.
   * @throws RuleError as `checkStatement`, EVALUATIONS_TOO_MANY, EVALUATION_ABORTED, ANOMALY_SUSPECTED and what custodians
   * refuse with; UnavailableError CUSTODIANS_MISSING, EVALUATION_UNFINISHED, QUERIES_MISSING
   */
  async evaluate(asked: Ask<CoordinatorMethods["evaluate"]>): Promise<Evaluated> {
    const {ticket: signed} = asked;
    const {content} = signed;
    // Nobody numbers stock, or is entered in the log, in another's name.
    checkStatement(ticket, signed, {...this.ports, nowMs: this.ports.nowMs()});
    const program = await this.ports.program(content.programId);
    masksFor(program, content.evaluations);
    if (!watchOf(program.policy)) return this.#evaluate(program, asked, async (among) => ({participants: among}));
    const of = {programId: content.programId, client: content.client, besides: digestOf(ticket, signed)};
    return this.#queries.inTurn(of, () => this.#evaluate(program, asked, (among) => this.#queries.agree(of, among)));
  }

  /** @param agree who of those that answer take part, and which earlier queries they compare with */
  async #evaluate(
    program: ProgramPackage,
    {ticket: signed, again}: Ask<CoordinatorMethods["evaluate"]>,
    agree: (among: readonly number[]) => Promise<Participants>,
  ): Promise<Evaluated> {
    const {custodians, members, log} = this.ports;
    const {content} = signed;
    const out = new Set<number>();
    const suspects = new Set<number>();
    let before = again ? await this.#known(signed) : {results: [], attempt: 0};
    let looked = false;
    for (let tries = 1, attempt = before.attempt + 1; ; tries++, attempt++) {
      if (before.results.length >= members.k)
        return {results: before.results, suspects: [...suspects], traffic: NO_TRAFFIC};
      const among = custodians.live.filter((place) => !out.has(place));
      if (among.length < members.k) throw missing(among.length, members.k, {away: [...out], members});
      const agreed = await agree(among);
      if (agreed.participants.length < members.k) throw queriesMissing(agreed.participants.length, members.k);
      const {triples, bits} = costOf(sideBySide(runningIr(program), content.evaluations), agreed.earlier?.length);
      const {ran, results, firstTriple} = await this.#attempt(signed, {program, ...agreed, attempt, triples});
      if (results.length >= members.k) {
        this.counts.evaluations += content.evaluations;
        this.counts.bits += bits;
        return {results, suspects: [...suspects], traffic: {attempts: tries, triples, bits, ...trafficOf(ran.answers)}};
      }
      this.counts.aborts++;
      if (areRefusals(ran)) this.ports.stock.giveBack("triple", {first: firstTriple, count: triples});
      if (!looked && (isBehind(ran) || (again && isHad(ran)))) {
        looked = true;
        this.ports.forget();
        if (again) before = await this.#known(signed);
        attempt = Math.max(attempt, before.attempt);
        continue;
      }
      this.#checkSuspicion(program, content.client, ran);
      if (tries < QUERY_TRIES && areBehindOthers(ran)) continue;
      const more = blamed(members, ran.failures).filter((place) => !out.has(place));
      for (const place of more) {
        suspects.add(place);
        this.counts.blamed[place]!++;
      }
      const refusals = refusalsIn(ran).filter(({place}) => !out.has(place) && !more.includes(place));
      for (const place of [...more, ...refusals.map((each) => each.place)]) out.add(place);
      log.warn({attempt, out: members.namesOf(more)}, "an evaluation ended without a result");
      const left = agreed.participants.filter((place) => !out.has(place)).length;
      if (left === agreed.participants.length || (refusals.length > 0 && left < members.k))
        throw (refusals[0] ?? ran.failures[0])?.error ?? missing(results.length, members.k);
    }
  }

  /** One custodian may have seen more of a client than the others, so nobody goes on without it. @throws RuleError ANOMALY_SUSPECTED */
  #checkSuspicion({programId, policy}: ProgramPackage, client: string, ran: Ran): void {
    const cause = causeOf(ran);
    if (!watchOf(policy) || codeOf(cause) !== "ANOMALY_SUSPECTED") return;
    this.counts.suspected++;
    this.ports.log.warn({programId, client}, "queries of a client look like extraction");
    throw cause;
  }

  async #attempt(
    signed: SignedTicket,
    {
      program,
      participants,
      earlier = [],
      attempt,
      triples,
    }: Participants & {
      readonly program: ProgramPackage;
      readonly attempt: number;
      readonly triples: number;
    },
  ) {
    const {stock, jobs, members} = this.ports;
    const {programId, epoch, client: party, nonce} = signed.content;
    const isFirst = attempt === 1;
    const firstTriple = await stock
      .allocate("triple", triples, isFirst ? undefined : participants)
      .catch((cause: unknown) => unfinished(cause, attempt));
    const secrets = secretNames(program.ir).length > 0;
    const sharing = secrets ? await this.#sharingOf(programId, participants, isFirst) : 0n;
    const payload = evaluatePayload.encode({ticket: signed, attempt, firstTriple, sharing, earlier});
    const job: Job = {
      roster: members.digest,
      kind: "evaluate",
      run: 0n,
      epoch,
      participants: [...participants],
      payload,
    };
    let results: readonly SignedResult[] = [];
    const ran = await jobs.run(job, {programId, party}, (whole) => {
      results = this.#resultsIn(whole);
      const [first] = results;
      return first ? resultCommitment(nonce, first.content.masked) : null;
    });
    return {ran, results, firstTriple};
  }

  /** What became of a ticket at another coordinator: attempts that were begun, and results where it was done. */
  async #known(signed: SignedTicket): Promise<{readonly results: SignedResult[]; readonly attempt: number}> {
    const digest = digestOf(ticket, signed);
    const {answers} = await this.ports.custodians.all("ticket", {ticket: digest});
    const results = answers.flatMap(({place, answer}) =>
      answer.result && equalBytes(answer.result.content.ticket, digest) && this.#isFrom(answer.result, place)
        ? [answer.result]
        : [],
    );
    return {results, attempt: Math.max(0, ...answers.map(({answer}) => Math.min(answer.attempt, ATTEMPTS_MAX)))};
  }

  #resultsIn({answers}: Ran): SignedResult[] {
    return answers.flatMap(({place, answer}) => this.#resultIn(answer.outcome, place));
  }

  #resultIn(outcome: Uint8Array, place: number): SignedResult[] {
    try {
      const signed = result.decode(outcome);
      return this.#isFrom(signed, place) ? [signed] : [];
    } catch {
      return [];
    }
  }

  #isFrom(signed: SignedResult, place: number): boolean {
    const {members, verify} = this.ports;
    const key = members.custodian(place)!.card.signingKey;
    return signed.content.custodian === place && isSignedBy(result, signed, key, verify);
  }

  async #sharingOf(programId: Uint8Array, among: readonly number[], isFirst: boolean): Promise<bigint> {
    const name = hexOf(programId);
    const known = isFirst ? this.#sharings.get(name) : undefined;
    if (known !== undefined) return known;
    const statuses = (await this.ports.custodians.statuses()).filter(({place}) => among.includes(place));
    const runs = statuses.flatMap(({status}) =>
      status.programs.filter((each) => equalBytes(each.programId, programId)).map(({sharing}) => sharing),
    );
    const newest = runs.reduce((most, run) => (run > most ? run : most), 0n);
    if (newest > 0n) this.#sharings.set(name, newest);
    return newest;
  }
}

/**
 * Fails for want of triples. Custodians charge a ticket at its first attempt, so after one the client hands in the same again.
 * @throws UnavailableError EVALUATION_UNFINISHED after the first attempt; what went wrong before
 */
function unfinished(cause: unknown, attempt: number): never {
  if (attempt === 1 || !(cause instanceof QsdmError)) throw cause;
  throw new UnavailableError("EVALUATION_UNFINISHED", `no triples for attempt ${attempt}: ${cause.message}`, {
    cause,
    hint: "an evaluation that is charged is not charged again while its ticket is good: ten minutes",
  });
}

/** More than anybody tries; what a custodian says of it is its word alone. */
const ATTEMPTS_MAX = 2 ** 20;
/** Of a ticket that was done before. */
const NO_TRAFFIC: Evaluated["traffic"] = {attempts: 0, triples: 0, bits: 0, rounds: 0, bytes: 0n};

/** What the custodians say that a job took: rounds of the longest, bytes of all. */
const trafficOf = (answers: Ran["answers"]): {rounds: number; bytes: bigint} => ({
  rounds: Math.max(0, ...answers.map(({answer}) => answer.rounds)),
  bytes: answers.reduce((sum, {answer}) => sum + answer.sentBytes, 0n),
});
