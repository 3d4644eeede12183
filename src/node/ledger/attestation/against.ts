/** What the evidence inside a proof is held against. */
import type {EnrollmentRecord} from "../enrollment/record.js";
import type {DeviceTrust} from "./cc/trust.js";

/** The node that it must be of. */
export type EvidenceOwner = Pick<EnrollmentRecord, "nodeId" | "gpuUuid" | "hmacKey" | "revokedAtHeight">;

/** What the chain takes for true, and when. */
export interface Belief {
  /** As the proof claims it. */
  readonly gpuArch: string;
  /** Null where the chain pins no root. */
  readonly trust: DeviceTrust | null;
  /** Case-insensitive parts of GPU names that are not taken here. */
  readonly deniedGpus: readonly string[];
  /** Time at which certificates must be valid. */
  readonly nowMs: bigint;
}
