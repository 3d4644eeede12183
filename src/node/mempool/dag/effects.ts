/** What goes into the DAG machine and what comes out of it. */
import type {Ack, Availability} from "../../../codecs/dag/availability.js";
import type {Batch, BatchHeader, BatchRef, SignedHeader} from "../../../codecs/dag/batch.js";
import type {Kept} from "../../../codecs/dag/kept.js";
import type {BatchAnswer, DagMessage} from "../../../codecs/dag/message.js";
import type {Offered} from "./pack.js";

export type DagInput =
  | {readonly type: "batch"; readonly batch: Batch}
  | {readonly type: "ack"; readonly ack: Ack}
  | {readonly type: "certificate"; readonly certificate: Availability}
  /** What a peer answered to a `fetch`. */
  | {readonly type: "answer"; readonly ref: BatchRef; readonly answer: BatchAnswer}
  /** What waits and is in no live batch: on a `pack` effect, and whenever something new waits. */
  | {readonly type: "pack"; readonly offered: Offered}
  /** A proposal names these. */
  | {readonly type: "want"; readonly refs: readonly BatchRef[]}
  /** Consensus committed these. */
  | {readonly type: "committed"; readonly refs: readonly BatchRef[]}
  | {readonly type: "tick"; readonly nowMs: bigint};

/** In order: an effect is carried out only after those before it. */
export type DagEffect =
  | {readonly type: "keep"; readonly record: Kept}
  /** Rounds below this one need to be kept no longer. */
  | {readonly type: "forget"; readonly belowRound: bigint}
  /** Sign the header, and give the whole back as a `batch` input. */
  | {
      readonly type: "seal";
      readonly header: BatchHeader;
      readonly transactions: readonly Uint8Array[];
      readonly proofs: readonly Uint8Array[];
    }
  /** Sign an ack for `ref` and send it to its creator; to this node itself as an `ack` input. */
  | {readonly type: "acknowledge"; readonly ref: BatchRef}
  | {readonly type: "broadcast"; readonly message: DagMessage}
  | {readonly type: "send"; readonly to: number; readonly message: DagMessage}
  /** Ask these validators for a batch and its certificate. */
  | {readonly type: "fetch"; readonly ref: BatchRef; readonly from: readonly number[]}
  /** A round is open: answer with a `pack` input. */
  | {readonly type: "pack"}
  /** A batch and its certificate are both here. */
  | {readonly type: "available"; readonly ref: BatchRef}
  /** These can be in no batch and must leave the pool. */
  | {readonly type: "oversized"; readonly ids: readonly string[]}
  /** One creator signed two batches for one round. */
  | {readonly type: "evidence"; readonly headers: readonly [SignedHeader, SignedHeader]};

/** Everything that a restart must know, in the order in which it was kept. */
export type Journal = readonly Kept[];
