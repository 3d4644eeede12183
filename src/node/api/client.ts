/** The typed client: one method for each route of the table. */
import type {Dispatcher} from "undici";
import {type QsdmError, UnavailableError, UsageError} from "../../errors.js";
import {type Answer, notOurs, refusalIn} from "./client-answer.js";
import {pathOf} from "./client-path.js";
import type {AnyRoute, BodySpec, InputOf, OutputOf} from "./route.js";
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
export const CLIENT_DEFAULTS = {timeoutMs: 30_000, maxAnswerBytes: 32 * 1024 * 1024} as const;

type Method<R> = keyof InputOf<R> extends never
  ? () => Promise<OutputOf<R>>
  : (input: InputOf<R>) => Promise<OutputOf<R>>;

/** A method for each route, and the end of the connections. */
export type Client = {readonly [K in keyof Routes]: Method<Routes[K]>} & {
  /** The node's URL without a path. */
  readonly url: string;
  close(): Promise<void>;
};

/** A client that opens no connection before its first call. @throws UsageError API_URL_INVALID */
export function createClient(options: ClientOptions): Client {
  const caller = new Caller(options);
  const methods = Object.entries<AnyRoute>(ROUTES).map(([name, route]) => [
    name,
    (input: Readonly<Record<string, unknown>> = {}) => caller.call(route, input),
  ]);
  return {...Object.fromEntries(methods), url: caller.origin, close: () => caller.close()} as Client;
}

class Caller {
  readonly origin: string;
  readonly #prefix: string;
  #agent: Promise<{agent: Dispatcher; request: typeof import("undici").request}> | undefined;

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

  async close(): Promise<void> {
    if (this.#agent) await (await this.#agent).agent.destroy();
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
      const header = (name: string): string | null => {
        const value = response.headers[name];
        return (Array.isArray(value) ? value[0] : value) ?? null;
      };
      return {status: response.statusCode, header, body: raw};
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw this.#unreachable(cause, deadline.aborted);
    }
  }

  #connect() {
    this.#agent ??= import("undici").then(({Agent, request}) => ({
      request,
      agent: new Agent({maxResponseSize: this.options.maxAnswerBytes, connect: {timeout: this.options.timeoutMs}}),
    }));
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
