/**
 * One score for each peer, from 0 to 100, out of everything that is known of it. It decides whom gossip prefers, whom the
 * dialler tries, who keeps a connection and who is refused one. Time comes in.
 */
import type {PeerId, Verdict} from "../port.js";
import {answered, FRESH, type Liveness, type LivenessRules, missed, verdictOn} from "./liveness.js";

export interface ReputationRules extends LivenessRules {
  /** What one refused message costs. */
  readonly rejectCost: number;
  /** How long nobody below the least score is let in, in milliseconds. */
  readonly banMs: number;
}

export const REPUTATION: ReputationRules = {minScore: 30, failureThreshold: 3, rejectCost: 20, banMs: 600_000};

/** Peers that are remembered; those with the best scores are forgotten first. */
const REMEMBERED_MAX = 8_192;

interface Standing {
  liveness: Liveness;
  bannedUntilMs: number;
}

export class Reputation {
  readonly #standings = new Map<PeerId, Standing>();

  constructor(private readonly rules: ReputationRules = REPUTATION) {}

  scoreOf(id: PeerId): number {
    return this.#standings.get(id)?.liveness.score ?? FRESH.score;
  }

  isBanned(id: PeerId, nowMs: number): boolean {
    return nowMs < (this.#standings.get(id)?.bannedUntilMs ?? 0);
  }

  /** A ping came back. */
  pong(id: PeerId): void {
    const standing = this.#of(id);
    standing.liveness = answered(standing.liveness);
  }

  /** One did not. @returns whether the connection has had its chances */
  miss(id: PeerId): boolean {
    const standing = this.#of(id);
    standing.liveness = missed(standing.liveness);
    return verdictOn(standing.liveness, this.rules) !== null;
  }

  /**
   * What came of one of its messages. Only a refusal counts: what is known, late or early says nothing against anybody.
   * @returns whether the peer is to go, and is refused for a time
   */
  judge(id: PeerId, verdict: Verdict, nowMs: number): boolean {
    if (verdict !== "reject") return false;
    const standing = this.#of(id);
    const score = Math.max(0, standing.liveness.score - this.rules.rejectCost);
    standing.liveness = {...standing.liveness, score};
    if (score >= this.rules.minScore) return false;
    standing.bannedUntilMs = nowMs + this.rules.banMs;
    // After the ban it starts where one more refusal is the end.
    standing.liveness = {score: this.rules.minScore, missed: 0};
    return true;
  }

  #of(id: PeerId): Standing {
    const known = this.#standings.get(id);
    if (known) return known;
    if (this.#standings.size >= REMEMBERED_MAX) this.#forgetBest();
    const standing = {liveness: FRESH, bannedUntilMs: 0};
    this.#standings.set(id, standing);
    return standing;
  }

  #forgetBest(): void {
    let best: PeerId | null = null;
    for (const [id, {liveness}] of this.#standings) if (best === null || liveness.score > this.scoreOf(best)) best = id;
    if (best !== null) this.#standings.delete(best);
  }
}
