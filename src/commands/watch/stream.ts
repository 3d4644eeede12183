/** Following a subject through the node's event stream, across restarts of either side. */
import type {StreamEvent} from "../../codecs/api/events.js";
import {DecodeError, QsdmError, RuleError, UnavailableError, UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import type {StreamMessage} from "../../node/api/client-stream.js";
import type {Io} from "../io.js";
import {Backoff} from "./backoff.js";
import type {Cursor} from "./cursor.js";
import type {WatchEvent} from "./event.js";
import type {Streamed} from "./subject.js";
import type {Teller} from "./teller.js";

/** Places that one height has. */
const PLACES = 1n << 20n;

export interface StreamPlan {
  /** Number after which to start; `null` is now. */
  readonly after: bigint | null;
  /** Height of the node's tip, from which a reader that starts now looks back. */
  readonly tipHeight: bigint;
  /** What an earlier run left, from the cursor file. */
  readonly resumed: Cursor | null;
  /** Told once the stream is open, before anything of it. */
  existing(): Promise<readonly WatchEvent[]>;
}

/**
 * Reads the stream until the signal aborts or there is nothing left to wait for.
 * @throws UsageError CURSOR_OF_OTHER_CHAIN; what the node refuses the stream with for good, such as EVENTS_AHEAD
 */
export async function followStream(
  io: Io,
  client: Pick<Client, "events">,
  streamed: Streamed,
  {plan, teller}: {plan: StreamPlan; teller: Teller},
): Promise<void> {
  const reader = new Reader(streamed, plan, teller);
  const backoff = new Backoff(Math.random);
  while (!io.signal.aborted && !streamed.done?.()) {
    try {
      const input = {topics: streamed.topics.join(","), after: reader.startAt, lastEventId: null};
      for await (const message of client.events(input, io.signal)) {
        backoff.succeeded();
        await reader.take(message);
        if (io.signal.aborted || streamed.done?.()) break;
      }
    } catch (error) {
      if (io.signal.aborted) break;
      const pruned = error instanceof QsdmError && error.code === "EVENTS_PRUNED";
      // Whatever is refused for a reason that stays would be refused for ever.
      if (!(error instanceof UnavailableError || pruned)) throw error;
      // A node that restarts in order says so, and loses nothing.
      if (error.code === "NODE_STOPPING") io.detail(error.message);
      else teller.trouble(error);
      if (pruned) reader.startOver();
      await backoff.wait(io.signal);
    }
  }
  await teller.save();
}

/** One reader's place in the stream. */
class Reader {
  /** Number of the last event that was told or passed over; `null` before the first start. */
  #at: bigint | null;
  #chainId: string;
  #begun = false;
  #fromOldest = false;

  constructor(
    private readonly streamed: Streamed,
    private readonly plan: StreamPlan,
    private readonly teller: Teller,
  ) {
    this.#at = plan.resumed?.seq ?? plan.after;
    this.#chainId = plan.resumed?.chainId ?? "";
  }

  get startAt(): bigint | null {
    const {lookBack} = this.streamed;
    if (this.#fromOldest) return 0n;
    if (lookBack === undefined) return this.#at;
    const back = (this.#at ?? this.plan.tipHeight * PLACES) - lookBack * PLACES;
    return back > 0n ? back : 0n;
  }

  /** What would be read again or was missed is gone: go on with the oldest event that is kept. */
  startOver(): void {
    this.#fromOldest = true;
  }

  async take(message: StreamMessage): Promise<void> {
    if (message.type === "start") return this.#start(message.start);
    if (message.type === "beat") return this.#reach(message.seq);
    this.#fromOldest = false;
    const {event} = message;
    const again = this.#at !== null && event.seq <= this.#at;
    if (again && this.streamed.lookBack === undefined) return;
    if (await this.teller.tell(await this.#convert(event, again))) await this.#reach(event.seq);
  }

  async #convert(event: StreamEvent, again: boolean): Promise<readonly WatchEvent[]> {
    try {
      const made = await this.streamed.convert(event, again, this.#leave);
      return made === null ? [] : "event" in made ? [made] : made;
    } catch (error) {
      this.#leave(error);
      return [];
    }
  }

  /** Says what is wrong with an event itself, which reading it again would not change. @throws whatever else `error` is */
  readonly #leave = (error: unknown): void => {
    if (!(error instanceof DecodeError || error instanceof RuleError)) throw error;
    this.teller.trouble(error);
  };

  async #start({chainId, headSeq}: {chainId: string; headSeq: bigint}): Promise<void> {
    if (this.#chainId !== "" && this.#chainId !== chainId)
      throw new UsageError(
        "CURSOR_OF_OTHER_CHAIN",
        `the node is on chain ${chainId}, the place is on ${this.#chainId}`,
        {
          hint: "name the node that was followed before, or start over with another --cursor-file",
        },
      );
    this.#chainId = chainId;
    this.#at ??= headSeq;
    if (this.#begun) return;
    this.#begun = true;
    if (!(await this.teller.tell(await this.plan.existing()))) return;
    await this.teller.reached({chainId, seq: this.#at, snapshot: null});
  }

  #reach(seq: bigint): Promise<void> {
    if (this.#at === null || seq > this.#at) this.#at = seq;
    return this.teller.reached({chainId: this.#chainId, seq: this.#at, snapshot: null});
  }
}
