/** What the operator sets, and what the server needs from the node around it. */
import type {Log} from "../service.js";
import type {ApiPorts} from "./ports.js";
import {DEFAULT_RATE_LIMIT, type RateLimitOptions} from "./rate-limiter.js";

export interface ApiOptions {
  /** Address to listen on. Loopback unless the operator opens it. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Limit by IP address. `null` turns all limits off: for benchmarks and for a network of one machine. */
  readonly rateLimit: RateLimitOptions | null;
  /** Limit on what the writes of one account may cost, from wherever they come; `null` leaves the limit by IP alone. */
  readonly senderLimit: RateLimitOptions | null;
  /** What a scraper must present; `null` lets only this machine scrape. */
  readonly scrapeSecret: string | null;
  /** Longest that a request may take to arrive whole. */
  readonly requestTimeoutMs: number;
  /** Longest that a handler may take. */
  readonly handlerTimeoutMs: number;
  /** How long an idle connection is kept. */
  readonly keepAliveMs: number;
  readonly maxConnections: number;
  /** How long a stop waits for requests under way. */
  readonly stopGraceMs: number;
  readonly streams: StreamOptions;
}

/** Limits of event streams. */
export interface StreamOptions {
  readonly maxOpen: number;
  /** Most that one address may hold. */
  readonly maxOfAddress: number;
  /** Longest silence. */
  readonly heartbeatMs: number;
  /** How long a reader may take to read what was sent before it is dropped. */
  readonly stallMs: number;
}

export const DEFAULT_API_OPTIONS: ApiOptions = {
  host: "127.0.0.1",
  port: 8080,
  rateLimit: DEFAULT_RATE_LIMIT,
  senderLimit: DEFAULT_RATE_LIMIT,
  scrapeSecret: null,
  requestTimeoutMs: 15_000,
  handlerTimeoutMs: 30_000,
  keepAliveMs: 120_000,
  maxConnections: 10_000,
  stopGraceMs: 5_000,
  streams: {maxOpen: 512, maxOfAddress: 16, heartbeatMs: 15_000, stallMs: 30_000},
};

/** What was answered, for metrics. */
export interface Answered {
  readonly method: string;
  /** Path of the route, with its parameters' names; empty when no route matched. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface ServerPorts {
  readonly node: ApiPorts;
  scrape(): Promise<string>;
  /** Whether storage and block production work. */
  healthy(): boolean;
  /** Milliseconds of a clock that never goes back. */
  monotonicMs(): number;
  readonly log: Log;
  answered(what: Answered): void;
  /** Streams that are open now. */
  streaming(open: number): void;
  /** A stream ended: the code that its reader was told, or `null` when the reader left. */
  streamEnded(code: string | null): void;
}
