/** A recorded history, and how what a power cut left of it is looked at. */
import {readFileSync, realpathSync} from "node:fs";
import path from "node:path";
import {decodeTrace, type TraceOp} from "./trace.js";

/**
 * What was found on a disk, by the name of each thing that has to survive as a whole. Two texts are equal when the
 * production code sees no difference.
 */
export type Findings = Readonly<Record<string, string>>;

/** A thing that has to survive as a whole: opened once for each different content of its files. */
export interface Part {
  readonly name: string;
  /** Whether what was found when something left the process has to stay; so it is where nothing is said. */
  readonly isPromised?: boolean;
  /** Which files, by path below the root, what is found depends on. */
  owns(path: string): boolean;
  /**
   * Opens its files below `root` as the program does, and says what it finds. It may change them.
   * @throws Error when the program would not start on them without an operator
   */
  look(root: string): Promise<string>;
}

export interface Observer {
  readonly parts: readonly Part[];
  /** Looks at all files below `root` at once, for each different findings. @throws Error as `look` */
  whole?(root: string, findings: Findings): Promise<void>;
  /**
   * What an answer that left the process made sure of besides, and the findings do not keep.
   * @returns why `findings` break the word that the bytes gave; null where they keep it
   */
  owed?(heard: readonly Uint8Array[], findings: Findings): string | null;
}

/** Looks at all of a directory as it is. @throws Error as `Part` and `Observer` say */
export async function lookAt({parts, whole}: Observer, root: string): Promise<Findings> {
  const findings: Record<string, string> = {};
  for (const {name, look} of parts) findings[name] = await look(root);
  await whole?.(root, findings);
  return findings;
}

/** What a recording needs to be read again by another process. */
export interface Recorded {
  /** Where `root` is that was watched, and `trace`. */
  readonly directory: string;
  /** Calls before the first after which power is cut. */
  readonly from: number;
  /** Calls up to the last; all of them where nothing is said. */
  readonly to?: number;
  /** What its observer has to know. */
  readonly known: string;
}

export interface Recording extends Observer {
  readonly ops: readonly TraceOp[];
  readonly from: number;
  /** Whether the last call was the last of a process that ended well, which is heard. */
  readonly isWhole: boolean;
}

export interface Size {
  /** Blocks that a run of the node makes. */
  readonly blocks: number;
}

/** A history that can be recorded. */
export interface Workload {
  /** Records into `directory`, which it empties. */
  record(library: string, directory: string, size: Size): Promise<Recorded>;
  observer(known: string): Observer;
  /** Whether what its processes send tells of what they did; so it is where nothing is said. */
  readonly isHeard?: boolean;
  /** What became of its calls otherwise, each at its place. */
  changed?(ops: readonly TraceOp[]): readonly TraceOp[];
}

/** Reads what a workload recorded. */
export function readRecording(workload: Workload, {directory, from, to, known}: Recorded): Recording {
  const {observer, isHeard = true, changed = (ops) => ops} = workload;
  const root = realpathSync(path.join(directory, "root"));
  const all = changed(decodeTrace(readFileSync(path.join(directory, "trace")), root)).slice(0, to);
  // Sends stay where they are, so that calls keep their numbers.
  const ops = isHeard ? all : all.map((op): TraceOp => (op.kind === "sent" ? UNHEARD : op));
  return {ops, from, isWhole: to === undefined, ...observer(known)};
}

const UNHEARD: TraceOp = {kind: "failed", path: ""};
