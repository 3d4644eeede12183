/** The life cycle that every service shares: `start` until the signal aborts, then `stop` waits for the end. */
export interface Service {
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** One structured log line. Levels and names are those of pino. */
export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Timers, so that tests and simulations bring their own. */
export interface Timers {
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
  /** Runs `job` once after `ms`; the result calls it off. */
  after(ms: number, job: () => void): () => void;
}
