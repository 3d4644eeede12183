/**
 * The coordinator of the strict profile: it carries what clients and custodians signed and sealed, numbers jobs, and
 * decides who takes part. It sees no value, and nobody takes its word for anything.
 */
import {bytesOfHex, equalBytes, hexOf} from "../../codecs/bytes.js";
import {secretNames} from "../../codecs/quorum/ir.js";
import {programPackage} from "../../codecs/quorum/program-package.js";
import {resultCommitment} from "../../codecs/quorum/strict/audit.js";
import {type Answer, coordinatorMethods} from "../../codecs/quorum/strict/calls.js";
import {depositPayload, evaluatePayload, type Job} from "../../codecs/quorum/strict/job.js";
import {type ContentOf, digestOf, isSignedBy, type Signed} from "../../codecs/quorum/strict/statement.js";
import {
  approval,
  type deposit,
  maskRequest,
  type maskShares,
  result,
  ticket,
  withdrawal,
} from "../../codecs/quorum/strict/statements.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {QsdmError, RuleError} from "../../errors.js";
import {sideBySide} from "../quorum/program/side-by-side.js";
import {checkDeposit, checkStatement} from "../quorum/strict/admission.js";
import {checkApproval, checkWithdrawal, masksFor} from "../quorum/strict/custodian.js";
import {checkFits} from "../quorum/strict/fit.js";
import type {Members, Role} from "../quorum/strict/members.js";
import {organisationsMissing, organisationsNeeded} from "../quorum/strict/organisations.js";
import type {Standing} from "../quorum/strict/standing.js";
import type {SignedApproval, SignedWithdrawal} from "../quorum/strict/store.js";
import {costOf} from "../quorum/verified/cost.js";
import {stockMax} from "../quorum/verified/stock.js";
import type {Log} from "../service.js";
import type {SqliteStrictCoordinatorStore} from "../storage/quorum/strict-coordinator-store.js";
import type {AuditDesk} from "./audit-desk.js";
import type {CustodianCalls} from "./custodian-calls.js";
import {areRefusals, blamed, missing} from "./failures.js";
import {Jobs, type Ran} from "./jobs.js";
import {rotationHandlers} from "./rotations.js";
import type {Handlers, MethodName} from "./rpc.js";
import {type LowWater, StockKeeper} from "./stock-keeper.js";

export interface CoordinatorPorts {
  readonly members: Members;
  readonly store: SqliteStrictCoordinatorStore;
  readonly custodians: CustodianCalls;
  readonly verify: VerifySignature;
  readonly audit: AuditDesk;
  readonly lowWater: LowWater;
  nowMs(): number;
  readonly log: Log;
}

type SignedRequest = Signed<ContentOf<typeof maskRequest>>;
type SignedTicket = Signed<ContentOf<typeof ticket>>;
type SignedResult = Signed<ContentOf<typeof result>>;
type SignedDeposit = Signed<ContentOf<typeof deposit>>;

export class StrictCoordinator {
  readonly stock: StockKeeper;
  /** Since it started: evaluations with a result, attempts without one, and how often each custodian was left out. */
  readonly counts: {evaluations: number; bits: number; aborts: number; readonly blamed: number[]};
  readonly #jobs: Jobs;
  /** By program: the job that made the present shares of its secrets. */
  readonly #sharings = new Map<string, bigint>();

  constructor(private readonly ports: CoordinatorPorts) {
    const {n, k} = ports.members;
    this.counts = {evaluations: 0, bits: 0, aborts: 0, blamed: Array<number>(n).fill(0)};
    this.#jobs = new Jobs({...ports, changed: () => this.#forget()});
    this.stock = new StockKeeper({
      ...ports,
      most: stockMax({n, t: k - 1}),
      nowMs: () => ports.nowMs(),
      make: (wanted) => this.#jobs.alone(() => this.#jobs.makeStock(wanted)),
    });
  }

  /** What a party may ask: operators are those whose key is a custodian's or a coordinator's. */
  handlers(role: Role["kind"]): Handlers {
    const m = coordinatorMethods;
    const calls: Partial<Record<MethodName, (body: Uint8Array) => Promise<Uint8Array>>> = {
      deploy: async (body) => {
        const asked = m.deploy.ask.decode(body);
        await this.deploy(asked.package, asked.deposit);
        return m.deploy.answer.encode({});
      },
      approve: async (body) => m.approve.answer.encode(await this.approve(m.approve.ask.decode(body).approval)),
      suspend: async (body) => m.suspend.answer.encode(await this.suspend(m.suspend.ask.decode(body).withdrawal)),
      program: async (body) => {
        const {programId} = m.program.ask.decode(body);
        return m.program.answer.encode({package: programPackage.encode(this.#program(programId))});
      },
      masks: async (body) => m.masks.answer.encode({shares: await this.masks(m.masks.ask.decode(body).request)}),
      evaluate: async (body) => m.evaluate.answer.encode(await this.evaluate(m.evaluate.ask.decode(body).ticket)),
      stock: async (body) => m.stock.answer.encode(await this.makeStock(m.stock.ask.decode(body))),
      refresh: async (body) =>
        m.refresh.answer.encode({epoch: await this.refresh(m.refresh.ask.decode(body).recovering)}),
      custodians: async (body) => {
        m.custodians.ask.decode(body);
        return m.custodians.answer.encode({statuses: await this.#jobs.statuses()});
      },
      ...this.ports.audit.handlers(),
      ...rotationHandlers({...this.ports, jobs: this.#jobs}),
    };
    return {
      async call(method, body) {
        const answer = OPERATORS_ONLY.has(method) && role === "client" ? undefined : calls[method];
        if (!answer) throw new RuleError("METHOD_REFUSED", `${method} is nothing that a coordinator answers a ${role}`);
        return answer(body);
      },
      bug: (err) => this.ports.log.error({err}, "a call failed"),
    };
  }

  /** Brings a custodian that is back to what the others have. */
  async catchUp(place: number): Promise<void> {
    const {store, custodians, log} = this.ports;
    this.#forget();
    const nowMs = BigInt(this.ports.nowMs());
    const approvals = store.approvals().filter(({content}) => content.notAfterMs >= nowMs);
    const withdrawals = store.withdrawals();
    try {
      for (const program of store.programs())
        await custodians.call(place, "install", {package: programPackage.encode(program)});
      for (const approval of approvals) await custodians.call(place, "approve", {approval});
      for (const withdrawal of withdrawals) await custodians.call(place, "suspend", {withdrawal});
      for (const certificate of store.certificates()) await custodians.call(place, "commit", {certificate});
    } catch (err) {
      if (!(err instanceof QsdmError)) throw err;
      log.warn({err, place}, "a custodian is behind");
    }
  }

  /** @throws DecodeError of the package; RuleError POLICY_UNKNOWN, PROGRAM_TOO_COSTLY, PROGRAM_TOO_WIDE, SECRETS_NEEDED, SECRETS_SHARED; UnavailableError CUSTODIANS_MISSING */
  async deploy(bytes: Uint8Array, shares: SignedDeposit | null): Promise<void> {
    const {store, custodians, members, audit} = this.ports;
    const program = programPackage.decode(bytes);
    checkFits(program, members);
    const secrets = secretNames(program.ir).length > 0;
    if (secrets !== (shares !== null))
      throw new RuleError("SECRETS_NEEDED", secrets ? "the program has secrets" : "the program has no secrets", {
        hint: "qsdm quorum deploy shares and seals them",
      });
    if (shares && !equalBytes(shares.content.programId, bytesOfHex(program.programId)))
      throw new RuleError("SECRETS_NEEDED", "the secrets are of another program");
    if (shares) checkDeposit(shares, this.ports);
    const took = await custodians.all("install", {package: bytes});
    if (took.answers.length < members.k) throw took.error ?? missing(took.answers.length, members.k);
    store.saveProgram(program);
    const programId = bytesOfHex(program.programId);
    audit.enter({event: "deploy", subject: programId, programId, party: shares?.content.owner ?? ""});
    if (!shares) return;
    await this.#jobs.alone(async () => {
      const epoch = await this.#jobs.epoch();
      const by = {programId, party: shares.content.owner};
      await this.#jobs.agree({kind: "deposit", epoch, payload: depositPayload.encode(shares)}, by);
    });
  }

  /** @throws RuleError APPROVAL_INVALID, PROGRAM_UNKNOWN */
  async approve(signed: SignedApproval): Promise<Answer<(typeof coordinatorMethods)["approve"]>> {
    const {store, custodians, members, audit} = this.ports;
    const program = this.#program(signed.content.programId);
    checkApproval(signed, this.ports, this.ports.nowMs());
    store.saveApproval(signed);
    const id = bytesOfHex(program.programId);
    const [party] = members.namesOf([signed.content.custodian]);
    audit.enter({event: "approve", subject: digestOf(approval, signed), programId: id, party});
    await custodians.all("approve", {approval: signed});
    const {approvals, organisationsMissing, active} = await this.#standing(id);
    return {approvals, organisationsMissing, active};
  }

  /** Hands a custodian's suspension, or its end, to all. @throws RuleError WITHDRAWAL_INVALID, PROGRAM_UNKNOWN */
  async suspend(signed: SignedWithdrawal): Promise<{withdrawals: number; active: boolean}> {
    const {store, custodians, members, audit} = this.ports;
    const {programId, custodian, withdrawn, timeMs} = signed.content;
    this.#program(programId);
    checkWithdrawal(signed, this.ports, this.ports.nowMs());
    const known = store
      .withdrawals()
      .find(({content}) => content.custodian === custodian && equalBytes(content.programId, programId));
    // Whoever was away hears of the latest: an older word, handed in again, is none.
    if (!known || known.content.timeMs < timeMs) {
      store.saveWithdrawal(signed);
      const [party] = members.namesOf([custodian]);
      audit.enter({event: withdrawn ? "suspend" : "resume", subject: digestOf(withdrawal, signed), programId, party});
    }
    await custodians.all("suspend", {withdrawal: signed});
    const {withdrawals, active} = await this.#standing(programId);
    return {withdrawals, active};
  }

  /** What custodians say of a program. */
  async #standing(programId: Uint8Array): Promise<Omit<Standing, "suspended">> {
    const {custodians, members} = this.ports;
    const statuses = await custodians.statuses();
    const known = statuses.flatMap(({status}) =>
      status.programs.filter((each) => equalBytes(each.programId, programId)),
    );
    return {
      approvals: Math.max(0, ...known.map(({approvals}) => approvals)),
      organisationsMissing: Math.min(
        organisationsMissing(organisationsNeeded(this.#program(programId), members.roster), []),
        ...known.map((each) => each.organisationsMissing),
      ),
      withdrawals: Math.max(0, ...known.map(({withdrawals}) => withdrawals)),
      active: known.filter(({active}) => active).length >= members.k,
    };
  }

  /** @throws RuleError as `checkStatement`, EVALUATIONS_TOO_MANY, STOCK_EXHAUSTED, and what a custodian refuses with; UnavailableError CUSTODIANS_MISSING */
  async masks(request: SignedRequest): Promise<readonly Signed<ContentOf<typeof maskShares>>[]> {
    const {custodians, members, audit, nowMs} = this.ports;
    checkStatement(maskRequest, request, {...this.ports, nowMs: nowMs()});
    const count = masksFor(this.#program(request.content.programId), request.content.evaluations);
    const first = await this.stock.allocate("mask", count);
    const given = await custodians.all("masks", {request, first});
    const {answers, error} = given;
    if (areRefusals(given)) this.stock.giveBack("mask", {first, count});
    if (answers.length >= members.k) {
      const {programId, client: party} = request.content;
      audit.note({event: "masks", subject: digestOf(maskRequest, request), programId, party});
      return answers.map(({answer}) => answer);
    }
    throw error ?? missing(answers.length, members.k);
  }

  /**
   * Has the custodians evaluate, without those that were named or silent in an attempt before.
   * @throws RuleError as `checkStatement`, EVALUATIONS_TOO_MANY, EVALUATION_ABORTED and what custodians refuse with;
   * UnavailableError CUSTODIANS_MISSING
   */
  async evaluate(signed: SignedTicket): Promise<Answer<(typeof coordinatorMethods)["evaluate"]>> {
    const {custodians, members, log, nowMs} = this.ports;
    const {content} = signed;
    // Nobody numbers stock, or is entered in the log, in another's name.
    checkStatement(ticket, signed, {...this.ports, nowMs: nowMs()});
    const program = this.#program(content.programId);
    const {evaluations} = content;
    masksFor(program, evaluations);
    const {triples, bits} = costOf(sideBySide(program.ir, evaluations));
    const secrets = secretNames(program.ir).length > 0;
    const out = new Set<number>();
    for (let attempt = 1; ; attempt++) {
      const participants = custodians.live.filter((place) => !out.has(place));
      if (participants.length < members.k) throw missing(participants.length, members.k, {away: [...out], members});
      const firstTriple = await this.stock.allocate("triple", triples, attempt === 1 ? undefined : participants);
      const sharing = secrets ? await this.#sharingOf(content.programId, participants, attempt === 1) : 0n;
      const payload = evaluatePayload.encode({ticket: signed, attempt, firstTriple, sharing});
      const job: Job = {roster: members.digest, kind: "evaluate", run: 0n, epoch: content.epoch, participants, payload};
      const by = {programId: content.programId, party: content.client};
      let results: readonly SignedResult[] = [];
      const ran = await this.#jobs.run(job, by, (whole) => {
        results = this.#resultsIn(whole);
        const [first] = results;
        return first ? resultCommitment(content.nonce, first.content.masked) : null;
      });
      const {answers, failures} = ran;
      if (results.length >= members.k) {
        this.counts.evaluations += evaluations;
        this.counts.bits += bits;
        return {results, suspects: [...out], traffic: {attempts: attempt, triples, bits, ...trafficOf(answers)}};
      }
      this.counts.aborts++;
      if (areRefusals(ran)) this.stock.giveBack("triple", {first: firstTriple, count: triples});
      const more = blamed(members, failures).filter((place) => !out.has(place));
      for (const place of more) {
        out.add(place);
        this.counts.blamed[place]!++;
      }
      log.warn({attempt, out: members.namesOf(more)}, "an evaluation ended without a result");
      if (more.length === 0) throw failures[0]?.error ?? missing(results.length, members.k);
    }
  }

  /** @throws RuleError STALE_EPOCH, EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING */
  async makeStock(wanted: {
    readonly triples: number;
    readonly masks: number;
  }): Promise<Answer<(typeof coordinatorMethods)["stock"]>> {
    const {n, k} = this.ports.members;
    const most = stockMax({n, t: k - 1});
    if (Math.max(wanted.triples, wanted.masks) > most)
      throw new RuleError("STOCK_TOO_LARGE", `at most ${most} at once`);
    if (wanted.triples + wanted.masks > 0) await this.#jobs.alone(() => this.#jobs.makeStock(wanted));
    await this.stock.look();
    const {triple: lowTriples, mask: lowMasks} = this.stock.lowWater;
    return {triples: BigInt(this.stock.left("triple")), masks: BigInt(this.stock.left("mask")), lowTriples, lowMasks};
  }

  /** New keys and shares; custodians in `recovering` get theirs back. @throws as `stock` */
  refresh(recovering: readonly number[]): Promise<bigint> {
    return this.#jobs.alone(() => this.#jobs.refresh(recovering));
  }

  #resultsIn({answers}: Ran): SignedResult[] {
    return answers.flatMap(({place, answer}) => this.#resultIn(answer.outcome, place));
  }

  #resultIn(outcome: Uint8Array, place: number): SignedResult[] {
    const {members, verify} = this.ports;
    try {
      const signed = result.decode(outcome);
      const key = members.custodian(place)!.card.signingKey;
      return signed.content.custodian === place && isSignedBy(result, signed, key, verify) ? [signed] : [];
    } catch {
      return [];
    }
  }

  /** What custodians hold may be something else now. */
  #forget(): void {
    this.stock.clear();
    this.#sharings.clear();
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

  #program(programId: Uint8Array) {
    const program = this.ports.store.program(programId);
    if (program) return program;
    throw new RuleError("PROGRAM_UNKNOWN", `program ${Buffer.from(programId).toString("hex")} is not deployed`, {
      hint: "deploy it first: qsdm quorum deploy",
    });
  }
}

/** What the custodians say that a job took: rounds of the longest, bytes of all. */
const trafficOf = (answers: Ran["answers"]): {rounds: number; bytes: bigint} => ({
  rounds: Math.max(0, ...answers.map(({answer}) => answer.rounds)),
  bytes: answers.reduce((sum, {answer}) => sum + answer.sentBytes, 0n),
});

/** What costs all custodians work. A client has it done when it runs short. */
const OPERATORS_ONLY: ReadonlySet<MethodName> = new Set(["stock", "refresh", "seal", "handover", "takeover", "retire"]);
