/** The log of rejections of one node: in memory to be listed, on disk to be there after a restart. */
import type {RejectionLine} from "../../../codecs/mining/rejection-line.js";
import {RejectionLimiter, type RejectionLimits} from "../../ledger/mining/rejection-limiter.js";
import {
  REJECTIONS_KEPT,
  type RejectionEntry,
  RejectionLog,
  type RejectionPage,
  type RejectionQuery,
} from "../../ledger/mining/rejection-log.js";
import type {SuspectClaim} from "../../ledger/mining/transparency.js";
import type {Log} from "../../service.js";
import type {RejectionFile} from "./file.js";

/** What the operator sets. */
export interface RejectionOptions {
  /** How often one miner address may get into the log. */
  readonly limits: RejectionLimits;
  /** Lines after which the file is written anew with the newest alone. */
  readonly softCap: number;
  /** Largest size of the file in bytes; 0 limits nothing. */
  readonly hardCapBytes: number;
}

export const DEFAULT_REJECTION_OPTIONS: RejectionOptions = {
  limits: {perSecond: 1, burst: 30, idleSeconds: 3_600},
  softCap: REJECTIONS_KEPT,
  hardCapBytes: 8 * 1024 * 1024,
};

/** What became of a claim. */
export type Recorded = "kept" | "limited" | "not-on-disk";

export interface RejectionPorts {
  readonly file: Pick<RejectionFile, "load" | "append">;
  readonly log: Pick<Log, "warn">;
}

export class Rejections {
  readonly #log: RejectionLog;
  readonly #listeners: ((claim: SuspectClaim, outcome: Recorded) => void)[] = [];
  #warned = false;

  constructor(
    {limits}: Pick<RejectionOptions, "limits">,
    private readonly ports: RejectionPorts,
  ) {
    this.#log = new RejectionLog(REJECTIONS_KEPT, new RejectionLimiter(limits));
    const {lines, skipped} = ports.file.load();
    if (skipped > 0) ports.log.warn({lines: skipped}, "lines of the file of rejections cannot be read and are skipped");
    this.#log.restore(lines);
  }

  /** The entry that `claim` became, or null where its address has made too many. */
  record(claim: SuspectClaim, nowMs: bigint): RejectionEntry | null {
    const entry = this.#log.record(claim, nowMs);
    const outcome = entry ? this.#persist(entry) : "limited";
    for (const listener of this.#listeners) listener(claim, outcome);
    return entry;
  }

  list(query: RejectionQuery): RejectionPage {
    return this.#log.list(query);
  }

  subscribe(listener: (claim: SuspectClaim, outcome: Recorded) => void): void {
    this.#listeners.push(listener);
  }

  #persist(entry: RejectionLine): Recorded {
    try {
      this.ports.file.append(entry);
      return "kept";
    } catch (err) {
      // Once: a full disk would otherwise fill the log with the same line.
      if (!this.#warned) this.ports.log.warn({err}, "a rejection could not be written; it is listed until the restart");
      this.#warned = true;
      return "not-on-disk";
    }
  }
}
