/** A recorded history, and how what a power cut left of it is looked at. */
import type {TraceOp} from "./trace.js";

/**
 * What was found on a disk, by the name of each thing that has to survive as a whole. Two texts are equal when the
 * production code sees no difference.
 */
export type Findings = Readonly<Record<string, string>>;

export interface Recording {
  readonly name: string;
  readonly ops: readonly TraceOp[];
  /** Calls before the first after which power is cut. */
  readonly from?: number;
  /**
   * Opens the files below `root` as the program does, and says what it finds. It may change them.
   * @throws Error when the program would not start on them without an operator
   */
  observe(root: string): Promise<Findings>;
  /**
   * What an answer that left the process made sure of besides, and the findings do not keep.
   * @returns why `findings` break the word that the bytes gave; null where they keep it
   */
  owed?(heard: readonly Uint8Array[], findings: Findings): string | null;
}
