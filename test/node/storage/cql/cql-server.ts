/**
 * A stand-in for a cluster: one machine that speaks the native protocol, version 4, over TCP or TLS.
 * It answers like a cluster, and misbehaves like one when told to. Written from the protocol's specification.
 */
import {createHash} from "node:crypto";
import net from "node:net";
import tls from "node:tls";
import {type Answer, CqlError, type Prepared, Tables} from "./tables.js";
import {
  bytes,
  type Column,
  type Frame,
  frameOf,
  framesIn,
  int,
  metadataOf,
  OPCODE,
  Reader,
  short,
  shortBytes,
  string,
} from "./wire.js";

/** What is done to a request instead of answering it, or besides. */
export type Fault =
  | "unavailable"
  | "overloaded"
  | "write-timeout"
  /** Does it, and drops the connection without an answer. */
  | "done-and-gone"
  /** Drops the connection and does nothing. */
  | "gone"
  /** Answers after a while. */
  | "slow"
  /** Refuses in earnest. */
  | "unauthorized";

export interface CqlServerOptions {
  readonly login?: {readonly username: string; readonly password: string};
  readonly tls?: {readonly key: string; readonly cert: string};
  /** Rows of a page where the client asks for more. */
  readonly pageRows?: number;
  /** File for the rows, for more of them than memory holds. No log is kept then. */
  readonly path?: string;
}

/** A batch above this is refused, as a cluster is delivered: 50 KiB. */
const BATCH_MAX_BYTES = 50 * 1024;
const SLOW_MS = 150;
const KEYSPACE = "qsdm";
const UNPREPARED = 0x2500;
const NO_FAULT = (): null => null;
const VOID = int(1);
const NULL = int(-1);

export class CqlServer {
  readonly tables: Tables;
  /** Statements that were run, in order. */
  readonly log: string[] = [];
  /** Asked for every statement that runs. */
  fault: (text: string) => Fault | null = NO_FAULT;
  readonly #prepared = new Map<string, {readonly text: string; readonly prepared: Prepared}>();
  readonly #sockets = new Set<net.Socket>();
  readonly #server: net.Server;

  private constructor(private readonly options: CqlServerOptions) {
    this.tables = new Tables(options.path);
    const serve = (socket: net.Socket): void => this.#serve(socket);
    this.#server = options.tls ? tls.createServer(options.tls, serve) : net.createServer(serve);
  }

  static async start(options: CqlServerOptions = {}): Promise<CqlServer> {
    const server = new CqlServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get contactPoint(): string {
    return `127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  /** Drops every connection; new ones are taken. */
  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropAll();
    await new Promise((resolve) => this.#server.close(resolve));
    this.tables.close();
  }

  #serve(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    const session = {isIn: this.options.login === undefined};
    let held: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      try {
        const {frames, rest} = framesIn(held.length === 0 ? chunk : Buffer.concat([held, chunk]));
        held = rest;
        // What is answered at once goes out together.
        socket.cork();
        for (const frame of frames) void this.#answer(frame, session, socket);
        socket.uncork();
      } catch {
        // Whoever speaks something else, TLS for example, hears nothing.
        socket.destroy();
      }
    });
  }

  async #answer({opcode, stream, body}: Frame, session: {isIn: boolean}, socket: net.Socket): Promise<void> {
    const send = (code: number, ...parts: readonly Buffer[]): void => {
      if (!socket.destroyed) socket.write(frameOf(code, stream, parts));
    };
    const fault = this.fault === NO_FAULT ? null : this.#faultOf(opcode, body);
    if (fault === "gone") return void socket.destroy();
    if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    try {
      if (fault) throwFault(fault);
      const [code, parts] = this.#handle(opcode, new Reader(body), session);
      if (fault === "done-and-gone") return void socket.destroy();
      send(code, ...parts);
    } catch (error) {
      if (!(error instanceof CqlError)) throw error;
      send(OPCODE.error, int(error.code), string(error.message), ...detailsOf(error.code));
    }
  }

  #faultOf(opcode: number, body: Buffer): Fault | null {
    const texts = this.#textsIn(opcode, new Reader(body));
    return texts.map((text) => this.fault(text)).find((each) => each !== null) ?? null;
  }

  /** Texts of the statements that a request runs. */
  #textsIn(opcode: number, reader: Reader): readonly string[] {
    if (opcode !== OPCODE.execute && opcode !== OPCODE.batch) return [];
    const ids = opcode === OPCODE.execute ? [reader.shortBytes()] : this.#batchIn(reader).map(({id}) => id);
    return ids.map((id) => this.#prepared.get(id.toString("latin1"))?.text ?? "");
  }

  #handle(opcode: number, reader: Reader, session: {isIn: boolean}): readonly [number, readonly Buffer[]] {
    if (opcode === OPCODE.options)
      return [OPCODE.supported, [short(1), string("CQL_VERSION"), short(1), string("3.0.0")]];
    if (opcode === OPCODE.startup)
      return session.isIn
        ? [OPCODE.ready, []]
        : [OPCODE.authenticate, [string("org.apache.cassandra.auth.PasswordAuthenticator")]];
    if (opcode === OPCODE.authResponse) {
      const {login} = this.options;
      if (reader.bytes()?.toString() !== `\0${login?.username}\0${login?.password}`)
        throw new CqlError(0x0100, "Provided username and/or password are incorrect");
      session.isIn = true;
      return [OPCODE.authSuccess, [bytes(null)]];
    }
    if (!session.isIn) throw new CqlError(0x000a, "not logged in");
    if (opcode === OPCODE.register) return [OPCODE.ready, []];
    if (opcode === OPCODE.query) return [OPCODE.result, this.#query(reader.longString())];
    if (opcode === OPCODE.prepare) return [OPCODE.result, this.#prepare(reader.longString())];
    if (opcode === OPCODE.execute) return [OPCODE.result, this.#execute(reader)];
    if (opcode === OPCODE.batch) return [OPCODE.result, this.#batch(reader)];
    throw new CqlError(0x000a, `no request has opcode ${opcode}`);
  }

  /** What is not prepared: the driver's questions about the cluster, and tables. */
  #query(text: string): readonly Buffer[] {
    if (/^USE "?qsdm"?;?$/.test(text)) return [int(3), string(KEYSPACE)];
    if (/^USE /.test(text)) throw new CqlError(0x2200, `Keyspace ${text.slice(4)} does not exist`);
    const system = /^SELECT (\*|schema_version) FROM system\.(local|peers)/.exec(text);
    if (system) {
      const [, columns, table] = system as unknown as [string, string, "local" | "peers"];
      const version: Answer = {columns: [{name: "schema_version", type: "uuid"}], rows: [[VERSION]]};
      const local = columns === "*" ? LOCAL : version;
      return this.#rows({keyspace: "system", table}, table === "local" ? local : {columns: PEERS, rows: []});
    }
    const table = this.tables.create(text);
    return [int(5), string("CREATED"), string("TABLE"), string(KEYSPACE), string(table)];
  }

  #prepare(text: string): readonly Buffer[] {
    const prepared = this.tables.prepare(text);
    const id = createHash("md5").update(text).digest();
    this.#prepared.set(id.toString("latin1"), {text, prepared});
    const place = {keyspace: KEYSPACE, table: prepared.statement.table.name};
    const {parameters, keyPlaces, results} = prepared;
    return [
      int(4),
      shortBytes(id),
      // Metadata of parameters has the places of the partition key besides.
      int(parameters.length > 0 ? 0x01 : 0x00),
      int(parameters.length),
      int(keyPlaces.length),
      ...keyPlaces.map(short),
      string(place.keyspace),
      string(place.table),
      ...parameters.flatMap(({name, type}) => [string(name), metadataType(type)]),
      ...(results.length > 0 ? [metadataOf(place, results)] : [int(0x04), int(0)]),
    ];
  }

  #execute(reader: Reader): readonly Buffer[] {
    const known = this.#known(reader.shortBytes());
    reader.short();
    const flags = reader.byte();
    const values = flags & 0x01 ? valuesIn(reader) : [];
    if (flags & 0x40) throw new CqlError(0x000a, "values have names");
    const pageRows = flags & 0x04 ? reader.int() : Number.POSITIVE_INFINITY;
    const from = flags & 0x08 ? reader.bytes()!.readInt32BE() : 0;
    this.#keep(known.text);
    const answer = this.tables.run(known.prepared, values);
    if (answer.columns.length === 0) return [VOID];
    const to = from + Math.min(pageRows, this.options.pageRows ?? pageRows);
    const page = {...answer, rows: answer.rows.slice(from, to)};
    const next = to < answer.rows.length ? int(to) : null;
    return this.#rows({keyspace: KEYSPACE, table: known.prepared.statement.table.name}, page, next);
  }

  #batch(reader: Reader): readonly Buffer[] {
    const statements = this.#batchIn(reader).map(({id, values}) => ({...this.#known(id), values}));
    const partitions = new Set<string>();
    let size = 0;
    for (const {prepared, values} of statements) {
      partitions.add(
        `${prepared.statement.table.name} ${prepared.keyPlaces.map((at) => values[at]?.toString("latin1"))}`,
      );
      size += values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    }
    if (size > BATCH_MAX_BYTES) throw new CqlError(0x2200, "Batch too large");
    if (partitions.size > 1) throw new CqlError(0x2200, "the stand-in takes batches of one partition only");
    for (const {text, prepared, values} of statements) {
      this.#keep(text);
      this.tables.run(prepared, values);
    }
    return [VOID];
  }

  #batchIn(reader: Reader): readonly {readonly id: Buffer; readonly values: readonly (Buffer | null)[]}[] {
    if (reader.byte() !== 1) throw new CqlError(0x2200, "only unlogged batches are known");
    return Array.from({length: reader.short()}, () => {
      if (reader.byte() !== 1) throw new CqlError(0x2200, "a batch holds what is not prepared");
      return {id: reader.shortBytes(), values: valuesIn(reader)};
    });
  }

  #known(id: Buffer) {
    const known = this.#prepared.get(id.toString("latin1"));
    if (!known) throw new CqlError(UNPREPARED, "not prepared");
    return known;
  }

  #keep(text: string): void {
    if (this.options.path === undefined) this.log.push(text);
  }

  #rows(
    place: {readonly keyspace: string; readonly table: string},
    {columns, rows}: Answer,
    pageState: Buffer | null = null,
  ): readonly Buffer[] {
    const cells = rows.flatMap((row) => row.flatMap((value) => (value === null ? [NULL] : [int(value.length), value])));
    return [int(2), metadataOf(place, columns, pageState), int(rows.length), ...cells];
  }
}

const metadataType = (type: Column["type"]): Buffer =>
  metadataOf({keyspace: "", table: ""}, [{name: "", type}]).subarray(-2);

const valuesIn = (reader: Reader): (Buffer | null)[] => Array.from({length: reader.short()}, () => reader.bytes());

function throwFault(fault: Fault): void {
  if (fault === "unavailable") throw new CqlError(0x1000, "Cannot achieve consistency level");
  if (fault === "overloaded") throw new CqlError(0x1001, "Overloaded");
  if (fault === "write-timeout") throw new CqlError(0x1100, "Operation timed out");
  if (fault === "unauthorized") throw new CqlError(0x2100, "User has no MODIFY permission");
}

/** What follows the message of an error, section 9. */
function detailsOf(code: number): readonly Buffer[] {
  if (code === 0x1000) return [short(6), int(2), int(1)];
  if (code === 0x1100) return [short(6), int(1), int(2), string("SIMPLE")];
  return code === UNPREPARED ? [shortBytes(Buffer.alloc(16))] : [];
}

const VERSION = Buffer.alloc(16, 1);
/** What both tables about machines end with. */
const MACHINE: readonly Column[] = [
  {name: "rack", type: "text"},
  {name: "release_version", type: "text"},
  {name: "rpc_address", type: "inet"},
  {name: "schema_version", type: "uuid"},
  {name: "tokens", type: "set<text>"},
];
const PEERS: readonly Column[] = [{name: "peer", type: "inet"}, {name: "data_center", type: "text"}, ...MACHINE];
const TOKENS = Buffer.concat([int(1), bytes(Buffer.from("0"))]);
const texts = (...all: readonly string[]): readonly Buffer[] => all.map((text) => Buffer.from(text));
const LOCAL: Answer = {
  columns: [
    {name: "key", type: "text"},
    {name: "cluster_name", type: "text"},
    {name: "data_center", type: "text"},
    {name: "host_id", type: "uuid"},
    {name: "partitioner", type: "text"},
    ...MACHINE,
  ],
  rows: [
    [
      ...texts("local", "stand-in", "dc1"),
      Buffer.alloc(16, 2),
      ...texts("org.apache.cassandra.dht.Murmur3Partitioner", "rack1", "3.11.0"),
      Buffer.from([127, 0, 0, 1]),
      VERSION,
      TOKENS,
    ],
  ],
};
