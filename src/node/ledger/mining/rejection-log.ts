/**
 * The newest refusals for GPU claims that do not hang together, for everyone to look at.
 *
 * Bounded, and limited for each address: entries are the senders' own words. Source: QSDM mining protocol, section 18.2.
 */
import type {RejectionLimiter} from "./rejection-limiter.js";
import type {SuspectClaim} from "./transparency.js";

/** Entries kept; the oldest go first. */
export const REJECTIONS_KEPT = 1_024;
/** Sizes of a page. */
export const REJECTIONS_PAGE = {usual: 100, max: 500} as const;
/**
 * Longest texts, in code points; what is cut gets an ellipsis on top. The reference leaves `arch` and `minerAddr` whole,
 * which lets a sender make a line longer than the file takes back.
 */
const CUT_AT = {detail: 200, gpuName: 256, certSubject: 256, arch: 256, minerAddr: 256} as const;

export interface RejectionEntry extends SuspectClaim {
  /** From 1, without gaps. */
  readonly seq: bigint;
  /** Milliseconds since 1970. */
  readonly recordedAtMs: bigint;
}

/** Which entries are wanted; `null` takes any. */
export interface RejectionQuery {
  /** Only entries after this one; 0 starts with the oldest. */
  readonly cursor: bigint;
  readonly limit: number;
  readonly kind: string | null;
  readonly reason: string | null;
  readonly arch: string | null;
  /** Recorded at this time or later, milliseconds since 1970. */
  readonly sinceMs: bigint;
}

export interface RejectionPage {
  /** Oldest first. */
  readonly entries: readonly RejectionEntry[];
  /** Last entry of the page, 0 when it is empty. */
  readonly nextCursor: bigint;
  readonly hasMore: boolean;
}

export class RejectionLog {
  #entries: RejectionEntry[] = [];
  #lastSeq = 0n;
  #limited = 0;

  constructor(
    private readonly capacity = REJECTIONS_KEPT,
    private readonly limiter: RejectionLimiter | null = null,
  ) {}

  /** Takes up what an earlier run recorded, oldest first: the newest are kept, and numbers go on after the largest. */
  restore(entries: readonly RejectionEntry[]): void {
    this.#entries = entries.slice(-this.capacity);
    for (const {seq} of entries) if (seq > this.#lastSeq) this.#lastSeq = seq;
  }

  /** Entries that were dropped because their address had made too many. */
  get limitedTotal(): number {
    return this.#limited;
  }

  /** Entries kept. */
  get size(): number {
    return this.#entries.length;
  }

  /** The entry that `claim` becomes, or null where its address has made too many. */
  record(claim: SuspectClaim, nowMs: bigint): RejectionEntry | null {
    if (this.limiter?.admit(claim.minerAddr, nowMs) === false) {
      this.#limited++;
      return null;
    }
    const {detail, gpuName, certSubject, arch, minerAddr} = claim;
    const entry: RejectionEntry = {
      ...claim,
      detail: cut(detail, CUT_AT.detail),
      gpuName: cut(gpuName, CUT_AT.gpuName),
      certSubject: cut(certSubject, CUT_AT.certSubject),
      arch: cut(arch, CUT_AT.arch),
      minerAddr: cut(minerAddr, CUT_AT.minerAddr),
      seq: ++this.#lastSeq,
      recordedAtMs: nowMs,
    };
    this.#entries.push(entry);
    if (this.#entries.length > this.capacity) this.#entries.shift();
    return entry;
  }

  list({cursor, limit, kind, reason, arch, sinceMs}: RejectionQuery): RejectionPage {
    const size = Math.min(limit > 0 ? limit : REJECTIONS_PAGE.usual, REJECTIONS_PAGE.max);
    const matches = this.#entries.filter(
      (each) =>
        each.seq > cursor &&
        (kind === null || each.kind === kind) &&
        (reason === null || each.reason === reason) &&
        (arch === null || each.arch === arch) &&
        each.recordedAtMs >= sinceMs,
    );
    const entries = matches.slice(0, size);
    return {entries, nextCursor: entries.at(-1)?.seq ?? 0n, hasMore: matches.length > size};
  }
}

function cut(text: string, max: number): string {
  // A text of so few units cannot have more code points: most are not taken apart.
  if (text.length <= max) return text;
  const points = [...text];
  return points.length <= max ? text : `${points.slice(0, max).join("")}…`;
}
