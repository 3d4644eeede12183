/**
 * The DAG mempool as a machine: batches are made available and certified here, and consensus orders the certificates
 * (Narwhal, Danezis et al. 2022, section 3.1, without its own ordering). No clock, no randomness, no disk, no socket.
 */
import type {BatchRef} from "../../../codecs/dag/batch.js";
import {RuleError} from "../../../errors.js";
import {bodyTerms} from "./check.js";
import type {DagEffect, DagInput} from "./effects.js";
import {fetchDue, found, want} from "./fetch.js";
import {type Offered, pack} from "./pack.js";
import {acknowledgeChildren, receiveAck, receiveBatch, receiveCertificate} from "./receive.js";
import {askForBatch, certifiedOf, openRound} from "./rounds.js";
import type {DagRules} from "./rules.js";
import {type DagState, horizonOf} from "./state.js";
import {Turn} from "./turn.js";

export interface DagStep {
  readonly state: DagState;
  readonly effects: readonly DagEffect[];
}

/**
 * What `input` makes of `state`, and what is to be done about it.
 * @throws RuleError, DecodeError when the input is no message of an honest peer; the state is then as it was
 */
export function step(state: DagState, input: DagInput, rules: DagRules): DagStep {
  const turn = new Turn(state, rules);
  switch (input.type) {
    case "batch":
      receiveBatch(turn, input.batch);
      break;
    case "ack":
      receiveAck(turn, input.ack);
      break;
    case "certificate":
      receiveCertificate(turn, input.certificate);
      break;
    case "answer":
      receiveAnswer(turn, input);
      break;
    case "pack":
      offer(turn, input.offered);
      break;
    case "want":
      for (const ref of input.refs) want(turn, ref);
      break;
    case "committed":
      commit(turn, input.refs);
      break;
    case "tick":
      tick(turn, input.nowMs);
  }
  return {state: turn.state, effects: turn.effects};
}

/** An answer counts for what was asked and nothing else. @throws RuleError ANSWER_UNASKED and what its parts throw */
function receiveAnswer(turn: Turn, {ref, answer}: Extract<DagInput, {type: "answer"}>): void {
  if (!turn.state.wanted.has(ref.batchId)) return;
  const {batch, certificate} = answer;
  const {header} = batch?.signed ?? {header: null};
  if (certificate && certificate.ref.batchId !== ref.batchId) throw unasked(ref.batchId);
  if (header && (header.round !== ref.round || header.creator !== ref.creator)) throw unasked(ref.batchId);
  if (certificate) receiveCertificate(turn, certificate);
  if (batch) receiveBatch(turn, batch);
}

const unasked = (batchId: string): RuleError =>
  new RuleError("ANSWER_UNASKED", `an answer for batch ${batchId.slice(0, 16)} is about another one`);

/** Makes a batch of what waits, if a round is open and there is a reason to be in it. */
function offer(turn: Turn, offered: Offered): void {
  const {rules} = turn;
  if (rules.self === null) return;
  const {oversized, ...body} = pack(offered, rules.limits);
  if (oversized.length > 0) turn.emit({type: "oversized", ids: oversized});
  const isEmpty = body.transactions.length + body.proofs.length === 0;
  const round = openRound(turn.state, rules);
  if (round === null) return turn.set({hungry: !isEmpty});
  if (isEmpty && !turn.state.rounds.has(round)) return turn.set({hungry: false});
  // Set before the signature exists: no second header is ever made for this round.
  turn.set({ownRound: round, hungry: false});
  const header = {
    chainId: rules.chainId,
    epoch: rules.committee.epoch,
    round,
    creator: rules.self,
    parents: round === rules.firstRound ? [] : certifiedOf(turn.state, round - 1n),
    ...bodyTerms(body, rules),
  };
  turn.emit({type: "seal", header, ...body});
}

function commit(turn: Turn, refs: Extract<DagInput, {type: "committed"}>["refs"]): void {
  const unsettled = new Map(turn.state.unsettled);
  for (const ref of refs) {
    unsettled.delete(ref.batchId);
    found(turn, ref.batchId);
    if (!turn.isForgotten(ref)) turn.setSlot(ref, {committed: ref.batchId});
    if (ref.round > turn.state.committedRound) turn.set({committedRound: ref.round});
    if (ref.round > turn.state.certifiedRound) turn.set({certifiedRound: ref.round});
    // It can be committed before its certificate is here, which nobody asks for any more.
    acknowledgeChildren(turn, ref);
  }
  turn.set({unsettled});
  collect(turn);
  askForBatch(turn);
}

/** Forgets what lies too far below the committed round to be named by any block. */
function collect(turn: Turn): void {
  const belowRound = horizonOf(turn.state, turn.rules.limits.gcRounds);
  const live = [...turn.state.rounds].filter(([round]) => round >= belowRound);
  if (live.length === turn.state.rounds.size) return;
  const keep = <T extends {readonly ref: {readonly round: bigint}}>(all: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...all].filter(([, {ref}]) => ref.round >= belowRound));
  turn.set({rounds: new Map(live), wanted: keep(turn.state.wanted), unsettled: keep(turn.state.unsettled)});
  turn.emit({type: "forget", belowRound});
}

/** Asks again for what is missing, and sends again what is not settled. */
function tick(turn: Turn, nowMs: bigint): void {
  turn.set({nowMs});
  fetchDue(turn);
  const {resendMaxMs} = turn.rules.limits;
  const unsettled = new Map(turn.state.unsettled);
  for (const [batchId, {ref, dueMs, delayMs}] of unsettled) {
    if (dueMs > nowMs) continue;
    const doubled = delayMs * 2n < resendMaxMs ? delayMs * 2n : resendMaxMs;
    unsettled.set(batchId, {ref, dueMs: nowMs + doubled, delayMs: doubled});
    resend(turn, ref);
  }
  turn.set({unsettled});
  askForBatch(turn);
}

function resend(turn: Turn, ref: BatchRef): void {
  const {batchId} = ref;
  const {certificate, bodies, acks, acked} = turn.slot(ref);
  if (certificate) return turn.emit({type: "broadcast", message: {type: "certificate", certificate}});
  const body = bodies.get(batchId);
  if (!body) return;
  const message = {type: "batch", batch: body.batch} as const;
  const {self, committee} = turn.rules;
  // Its own word is on disk, its signature is not: a restart gives it again.
  if (self !== null && !acks.has(self) && acked === batchId) turn.emit({type: "acknowledge", ref});
  committee.voters.forEach((_, to) => {
    if (!acks.has(to) && to !== self) turn.emit({type: "send", to, message});
  });
}
