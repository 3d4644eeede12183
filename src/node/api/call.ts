/** One request and its answer on the wire. */
import {randomBytes} from "node:crypto";
import type {IncomingMessage, ServerResponse} from "node:http";
import {hexOf} from "../../codecs/bytes.js";
import type {ServerPorts} from "./options.js";
import {CODE_HEADER, refusalOf} from "./refusal.js";
import {type AnyRoute, type ErrorStyle, statusOf} from "./route.js";

// Flat name, value, name, value: Node writes such a list at nearly the cost of no headers, and an object at twice it.
type FlatHeaders = readonly string[];

/** On every answer. The API serves no page, so nothing may be loaded, framed or guessed from it. */
const SECURITY_HEADERS: FlatHeaders = [
  "cache-control",
  "no-store",
  "content-security-policy",
  "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy",
  "same-origin",
  "referrer-policy",
  "no-referrer",
  "x-content-type-options",
  "nosniff",
  "x-frame-options",
  "DENY",
];

/** A request while it is being answered. */
export interface Call {
  /** Told to the client and written to the log. */
  readonly id: string;
  readonly startedMs: number;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Path of the route with its parameters' names; empty when no route matched. */
  readonly path: string;
  readonly style: ErrorStyle;
}

/** Opens calls, and writes and records their answers. */
export class Responder {
  /** Ids are this and a counter: unique across restarts without a random number for each request. */
  readonly #idPrefix = hexOf(randomBytes(4));
  #calls = 0;

  constructor(
    private readonly ports: ServerPorts,
    private readonly stopping: () => boolean,
  ) {}

  open(incoming: IncomingMessage, outgoing: ServerResponse, {path, style}: Pick<Call, "path" | "style">): Call {
    const id = `${this.#idPrefix}-${(++this.#calls).toString(36)}`;
    return {id, startedMs: this.ports.monotonicMs(), incoming, outgoing, path, style};
  }

  reply(call: Call, route: AnyRoute, value: unknown): void {
    const body = route.reply.encode(value);
    this.#send(call, {status: statusOf(route, value), contentType: route.reply.contentType, body});
  }

  /** Sends the head of an answer that has no end of its own; proxies shall not hold it back. */
  begin(call: Call, route: AnyRoute): void {
    const {contentType} = route.reply;
    const own = ["x-accel-buffering", "no", "connection", "close"];
    const head = ["content-type", contentType, ...own, "x-request-id", call.id];
    call.outgoing.writeHead(200, [...SECURITY_HEADERS, ...head]);
    this.#recordSafely(call, 200, undefined);
  }

  /** Answers with what `error` amounts to; a bug's cause goes to the log alone. */
  refuse(call: Call, error: unknown, more: Readonly<Record<string, string>> = {}): void {
    const refusal = refusalOf(error, call.style, call.id);
    if (refusal.status === 500)
      this.ports.log.error({request: call.id, path: call.path, err: error}, "a handler failed");
    this.#send(call, {...refusal, headers: {...refusal.headers, ...more}});
  }

  #send(
    call: Call,
    answer: {status: number; contentType: string; body: string; headers?: Readonly<Record<string, string>>},
  ): void {
    const {status, contentType, body, headers = {}} = answer;
    const length = String(Buffer.byteLength(body));
    const flat = [...SECURITY_HEADERS, "content-type", contentType, "content-length", length, "x-request-id", call.id];
    for (const name in headers) flat.push(name, headers[name]!);
    if (this.stopping()) flat.push("connection", "close");
    call.outgoing.writeHead(status, flat);
    call.outgoing.end(body);
    this.#recordSafely(call, status, headers[CODE_HEADER]);
  }

  #recordSafely(call: Call, status: number, code: string | undefined): void {
    try {
      this.#record(call, status, code);
    } catch (error) {
      // The answer has left: a broken counter must not end the process, nor be lost.
      this.ports.log.error({request: call.id, err: error}, "an answer was not recorded");
    }
  }

  #record({id, startedMs, incoming, path}: Call, status: number, code: string | undefined): void {
    const method = incoming.method ?? "";
    const durationMs = this.ports.monotonicMs() - startedMs;
    this.ports.answered({method, path, status, durationMs});
    const fields = {request: id, method, path, status, duration_ms: durationMs};
    if (status < 400) this.ports.log.debug(fields, "answered");
    else this.ports.log.info({...fields, code}, "refused");
  }
}
