/**
 * The coordinator of the strict profile: it carries what clients and custodians signed and sealed, numbers jobs, and
 * decides who takes part. It sees no value, and nobody takes its word for anything.
 */
import {bytesOfHex, equalBytes} from "../../codecs/bytes.js";
import {secretNames} from "../../codecs/quorum/ir.js";
import {type ProgramPackage, programPackage} from "../../codecs/quorum/program-package.js";
import {type Answer, coordinatorMethods} from "../../codecs/quorum/strict/calls.js";
import {depositPayload} from "../../codecs/quorum/strict/job.js";
import {type ContentOf, digestOf, type Signed} from "../../codecs/quorum/strict/statement.js";
import {approval, type deposit, withdrawal} from "../../codecs/quorum/strict/statements.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {RuleError} from "../../errors.js";
import {checkDeposit} from "../quorum/strict/admission.js";
import {checkApproval, checkWithdrawal} from "../quorum/strict/custodian.js";
import {checkFits} from "../quorum/strict/fit.js";
import {heardOf} from "../quorum/strict/heard.js";
import type {Members, Role} from "../quorum/strict/members.js";
import {organisationsMissing, organisationsNeeded} from "../quorum/strict/organisations.js";
import type {SignedApproval, SignedWithdrawal} from "../quorum/strict/store.js";
import {stockMax} from "../quorum/verified/stock.js";
import type {Log} from "../service.js";
import type {SqliteStrictCoordinatorStore} from "../storage/quorum/strict-coordinator-store.js";
import {attestationHandlers} from "./attestation/handlers.js";
import type {AuditDesk} from "./audit-desk.js";
import type {CustodianCalls} from "./custodian-calls.js";
import {Evaluations} from "./evaluations.js";
import {missing} from "./failures.js";
import {Jobs} from "./jobs.js";
import {Learner} from "./learner.js";
import {rotationHandlers} from "./rotations.js";
import type {Handlers, MethodName} from "./rpc.js";
import {type LowWater, StockKeeper} from "./stock-keeper.js";

export interface CoordinatorPorts {
  readonly members: Members;
  /** Of this coordinator in the roster. */
  readonly place: number;
  readonly store: SqliteStrictCoordinatorStore;
  readonly custodians: CustodianCalls;
  readonly verify: VerifySignature;
  readonly audit: AuditDesk;
  readonly lowWater: LowWater;
  nowMs(): number;
  readonly log: Log;
}

type SignedDeposit = Signed<ContentOf<typeof deposit>>;

export class StrictCoordinator {
  readonly stock: StockKeeper;
  readonly #jobs: Jobs;
  readonly #evaluations: Evaluations;
  readonly #learner: Learner;

  constructor(private readonly ports: CoordinatorPorts) {
    const {n, k} = ports.members;
    this.#jobs = new Jobs({...ports, changed: () => this.#forget()});
    this.stock = new StockKeeper({
      ...ports,
      most: stockMax({n, t: k - 1}),
      nowMs: () => ports.nowMs(),
      make: (wanted) => this.#jobs.alone(() => this.#jobs.makeStock(wanted)),
    });
    this.#learner = new Learner(ports);
    this.#evaluations = new Evaluations({
      ...ports,
      jobs: this.#jobs,
      stock: this.stock,
      nowMs: () => ports.nowMs(),
      program: (programId) => this.#learner.program(programId),
      forget: () => this.#forget(),
    });
  }

  get counts(): Evaluations["counts"] {
    return this.#evaluations.counts;
  }

  /** What a party may ask: operators are those whose key is a custodian's or a coordinator's. */
  handlers({kind: role, card: {name}}: Role): Handlers {
    const m = coordinatorMethods;
    const calls: Partial<Record<MethodName, (body: Uint8Array) => Promise<Uint8Array>>> = {
      deploy: async (body) => {
        const asked = m.deploy.ask.decode(body);
        await this.deploy(asked.package, asked.deposit, {name, isClient: role === "client"});
        return m.deploy.answer.encode({});
      },
      approve: async (body) => m.approve.answer.encode(await this.approve(m.approve.ask.decode(body).approval)),
      suspend: async (body) => m.suspend.answer.encode(await this.suspend(m.suspend.ask.decode(body).withdrawal)),
      program: async (body) => {
        const {programId} = m.program.ask.decode(body);
        return m.program.answer.encode({package: programPackage.encode(await this.#learner.program(programId))});
      },
      masks: async (body) =>
        m.masks.answer.encode({shares: await this.#evaluations.masks(m.masks.ask.decode(body).request)}),
      evaluate: async (body) => m.evaluate.answer.encode(await this.#evaluations.evaluate(m.evaluate.ask.decode(body))),
      stock: async (body) => m.stock.answer.encode(await this.makeStock(m.stock.ask.decode(body))),
      refresh: async (body) =>
        m.refresh.answer.encode({epoch: await this.refresh(m.refresh.ask.decode(body).recovering)}),
      custodians: async (body) => {
        m.custodians.ask.decode(body);
        return m.custodians.answer.encode({statuses: await this.#jobs.statuses()});
      },
      ...this.ports.audit.handlers(),
      ...attestationHandlers(this.ports),
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
    this.#forget();
    await this.#learner.catchUp(place);
  }

  /** @throws DecodeError of the package; RuleError PROGRAMS_WAITING, POLICY_UNKNOWN, PROGRAM_TOO_COSTLY, PROGRAM_TOO_WIDE, SECRETS_NEEDED, SECRETS_SHARED; UnavailableError CUSTODIANS_MISSING */
  async deploy(
    bytes: Uint8Array,
    shares: SignedDeposit | null,
    by: {readonly name: string; readonly isClient: boolean},
  ): Promise<void> {
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
    // Whoever is away gets no share: a program that is brought without its secrets could be approved, and never be evaluated.
    if (shares) await this.#jobs.alone(() => this.#jobs.epoch());
    if (by.isClient) this.#countFor(by.name, program.programId);
    const took = await custodians.all("install", {package: bytes});
    if (took.answers.length < members.k) throw took.error ?? missing(took.answers.length, members.k);
    store.saveProgram(program);
    const programId = bytesOfHex(program.programId);
    audit.enter({event: "deploy", subject: programId, programId, party: by.name});
    if (!shares) return;
    await this.#jobs.alone(async () => {
      const epoch = await this.#jobs.lastingEpoch();
      const by = {programId, party: shares.content.owner};
      await this.#jobs.agree({kind: "deposit", epoch, payload: depositPayload.encode(shares)}, by);
    });
  }

  /** Custodians have room for so many programs: no client takes all of it by itself. @throws RuleError PROGRAMS_WAITING */
  #countFor(client: string, programId: string): void {
    const {store} = this.ports;
    const waiting = store.waitingOf(client, programId);
    if (waiting >= WAITING_MAX)
      throw new RuleError(
        "PROGRAMS_WAITING",
        `${client} has brought ${waiting} programs that no custodian has approved`,
        {
          hint: "have them approved first: qsdm quorum approve",
        },
      );
    // Before anybody is asked: what only some custodians took counts too.
    store.saveDeployer(programId, client);
  }

  /** @throws RuleError APPROVAL_INVALID, PROGRAM_UNKNOWN */
  async approve(signed: SignedApproval): Promise<Answer<(typeof coordinatorMethods)["approve"]>> {
    const {store, custodians, members, audit} = this.ports;
    const program = await this.#learner.program(signed.content.programId);
    checkApproval(signed, this.ports, this.ports.nowMs());
    store.saveApproval(signed);
    const id = bytesOfHex(program.programId);
    const [party] = members.namesOf([signed.content.custodian]);
    audit.enter({event: "approve", subject: digestOf(approval, signed), programId: id, party});
    await custodians.all("approve", {approval: signed});
    const {approvals, organisationsMissing, active} = await this.#heard(program);
    return {approvals, organisationsMissing, active};
  }

  /** Hands a custodian's suspension, or its end, to all. @throws RuleError WITHDRAWAL_INVALID, PROGRAM_UNKNOWN */
  async suspend(signed: SignedWithdrawal): Promise<{withdrawals: number; active: boolean}> {
    const {store, custodians, members, audit} = this.ports;
    const {programId, custodian, withdrawn} = signed.content;
    const program = await this.#learner.program(programId);
    checkWithdrawal(signed, this.ports, this.ports.nowMs());
    // Whoever was away hears of the latest: an older word, handed in again, is none.
    if (store.saveWithdrawal(signed)) {
      const [party] = members.namesOf([custodian]);
      audit.enter({event: withdrawn ? "suspend" : "resume", subject: digestOf(withdrawal, signed), programId, party});
    }
    await custodians.all("suspend", {withdrawal: signed});
    const {withdrawals, active} = await this.#heard(program);
    return {withdrawals, active};
  }

  /** What custodians say of a program. */
  async #heard(program: ProgramPackage) {
    const {custodians, members} = this.ports;
    const statuses = await custodians.statuses();
    const id = bytesOfHex(program.programId);
    const said = statuses.flatMap(({status}) => status.programs.filter((each) => equalBytes(each.programId, id)));
    const heard = heardOf(said, members.k);
    const needed = organisationsNeeded(program, members.roster);
    return {...heard, organisationsMissing: heard.organisationsMissing ?? organisationsMissing(needed, [])};
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

  /** What custodians hold may be something else now. */
  #forget(): void {
    this.stock.clear();
    this.#evaluations.forget();
  }
}

/** Programs that a client has brought and no custodian approved. All coordinators of a roster together leave others room. */
const WAITING_MAX = 64;

/** What costs all custodians work. A client has it done when it runs short. */
const OPERATORS_ONLY: ReadonlySet<MethodName> = new Set([
  "stock",
  "refresh",
  "seal",
  "challenge",
  "handover",
  "takeover",
  "retire",
]);
