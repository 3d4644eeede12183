/**
 * One stream's state machine: what an action makes of it, and which dust leaves its escrow.
 * Source: node specification, section 5; the order of checks is the reference's.
 */
import {bytesOfHex} from "../../../codecs/bytes.js";
import {escrowOf, type StreamRecord, type StreamVerb} from "../../../codecs/chain/stream.js";
import {RuleError} from "../../../errors.js";
import type {CheckedAction} from "./action.js";
import {isSignedBy} from "./session-key.js";

const NS_PER_SECOND = 1_000_000_000n;

/** What an action does. */
export interface StreamStep {
  readonly record: StreamRecord;
  readonly toProviderDust: bigint;
  readonly toPayerDust: bigint;
}

/** Dust that `activeSeconds` of use cost, rounded down: what does not make a whole dust stays the payer's. */
export const chargeOf = (
  activeSeconds: bigint,
  {priceDust, pricePeriodSeconds}: Pick<StreamRecord, "priceDust" | "pricePeriodSeconds">,
): bigint => (activeSeconds * priceDust) / pricePeriodSeconds;

/**
 * The stream that an opening makes. The budget is its opener's to pay.
 * @param nowNs the time that counts: the block's, or the action's own where rules believe it
 * @throws RuleError STREAM_EXPIRED
 */
export function openStream({action, expiresAtNs}: CheckedAction, nowNs: bigint): StreamRecord {
  if (expiresAtNs! <= nowNs) throw expired(action.streamId);
  return {
    payer: action.sender,
    provider: action.provider,
    serviceId: action.serviceId,
    deviceIdHash: action.deviceIdHash,
    sessionPublicKey: bytesOfHex(action.sessionPublicKey, 32),
    priceDust: action.priceDust,
    pricePeriodSeconds: action.pricePeriodSeconds,
    budgetDust: action.budgetDust,
    maxActiveSeconds: action.maxActiveSeconds,
    expiresAtNs: expiresAtNs!,
    status: "active",
    cumulativeActiveSeconds: 0n,
    pausedDurationSeconds: 0n,
    lastReceiptSequence: 0n,
    lastReceiptObservedAtNs: null,
    accruedDust: 0n,
    settledDust: 0n,
    refundedDust: 0n,
    openedAtNs: nowNs,
    lastPausedAtNs: null,
    lastResumedAtNs: null,
    closedAtNs: null,
    lastAction: "open",
    lastActionId: action.id,
    lastActionAtNs: nowNs,
    actionCount: 1n,
  };
}

/**
 * What an action makes of an open stream.
 * @param nowNs as of `openStream`
 * @throws RuleError STREAM_EXISTS, STREAM_CLOSED, STREAM_TIME_BACKWARDS, STREAM_NOT_ACTIVE, STREAM_NOT_PAUSED, STREAM_WRONG_PARTY,
 * STREAM_EXPIRED, STREAM_NOTHING_DUE, and those of a receipt
 */
export function stepStream(stream: StreamRecord, checked: CheckedAction, nowNs: bigint): StreamStep {
  const {action} = checked;
  const verb = action.action;
  if (verb === "open")
    throw new RuleError("STREAM_EXISTS", `there is a stream ${action.streamId} already`, {
      hint: "open it under another id",
    });
  if (stream.status === "closed") throw new RuleError("STREAM_CLOSED", `stream ${action.streamId} is closed`);
  if (nowNs < stream.lastActionAtNs)
    throw new RuleError("STREAM_TIME_BACKWARDS", `${action.action} is older than the stream's last action`);
  const made = changed(stream, verb, checked, nowNs);
  const record: StreamRecord = {
    ...made,
    lastAction: action.action,
    lastActionId: action.id,
    lastActionAtNs: nowNs,
    actionCount: stream.actionCount + 1n,
  };
  return {
    record,
    toProviderDust: record.settledDust - stream.settledDust,
    toPayerDust: record.refundedDust - stream.refundedDust,
  };
}

function changed(
  stream: StreamRecord,
  verb: Exclude<StreamVerb, "open">,
  checked: CheckedAction,
  nowNs: bigint,
): StreamRecord {
  const {action} = checked;
  switch (verb) {
    case "receipt":
      return metered(stream, checked, nowNs);
    case "pause":
      checkParty(stream.payer, checked, "payer");
      checkActive(stream, action.streamId);
      if (nowNs > stream.expiresAtNs) throw expired(action.streamId);
      return {...stream, status: "paused", lastPausedAtNs: nowNs};
    case "resume": {
      checkParty(stream.payer, checked, "payer");
      if (stream.status !== "paused")
        throw new RuleError("STREAM_NOT_PAUSED", `stream ${action.streamId} is ${stream.status}`);
      if (nowNs > stream.expiresAtNs) throw expired(action.streamId);
      // Rounded up: a second that was paused in part is not billed.
      const pausedSeconds = (nowNs - stream.lastPausedAtNs! + NS_PER_SECOND - 1n) / NS_PER_SECOND;
      const pausedDurationSeconds = stream.pausedDurationSeconds + pausedSeconds;
      return {...stream, status: "active", lastResumedAtNs: nowNs, pausedDurationSeconds};
    }
    case "settle":
      checkParty(stream.provider, checked, "provider");
      if (stream.accruedDust === stream.settledDust)
        throw new RuleError("STREAM_NOTHING_DUE", `stream ${action.streamId} owes nothing`, {
          hint: "report the use of the service with a receipt first",
        });
      return {...stream, settledDust: stream.accruedDust};
    case "close": {
      checkParty(stream.payer, checked, "payer");
      const paid = {...stream, settledDust: stream.accruedDust};
      return {...paid, status: "closed", closedAtNs: nowNs, refundedDust: escrowOf(paid)};
    }
  }
}

/**
 * A receipt says how long the service was used in all. The payer's session key signs it, the provider brings it.
 * @throws RuleError STREAM_RECEIPT_REPLAYED, STREAM_CAP_EXCEEDED, STREAM_RECEIPT_TIME, STREAM_WALL_TIME,
 * STREAM_RECEIPT_SIGNATURE, STREAM_BUDGET_EXCEEDED
 */
function metered(stream: StreamRecord, checked: CheckedAction, nowNs: bigint): StreamRecord {
  const {streamId} = checked.action;
  checkActive(stream, streamId);
  checkParty(stream.provider, checked, "provider");
  const receipt = checked.action.receipt!;
  const observedAtNs = checked.observedAtNs!;
  const {sequence, cumulativeActiveSeconds} = receipt;
  const next = stream.lastReceiptSequence + 1n;
  if (sequence !== next) throw replayed(`receipt ${sequence} of stream ${streamId}, the next one is ${next}`);
  if (cumulativeActiveSeconds <= stream.cumulativeActiveSeconds)
    throw replayed(`receipt ${sequence} of stream ${streamId} adds no use`);
  if (cumulativeActiveSeconds > stream.maxActiveSeconds)
    throw new RuleError(
      "STREAM_CAP_EXCEEDED",
      `${cumulativeActiveSeconds} s of use, at most ${stream.maxActiveSeconds}`,
    );
  if (observedAtNs < stream.openedAtNs || observedAtNs > stream.expiresAtNs || observedAtNs > nowNs)
    throw new RuleError(
      "STREAM_RECEIPT_TIME",
      `receipt ${sequence} is from before its stream, after it, or from the future`,
      {
        hint: "set the clock of the device that signs receipts",
      },
    );
  if (stream.lastReceiptObservedAtNs !== null && observedAtNs <= stream.lastReceiptObservedAtNs)
    throw replayed(`receipt ${sequence} of stream ${streamId} is no later than the one before`);
  const wallSeconds = (observedAtNs - stream.openedAtNs) / NS_PER_SECOND - stream.pausedDurationSeconds;
  if (cumulativeActiveSeconds > wallSeconds)
    throw new RuleError(
      "STREAM_WALL_TIME",
      `${cumulativeActiveSeconds} s of use in ${wallSeconds < 0n ? 0n : wallSeconds} s that have passed unpaused`,
    );
  if (!isSignedBy(stream.sessionPublicKey, receipt))
    throw new RuleError(
      "STREAM_RECEIPT_SIGNATURE",
      `receipt ${sequence} is not signed by the session key of ${streamId}`,
    );
  const accruedDust = chargeOf(cumulativeActiveSeconds, stream);
  if (accruedDust > stream.budgetDust)
    throw new RuleError(
      "STREAM_BUDGET_EXCEEDED",
      `the use comes to ${accruedDust} dust, the budget is ${stream.budgetDust}`,
    );
  return {
    ...stream,
    cumulativeActiveSeconds,
    lastReceiptSequence: sequence,
    lastReceiptObservedAtNs: observedAtNs,
    accruedDust,
  };
}

const expired = (streamId: string): RuleError => new RuleError("STREAM_EXPIRED", `stream ${streamId} has expired`);

const replayed = (message: string): RuleError => new RuleError("STREAM_RECEIPT_REPLAYED", message);

function checkActive({status}: StreamRecord, streamId: string): void {
  if (status !== "active") throw new RuleError("STREAM_NOT_ACTIVE", `stream ${streamId} is ${status}`);
}

function checkParty(party: string, {action}: CheckedAction, role: string): void {
  if (action.sender !== party)
    throw new RuleError(
      "STREAM_WRONG_PARTY",
      `${action.action} is for the ${role} of stream ${action.streamId}, ${party}`,
    );
}
