/**
 * Event streams: who may hold one, and how each is fed.
 *
 * A stream pulls from the store when its reader has taken what was sent, so a slow reader costs one page of memory and
 * then its place, however much happens meanwhile.
 */
import type {ServerResponse} from "node:http";
import {setTimeout as delay, setImmediate as nextTurn} from "node:timers/promises";
import {QsdmError, UnavailableError} from "../../../errors.js";
import type {ApiOptions, ServerPorts} from "../options.js";
import type {FeedPort} from "../ports.js";
import {addressBlock} from "../rate-limiter.js";
import type {Subscription} from "../route.js";
import type {Toll} from "../toll.js";
import {beatText, endText, eventText, startText} from "./sse.js";

/** What a reader shall wait before it connects again. */
const RETRY_MS = 2_000;
/** What a page costs, and each event in it, in verifications of one signature: looking for it, and its bytes. */
const PAGE_COST = 0.2;
const EVENT_COST = 0.1;

export interface StreamPorts extends Pick<ServerPorts, "monotonicMs" | "streaming" | "streamEnded" | "log"> {
  readonly node: {readonly feed: FeedPort; view(): {readonly params: {readonly chainId: string}}};
}

export class Streams {
  /** Open streams by the address block that holds them. */
  readonly #held = new Map<string, number>();
  readonly #running = new Map<AbortController, Promise<void>>();
  #closed = false;

  constructor(
    private readonly options: ApiOptions,
    private readonly toll: Toll,
    private readonly ports: StreamPorts,
  ) {}

  /**
   * A place for one more stream of `ip`, given back when the stream ends.
   * @throws UnavailableError STREAMS_FULL, STREAMS_OF_ADDRESS, NODE_STOPPING
   */
  admit(ip: string): void {
    if (this.#closed) throw stopping();
    const {maxOpen, maxOfAddress} = this.options.streams;
    if (this.#running.size >= maxOpen)
      throw new UnavailableError("STREAMS_FULL", `${maxOpen} streams are open`, {hint: "try again later"});
    if ((this.#held.get(addressBlock(ip)) ?? 0) >= maxOfAddress)
      throw new UnavailableError("STREAMS_OF_ADDRESS", `this address holds ${maxOfAddress} streams`, {
        hint: "close one, or let one stream carry several topics",
      });
  }

  /** Tells `subscription` until its reader leaves, is dropped, or `close` is called. The head is sent already. */
  run(outgoing: ServerResponse, ip: string, subscription: Subscription): void {
    const abort = new AbortController();
    const left = (): void => abort.abort(null);
    outgoing.on("close", left).on("error", left);
    this.#hold(ip, 1);
    const work = this.#tell({outgoing, ip, signal: abort.signal}, subscription)
      .then(
        () => null,
        (error) => this.#end(outgoing, error),
      )
      .then((code) => {
        this.#running.delete(abort);
        this.#hold(ip, -1);
        this.ports.streamEnded(code);
      });
    this.#running.set(abort, work);
    this.ports.streaming(this.#running.size);
  }

  /** Ends every stream with its last words. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const abort of this.#running.keys()) abort.abort(stopping());
    await Promise.all(this.#running.values());
  }

  #hold(ip: string, change: number): void {
    const address = addressBlock(ip);
    const held = (this.#held.get(address) ?? 0) + change;
    if (held > 0) this.#held.set(address, held);
    else this.#held.delete(address);
    this.ports.streaming(this.#running.size);
  }

  async #tell(to: Reader, {after, topics}: Subscription): Promise<void> {
    const {feed} = this.ports.node;
    const {heartbeatMs} = this.options.streams;
    const {headSeq, prunedSeq} = feed;
    const {chainId} = this.ports.node.view().params;
    await this.#send(to, startText({chainId, headSeq, prunedSeq}, RETRY_MS));
    let at = after;
    let quietSinceMs = this.ports.monotonicMs();
    while (!to.signal.aborted) {
      const {events, upTo} = await feed.read(at, topics);
      for (const event of events) await this.#send(to, eventText(event));
      at = upTo;
      const nowMs = this.ports.monotonicMs();
      if (events.length > 0) quietSinceMs = nowMs;
      else if (nowMs - quietSinceMs >= heartbeatMs) {
        quietSinceMs = nowMs;
        await this.#send(to, beatText(at));
      }
      await this.#pace(to, PAGE_COST + events.length * EVENT_COST);
      if (at >= feed.headSeq) await feed.changed(heartbeatMs - (this.ports.monotonicMs() - quietSinceMs), to.signal);
    }
    if (to.signal.reason !== null) throw to.signal.reason;
  }

  /** Writes, and waits until the reader has taken it. @throws UnavailableError READER_TOO_SLOW */
  #send({outgoing, signal}: Reader, text: string): Promise<void> {
    if (signal.aborted || outgoing.write(text)) return Promise.resolve();
    const {stallMs} = this.options.streams;
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        clearTimeout(timer);
        outgoing.off("drain", done);
        signal.removeEventListener("abort", done);
      };
      const done = (): void => {
        forget();
        resolve();
      };
      const timer = setTimeout(() => {
        forget();
        reject(tooSlow(stallMs));
      }, stallMs);
      outgoing.on("drain", done);
      signal.addEventListener("abort", done, {once: true});
    });
  }

  /** Replay is charged like other reads, and waits instead of being refused. Between two pages others have a turn. */
  async #pace({ip, signal}: Reader, units: number): Promise<void> {
    await nextTurn();
    while (!signal.aborted) {
      const waitMs = this.toll.waitFor(ip, units, this.ports.monotonicMs());
      if (waitMs <= 0) return;
      await sleep(waitMs, signal);
    }
  }

  /** Sends the last words; a reader that takes none of them is cut off. Returns their code. */
  #end(outgoing: ServerResponse, error: unknown): string {
    const told = error instanceof QsdmError ? error : new UnavailableError("STREAM_BROKEN", "the stream broke off");
    if (told !== error) this.ports.log.error({err: error}, "an event stream failed");
    else this.ports.log.info({code: told.code}, "an event stream was ended");
    outgoing.end(endText(told));
    setTimeout(() => outgoing.destroy(), this.options.stopGraceMs).unref();
    return told.code;
  }
}

interface Reader {
  readonly outgoing: ServerResponse;
  readonly ip: string;
  readonly signal: AbortSignal;
}

const stopping = (): UnavailableError =>
  new UnavailableError("NODE_STOPPING", "the node is stopping", {
    hint: "connect again after the restart: no event is lost",
  });

const tooSlow = (stallMs: number): UnavailableError =>
  new UnavailableError("READER_TOO_SLOW", `nothing was read for ${stallMs} ms`, {
    hint: "connect again with the number of the last event, and ask for fewer topics",
  });

/** Ends with the time or with the signal, whichever is first. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, {signal}).catch(() => undefined);
