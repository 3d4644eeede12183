/** Events for readers: in order, from any number on that is still kept, straight from the store. */
import {numbered, TOPICS, type Topic} from "../../../codecs/api/events.js";
import {textOf} from "../../../codecs/bytes.js";
import {jsonText} from "../../../codecs/go/quote.js";
import {RuleError} from "../../../errors.js";
import {heightOfSeq, lastSeqOf} from "../../ledger/chain/event-numbers.js";
import type {LedgerStore, LoggedEvent} from "../../storage/store.js";

/** An event as it is told. */
export interface ToldEvent {
  readonly seq: bigint;
  readonly topic: Topic;
  /** JSON. */
  readonly data: string;
}

/** Some events, and how far their reader has come with them. */
export interface FeedPage {
  readonly events: readonly ToldEvent[];
  readonly upTo: bigint;
}

/** Most events of a page. */
const PAGE_EVENTS = 64;

export class Feed {
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly store: Pick<LedgerStore, "events" | "prunedSeq" | "prunedHeight" | "block">,
    private readonly tipHeight: () => bigint,
  ) {}

  /** Number that every event up to the tip is at most. */
  get headSeq(): bigint {
    return lastSeqOf(this.tipHeight());
  }

  /** Events up to this number are gone; 0 while none is. */
  get prunedSeq(): bigint {
    const dropped = this.store.prunedSeq();
    const pruned = this.store.prunedHeight();
    // Events of a pruned block are told no more: they carry proofs that only the block had.
    const last = pruned === 0n ? 0n : lastSeqOf(pruned);
    return last > dropped ? last : dropped;
  }

  /**
   * Where a reader starts who has seen everything up to `after`: 0 stands for the oldest event that is kept, `null` for
   * now.
   * @throws RuleError EVENTS_PRUNED, EVENTS_AHEAD
   */
  start(after: bigint | null): bigint {
    const {headSeq, prunedSeq} = this;
    if (after === null) return headSeq;
    if (after === 0n) return prunedSeq;
    if (after > headSeq)
      throw new RuleError("EVENTS_AHEAD", `event ${after} is not there yet, the newest is ${headSeq}`, {
        hint: "wait until the node has caught up, or start over: it may follow another chain than the one before",
      });
    this.checkKept(after);
    return after;
  }

  /** @throws RuleError EVENTS_PRUNED when something after `after` is gone */
  checkKept(after: bigint): void {
    const {prunedSeq} = this;
    if (after < prunedSeq)
      throw new RuleError("EVENTS_PRUNED", `events up to ${prunedSeq} are no longer kept, ${after} was asked for`, {
        hint: "read the lists for what was missed, and go on after 0, the oldest event that is kept",
      });
  }

  /** The events that follow `after`. @throws RuleError EVENTS_PRUNED */
  async read(after: bigint, topics: readonly Topic[]): Promise<FeedPage> {
    this.checkKept(after);
    const {headSeq} = this;
    if (after >= headSeq) return {events: [], upTo: after};
    const {events, upTo} = await this.store.events({after, upTo: headSeq, topics, limit: PAGE_EVENTS});
    return {events: await this.#tell(events), upTo};
  }

  /** Called after each block. */
  committed(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next block, after `timeoutMs`, or when the signal aborts. */
  changed(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
      if (signal.aborted) done();
      else signal.addEventListener("abort", done, {once: true});
    });
  }

  /** Puts the bytes of included proofs, which only their blocks hold, into their events. */
  async #tell(found: readonly LoggedEvent[]): Promise<ToldEvent[]> {
    const told: ToldEvent[] = [];
    let proofs: readonly Uint8Array[] = [];
    let proofsOf: bigint | null = null;
    for (const {seq, topic, body, proofIndex} of found) {
      const height = heightOfSeq(seq);
      if (proofIndex !== null && proofsOf !== height) {
        proofs = (await this.store.block(height))?.block.proofs ?? [];
        proofsOf = height;
      }
      const proof = proofIndex === null ? undefined : proofs[proofIndex];
      told.push({seq, topic, data: numbered(seq, proof === undefined ? body : withProof(body, proof))});
    }
    return told;
  }
}

/** The proof is the last member, and empty where the block has it. */
const withProof = (body: string, proof: Uint8Array): string =>
  `${body.slice(0, body.length - '""}'.length)}${jsonText(textOf(proof), "html")}}`;

/** Topics of a comma-separated list; `null` takes all. @throws RuleError TOPIC_UNKNOWN */
export function topicsIn(text: string | null): readonly Topic[] {
  if (text === null) return TOPICS;
  const wanted = new Set(text.split(","));
  for (const each of wanted)
    if (!(TOPICS as readonly string[]).includes(each))
      throw new RuleError("TOPIC_UNKNOWN", `no topic ${each}`, {hint: `topics are ${TOPICS.join(", ")}`});
  return TOPICS.filter((topic) => wanted.has(topic));
}
