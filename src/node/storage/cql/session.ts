/**
 * Requests to a cluster: prepared, bounded in number, repeated with back-off where the failure is one that passes.
 *
 * The driver repeats nothing by itself, so that there is one place that decides. All statements are safe to repeat: what
 * they write is the same again, and a condition that was met by an answer that got lost is seen by who reads it back.
 */
import {setMaxListeners} from "node:events";
import {setTimeout as sleep} from "node:timers/promises";
import type {Client, ClientOptions, types} from "cassandra-driver";
import {UnavailableError} from "../../../errors.js";
import {controlOf, guardControl} from "./control.js";
import type {Consistency, CqlOptions} from "./options.js";
import {STATEMENTS, type StatementName, TABLES} from "./schema.js";

export type CqlValue = bigint | number | string | Uint8Array;
export type CqlRow = Readonly<Record<string, unknown>>;

export interface Request {
  readonly statement: StatementName;
  readonly values: readonly CqlValue[];
}

/** Rows that are written by one request: of one partition, and no more than any cluster takes. */
export type Lot = readonly Request[];

/** What happened to requests, for metrics. */
export interface CqlFigures {
  requests: number;
  retries: number;
  failures: number;
  /** Sum of the times of all requests that were answered. */
  seconds: number;
}

/** How often what fails for the moment is tried: `asked` has somebody waiting, `endless` ends when the session does. */
const ATTEMPTS = {asked: 6, endless: Number.POSITIVE_INFINITY} as const;
export type Patience = keyof typeof ATTEMPTS;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
const PAGE_ROWS = 500;
/** A batch above this many bytes is warned of by a cluster, and refused ten times above that. */
const BATCH_BYTES = 4 * 1024;
/** Codes of answers after which the same request may succeed: unavailable, overloaded, starting, timeouts, failures. */
const PASSING = new Set([0x1000, 0x1001, 0x1002, 0x1100, 0x1200, 0x1300, 0x1500]);

type Driver = typeof import("cassandra-driver");

export class CqlSession {
  readonly figures: CqlFigures = {requests: 0, retries: 0, failures: 0, seconds: 0};
  readonly #closing = new AbortController();
  /** Who waits for a turn, and how many turns there are: apart, or what is written would leave none to who asks. */
  readonly #lanes: Readonly<Record<Patience, Lane>>;

  private constructor(
    private readonly client: Client,
    private readonly driver: Driver,
    private readonly options: CqlOptions,
  ) {
    const asked = Math.ceil(options.inFlight / 4);
    this.#lanes = {asked: laneOf(asked), endless: laneOf(Math.max(1, options.inFlight - asked))};
    // Every pause listens to it.
    setMaxListeners(0, this.#closing.signal);
    guardControl(controlOf(client), LONGEST_PAUSE_MS, this.#closing.signal);
  }

  /**
   * Connects.
   * @param reads whether nothing is written; otherwise tables that are missing are made
   * @throws UnavailableError CQL_DRIVER_MISSING, CLUSTER_UNAVAILABLE, CLUSTER_REFUSED
   */
  static async open(options: CqlOptions, {reads = false}: {readonly reads?: boolean} = {}): Promise<CqlSession> {
    const driver = await import("cassandra-driver").then(
      (module) => module.default ?? module,
      (cause) => {
        throw new UnavailableError("CQL_DRIVER_MISSING", "the package cassandra-driver is not installed", {
          hint: "npm install --include=optional brings it",
          cause,
        });
      },
    );
    const client = new driver.Client(clientOptions(driver, options));
    try {
      await client.connect();
      if (!reads) for (const table of TABLES) await client.execute(table);
    } catch (cause) {
      await client.shutdown().catch(() => undefined);
      throw explain(cause, options);
    }
    return new CqlSession(client, driver, options);
  }

  /** All rows, page by page. @throws UnavailableError CLUSTER_UNAVAILABLE */
  async rows({statement, values}: Request, patience: Patience = "asked"): Promise<readonly CqlRow[]> {
    const rows: CqlRow[] = [];
    let pageState: string | undefined;
    do {
      const page = await this.#send(
        () =>
          this.client.execute(STATEMENTS[statement], wired(values), {
            ...this.#common(),
            fetchSize: PAGE_ROWS,
            ...(pageState === undefined ? {} : {pageState}),
          }),
        patience,
      );
      rows.push(...(page.rows as unknown as CqlRow[]));
      pageState = page.pageState ?? undefined;
    } while (pageState !== undefined);
    return rows;
  }

  /** The row of a conditional table, as the newest condition left it. */
  async serialRow({statement, values}: Request, patience: Patience = "asked"): Promise<CqlRow | null> {
    const consistency = this.driver.types.consistencies.localSerial;
    const page = await this.#send(
      () => this.client.execute(STATEMENTS[statement], wired(values), {...this.#common(), consistency}),
      patience,
    );
    return (page.first() as unknown as CqlRow | null) ?? null;
  }

  /** Whether the condition was met. After a lost answer it may not be, because it already was. */
  async conditional({statement, values}: Request, patience: Patience = "endless"): Promise<boolean> {
    const result = await this.#send(
      () => this.client.execute(STATEMENTS[statement], wired(values), this.#common()),
      patience,
    );
    return result.wasApplied();
  }

  /**
   * Writes rows, in no order, and repeats until they are written or the session is closed.
   * @param lots taken one by one as there is room for them
   */
  async write(lots: Iterable<Lot>): Promise<void> {
    const left = lots[Symbol.iterator]();
    let isFailed = false;
    const work = async (): Promise<void> => {
      for (let next = left.next(); !next.done && !isFailed; next = left.next()) {
        const lot = next.value;
        await this.#send(() => this.#put(lot), "endless");
      }
    };
    const workers = Array.from({length: this.#lanes.endless.turns}, () =>
      work().catch((error) => {
        isFailed = true;
        throw error;
      }),
    );
    await Promise.all(workers);
  }

  #put(lot: Lot): Promise<types.ResultSet> {
    const [{statement, values}, ...more] = lot as readonly [Request, ...Request[]];
    if (more.length === 0) return this.client.execute(STATEMENTS[statement], wired(values), this.#common());
    const queries = lot.map((each) => ({query: STATEMENTS[each.statement], params: wired(each.values)}));
    return this.client.batch(queries, {...this.#common(), logged: false});
  }

  close(): void {
    this.#closing.abort();
    void this.client.shutdown().catch(() => undefined);
  }

  #common() {
    return {
      prepare: true,
      isIdempotent: true,
      consistency: consistencyOf(this.driver, this.options.consistency),
      serialConsistency: this.driver.types.consistencies.localSerial,
    };
  }

  async #send(request: () => Promise<types.ResultSet>, patience: Patience): Promise<types.ResultSet> {
    const {signal} = this.#closing;
    await this.#enter(patience);
    try {
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted();
        const startedMs = performance.now();
        this.figures.requests += 1;
        try {
          const result = await request();
          this.figures.seconds += (performance.now() - startedMs) / 1_000;
          return result;
        } catch (cause) {
          signal.throwIfAborted();
          if (!passes(cause) || attempt >= ATTEMPTS[patience]) {
            this.figures.failures += 1;
            throw explain(cause, this.options);
          }
          this.figures.retries += 1;
        }
        const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 10));
        await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, {signal});
      }
    } finally {
      this.#leave(patience);
    }
  }

  async #enter(patience: Patience): Promise<void> {
    const lane = this.#lanes[patience];
    if (lane.free > 0) lane.free -= 1;
    else await new Promise<void>((resolve) => lane.waiting.push(resolve));
  }

  #leave(patience: Patience): void {
    const lane = this.#lanes[patience];
    const next = lane.waiting.shift();
    if (next) next();
    else lane.free += 1;
  }
}

interface Lane {
  readonly turns: number;
  free: number;
  readonly waiting: (() => void)[];
}

const laneOf = (turns: number): Lane => ({turns, free: turns, waiting: []});

/** The driver takes bytes as Buffers alone. */
const wired = (values: readonly CqlValue[]): unknown[] =>
  values.map((value) =>
    value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value,
  );

/** Rows of one partition in lots that no cluster finds too large. */
export function* lotsOf(requests: readonly Request[]): Generator<Lot> {
  let batch: Request[] = [];
  let bytes = 0;
  for (const request of requests) {
    const size = sizeOf(request);
    if (batch.length > 0 && bytes + size > BATCH_BYTES) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(request);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

const sizeOf = ({values}: Request): number =>
  values.reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? value.length : 8), 0);

function clientOptions(driver: Driver, options: CqlOptions): ClientOptions {
  const {contactPoints, datacenter: localDataCenter, keyspace, timeoutMs: readTimeout, login, tls} = options;
  const {loadBalancing, reconnection, retry} = driver.policies;
  return {
    ...{contactPoints: [...contactPoints], localDataCenter, keyspace},
    protocolOptions: {maxVersion: driver.types.protocolVersion.v4},
    socketOptions: {readTimeout, connectTimeout: readTimeout},
    encoding: {useBigIntAsLong: true},
    // Nothing here reads the schema back.
    isMetadataSyncEnabled: false,
    policies: {
      retry: new retry.FallthroughRetryPolicy(),
      reconnection: new reconnection.ExponentialReconnectionPolicy(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, false),
      loadBalancing: new loadBalancing.DCAwareRoundRobinPolicy(localDataCenter),
    },
    ...(login ? {authProvider: new driver.auth.PlainTextAuthProvider(login.username, login.password)} : {}),
    ...(tls
      ? {
          sslOptions: {
            rejectUnauthorized: true,
            // Machines are known by their addresses: without a name, certificates are held to those.
            ...(tls.name === null ? {} : {servername: tls.name}),
            ...(tls.ca ? {ca: [Buffer.from(tls.ca)]} : {}),
            ...(tls.identity ? {cert: Buffer.from(tls.identity.certificate), key: Buffer.from(tls.identity.key)} : {}),
          },
        }
      : {}),
  };
}

function consistencyOf({types: {consistencies}}: Driver, name: Consistency): types.consistencies {
  if (name === "one") return consistencies.one;
  if (name === "quorum") return consistencies.quorum;
  return name === "all" ? consistencies.all : consistencies.localQuorum;
}

const codeOf = (error: unknown): number | null => {
  const {code} = error as {code?: unknown};
  return typeof code === "number" ? code : null;
};

/** What the driver says where a pool has lost its connections and the machine is not yet known to be down. */
const NO_CONNECTION = "No connection available";

/** Whether the same request may succeed later: whoever refused it did so for reasons of the moment. */
export function passes(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null) return PASSING.has(code);
  const {name, message, innerErrors, isSocketError} = error as {
    readonly name?: string;
    readonly message?: string;
    readonly innerErrors?: Record<string, unknown>;
    readonly isSocketError?: boolean;
  };
  if (name === "OperationTimedOutError" || name === "BusyConnectionError" || isSocketError === true) return true;
  if (message === NO_CONNECTION) return true;
  if (name !== "NoHostAvailableError") return false;
  // Every host refused in earnest, for example a password.
  const inner = Object.values(innerErrors ?? {});
  return inner.length === 0 || inner.some((each) => codeOf(each) === null || PASSING.has(codeOf(each)!));
}

/** Whether a request was refused because its table is not there: every other reason of this code is a bug. */
export const isWithoutTable = (error: unknown): boolean => codeOf((error as Error).cause ?? {}) === 0x2200;

/** What the first machine said, on one line. */
function reasonOf(error: Error & {readonly innerErrors?: Record<string, unknown>}): string {
  const [inner] = Object.values(error.innerErrors ?? {});
  const {message} = inner instanceof Error ? inner : error;
  return message.split("\n")[0]!;
}

function explain(cause: unknown, {contactPoints, keyspace}: CqlOptions): unknown {
  if (!(cause instanceof Error)) return cause;
  const {name, innerErrors} = cause as Error & {innerErrors?: Record<string, unknown>};
  const place = contactPoints.join(", ");
  if (
    name === "AuthenticationError" ||
    Object.values(innerErrors ?? {}).some((each) => (each as Error).name === "AuthenticationError")
  )
    return new UnavailableError("CLUSTER_REFUSED", `the cluster at ${place} refuses this user`, {
      hint: "check --cql-username and the file of --cql-password-file",
      cause,
    });
  if (name === "NoHostAvailableError" || passes(cause))
    return new UnavailableError("CLUSTER_UNAVAILABLE", `the cluster at ${place} does not answer: ${reasonOf(cause)}`, {
      hint: "check the contact points, the data centre's name, and that enough machines are up for the consistency level",
      cause,
    });
  if (codeOf(cause) === null) return cause;
  return new UnavailableError("CLUSTER_REFUSED", `the cluster at ${place} refuses a request: ${cause.message}`, {
    hint: `check that the keyspace ${keyspace} exists and that this user may write to it`,
    cause,
  });
}
