/** A decided slash as reads and events show it. */
import type {SlashReceiptView} from "../../../codecs/api/mining.js";
import type {SlashOutcome} from "../../../codecs/chain/receipt.js";
import {reasonOf} from "../chain/events.js";

/** What a block decided about a slash. */
export interface DecidedSlash {
  readonly txId: string;
  readonly outcome: "applied" | "rejected";
  /** Time of the block. */
  readonly recordedAtMs: bigint;
  readonly height: bigint;
  readonly slasher: string;
  readonly slash: SlashOutcome | null;
  readonly rejectCode: string | null;
  readonly rejectMessage: string | null;
}

/** Amounts that are zero disappear. */
export function viewOfSlash(decided: DecidedSlash): SlashReceiptView {
  const {txId, outcome, recordedAtMs, height, slasher, slash, rejectCode, rejectMessage} = decided;
  return {
    txId,
    outcome,
    recordedAt: recordedAtMs,
    height,
    slasher,
    nodeId: slash?.nodeId ?? "",
    evidenceKind: slash?.evidenceKind ?? "",
    slashedDust: slash?.slashedDust ?? 0n,
    rewardedDust: slash?.rewardedDust ?? 0n,
    burnedDust: slash?.burnedDust ?? 0n,
    autoRevoked: slash?.autoRevoked ?? false,
    autoRevokeRemainingDust: slash?.autoRevoked ? slash.remainingDust : 0n,
    rejectReason: rejectCode === null ? "" : reasonOf(rejectCode),
    error: rejectMessage ?? "",
  };
}
