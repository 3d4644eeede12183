/** What the miner needs from the world, and what it tells. Ports are the client's routes, threads and a clock. */
import type {Challenge} from "../../codecs/mining/challenge.js";
import type {Proof} from "../../codecs/mining/proof.js";
import type {QsdmError} from "../../errors.js";
import type {DagBuilder, DagProgress} from "./dag/builder.js";
import type {MiningGate} from "./idle-gate.js";
import type {Solver} from "./solver.js";
import type {MinerNode, SourceChange} from "./sources.js";

/** A node's answer to a proof. */
export interface Answer {
  readonly accepted: boolean;
  /** Reason code, empty when accepted. */
  readonly reason: string;
  readonly detail: string;
}

export interface MinerOptions {
  /** Account to pay; strict chains take the node's owner only. */
  readonly address: string;
  /** Node that the search is bound to, for chains that bind it; null where a solution is good for anyone. */
  readonly boundNodeId: string | null;
  /** Batches to claim, cut to what the chain allows. */
  readonly batchCount: number;
  /** Ends after so many accepted proofs; null runs until stopped. */
  readonly maxProofs: number | null;
  /** From this height on the walk uses the tensor mix, where the work does not say it. */
  readonly forkTensorHeight: bigint;
  /** Time between two looks at the node's tip, and before another try after a failure. */
  readonly pollMs: number;
}

/** What the operator sets when nothing else is said. */
export const DEFAULT_POLL_MS = 500;

export interface MinerPorts {
  /** In the order of preference, at least one. */
  readonly nodes: readonly MinerNode[];
  readonly gate: MiningGate;
  /**
   * Claims a height for one signature; false when this rig has signed for it before. Two proofs for one height cost
   * the bond, so the claim must outlive the process.
   * @throws UnavailableError
   */
  claim(height: bigint): Promise<boolean>;
  /**
   * The solution with what the rig says about itself; tried again while the challenge is good.
   * @throws UnavailableError when the device cannot be asked
   */
  attest(solution: Proof, challenge: Challenge, signal: AbortSignal): Promise<Proof>;
  readonly solver: Solver;
  readonly dag: Pick<DagBuilder, "table" | "checkpoints">;
  /** 16 random bytes. */
  randomNonce(): Uint8Array;
  /** Monotonic. */
  nowMs(): number;
  /** Resolves after `ms` or when `signal` aborts, and never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  told(event: MinerEvent): void;
}

export type MinerEvent =
  | {readonly type: "work"; readonly height: bigint; readonly epoch: bigint; readonly difficulty: bigint}
  | ({readonly type: "table"} & DagProgress)
  /** What the search goes over from now on: a file that is mapped, with the part that large pages hold, or a copy. */
  | {
      readonly type: "walks";
      readonly epoch: bigint;
      readonly memory: "mapped" | "copied";
      readonly largeShare: number | null;
    }
  | {readonly type: "accepted"; readonly height: bigint; readonly proofId: string; readonly attempts: number}
  | {
      readonly type: "rejected";
      readonly height: bigint;
      readonly proofId: string;
      readonly reason: string;
      readonly detail: string;
    }
  | {readonly type: "skipped"; readonly height: bigint}
  /** A proof that no node took in time, signed or not. */
  | {readonly type: "lost"; readonly height: bigint; readonly error: QsdmError}
  | {readonly type: "waiting"; readonly error: QsdmError}
  | ({readonly type: "source"} & SourceChange);
