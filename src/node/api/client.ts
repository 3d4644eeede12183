/** The typed client: one method for each route of the table. */
import type {Dispatcher} from "undici";
import type {Shape} from "../../codecs/api/shape.js";
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";
import {type Answer, notOurs, refusalIn} from "./client-answer.js";
import {headersOf, pathOf} from "./client-path.js";
import {messagesIn, type StreamMessage} from "./client-stream.js";
import {
  type AnyRoute,
  type BodySpec,
  EVENT_STREAM,
  type InputOf,
  json,
  type OutputOf,
  type Subscription,
} from "./route.js";
import {ROUTES, type Routes} from "./route-table.js";

export interface ClientOptions {
  /** `http://127.0.0.1:8080`, with or without `/api/v1`. */
  readonly url: string;
  /** Longest wait for an answer. */
  readonly timeoutMs: number;
  /** Longest answer that is read. */
  readonly maxAnswerBytes: number;
  /** Ends every request. */
  readonly signal?: AbortSignal;
}

/** Where a node listens when nothing else is said. */
export const DEFAULT_API_URL = "http://127.0.0.1:8080";
/** Nodes say something at least every 15 seconds. */
const SILENCE_MAX_MS = 60_000;
export const CLIENT_DEFAULTS = {timeoutMs: 30_000, maxAnswerBytes: 32 * 1024 * 1024} as const;

type Method<R> =
  OutputOf<R> extends Subscription
    ? (input: InputOf<R>, signal?: AbortSignal) => AsyncGenerator<StreamMessage>
    : Call<R>;
type Call<R> = keyof InputOf<R> extends never
  ? () => Promise<OutputOf<R>>
  : (input: InputOf<R>) => Promise<OutputOf<R>>;

/** A method for each route, and the end of the connections. */
export type Client = {readonly [K in keyof Routes]: Method<Routes[K]>} & {
  /** The node's URL without a path. */
  readonly url: string;
  /** Calls a route and reads no more of its answer than `shape` has: other kinds of nodes leave members out. */
  ask<R extends AnyRoute, O>(route: R, shape: Shape<O>, input: InputOf<R>): Promise<O>;
  close(): Promise<void>;
};

/** A client that opens no connection before its first call. @throws UsageError API_URL_INVALID */
export function createClient(options: ClientOptions): Client {
  const caller = new Caller(options);
  const methods = Object.entries<AnyRoute>(ROUTES).map(([name, route]) => [
    name,
    (input: Readonly<Record<string, unknown>> = {}, signal?: AbortSignal) =>
      route.reply.streams ? caller.stream(route, input, signal) : caller.call(route, input),
  ]);
  const ask = (route: AnyRoute, shape: Shape<unknown>, input: Readonly<Record<string, unknown>>) =>
    caller.call({...route, reply: json(shape)}, input);
  return {...Object.fromEntries(methods), ask, url: caller.origin, close: () => caller.close()} as Client;
}

class Caller {
  readonly origin: string;
  readonly #prefix: string;
  #agent: Promise<{agent: Dispatcher; streams: Dispatcher; request: typeof import("undici").request}> | undefined;

  constructor(private readonly options: ClientOptions) {
    const url = parseUrl(options.url);
    this.origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, "").replace(/\/api\/v1$/, "");
  }

  async call(route: AnyRoute, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    const answer = await this.#send(route, this.#prefix + pathOf(route, input), input);
    const isAnswer = route.statuses.includes(answer.status) || route.referenceStatuses.includes(answer.status);
    if (!isAnswer || !this.#isReply(route, answer)) throw refusalIn(answer, this.origin);
    try {
      return route.reply.decode(answer.body);
    } catch (cause) {
      throw notOurs(this.origin, {status: answer.status, cause});
    }
  }

  /**
   * Messages of a stream, until the node ends it or `signal` aborts.
   * @throws UnavailableError NODE_UNREACHABLE, NODE_TIMEOUT and the code that the node ended the stream with; what a
   * refusal stands for
   */
  async *stream(
    route: AnyRoute,
    input: Readonly<Record<string, unknown>>,
    stop: AbortSignal | undefined,
  ): AsyncGenerator<StreamMessage> {
    const {streams, request} = await this.#connect();
    const {timeoutMs} = this.options;
    const signals = [this.options.signal, stop].filter((each) => each !== undefined);
    try {
      const response = await request(this.origin + this.#prefix + pathOf(route, input), {
        dispatcher: streams,
        method: route.method,
        headers: {accept: EVENT_STREAM, ...headersOf(route, input)},
        headersTimeout: timeoutMs,
        bodyTimeout: Math.max(timeoutMs, SILENCE_MAX_MS),
        signal: AbortSignal.any(signals),
      });
      const answer = {status: response.statusCode, header: headerReader(response.headers)};
      if (!route.statuses.includes(answer.status) || !(answer.header("content-type") ?? "").startsWith(EVENT_STREAM))
        throw refusalIn({...answer, body: new Uint8Array(await response.body.arrayBuffer())}, this.origin);
      yield* messagesIn(response.body, {origin: this.origin});
    } catch (cause) {
      for (const signal of signals) signal.throwIfAborted();
      throw cause instanceof QsdmError ? cause : this.#unreachable(cause, false);
    }
  }

  async close(): Promise<void> {
    if (!this.#agent) return;
    const {agent, streams} = await this.#agent;
    await Promise.all([agent.destroy(), streams.destroy()]);
  }

  /** A route whose answers share a status with its refusals: only an answer has the reply's content type. */
  #isReply(route: AnyRoute, answer: Answer): boolean {
    return answer.status < 400 || (answer.header("content-type") ?? "").startsWith(route.reply.contentType);
  }

  async #send(route: AnyRoute, path: string, input: Readonly<Record<string, unknown>>): Promise<Answer> {
    const {agent, request} = await this.#connect();
    const {signal, timeoutMs} = this.options;
    const deadline = AbortSignal.timeout(timeoutMs);
    const body = route.body === null ? null : (input.body as Uint8Array);
    try {
      const response = await request(this.origin + path, {
        dispatcher: agent,
        method: route.method,
        headers: route.body === null ? {} : {"content-type": contentTypeOf(route.body, body)},
        body,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      const raw = new Uint8Array(await response.body.arrayBuffer());
      return {status: response.statusCode, header: headerReader(response.headers), body: raw};
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw this.#unreachable(cause, deadline.aborted);
    }
  }

  #connect() {
    this.#agent ??= import("undici").then(({Agent, request}) => {
      const {maxAnswerBytes, timeoutMs} = this.options;
      const connect = {timeout: timeoutMs};
      // A stream has no size: each of its events is bounded instead.
      return {request, agent: new Agent({maxResponseSize: maxAnswerBytes, connect}), streams: new Agent({connect})};
    });
    return this.#agent;
  }

  #unreachable(cause: unknown, late: boolean): QsdmError {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    if (late || (code.startsWith("UND_ERR_") && code.endsWith("TIMEOUT")))
      return new UnavailableError("NODE_TIMEOUT", `${this.origin} did not answer within ${this.options.timeoutMs} ms`, {
        cause,
        hint: "a write may still be taken: look for its receipt before sending it again",
      });
    if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE")
      return new UnavailableError(
        "ANSWER_TOO_LARGE",
        `${this.origin} sends more than ${this.options.maxAnswerBytes} bytes`,
        {
          cause,
          hint: "ask for less at once, for example with --limit",
        },
      );
    return new UnavailableError(
      "NODE_UNREACHABLE",
      `cannot reach a node at ${this.origin}${code === "" ? "" : ` (${code})`}`,
      {
        cause,
        hint: "start one with qsdm devnet or qsdm node run, or name another with --api-url or QSDM_API_URL",
      },
    );
  }
}

const headerReader =
  (headers: Readonly<Record<string, string | string[] | undefined>>) =>
  (name: string): string | null => {
    const value = headers[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  };

/** The form that `body` has: JSON starts with a brace, which no CBOR array does. */
const contentTypeOf = ({contentType, alsoTakes}: BodySpec, body: Uint8Array | null): string =>
  alsoTakes !== undefined && body?.[0] === 0x7b ? alsoTakes : contentType;

/** @throws UsageError API_URL_INVALID */
function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === "http:" || url.protocol === "https:") && url.username === "") return url;
  throw new UsageError("API_URL_INVALID", `"${text}" is not the URL of a node`, {
    hint: "write it like http://127.0.0.1:8080",
  });
}
