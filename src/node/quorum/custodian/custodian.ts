/**
 * One holder of shares, as a state machine: no clock, no socket, no generator of its own. What it keeps goes through
 * its store before it answers. Runs in a process of its own or N times in one.
 */
import {isOperationNode, productNames, secretNames} from "../../../codecs/quorum/ir.js";
import {DEFAULT_SECRET_NAME, type ProgramPackage} from "../../../codecs/quorum/program-package.js";
import {RuleError} from "../../../errors.js";
import {reduce} from "../field/field.js";
import type {FieldSource} from "../field/random.js";
import {checkPolicyCompat} from "../policy/supported.js";
import {checkArithmetic} from "../program/arithmetic.js";
import {evaluate, type Given, leafOf, type Outputs} from "../program/evaluate.js";
import type {Masked, TripleShare} from "../sharing/beaver.js";
import {applySubShares, dealSubShares} from "../sharing/refresh.js";
import {partialTerm, type Share} from "../sharing/shamir.js";
import {approvalTag} from "./approval.js";
import {Evaluation, type PeerShares, type Progress} from "./evaluation.js";
import {type EvaluationLimits, Evaluations} from "./evaluations.js";
import {StepExecutor} from "./step-executor.js";
import type {CustodianStore} from "./store.js";
import {sizeOfTriples, TriplePool} from "./triple-pool.js";

export interface CustodianOptions extends EvaluationLimits {
  /** Most bytes of triples of programs that are not installed here, all of them together. */
  readonly maxForeignBytes: number;
  /** Place among the custodians, from 0. Its x is one more. */
  readonly index: number;
  /** Shares that open a value. */
  readonly threshold: number;
  /** Key of its approval tags. */
  readonly approvalKey: string;
}

export const DEFAULT_CUSTODIAN_LIMITS = {
  maxEvaluations: 10_000,
  evaluationTimeoutMs: 60_000,
  maxEarlyBytes: 64 * 1024 * 1024,
  maxForeignBytes: 64 * 1024 * 1024,
} as const;

interface Held {
  program: ProgramPackage | null;
  /** By name of the secret. */
  readonly shares: Map<string, Share>;
  /** By name of the secret, the last named refresh that was added. */
  readonly refreshes: Map<string, string>;
  readonly pool: TriplePool;
}

/** An evaluation's inputs as the coordinator sends them: this custodian's shares by name. */
export interface EvaluationRequest {
  readonly programId: string;
  readonly requestId: string;
  readonly inputs: ReadonlyMap<string, bigint>;
  /** Number of the triple to use; `null` takes the oldest. */
  readonly triple: number | null;
}

/** A secret of a program; without a name the first. */
export interface SecretOf {
  readonly programId: string;
  readonly name?: string | null | undefined;
}

/** The name that shares without one belong to. */
const firstSecret = (program: ProgramPackage | null): string => program?.secretNames[0] ?? DEFAULT_SECRET_NAME;

const reducedTriple = ({a, b, c}: TripleShare): TripleShare => ({a: reduce(a), b: reduce(b), c: reduce(c)});

export class Custodian {
  readonly #held = new Map<string, Held>();
  readonly #evaluations: Evaluations;

  constructor(
    readonly options: CustodianOptions,
    private readonly store: CustodianStore,
    private readonly draw: FieldSource,
  ) {
    this.#evaluations = new Evaluations(options);
    for (const {programId, program, shares, refreshes, pools} of store.load())
      this.#held.set(programId, {
        program,
        shares: new Map(shares),
        refreshes: new Map(refreshes),
        pool: new TriplePool(pools),
      });
  }

  /** x of this custodian's points. */
  get x(): bigint {
    return BigInt(this.options.index + 1);
  }

  /**
   * Takes a program and this custodian's shares of its secrets: `share` is of the first, `others` are by name. The
   * package was checked when it was read.
   * @throws RuleError OPERATION_UNSUPPORTED, POLICY_UNSUPPORTED, SECRET_UNKNOWN
   */
  install(program: ProgramPackage, share: Share, others: ReadonlyMap<string, Share> = new Map()): void {
    checkArithmetic(program.ir);
    checkPolicyCompat(program);
    for (const name of others.keys())
      if (!program.secretNames.includes(name))
        throw new RuleError("SECRET_UNKNOWN", `the program has no secret '${name}'`);
    const shares = new Map([[firstSecret(program), share], ...others]);
    this.store.atomically(() => {
      this.store.saveProgram(program);
      this.store.saveShares(program.programId, shares);
    });
    const held = this.#hold(program.programId);
    held.program = program;
    for (const [name, each] of shares) held.shares.set(name, each);
  }

  /** Appends triples; their number. @throws RuleError TRIPLE_NUMBER_USED, TRIPLE_POOL_FULL */
  addTriples(programId: string, delivered: ReadonlyMap<string, readonly TripleShare[]>, first: number | null): number {
    const reduced = [...delivered].map(([node, triples]) => [node, triples.map(reducedTriple)] as const);
    const held = this.#held.get(programId);
    const deliveries = (held?.pool ?? new TriplePool()).number(new Map(reduced), first);
    if (!held?.program)
      this.#checkForeign(deliveries.reduce((sum, {node, triples}) => sum + sizeOfTriples(node, triples.length), 0));
    this.store.addTriples(programId, deliveries);
    this.#hold(programId).pool.add(deliveries);
    return deliveries.reduce((sum, {triples}) => sum + triples.length, 0);
  }

  /** @throws RuleError TRIPLE_POOL_FULL */
  #checkForeign(moreBytes: number): void {
    const {maxForeignBytes} = this.options;
    let total = moreBytes;
    for (const {program, pool} of this.#held.values()) if (!program) total += pool.sizeBytes;
    if (total > maxForeignBytes)
      throw new RuleError("TRIPLE_POOL_FULL", `triples of programs that are not here take ${total} bytes`, {
        hint: "install the program first",
      });
  }

  /** Tag that approves a program. @throws RuleError PROGRAM_NOT_INSTALLED (defect D16: no tag for what is not here) */
  approve(programId: string): string {
    this.#program(programId);
    return approvalTag(this.options.approvalKey, programId);
  }

  /**
   * Evaluates on what is given, products included: right for programs without products, and for inputs that all
   * custodians get in the clear. A product of secrets is refused, because what comes of one share alone tells it.
   * @throws RuleError PROGRAM_NOT_INSTALLED, PRODUCT_OF_SHARES, INPUT_MISSING, SECRET_MISSING
   */
  evaluateLocally(programId: string, inputs: ReadonlyMap<string, bigint>): Outputs {
    const {ir} = this.#program(programId);
    if (productNames(ir).length > 0 && secretNames(ir).length > 0)
      throw new RuleError("PRODUCT_OF_SHARES", "a program with products and secrets is evaluated with triples", {
        hint: "use /eval_beaver",
      });
    return evaluate(ir, {inputs, secrets: this.#secrets(programId)});
  }

  /**
   * Starts an evaluation. Its triples are spent, on disk, before the first masked share is known to anyone.
   * @throws RuleError PROGRAM_NOT_INSTALLED, REQUEST_ID_USED, INPUT_MISSING, SECRET_MISSING, TRIPLE_SPENT, TRIPLE_MISSING
   */
  begin({programId, requestId, inputs, triple}: EvaluationRequest, nowMs: number): Progress {
    const {ir} = this.#program(programId);
    this.#evaluations.checkFree(requestId, nowMs);
    const given: Given = {inputs, secrets: this.#secrets(programId)};
    for (const node of ir.nodes) if (!isOperationNode(node)) leafOf(node, given);
    const {pool} = this.#held.get(programId)!;
    const {triples, floors} = pool.pick(productNames(ir), triple);
    this.store.spendTriples(programId, floors);
    pool.spend(floors);
    const executor = new StepExecutor(ir, given, triples);
    const evaluation = new Evaluation(programId, nowMs, executor, this.x, this.options.threshold);
    return this.#evaluations.track(requestId, evaluation, evaluation.advance());
  }

  /** @throws RuleError PEER_SHARE_REPEATED, PEER_SHARE_INVALID */
  receive(requestId: string, shares: PeerShares, nowMs: number): void {
    this.#evaluations.receive(requestId, shares, nowMs);
  }

  /** @throws RuleError EVALUATION_NOT_FOUND, PRODUCT_NOT_PENDING; UnavailableError PEER_SHARES_MISSING */
  resolveHeld(requestId: string, nodes: readonly string[]): Progress {
    const evaluation = this.#evaluations.find(requestId);
    return this.#evaluations.track(requestId, evaluation, evaluation.resolveHeld(nodes));
  }

  /** @throws RuleError EVALUATION_NOT_FOUND, PRODUCT_NOT_PENDING */
  resolveGiven(requestId: string, resolutions: ReadonlyMap<string, Masked>): Progress {
    const evaluation = this.#evaluations.find(requestId);
    return this.#evaluations.track(requestId, evaluation, evaluation.resolveGiven(resolutions));
  }

  /** Values of a fresh zero polynomial for `targets`. @throws RuleError SHARE_NOT_FOUND */
  dealRefresh(
    {programId, name}: SecretOf,
    {targets, k}: {readonly targets: readonly bigint[]; readonly k: number},
  ): readonly bigint[] {
    this.#share(programId, name);
    return dealSubShares(k, targets, this.draw);
  }

  /**
   * The x of the refreshed share. A refresh with a name is added once, however often it is sent: whoever lost the answer
   * asks again.
   * @throws RuleError SHARE_NOT_FOUND, SHARE_FOREIGN
   */
  applyRefresh({programId, name}: SecretOf, subShares: readonly bigint[], refreshId: string | null = null): bigint {
    const {x, y} = this.#share(programId, name);
    const {shares, refreshes, program} = this.#hold(programId);
    const secret = name ?? firstSecret(program);
    if (refreshId !== null && refreshes.get(secret) === refreshId) return x;
    if (program && secretNames(program.ir).length > 0) this.#checkOwn(x);
    const refreshed = {x, y: reduce(applySubShares(y, subShares))};
    this.store.atomically(() => {
      this.store.saveShares(programId, new Map([[secret, refreshed]]));
      if (refreshId !== null) this.store.saveRefresh(programId, secret, refreshId);
    });
    shares.set(secret, refreshed);
    if (refreshId !== null) refreshes.set(secret, refreshId);
    return x;
  }

  /**
   * Replaces the share; a program that is not here yet comes along. A share of another x is kept only
   * where no program reads it, as the reference keeps it.
   * @throws RuleError OPERATION_UNSUPPORTED, POLICY_UNSUPPORTED, PROGRAM_ID_MISMATCH, SHARE_FOREIGN
   */
  setShare({programId, name}: SecretOf, share: Share, program: ProgramPackage | null): bigint {
    if (program) {
      checkArithmetic(program.ir);
      checkPolicyCompat(program);
    }
    if (program && program.programId !== programId)
      throw new RuleError("PROGRAM_ID_MISMATCH", `the package is program ${program.programId}`, {
        hint: "send a share with the package of its own program",
      });
    const reduced = {x: share.x, y: reduce(share.y)};
    const held = this.#held.get(programId);
    const known = held?.program ?? program;
    const used = program !== null || (known ? secretNames(known.ir).length > 0 : false);
    if (used) this.#checkOwn(share.x);
    const secret = name ?? firstSecret(known);
    this.store.atomically(() => {
      if (program && !held?.program) this.store.saveProgram(program);
      this.store.saveShares(programId, new Map([[secret, reduced]]));
    });
    const kept = this.#hold(programId);
    kept.program ??= program;
    kept.shares.set(secret, reduced);
    return share.x;
  }

  /**
   * This custodian's term of the value at `target`. The terms of k custodians sum to that value, so whoever asks them
   * all learns it; at 0 it would be the secret, which is refused (defect D3).
   * @throws RuleError SHARE_NOT_FOUND, TARGET_FORBIDDEN, FIELD_ZERO_INVERSE
   */
  interpolationTerm({programId, name}: SecretOf, target: bigint, participants: readonly bigint[]): bigint {
    const held = this.#share(programId, name);
    if (reduce(target) === 0n) throw new RuleError("TARGET_FORBIDDEN", "the value at x = 0 is the secret");
    return partialTerm(held, target, participants);
  }

  /** Whether there was something to forget. */
  retire(programId: string): boolean {
    if (!this.#held.has(programId)) return false;
    this.store.drop(programId);
    return this.#held.delete(programId);
  }

  /** @throws RuleError SHARE_FOREIGN */
  #checkOwn(x: bigint): void {
    if (x !== this.x) throw new RuleError("SHARE_FOREIGN", `a share at x = ${x}, this custodian's are at ${this.x}`);
  }

  #hold(programId: string): Held {
    const held = this.#held.get(programId) ?? {
      program: null,
      shares: new Map(),
      refreshes: new Map(),
      pool: new TriplePool(),
    };
    this.#held.set(programId, held);
    return held;
  }

  #program(programId: string): ProgramPackage {
    const program = this.#held.get(programId)?.program;
    if (!program) throw new RuleError("PROGRAM_NOT_INSTALLED", "Program not installed on this custodian");
    return program;
  }

  /** Shares that can be used here: a share of another x is no share of this custodian's polynomial value. */
  #secrets(programId: string): ReadonlyMap<string, bigint> {
    const shares = [...(this.#held.get(programId)?.shares ?? [])];
    return new Map(shares.flatMap(([name, {x, y}]) => (x === this.x ? [[name, y] as const] : [])));
  }

  #share(programId: string, name: string | null | undefined): Share {
    const held = this.#held.get(programId);
    const share = held?.shares.get(name ?? firstSecret(held.program));
    if (!share) throw new RuleError("SHARE_NOT_FOUND", "No secret share for this program");
    return share;
  }
}
