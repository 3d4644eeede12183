/** Evaluations under way at one custodian. Bounded in number and age: what nobody continues is given up (defect D22). */
import {QsdmError, RuleError} from "../../../errors.js";
import {reduce} from "../field/field.js";
import type {Evaluation, PeerShares, Progress} from "./evaluation.js";

export interface EvaluationLimits {
  /** Most evaluations under way; the oldest are given up for new ones. The same again may have shares only. */
  readonly maxEvaluations: number;
  /** How long an evaluation may last, and shares wait for theirs to begin. */
  readonly evaluationTimeoutMs: number;
  /** Most bytes of shares that came before their evaluation; the oldest make room. */
  readonly maxEarlyBytes: number;
}

interface Early {
  readonly startedMs: number;
  readonly shares: PeerShares[];
  sizeBytes: number;
}

/** What a masked share takes besides its node's name: two field elements, and what holds them. */
const SHARE_BYTES = 200;
const sizeOf = (requestId: string, {shares}: PeerShares): number =>
  shares.reduce((sum, {node}) => sum + SHARE_BYTES + 2 * node.length, SHARE_BYTES + 2 * requestId.length);

/** Peers whose shares are kept for an evaluation that has not begun here. */
const EARLY_MAX_PEERS = 64;

export class Evaluations {
  readonly #active = new Map<string, Evaluation>();
  /** Peers may hear of a request before this custodian does. */
  readonly #early = new Map<string, Early>();
  #earlyBytes = 0;

  constructor(private readonly limits: EvaluationLimits) {}

  /** Makes place for a request. @throws RuleError REQUEST_ID_USED */
  checkFree(requestId: string, nowMs: number): void {
    this.#forgetOld(this.#active, nowMs, (id) => this.#active.delete(id));
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
    if (early) this.#dropEarly(requestId, early);
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
    this.#forgetOld(this.#early, nowMs, (id, old) => this.#dropEarly(id, old));
    const early = this.#early.get(requestId) ?? {startedMs: nowMs, shares: [], sizeBytes: 0};
    if (early.shares.some(({from}) => from === shares.from))
      throw new RuleError("PEER_SHARE_REPEATED", `custodian ${shares.from} sent shares before`);
    if (early.shares.length >= EARLY_MAX_PEERS)
      throw new RuleError("PEER_SHARE_INVALID", `more than ${EARLY_MAX_PEERS} peers of one request`);
    const sizeBytes = sizeOf(requestId, shares);
    this.#makeRoom(requestId, early.sizeBytes + sizeBytes);
    early.shares.push({
      from: shares.from,
      shares: shares.shares.map(({node, masked: {epsilon, delta}}) => ({
        node,
        masked: {epsilon: reduce(epsilon), delta: reduce(delta)},
      })),
    });
    early.sizeBytes += sizeBytes;
    this.#earlyBytes += sizeBytes;
    this.#early.set(requestId, early);
  }

  /** Gives up the oldest others until `requestId` may have `sizeBytes`. @throws RuleError PEER_SHARE_INVALID */
  #makeRoom(requestId: string, sizeBytes: number): void {
    const {maxEarlyBytes} = this.limits;
    if (sizeBytes > maxEarlyBytes)
      throw new RuleError(
        "PEER_SHARE_INVALID",
        `request ${requestId.slice(0, 64)} has too many shares before it began`,
      );
    const others = this.#earlyBytes - (this.#early.get(requestId)?.sizeBytes ?? 0);
    let excess = others + sizeBytes - maxEarlyBytes;
    for (const [id, old] of this.#early) {
      if (excess <= 0) return;
      if (id === requestId) continue;
      excess -= old.sizeBytes;
      this.#dropEarly(id, old);
    }
  }

  #dropEarly(requestId: string, {sizeBytes}: Early): void {
    this.#early.delete(requestId);
    this.#earlyBytes -= sizeBytes;
  }

  /** Insertion order is order of age. */
  #forgetOld<E extends {readonly startedMs: number}>(
    entries: ReadonlyMap<string, E>,
    nowMs: number,
    forget: (requestId: string, entry: E) => void,
  ): void {
    const {maxEvaluations, evaluationTimeoutMs} = this.limits;
    for (const [requestId, entry] of entries) {
      if (entries.size < maxEvaluations && nowMs - entry.startedMs < evaluationTimeoutMs) break;
      forget(requestId, entry);
    }
  }
}
