/** Serves the routes of one quorum service over HTTP, and stops in order. */
import {createServer, type IncomingMessage, type Server, type ServerResponse} from "node:http";
import type {AddressInfo} from "node:net";
import {textOf} from "../../../codecs/bytes.js";
import {members, type Value} from "../../../codecs/quorum/json.js";
import {QsdmError, UnavailableError} from "../../../errors.js";
import type {Log, Service} from "../../service.js";
import {readBody} from "../request-body.js";
import type {BodySpec} from "../route.js";
import {answerRequest, answerText, type QuorumAnswer, type QuorumRequest, type QuorumRoute} from "./route.js";

export interface QuorumServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Longest that a request may take to arrive whole. */
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly maxConnections: number;
  /** How long a stop waits for requests under way. */
  readonly stopGraceMs: number;
}

export const DEFAULT_QUORUM_SERVER = {
  requestTimeoutMs: 15_000,
  keepAliveMs: 120_000,
  maxConnections: 1_000,
  stopGraceMs: 5_000,
} as const;

/** Largest body: a package, or one part of a delivery of triples. */
export const QUORUM_BODY_MAX_BYTES = 16 * 1024 * 1024;
const BODY: BodySpec = {contentType: "application/json", maxBytes: QUORUM_BODY_MAX_BYTES, description: ""};

export class QuorumServer implements Service {
  readonly #server: Server;
  #stopped: Promise<void> | undefined;

  constructor(
    private readonly options: QuorumServerOptions,
    private readonly routes: readonly QuorumRoute[],
    private readonly log: Log,
  ) {
    const {requestTimeoutMs, keepAliveMs, maxConnections} = options;
    this.#server = createServer(
      {
        requestTimeout: requestTimeoutMs,
        headersTimeout: requestTimeoutMs,
        keepAliveTimeout: keepAliveMs,
        connectionsCheckingInterval: Math.max(100, Math.floor(requestTimeoutMs / 4)),
      },
      (incoming, outgoing) => {
        this.#handle(incoming, outgoing).catch((error: unknown) => {
          this.log.error({err: error}, "an answer could not be sent");
          outgoing.destroy();
        });
      },
    );
    this.#server.maxConnections = maxConnections;
  }

  /** Where the server listens, as a URL without a path. */
  get url(): string {
    const {address, family, port} = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /** @throws UnavailableError LISTEN_FAILED */
  async start(signal: AbortSignal): Promise<void> {
    const {host, port} = this.options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause: NodeJS.ErrnoException) =>
        reject(
          new UnavailableError("LISTEN_FAILED", `cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`, {
            cause,
            hint: "choose another --port, or an address of this machine as --host",
          }),
        ),
      );
      this.#server.listen({host, port}, resolve);
    });
    signal.addEventListener("abort", () => void this.stop(), {once: true});
  }

  /** Takes no more connections, finishes what is under way, and cuts what is not done after the grace time. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), this.options.stopGraceMs);
    await closed;
    clearTimeout(timer);
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const {method = ""} = incoming;
    const [path = "", query = ""] = (incoming.url ?? "").split("?", 2);
    const {text, status, headers, bug} = written(await this.#answer(incoming, {method, path, query}));
    if (bug !== undefined) this.log.error({err: bug, method, path}, "a request failed");
    else this.log.debug({method, path, status}, "answered");
    const close = this.#stopped ? {connection: "close"} : {};
    outgoing.writeHead(status, {"content-type": "application/json", ...headers, ...close});
    outgoing.end(text);
  }

  async #answer(incoming: IncomingMessage, request: Omit<QuorumRequest, "body">): Promise<QuorumAnswer> {
    // A browser names the page that sent it here, which no client of this API does: nobody's web page may use the
    // services that trust whoever reaches them.
    if (incoming.headers.origin !== undefined) return plainly(403, "Requests of web pages are not served");
    if (request.method !== "POST") return answerRequest(this.routes, {...request, body: ""});
    try {
      const body = textOf(await readBody(incoming, BODY));
      return await answerRequest(this.routes, {...request, body});
    } catch (error) {
      if (!(error instanceof QsdmError)) return {...plainly(500, "Internal Server Error"), bug: error};
      return plainly(error.code === "BODY_TOO_LARGE" ? 413 : 422, error.message);
    }
  }
}

/** `answer` with its text. One that cannot be written, as beyond the longest string there is, becomes a 500. */
function written(answer: QuorumAnswer): QuorumAnswer & {readonly text: string} {
  try {
    return {...answer, text: answerText(answer)};
  } catch (bug) {
    const instead = plainly(500, "Internal Server Error");
    return {...instead, text: answerText(instead), bug};
  }
}

const plainly = (status: number, detail: Value): QuorumAnswer => ({status, body: members({detail})});
