/** Evaluations under way at one custodian. Bounded in number and age: what nobody continues is given up (defect D22). */
import {QsdmError, RuleError} from "../../../errors.js";
import type {Evaluation, PeerShares, Progress} from "./evaluation.js";

export interface EvaluationLimits {
  /** Most evaluations under way; the oldest are given up for new ones. The same again may have shares only. */
  readonly maxEvaluations: number;
  /** How long an evaluation may last, and shares wait for theirs to begin. */
  readonly evaluationTimeoutMs: number;
}

interface Early {
  readonly startedMs: number;
  readonly shares: PeerShares[];
}

/** Peers whose shares are kept for an evaluation that has not begun here. */
const EARLY_MAX_PEERS = 64;

export class Evaluations {
  readonly #active = new Map<string, Evaluation>();
  /** Peers may hear of a request before this custodian does. */
  readonly #early = new Map<string, Early>();

  constructor(private readonly limits: EvaluationLimits) {}

  /** Makes place for a request. @throws RuleError REQUEST_ID_USED */
  checkFree(requestId: string, nowMs: number): void {
    this.#forgetOld(this.#active, nowMs);
    if (this.#active.has(requestId))
      throw new RuleError("REQUEST_ID_USED", `request ${requestId} is under way`, {hint: "choose another request_id"});
  }

  /** Keeps an evaluation until it is done. */
  track(requestId: string, evaluation: Evaluation, progress: Progress): Progress {
    if (progress.status === "done") {
      this.#active.delete(requestId);
      return progress;
    }
    this.#active.set(requestId, evaluation);
    const early = this.#early.get(requestId);
    this.#early.delete(requestId);
    for (const shares of early?.shares ?? [])
      try {
        evaluation.receive(shares);
      } catch (error) {
        // Nobody could be told: the sender was answered when it was early.
        if (!(error instanceof QsdmError)) throw error;
      }
    return progress;
  }

  /** @throws RuleError EVALUATION_NOT_FOUND */
  find(requestId: string): Evaluation {
    const evaluation = this.#active.get(requestId);
    if (!evaluation) throw new RuleError("EVALUATION_NOT_FOUND", "No active executor for this request_id");
    return evaluation;
  }

  /** Hands a peer's shares over, or keeps them. @throws RuleError PEER_SHARE_REPEATED, PEER_SHARE_INVALID */
  receive(requestId: string, shares: PeerShares, nowMs: number): void {
    const evaluation = this.#active.get(requestId);
    if (evaluation) return evaluation.receive(shares);
    this.#forgetOld(this.#early, nowMs);
    const early = this.#early.get(requestId) ?? {startedMs: nowMs, shares: []};
    if (early.shares.some(({from}) => from === shares.from))
      throw new RuleError("PEER_SHARE_REPEATED", `custodian ${shares.from} sent shares before`);
    if (early.shares.length >= EARLY_MAX_PEERS)
      throw new RuleError("PEER_SHARE_INVALID", `more than ${EARLY_MAX_PEERS} peers of one request`);
    early.shares.push(shares);
    this.#early.set(requestId, early);
  }

  /** Insertion order is order of age. */
  #forgetOld(entries: Map<string, {readonly startedMs: number}>, nowMs: number): void {
    const {maxEvaluations, evaluationTimeoutMs} = this.limits;
    for (const [requestId, {startedMs}] of entries) {
      if (entries.size < maxEvaluations && nowMs - startedMs < evaluationTimeoutMs) break;
      entries.delete(requestId);
    }
  }
}
