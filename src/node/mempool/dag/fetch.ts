/** What is missing, and whom to ask for it: a few at once, first who signed that it has it, then everybody. */
import {utf8} from "../../../codecs/bytes.js";
import type {BatchRef} from "../../../codecs/dag/batch.js";
import {sha3} from "../../../codecs/hash.js";
import type {Wanted} from "./state.js";
import type {Turn} from "./turn.js";
import {hasBoth} from "./view.js";

/** Puts `ref` on the list of what is missing; `delayMs` leaves time for what is on its way already. */
export function want(turn: Turn, ref: BatchRef, delayMs = 0n): void {
  const {wanted, nowMs} = turn.state;
  if (turn.isForgotten(ref) || hasBoth(turn.state, ref)) return;
  const known = wanted.get(ref.batchId);
  const dueMs = nowMs + delayMs;
  if (known ? known.attempts > 0 || known.dueMs <= dueMs : wanted.size >= turn.rules.limits.maxWanted) return;
  turn.set({wanted: new Map(wanted).set(ref.batchId, {ref, attempts: 0, dueMs})});
  if (delayMs === 0n) fetchDue(turn);
}

/** Asks for everything whose time has come. */
export function fetchDue(turn: Turn): void {
  const {wanted, nowMs} = turn.state;
  const {fetchDelaysMs, fetchParallel, maxFetchAttempts} = turn.rules.limits;
  let next: Map<string, Wanted> | null = null;
  for (const [batchId, {ref, attempts, dueMs}] of wanted) {
    if (dueMs > nowMs) continue;
    if (attempts >= maxFetchAttempts) {
      // A leader can name what never was; what is really missing is named again.
      next ??= new Map(wanted);
      next.delete(batchId);
      continue;
    }
    const peers = peersFor(turn, ref);
    const at = (attempts * fetchParallel) % Math.max(1, peers.length);
    const from = [...peers.slice(at), ...peers.slice(0, at)].slice(0, fetchParallel);
    if (from.length > 0) turn.emit({type: "fetch", ref, from});
    next ??= new Map(wanted);
    const delayMs = fetchDelaysMs[Math.min(attempts, fetchDelaysMs.length - 1)]!;
    next.set(batchId, {ref, attempts: attempts + 1, dueMs: nowMs + delayMs});
  }
  if (next) turn.set({wanted: next});
}

/** No longer missing. */
export function found(turn: Turn, batchId: string): void {
  if (!turn.state.wanted.has(batchId)) return;
  const wanted = new Map(turn.state.wanted);
  wanted.delete(batchId);
  turn.set({wanted});
}

/**
 * Whom to ask for `ref`: signers of its certificate, its creator, then the others, each group in an order that differs
 * between nodes and batches, so that no single peer is asked by all.
 */
function peersFor({rules, ...turn}: Turn, ref: BatchRef): readonly number[] {
  const {certificate} = turn.state.rounds.get(ref.round)?.get(ref.creator) ?? {certificate: null};
  const signers = new Set(certificate?.acks.map(({validator}) => validator));
  const rank = (validator: number): string => {
    const group = signers.has(validator) ? 0 : validator === ref.creator ? 1 : 2;
    return `${group}${Buffer.from(sha3(utf8(`${rules.self}/${ref.batchId}/${validator}`))).toString("hex")}`;
  };
  return rules.committee.voters
    .map((_, validator) => ({validator, rank: rank(validator)}))
    .filter(({validator}) => validator !== rules.self)
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({validator}) => validator);
}
