/**
 * Budgets and rate limits of identities, for each program: a budget that never refills and a token bucket that does.
 *
 * Time comes in as seconds of a clock that does not go back. Tokens are doubles, because the reference's are and its
 * decisions at the edge depend on their rounding.
 */
import type {PolicyManifest} from "../../../codecs/quorum/policy.js";

/** What is left to one identity under one program. */
export interface Allowance {
  readonly programId: string;
  readonly identity: string;
  readonly remaining: bigint;
  /** `null` until the first request that the budget allowed. */
  readonly bucket: Bucket | null;
}

export interface Bucket {
  /** Evaluations per minute, and most tokens. Fixed when the bucket is made. */
  readonly capacity: number;
  readonly tokens: number;
  /** When `tokens` was right, in seconds. */
  readonly atSeconds: number;
}

/** Why an evaluation is refused; `null` allows it. */
export type Reason = string | null;

export interface PolicyOptions {
  /**
   * Most pairs of program and identity that are tracked. Identities are names that anyone may choose, and a forgotten
   * one would have its whole budget again, so new ones are refused beyond this.
   */
  readonly maxTracked: number;
}

const DEFAULT_COST = 1n;
/** A policy without a budget allows nothing. */
const DEFAULT_BUDGET = 0n;
const DEFAULT_RATE_PER_MINUTE = 60n;

export class PolicyEngine {
  readonly #policies = new Map<string, PolicyManifest>();
  readonly #allowances = new Map<string, Map<string, Allowance>>();
  #tracked = 0;

  constructor(
    private readonly options: PolicyOptions,
    allowances: Iterable<Allowance> = [],
  ) {
    for (const allowance of allowances) this.#keep(allowance);
  }

  /** Sets a program's policy. What was spent stays spent, and buckets keep their capacity. */
  register(programId: string, policy: PolicyManifest): void {
    this.#policies.set(programId, policy);
  }

  /** Charges one evaluation, or says why not. A refusal charges nothing. */
  check(programId: string, identity: string, nowSeconds: number): Reason {
    const policy = this.#policies.get(programId);
    if (!policy) return "program not registered";
    const known = this.#allowances.get(programId)?.get(identity);
    if (!known && this.#tracked >= this.options.maxTracked) return "too many identities";
    const remaining = known?.remaining ?? policy.budgetPerIdentity ?? DEFAULT_BUDGET;
    const cost = policy.costPerEval ?? DEFAULT_COST;
    if (remaining < cost) return `budget exhausted (remaining=${remaining}, cost=${cost})`;
    const bucket = refilled(known?.bucket ?? fullBucket(policy, nowSeconds), nowSeconds);
    const allowed = bucket.tokens >= 1;
    this.#keep({
      programId,
      identity,
      remaining: allowed ? remaining - cost : remaining,
      bucket: allowed ? {...bucket, tokens: bucket.tokens - 1} : bucket,
    });
    return allowed ? null : "rate limit exceeded";
  }

  /** Gives back what `check` charged for an evaluation that did not take place (defect D14). */
  refund(programId: string, identity: string): void {
    const allowance = this.#allowances.get(programId)?.get(identity);
    const policy = this.#policies.get(programId);
    if (!allowance?.bucket || !policy) return;
    const {bucket, remaining} = allowance;
    this.#keep({
      ...allowance,
      remaining: remaining + (policy.costPerEval ?? DEFAULT_COST),
      bucket: {...bucket, tokens: Math.min(bucket.capacity, bucket.tokens + 1)},
    });
  }

  /** What is tracked of one identity, to be stored. */
  allowance(programId: string, identity: string): Allowance | undefined {
    return this.#allowances.get(programId)?.get(identity);
  }

  #keep(allowance: Allowance): void {
    const {programId, identity} = allowance;
    let ofProgram = this.#allowances.get(programId);
    if (!ofProgram) {
      ofProgram = new Map();
      this.#allowances.set(programId, ofProgram);
    }
    if (!ofProgram.has(identity)) this.#tracked++;
    ofProgram.set(identity, allowance);
  }
}

function fullBucket({maxEvalsPerMinute}: PolicyManifest, nowSeconds: number): Bucket {
  const capacity = Number(maxEvalsPerMinute ?? DEFAULT_RATE_PER_MINUTE);
  return {capacity, tokens: capacity, atSeconds: nowSeconds};
}

function refilled({capacity, tokens, atSeconds}: Bucket, nowSeconds: number): Bucket {
  const elapsed = Math.max(0, nowSeconds - atSeconds);
  return {capacity, tokens: Math.min(capacity, tokens + elapsed * (capacity / 60)), atSeconds: nowSeconds};
}
