/** Jobs of a coordinator: run between two entries of its log, and those of everyone one after the other. */
import {hexOf} from "../../codecs/bytes.js";
import {secretNames} from "../../codecs/quorum/ir.js";
import type {Answer, Certificate, CustodianMethods, CustodianStatus} from "../../codecs/quorum/strict/calls.js";
import {type Job, jobDigest, refreshPayload, stockPayload} from "../../codecs/quorum/strict/job.js";
import {type QsdmError, RuleError} from "../../errors.js";
import type {Members} from "../quorum/strict/members.js";
import type {Stock} from "../quorum/verified/stock.js";
import type {Log} from "../service.js";
import type {SqliteStrictCoordinatorStore} from "../storage/quorum/strict-coordinator-store.js";
import type {AuditDesk, Event} from "./audit-desk.js";
import type {Answers, CustodianCalls} from "./custodian-calls.js";
import {accuses, blamed, causeOf, codeOf, missing} from "./failures.js";

export type Ran = Answers<Answer<CustodianMethods["run"]>>;
/** Whom a job is for. */
type Asker = Pick<Event, "programId" | "party">;
const NOBODY: Asker = {programId: null, party: ""};
/** What a job of everyone does; who takes part, and its number, are found when it runs. */
type Plan = Pick<Job, "kind" | "epoch" | "payload">;

export interface JobPorts {
  readonly members: Members;
  readonly store: SqliteStrictCoordinatorStore;
  readonly custodians: CustodianCalls;
  readonly audit: AuditDesk;
  readonly log: Log;
  /** What custodians hold is something else now. */
  changed(): void;
}

/** Custodians let a coordinator wait for 20 seconds at a time. */
const TURN_TRIES = 6;

export class Jobs {
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly ports: JobPorts) {}

  /** After whatever all do together before. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => this.#inTurn(work));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * With the turn of every custodian that is there. All coordinators ask in the same order, so of several one gets them all, and
   * the others wait.
   */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const {custodians} = this.ports;
    const given: number[] = [];
    try {
      for (const place of custodians.live) if (await this.#isGiven(place)) given.push(place);
      return await work();
    } finally {
      await custodians.all("turn", {taken: false}, given);
    }
  }

  /** Who cannot be reached has no part in what is to be done, and the work says so. @throws UnavailableError TURN_TAKEN */
  async #isGiven(place: number): Promise<boolean> {
    const {custodians} = this.ports;
    for (let asked = 1; ; asked++)
      try {
        await custodians.call(place, "turn", {taken: true});
        return true;
      } catch (error) {
        if (codeOf(error) === "PEER_UNREACHABLE") return false;
        if (codeOf(error) !== "TURN_TAKEN" || asked === TURN_TRIES) throw error;
      }
  }

  /** What custodians say of themselves, by place; null of those who do not answer. */
  async statuses(): Promise<(CustodianStatus | null)[]> {
    const statuses = await this.ports.custodians.statuses();
    return Array.from(
      {length: this.ports.members.n},
      (_, place) => statuses.find((each) => each.place === place)?.status ?? null,
    );
  }

  /** The epoch of all; the first keys are made here. @throws RuleError STALE_EPOCH */
  async epoch(): Promise<bigint> {
    const statuses = await this.#everyone();
    const epochs = new Set(statuses.map(({epoch}) => epoch));
    if (epochs.size > 1)
      throw new RuleError("STALE_EPOCH", `custodians are in epochs ${statuses.map(({epoch}) => epoch).join(", ")}`, {
        hint: "qsdm quorum reshare --recover NAME brings one that lost its keys back",
      });
    const [epoch = 0n] = epochs;
    return epoch === 0n ? this.refresh([]) : epoch;
  }

  /**
   * The same, of keys that no others will replace without what is made under them: a coordinator that is gone may have the
   * certificate of some that are prepared.
   */
  async lastingEpoch(): Promise<bigint> {
    const statuses = await this.#everyone();
    return statuses.some(({pending}) => pending > 0n) ? this.refresh([]) : this.epoch();
  }

  /** New keys and shares; custodians in `recovering` get theirs back. @throws as `agree` */
  async refresh(recovering: readonly number[]): Promise<bigint> {
    const {store, members} = this.ports;
    const statuses = await this.#everyone();
    const helpers = statuses.filter((_, place) => !recovering.includes(place));
    if (helpers.length < members.k) throw missing(helpers.length, members.k);
    const [{epoch, programs}] = helpers as [CustodianStatus, ...CustodianStatus[]];
    const withSecrets = new Set(
      store.programs().flatMap(({programId, ir}) => (secretNames(ir).length > 0 ? [programId] : [])),
    );
    const sharings = programs
      .filter(({programId, sharing}) => sharing > 0n && withSecrets.has(hexOf(programId)))
      .map(({programId, sharing: run}) => ({programId, run}));
    const {job} = await this.agree({kind: "refresh", epoch, payload: refreshPayload.encode({recovering, sharings})});
    return job.run;
  }

  /** @throws RuleError STALE_EPOCH, EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING */
  async makeStock({triples, masks}: Stock): Promise<void> {
    const epoch = await this.epoch();
    const statuses = await this.#everyone();
    const next = (of: (status: CustodianStatus) => bigint): bigint =>
      statuses.reduce((most, status) => (of(status) > most ? of(status) : most), 0n);
    const numbers = {firstTriple: next(({nextTriple}) => nextTriple), firstMask: next(({nextMask}) => nextMask)};
    const payload = stockPayload.encode({...numbers, triples, masks});
    await this.#together({kind: "stock", epoch, payload});
  }

  /** A job whose result is used once all have it: first each writes it down and signs that, then all are told. */
  async agree(plan: Plan, by: Asker = NOBODY): Promise<Certificate> {
    const {store, custodians, log, changed} = this.ports;
    const {whole, outcomes} = await this.#together(plan, by);
    const certificate = custodians.certificate(whole, outcomes);
    store.saveCertificate(certificate);
    changed();
    const told = await custodians.all("commit", {certificate});
    if (told.error) log.warn({err: told.error}, "a custodian was not told; it is when it is back");
    return certificate;
  }

  /** A number above all that went before. */
  async nextRun(): Promise<bigint> {
    const statuses = await this.ports.custodians.statuses();
    return this.#runAfter(statuses.map(({status}) => status));
  }

  #runAfter(statuses: readonly CustodianStatus[]): bigint {
    const runs = [...statuses, ...this.ports.store.certificates().map(({job}) => job)].map(({run}) => run);
    return runs.reduce((most, each) => (each > most ? each : most), 0n) + 1n;
  }

  /** Runs a job between two entries of the audit log: before the first is on the disk nobody is asked. */
  async run(job: Job, by: Asker, commitmentOf: (ran: Ran) => Uint8Array | null = () => null): Promise<Ran> {
    const {audit, custodians} = this.ports;
    const entry = {subject: jobDigest(job), kind: job.kind, ...by};
    await audit.entered({event: "begin", ...entry});
    const ran = await custodians.run(job);
    const failed = ran.failures.length > 0 && (job.kind !== "evaluate" || ran.answers.length < this.ports.members.k);
    const outcome = failed ? codeOf(causeOf(ran)) : "ok";
    audit.note({event: "end", ...entry, outcome, commitment: failed ? null : commitmentOf(ran)});
    return ran;
  }

  async #together(
    plan: Plan,
    by: Asker = NOBODY,
  ): Promise<{readonly whole: Job; readonly outcomes: readonly Uint8Array[]}> {
    const {members} = this.ports;
    const run = this.#runAfter(await this.#everyone());
    const participants = Array.from({length: members.n}, (_, place) => place);
    const whole: Job = {...plan, roster: members.digest, run, participants};
    const {answers, failures} = await this.run(whole, by);
    if (failures.length === 0) return {whole, outcomes: answers.map(({answer}) => answer.outcome)};
    const named = blamed(members, failures);
    const {error} = failures.find((each) => codeOf(each.error) !== "PEER_UNREACHABLE") ?? failures[0]!;
    if (named.length === 0) throw error;
    const unattested = failures.find((each) => codeOf(each.error).startsWith("ATTESTATION_") && accuses(each, named));
    if (unattested) throw unattested.error;
    throw new RuleError("EVALUATION_ABORTED", `${members.namesOf(named).join(" and ")} deviated or was silent`, {
      details: {culprits: named, reason: (error as QsdmError).details?.reason ?? codeOf(error)},
      hint: "nothing was changed; see the custodians' logs",
    });
  }

  /** @throws UnavailableError CUSTODIANS_MISSING */
  async #everyone(): Promise<readonly CustodianStatus[]> {
    const {members} = this.ports;
    const statuses = await this.statuses();
    const present = statuses.filter((status) => status !== null);
    if (present.length === members.n) return present;
    const away = statuses.flatMap((status, place) => (status === null ? [place] : []));
    throw missing(present.length, members.n, {away, members});
  }
}
