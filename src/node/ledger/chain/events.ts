/**
 * What happened in a block, for whoever wants to know: metrics, receipt stores, watchers. Rules return events as
 * data; the node publishes them once, after the block is on disk, so a replayed candidate never counts twice.
 */
import type {Receipt, SlashOutcome} from "../../../codecs/chain/receipt.js";
import type {StreamRecord, StreamVerb} from "../../../codecs/chain/stream.js";
import type {BatchRef} from "../../../codecs/dag/batch.js";
import type {Change} from "../../../codecs/governance/change.js";
import type {MonetaryRecord} from "../state/stores.js";

export type LedgerEvent =
  | {readonly type: "enrollment-applied"; readonly nodeId: string; readonly owner: string; readonly stakeDust: bigint}
  | {readonly type: "enrollment-rejected"; readonly sender: string; readonly reason: string}
  | {readonly type: "unenrollment-applied"; readonly nodeId: string; readonly owner: string; readonly stakeDust: bigint}
  | {readonly type: "unenrollment-rejected"; readonly sender: string; readonly reason: string}
  | {readonly type: "bond-swept"; readonly nodeId: string; readonly owner: string; readonly stakeDust: bigint}
  | {readonly type: "slash-applied"; readonly txId: string; readonly slasher: string; readonly outcome: SlashOutcome}
  | {readonly type: "slash-rejected"; readonly txId: string; readonly slasher: string; readonly reason: string}
  | {readonly type: "stake-locked"; readonly validator: string; readonly owner: string; readonly stakeDust: bigint}
  | {readonly type: "stake-leaving"; readonly validator: string; readonly owner: string; readonly stakeDust: bigint}
  | {readonly type: "stake-returned"; readonly validator: string; readonly owner: string; readonly stakeDust: bigint}
  | {readonly type: "quorum-stake-locked"; readonly key: string; readonly owner: string; readonly amountDust: bigint}
  | {readonly type: "quorum-stake-releasing"; readonly key: string; readonly owner: string; readonly amountDust: bigint}
  | {readonly type: "quorum-stake-returned"; readonly key: string; readonly owner: string; readonly amountDust: bigint}
  | {readonly type: "validator-unjailed"; readonly validator: string; readonly owner: string}
  | {
      readonly type: "epoch-began";
      readonly epoch: bigint;
      readonly originHeight: bigint;
      readonly validators: number;
    }
  | {
      readonly type: "governance-step";
      readonly step: "voted" | "staged" | "superseded" | "activated" | "abandoned";
      readonly change: Change;
      readonly effectiveHeight: bigint;
      readonly memo: string;
      readonly voters: readonly string[];
      /** How many there are, and how many of them it takes, after the step. */
      readonly authorities: number;
      readonly threshold: number;
      /** Of a parameter: the value that is replaced, staged or active. */
      readonly priorValue: bigint | null;
      /** Why it was abandoned. */
      readonly reason: string | null;
    }
  | {readonly type: "governance-rejected"; readonly sender: string; readonly reason: string}
  | {
      readonly type: "epoch-decided";
      readonly record: MonetaryRecord;
      /** False in shadow mode. */
      readonly isPaid: boolean;
    }
  | {readonly type: "vesting-claimed"; readonly beneficiary: string; readonly to: string; readonly amountDust: bigint}
  | {
      readonly type: "stream-stepped";
      readonly streamId: string;
      readonly action: StreamVerb;
      /** As the action leaves it. */
      readonly record: StreamRecord;
      readonly toProviderDust: bigint;
      readonly toPayerDust: bigint;
    }
  | {
      readonly type: "capsule-registered";
      readonly owner: string;
      readonly locator: string;
      readonly isReplacement: boolean;
    }
  | {readonly type: "proof-rewarded"; readonly nodeId: string; readonly proofId: string; readonly to: string};

/** One committed block, with everything that subscribers are told about it. */
export interface BlockCommitted {
  readonly height: bigint;
  readonly blockId: string;
  readonly timeMs: bigint;
  readonly transactionCount: number;
  readonly proofCount: number;
  readonly receipts: readonly Receipt[];
  readonly events: readonly LedgerEvent[];
  /** What everything in it was taken from. */
  readonly batches: readonly BatchRef[];
}

/** Ids of the transactions that `events` decided as slashes, applied or not. */
export const slashesIn = (events: readonly LedgerEvent[]): string[] =>
  events.flatMap((event) => (event.type === "slash-applied" || event.type === "slash-rejected" ? [event.txId] : []));

/**
 * The reference's short reason for a rejection, as metric labels and receipts carry it: the code without its
 * subject, in lower case (`SLASH_EVIDENCE_REPLAYED` is `evidence_replayed`).
 */
export const reasonOf = (code: string): string => code.toLowerCase().replace(/^(?:un)?(?:enrollment|slash|gov)_/, "");
