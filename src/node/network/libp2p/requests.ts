/** Questions and answers: a stream for each, one message there and one back, the first byte of which says how it went. */
import type {Connection, Stream} from "@libp2p/interface";
import {concat, textOf, utf8} from "../../../codecs/bytes.js";
import {QsdmError, UnavailableError} from "../../../errors.js";
import {Budget} from "../budget.js";
import type {Network, PeerId, RequestOptions, ServeLimits} from "../port.js";
import {readOne, writeFrame} from "./streams.js";

export const requestProtocol = (protocol: string): string => `/qsdm/request/${protocol}/1`;

const DONE = 0;
const REFUSED = 1;
const CODE_MAX_BYTES = 64;
/** Longest time for a question and its answer, in milliseconds. */
const REQUEST_MS = 20_000;
/** A peer above its rate waits so long, and is refused when that is not enough. */
const WAIT_MS = 2_000;

/** @throws UnavailableError PEER_UNREACHABLE, PEER_REFUSED, PEER_TIMEOUT; DecodeError FRAME_TOO_LONG */
export async function ask(
  connection: Connection,
  protocol: string,
  body: Uint8Array,
  {signal, maxBytes}: RequestOptions,
): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(REQUEST_MS);
  const until = signal ? AbortSignal.any([signal, timeout]) : timeout;
  let stream: Stream;
  try {
    stream = await connection.newStream(requestProtocol(protocol), {signal: until});
  } catch (cause) {
    throw new UnavailableError("PEER_UNREACHABLE", `the peer takes no ${protocol}`, {cause});
  }
  try {
    const answer = readOne(stream, maxBytes + 1 + CODE_MAX_BYTES, until);
    answer.catch(() => undefined);
    await writeFrame(stream, body, until);
    const message = await answer;
    if (message[0] === DONE && message.length <= maxBytes + 1) return message.subarray(1);
    throw new UnavailableError("PEER_REFUSED", `the peer refused ${protocol}: ${codeIn(message)}`);
  } catch (error) {
    if (error instanceof QsdmError) throw error;
    // libp2p's own errors: the peer reset the stream, or the connection went, while the question was on its way.
    throw new UnavailableError("PEER_UNREACHABLE", "the peer ended the stream without an answer", {cause: error});
  } finally {
    await stream.close({signal: AbortSignal.timeout(1_000)}).catch((error: Error) => stream.abort(error));
  }
}

/** Codes are letters; anything else is not shown. */
function codeIn(message: Uint8Array): string {
  try {
    const code = textOf(message.subarray(1, 1 + CODE_MAX_BYTES));
    return message[0] === REFUSED && /^[A-Z0-9_]+$/.test(code) ? code : "no reason given";
  } catch {
    return "no reason given";
  }
}

/** The handler of libp2p for one served protocol. */
export class RequestDesk {
  readonly #budgets = new Map<PeerId, Budget>();

  constructor(
    private readonly handler: Parameters<Network["serve"]>[1],
    private readonly limits: ServeLimits,
    private readonly ports: {nowMs(): number; failed(error: unknown): void},
  ) {}

  /** @throws what the peer did wrong */
  async answer(stream: Stream, from: PeerId): Promise<void> {
    const signal = AbortSignal.timeout(REQUEST_MS);
    try {
      const body = await readOne(stream, this.limits.maxBytes, signal);
      await writeFrame(stream, await this.#outcome(body, from), signal);
      await stream.close({signal});
    } catch (error) {
      stream.abort(error as Error);
      throw error;
    }
  }

  /** A peer went: its rate starts anew with its next connection, which costs it a handshake. */
  forget(from: PeerId): void {
    this.#budgets.delete(from);
  }

  async #outcome(body: Uint8Array, from: PeerId): Promise<Uint8Array> {
    try {
      await this.#pace(body.length, from);
      return concat(Uint8Array.of(DONE), await this.handler(body, from));
    } catch (error) {
      if (!(error instanceof QsdmError)) this.ports.failed(error);
      return concat(Uint8Array.of(REFUSED), utf8(error instanceof QsdmError ? error.code : "PEER_FAILED"));
    }
  }

  async #pace(bytes: number, from: PeerId): Promise<void> {
    const {perSecond, maxBytes} = this.limits;
    const rate = {messagesPerSecond: perSecond, burstMessages: 2 * perSecond};
    const size = {bytesPerSecond: perSecond * maxBytes, burstBytes: 2 * perSecond * maxBytes};
    const budget = this.#budgets.get(from) ?? new Budget({...rate, ...size}, this.ports.nowMs());
    this.#budgets.set(from, budget);
    const waitMs = budget.charge(bytes, this.ports.nowMs());
    if (waitMs > WAIT_MS) throw new UnavailableError("PEER_BUSY", "too many requests");
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
