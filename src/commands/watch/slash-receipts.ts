/** Slash receipts as a watcher sees them, and what became of those that it was told to follow. */
import {flag, list, mapOf, nullable, object, omitEmpty, text, u64, type ValueOf} from "../../codecs/api/shape.js";
import {QsdmError, UnavailableError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {slashReceiptsRoute} from "../../node/api/routes/receipts.js";
import {slashReceiptRoute} from "../../node/api/routes/slash.js";
import type {Io} from "../io.js";
import {timeText, type WatchEvent, watchEvent} from "./event.js";
import type {Poller} from "./subject.js";

/** What a watcher reads of a receipt. */
const seenReceipt = object({
  txId: omitEmpty(text, ""),
  outcome: text,
  height: omitEmpty(u64, 0n),
  slasher: omitEmpty(text, ""),
  nodeId: omitEmpty(text, ""),
  evidenceKind: omitEmpty(text, ""),
  slashedDust: omitEmpty(u64, 0n),
  rewardedDust: omitEmpty(u64, 0n),
  burnedDust: omitEmpty(u64, 0n),
  autoRevoked: omitEmpty(flag, false),
  autoRevokeRemainingDust: omitEmpty(u64, 0n),
  rejectReason: omitEmpty(text, ""),
  error: omitEmpty(text, ""),
});
type SeenReceipt = ValueOf<typeof seenReceipt>;
const seenList = object({records: list(seenReceipt)});

/** Receipts by transaction id; `null` while a slash has none. */
export type Receipts = ReadonlyMap<string, SeenReceipt | null>;

/** What a slash came to. */
export const resolved = (txId: string, receipt: SeenReceipt, ts: string): WatchEvent =>
  watchEvent("slash_resolved", ts, {
    node_id: receipt.nodeId,
    tx_id: txId,
    outcome: receipt.outcome,
    height: receipt.height,
    evidence_kind: receipt.evidenceKind,
    slasher: receipt.slasher,
    slashed_dust: receipt.slashedDust,
    rewarded_dust: receipt.rewardedDust,
    burned_dust: receipt.burnedDust,
    auto_revoked: receipt.autoRevoked,
    auto_revoke_remaining_dust: receipt.autoRevokeRemainingDust,
    reject_reason: receipt.rejectReason,
    error: receipt.error,
  });

async function readReceipt(client: Client, txId: string): Promise<SeenReceipt | null> {
  try {
    const receipt = await client.ask(slashReceiptRoute, seenReceipt, {txId});
    if (receipt.txId !== "" && receipt.txId !== txId)
      throw new UnavailableError("RECEIPT_MISMATCH", `asked for the receipt of ${txId}, got that of ${receipt.txId}`);
    return receipt;
  } catch (error) {
    if (error instanceof QsdmError && error.details.http_status === 404) return null;
    throw error;
  }
}

/** Which slashes are followed, and how. */
export interface Wanted {
  readonly txIds: readonly string[];
  readonly includePending: boolean;
  readonly exitOnResolved: boolean;
}

/** Receipts of the wanted ids. An id that cannot be had now stays as it was; all of them failing is a failure. */
async function readWanted(client: Client, txIds: readonly string[], before: Receipts | null): Promise<Receipts> {
  const now = new Map<string, SeenReceipt | null>();
  let failure: unknown = null;
  let answers = 0;
  for (const txId of txIds)
    try {
      now.set(txId, await readReceipt(client, txId));
      answers++;
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      failure = error;
      const known = before?.get(txId);
      if (known !== undefined) now.set(txId, known);
    }
  if (answers === 0 && failure !== null) throw failure;
  return now;
}

const latest = async (client: Client): Promise<Receipts> => {
  const {records} = await client.ask(slashReceiptsRoute, seenList, {
    outcome: null,
    kind: null,
    since: null,
    limit: null,
  });
  return new Map(records.map((receipt) => [receipt.txId, receipt]));
};

/** Polls the receipts of the wanted ids, or without any the latest ones. */
export function slashPoller(io: Io, client: Client, {txIds, includePending, exitOnResolved}: Wanted): Poller<Receipts> {
  const change = (
    txId: string,
    before: SeenReceipt | null | undefined,
    after: SeenReceipt | null,
  ): WatchEvent | null => {
    const ts = timeText(io.host.now());
    if (!after && before) return watchEvent("slash_evicted", ts, {tx_id: txId, prev_outcome: before.outcome});
    if (!after) return before === undefined && includePending ? watchEvent("slash_pending", ts, {tx_id: txId}) : null;
    if (!before) return resolved(txId, after, ts);
    if (before.outcome === after.outcome) return null;
    const outcomes = {outcome: after.outcome, prev_outcome: before.outcome};
    return watchEvent("slash_outcome_change", ts, {tx_id: txId, ...outcomes});
  };
  const diff = (before: Receipts, after: Receipts): WatchEvent[] =>
    [...after.keys()]
      .sort()
      .map((txId) => change(txId, before.get(txId), after.get(txId)!))
      .filter((event) => event !== null);
  return {
    shape: mapOf(nullable(seenReceipt)),
    snapshot: (before) => (txIds.length === 0 ? latest(client) : readWanted(client, txIds, before)),
    existing: (first) => diff(new Map(), first),
    diff,
    done: (now) => exitOnResolved && txIds.every((txId) => now.get(txId)),
  };
}
