/** Whether a peer still answers, as a score. Source: bft-ledger 10.4; vectors `p2p-peers`, kind liveness. */

export interface Liveness {
  /** From 0 to 100. */
  readonly score: number;
  /** Heartbeats without an answer, one after the other. */
  readonly missed: number;
}

export interface LivenessRules {
  /** Below it a peer goes. */
  readonly minScore: number;
  /** So many in a row and a peer goes, whatever its score. */
  readonly failureThreshold: number;
}

/** Nobody has reason to think well or ill of it. */
export const FRESH: Liveness = {score: 80, missed: 0};

const PONG = 5;
const MISS = 15;

export const answered = ({score}: Liveness): Liveness => ({score: Math.min(100, score + PONG), missed: 0});

export const missed = (liveness: Liveness): Liveness => ({
  score: Math.max(0, liveness.score - MISS),
  missed: liveness.missed + 1,
});

/** Why the peer has to go, or null. */
export function verdictOn(
  {score, missed: count}: Liveness,
  {minScore, failureThreshold}: LivenessRules,
): "MissedHeartbeats" | "LowScore" | null {
  if (count >= failureThreshold) return "MissedHeartbeats";
  return score < minScore ? "LowScore" : null;
}
