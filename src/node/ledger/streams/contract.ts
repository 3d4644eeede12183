/**
 * `qsdm/streams/v1`: escrow that a service draws on by the second of its use. Whose clock counts is a rule: that of the
 * blocks, or what each action claims (D31).
 */

import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {STREAM_CONTRACT, type StreamRecord} from "../../../codecs/chain/stream.js";
import {NS_PER_MS} from "../../../codecs/go/time.js";
import {RuleError} from "../../../errors.js";
import {checkCarried} from "../chain/carried.js";
import type {BlockContext, Call, Contract, Effect} from "../chain/contract.js";
import type {LedgerEvent} from "../chain/events.js";
import {newAccounts} from "../chain/growth.js";
import {credit, debit} from "../monetary/supply.js";
import type {State} from "../state/state.js";
import {streams} from "../state/stores.js";
import {type CheckedAction, readAction} from "./action.js";
import {openStream, stepStream} from "./apply.js";

/** @throws DecodeError; RuleError STREAM_INVALID, SENDER_MISMATCH, NONCE_MISMATCH */
function read(content: UnsignedEnvelope): CheckedAction {
  const checked = readAction(content.payload);
  checkCarried(checked.action, content);
  return checked;
}

const nowOf = ({params, timeMs}: Pick<BlockContext, "params" | "timeMs">, {atNs}: CheckedAction): bigint =>
  params.rules.streamTime === "block" ? timeMs * NS_PER_MS : atNs;

/** The stream `id`. @throws RuleError STREAM_NOT_FOUND */
export function streamOf(state: State, id: string): StreamRecord {
  const stream = state.get(streams, id);
  if (!stream) throw new RuleError("STREAM_NOT_FOUND", `there is no stream ${id}`);
  return stream;
}

function apply({state, block, content}: Call): Effect {
  const checked = read(content);
  const {streamId, action, sender} = checked.action;
  const nowNs = nowOf(block, checked);
  if (action === "open" && !state.has(streams, streamId)) {
    const stream = openStream(checked, nowNs);
    debit(state, sender, stream.budgetDust);
    state.put(streams, streamId, stream);
    return told({streamId, action, record: stream, toProviderDust: 0n, toPayerDust: 0n});
  }
  const {record, toProviderDust, toPayerDust} = stepStream(streamOf(state, streamId), checked, nowNs);
  state.put(streams, streamId, record);
  credit(state, record.provider, toProviderDust);
  credit(state, record.payer, toPayerDust);
  return told({streamId, action, record, toProviderDust, toPayerDust});
}

const told = (step: Omit<Extract<LedgerEvent, {type: "stream-stepped"}>, "type">): Effect => ({
  events: [{type: "stream-stepped", ...step}],
  slash: null,
});

/** The stream, or its provider's account where that is paid for the first time. */
function adds(content: UnsignedEnvelope, state: State): number {
  const {action, streamId} = read(content).action;
  if (action === "open") return 1;
  const stream = state.get(streams, streamId);
  return stream && (action === "settle" || action === "close") ? newAccounts(state, [stream.provider]) : 0;
}

export const streamContract: Contract = {
  id: STREAM_CONTRACT,
  check: (content) => void read(content),
  adds,
  apply,
  rejected: () => null,
};
