/**
 * What a coordinator decides: who may evaluate what, with which triples, and what goes into the log. Synchronous, and
 * its store has everything before it answers; the calls to custodians are made around it.
 *
 * A compat coordinator is trusted with everything but the programs' secrets: it shares the inputs, deals the triples and
 * opens the results.
 */

import {productNames, secretNames} from "../../../codecs/quorum/ir.js";
import {members, type Value, type ValueObject} from "../../../codecs/quorum/json.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import {RuleError} from "../../../errors.js";
import {type AuditEntry, chainEntry, followChain, GENESIS_HASH} from "../audit/chain.js";
import {verifyApprovalTag} from "../custodian/approval.js";
import type {FieldSource} from "../field/random.js";
import {PolicyEngine} from "../policy/engine.js";
import {checkPolicyCompat} from "../policy/supported.js";
import {checkArithmetic} from "../program/arithmetic.js";
import {inputNames, inputOf, type Outputs} from "../program/evaluate.js";
import {dealTriples} from "../sharing/beaver.js";
import {type EvaluateAll, evaluateAll, shareAt} from "../sharing/shamir.js";
import type {TripleDelivery} from "./delivery.js";
import type {RunPlan} from "./evaluation-run.js";
import {checkParticipants} from "./resharing.js";
import type {CoordinatorStore, Holder, ProgramRecord} from "./store.js";

export interface CoordinatorOptions {
  /** Shares that open a value, and approvals that activate a program. */
  readonly threshold: number;
  /** URLs of the custodians by index. Those that a rotation brought in are remembered with their program. */
  readonly custodians: readonly string[];
  /** Keys of the custodians' approval tags by index. */
  readonly approvalKeys: readonly string[];
  /** Most pairs of program and identity whose budget is tracked. */
  readonly maxTracked: number;
}

/** An evaluation that was let in. Settle it with `complete` or `refund`. */
export interface Admission {
  readonly identity: string;
  readonly plan: RunPlan;
}

export interface EvaluationRequest {
  readonly identity: string;
  readonly programId: string;
  readonly requestId: string;
  readonly inputs: ReadonlyMap<string, bigint>;
}

/** Most triples dealt at once, all products together: dealing blocks everything else. */
const DEAL_MAX_TRIPLES = 100_000;
/** Entries of the log in one answer. */
export const AUDIT_PAGE = 5_000;

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Entries before the next part; `null` at the end. */
  readonly next: number | null;
  readonly valid: boolean;
}

const POOL_EXHAUSTED = "Beaver triple pool exhausted";

export class Coordinator {
  readonly #programs = new Map<string, ProgramRecord>();
  readonly #policy: PolicyEngine;
  /** Entries of the log that were looked at, and the hash that the next follows; `null` once the chain was broken. */
  #checked: {readonly count: number; readonly head: string | null} = {count: 0, head: GENESIS_HASH};

  constructor(
    readonly options: CoordinatorOptions,
    private readonly store: CoordinatorStore,
    private readonly draw: FieldSource,
    /** Seconds since 1970. */
    private readonly now: () => number,
    private readonly evaluate: EvaluateAll = evaluateAll,
  ) {
    const {programs, allowances} = store.load();
    this.#policy = new PolicyEngine(options, allowances);
    for (const record of programs) {
      // A custodian of the list may have moved since its program was installed; its index is who it is. A newcomer may
      // have the index of one that was retired, whose URL is still in the list.
      const holders = record.holders.map((holder) => ({
        ...holder,
        url: (holder.configured ? options.custodians[holder.index] : undefined) ?? holder.url,
      }));
      this.#programs.set(record.program.programId, {...record, holders});
      this.#policy.register(record.program.programId, record.program.policy);
    }
  }

  /**
   * Takes a program anew: pending, without approvals. Triples for it, where it needs some and they are wanted. Where
   * `shareHolders` says by index who took the shares that were dealt with it, all others are stale: what they may have
   * of a deployment before fits no other share.
   * @throws RuleError OPERATION_UNSUPPORTED, POLICY_UNSUPPORTED
   */
  install(
    program: ProgramPackage,
    pool: {readonly generate: boolean; readonly size: number},
    shareHolders: ReadonlySet<bigint> | null = null,
  ): TripleDelivery | null {
    const {programId, policy, version, ir} = program;
    checkArithmetic(ir);
    checkPolicyCompat(program);
    const known = this.#programs.get(programId);
    const needed = productNames(ir).length > 0;
    const end = known?.endTriple ?? 0;
    const holders: readonly Holder[] =
      known?.holders ??
      this.options.custodians.map((url, index) => ({
        index,
        url,
        configured: true,
        x: BigInt(index + 1),
        stale: false,
      }));
    this.#save({
      program,
      status: "PENDING",
      approvals: [],
      ready: !needed,
      // What was dealt before is left behind: some custodians may have lost it.
      nextTriple: end,
      endTriple: end,
      // What was to be added to shares of before is not to be added to those that come with this.
      holders: holders.map(({pending: _, ...holder}) => ({
        ...holder,
        stale: shareHolders === null ? holder.stale : !shareHolders.has(BigInt(holder.index)),
      })),
    });
    this.#policy.register(programId, policy);
    this.#log("install", {program_id: programId, version});
    return needed && pool.generate ? this.#deal(programId, pool.size) : null;
  }

  /** @throws RuleError PROGRAM_NOT_FOUND, SIGNATURE_INVALID */
  approve(programId: string, index: bigint, tag: string): ProgramRecord {
    const record = this.record(programId);
    const holder = record.holders.find((each) => BigInt(each.index) === index);
    const key = holder && this.options.approvalKeys[holder.index];
    if (key === undefined || !verifyApprovalTag(key, programId, tag))
      throw new RuleError("SIGNATURE_INVALID", "Invalid signature");
    const approvals = record.approvals.includes(holder!.index)
      ? record.approvals
      : [...record.approvals, holder!.index];
    const activated = record.status === "PENDING" && approvals.length >= this.options.threshold;
    const next: ProgramRecord = {...record, approvals, status: activated ? "ACTIVE" : record.status};
    this.#save(next);
    this.#log("approve", {program_id: programId, custodian_index: index});
    if (activated) this.#log("activate", {program_id: programId});
    return next;
  }

  /**
   * Lets an evaluation in: charges the identity, reserves a triple, shares the inputs. Inputs are looked at first, so
   * that a request that cannot be computed costs nothing (defect D14), and so are those who would compute it.
   * @throws RuleError PROGRAM_NOT_FOUND, PROGRAM_NOT_ACTIVE, INPUT_MISSING, POLICY_REFUSED, TRIPLES_EXHAUSTED;
   * UnavailableError CUSTODIANS_MISSING
   */
  admit({identity, programId, requestId, inputs}: EvaluationRequest): Admission {
    const record = this.#active(programId, "Program not active");
    const {program} = record;
    // Shares of different epochs of a secret do not combine (defect D12); inputs and triples are dealt to everyone.
    const holders = secretNames(program.ir).length === 0 ? record.holders : record.holders.filter(({stale}) => !stale);
    const {threshold} = this.options;
    for (const name of inputNames(program.ir)) inputOf(inputs, name);
    checkParticipants(holders.length, threshold, "hold current shares");
    const reason = this.#policy.check(programId, identity, this.now());
    if (reason !== null) {
      this.#deny(programId, identity, reason);
      throw new RuleError("POLICY_REFUSED", reason);
    }
    const products = productNames(program.ir).length;
    const triple = products === 0 ? null : record.nextTriple;
    if (triple !== null && triple >= record.endTriple) {
      this.#policy.refund(programId, identity);
      this.#deny(programId, identity, POOL_EXHAUSTED);
      throw new RuleError("TRIPLES_EXHAUSTED", `${POOL_EXHAUSTED} — replenish via POST /replenish_beaver`);
    }
    this.store.atomically(() => {
      this.#saveAllowance(programId, identity);
      if (triple !== null) this.#save({...record, nextTriple: triple + 1});
    });
    const xs = holders.map(({x}) => x);
    const shared = [...inputs].map(([name, value]) => [name, shareAt(value, {xs, k: threshold}, this.draw)] as const);
    return {
      identity,
      plan: {
        programId,
        requestId,
        outputs: program.ir.outputs,
        products,
        threshold,
        triple,
        inputs: new Map(shared),
        holders,
      },
    };
  }

  /** Notes the results of an evaluation. */
  complete({identity, plan}: Admission, results: Outputs): void {
    const {programId, requestId, products} = plan;
    this.#log("eval_ok", {
      program_id: programId,
      identity_id: identity,
      request_id: requestId,
      result: results.values().next().value!,
      mode: products === 0 ? "legacy" : "beaver_p2p",
    });
  }

  /** Gives back what an evaluation without results cost. Its triple stays spent. */
  refund({identity, plan}: Admission): void {
    this.#policy.refund(plan.programId, identity);
    this.#saveAllowance(plan.programId, identity);
  }

  /** More triples, `null` for a program without products. @throws RuleError PROGRAM_NOT_FOUND */
  replenish(programId: string, count: number): TripleDelivery | null {
    const {ir} = this.record(programId).program;
    if (productNames(ir).length === 0) return null;
    const delivery = this.#deal(programId, count);
    const total = this.poolRemaining(programId);
    this.#log("replenish_beaver", {program_id: programId, pool_size: BigInt(count), total_remaining: BigInt(total)});
    return delivery;
  }

  /** Evaluations that the dealt triples are enough for. @throws RuleError PROGRAM_NOT_FOUND */
  poolRemaining(programId: string): number {
    const {endTriple, nextTriple} = this.record(programId);
    return endTriple - nextTriple;
  }

  /** @throws RuleError PROGRAM_NOT_FOUND, PROGRAM_NOT_ACTIVE */
  reshareable(programId: string): ProgramRecord {
    return this.#active(programId, "Program not active — resharing requires active status");
  }

  /** @throws RuleError PROGRAM_NOT_FOUND, PROGRAM_NOT_ACTIVE */
  rotatable(programId: string): ProgramRecord {
    return this.#active(programId, "Program not active");
  }

  /** Names a refresh, as no other one is named. */
  nameRefresh(): string {
    return this.draw().toString(16);
  }

  /** Notes who holds which share after a resharing. */
  setHolders(programId: string, holders: readonly Holder[]): void {
    this.#save({...this.record(programId), holders});
  }

  /**
   * Notes who holds shares after a rotation. Triples dealt to the old holders are left behind; as many new ones come.
   */
  rotate(programId: string, holders: readonly Holder[]): TripleDelivery | null {
    const record = this.record(programId);
    const count = record.endTriple - record.nextTriple;
    this.#save({...record, holders, nextTriple: record.endTriple});
    return count > 0 ? this.#deal(programId, count) : null;
  }

  /** @throws RuleError PROGRAM_NOT_FOUND */
  record(programId: string): ProgramRecord {
    const record = this.#programs.get(programId);
    if (!record) throw new RuleError("PROGRAM_NOT_FOUND", "Program not installed");
    return record;
  }

  /** A part of the log after its first `from` entries, and whether the whole of it is an unbroken chain. */
  audit(from = 0): AuditPage {
    const entries = this.store.auditEntries(from, AUDIT_PAGE + 1);
    const hasMore = entries.length > AUDIT_PAGE;
    return {entries: entries.slice(0, AUDIT_PAGE), next: hasMore ? from + AUDIT_PAGE : null, valid: this.#isLogSound()};
  }

  /** Each entry is looked at once: the log grows without end, and whoever probes the service asks for it. */
  #isLogSound(): boolean {
    while (this.#checked.head !== null) {
      const {count, head} = this.#checked;
      const entries = this.store.auditEntries(count, AUDIT_PAGE);
      if (entries.length === 0) return true;
      this.#checked = {count: count + entries.length, head: followChain(head, entries)};
    }
    return false;
  }

  /** Appends to the log. */
  note(event: "reshare" | "rotate", data: Readonly<Record<string, Value>>): void {
    this.#log(event, data);
  }

  #active(programId: string, refusal: string): ProgramRecord {
    const record = this.record(programId);
    if (record.status !== "ACTIVE") throw new RuleError("PROGRAM_NOT_ACTIVE", refusal);
    return record;
  }

  #deny(programId: string, identity: string, reason: string): void {
    this.store.atomically(() => {
      this.#saveAllowance(programId, identity);
      this.#log("eval_denied", {program_id: programId, identity_id: identity, reason});
    });
  }

  #deal(programId: string, count: number): TripleDelivery {
    const record = this.record(programId);
    const products = productNames(record.program.ir);
    if (products.length * count > DEAL_MAX_TRIPLES)
      throw new RuleError("DEAL_TOO_LARGE", `${count} triples for each of ${products.length} products`, {
        hint: `ask for fewer: at most ${DEAL_MAX_TRIPLES} in all are dealt at once`,
      });
    const xs = record.holders.map(({x}) => x);
    const triples = dealTriples(products, count, {xs, k: this.options.threshold}, this.draw, this.evaluate);
    this.#save({...record, ready: true, endTriple: record.endTriple + count});
    return {programId, first: record.endTriple, holders: record.holders, triples};
  }

  #save(record: ProgramRecord): void {
    this.store.saveProgram(record);
    this.#programs.set(record.program.programId, record);
  }

  #saveAllowance(programId: string, identity: string): void {
    const allowance = this.#policy.allowance(programId, identity);
    if (allowance) this.store.saveAllowance(allowance);
  }

  #log(event: string, data: Readonly<Record<string, Value>>): void {
    const body: ValueObject = members(data);
    this.store.appendAudit(chainEntry({timestamp: this.now(), event, data: body}, this.store.auditHead()));
  }
}
