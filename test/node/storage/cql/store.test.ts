/**
 * The engine that keeps its history in a cluster: the port's contract against the stand-in, and against a real cluster
 * where QSDM_CQL_CONTACT_POINTS names one; faults against the stand-in alone.
 */
// Before the library, whose dependency injection asks for it.
import "reflect-metadata";
import {createRequire} from "node:module";
import {join} from "node:path";
import {SubjectAlternativeNameExtension, X509CertificateGenerator} from "@peculiar/x509";
import {Client} from "cassandra-driver";
import {afterAll, describe, expect, test} from "vitest";
import {hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {type Block, block as blockCodec} from "../../../../src/codecs/chain/block.js";
import {sha256, shake256} from "../../../../src/codecs/hash.js";
import {type ControlConnection, controlOf, guardControl} from "../../../../src/node/storage/cql/control.js";
import {CqlHistory} from "../../../../src/node/storage/cql/history.js";
import {nextBlocks} from "../../../../src/node/storage/cql/next-blocks.js";
import {type CqlOptions, DEFAULT_CQL_OPTIONS} from "../../../../src/node/storage/cql/options.js";
import {CqlSession, passes} from "../../../../src/node/storage/cql/session.js";
import {CqlStore} from "../../../../src/node/storage/cql/store.js";
import {loadCompression} from "../../../../src/node/storage/sqlite/compression.js";
import {SqliteStore} from "../../../../src/node/storage/sqlite/store.js";
import {scratchDirectory} from "../../../support/chain.js";
import {CONTRACT_LIMITS, commitAt, fill, idOf, storeContract} from "../contract.js";
import {CqlServer, type CqlServerOptions} from "./cql-server.js";

/** How long to look, and how often. */
const PATIENCE = {interval: 5};
const CHAIN = idOf(0xabc);
const opened: CqlStore[] = [];
const servers: CqlServer[] = [];

async function serve(options?: CqlServerOptions): Promise<CqlServer> {
  const server = await CqlServer.start(options);
  servers.push(server);
  return server;
}

afterAll(async () => {
  for (const server of servers) await server.stop();
});

/** A certificate by itself: of 127.0.0.1, or of a name. */
async function selfSigned(name?: string): Promise<{readonly key: string; readonly cert: string}> {
  const algorithm = {name: "ECDSA", namedCurve: "P-256", hash: "SHA-256"};
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const extensions = [
    new SubjectAlternativeNameExtension([name ? {type: "dns", value: name} : {type: "ip", value: "127.0.0.1"}]),
  ];
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...{name: "CN=stand-in", keys, extensions, signingAlgorithm: algorithm},
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {cert: certificate.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`};
}

interface Over extends Partial<CqlOptions> {
  readonly directory?: string;
  readonly chain?: string;
  readonly failed?: (error: unknown) => void;
  readonly stopping?: AbortSignal;
}

const clusterOf = ({contactPoint}: Pick<CqlServer, "contactPoint">): CqlOptions => ({
  ...DEFAULT_CQL_OPTIONS,
  ...{contactPoints: [contactPoint], datacenter: "dc1", keyspace: "qsdm", login: null, tls: null},
});

async function open(server: Pick<CqlServer, "contactPoint">, over: Over = {}): Promise<CqlStore> {
  const {directory = scratchDirectory(), chain = CHAIN, failed = () => undefined, stopping, ...cluster} = over;
  const store = await CqlStore.open(
    {
      path: join(directory, "chain.db"),
      linkPath: join(directory, "cluster.db"),
      ...CONTRACT_LIMITS,
      chain,
      cluster: {...clusterOf(server), ...cluster},
    },
    failed,
    stopping ?? new AbortController().signal,
  );
  opened.push(store);
  return store;
}

async function shipped(store: CqlStore, height: number): Promise<void> {
  await expect.poll(() => store.figures().height, PATIENCE).toBe(BigInt(height));
}

const upTo = (last: number, first = 0): number[] => Array.from({length: last - first + 1}, (_, i) => first + i);

describe("the contract of the port, with the whole history here and in the cluster", () => {
  const places = new Map<string, CqlServer>();
  storeContract(async (directory) => {
    const server = places.get(directory) ?? (await serve());
    places.set(directory, server);
    return open(server, {directory, localBlocks: null});
  });
});

const CONTACT_POINTS = process.env.QSDM_CQL_CONTACT_POINTS;

if (CONTACT_POINTS === undefined)
  test("the contract of the port on a real cluster", ({skip}) => skip("QSDM_CQL_CONTACT_POINTS names none"));
else
  describe("the contract of the port on a real cluster", () => {
    // Each chain in a keyspace of its own, which is gone afterwards.
    const datacenter = process.env.QSDM_CQL_DATACENTER ?? "datacenter1";
    const contactPoints = CONTACT_POINTS.split(",");
    const client = new Client({contactPoints, localDataCenter: datacenter});
    const keyspaces = new Map<string, string>();
    afterAll(async () => {
      for (const keyspace of keyspaces.values()) await client.execute(`DROP KEYSPACE ${keyspace}`);
      await client.shutdown();
    });
    storeContract(async (directory) => {
      const keyspace = keyspaces.get(directory) ?? `qsdm_test_${Date.now()}_${keyspaces.size}`;
      if (!keyspaces.has(directory))
        await client.execute(
          `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': 1}`,
        );
      keyspaces.set(directory, keyspace);
      return open(
        {contactPoint: contactPoints[0]!},
        {directory, localBlocks: null, contactPoints, keyspace, datacenter},
      );
    });
  });

describe("what has left the local file", () => {
  test("is answered by the cluster as it was", async () => {
    const store = await open(await serve({pageRows: 2}), {localBlocks: 3});
    await fill(store, upTo(40));
    await shipped(store, 40);
    await expect
      .poll(async () => (await store.stats()).tables.find(({name}) => name === "receipt")?.rows, PATIENCE)
      .toBe(4);
    for (const height of [0, 1, 15, 16, 37, 38, 40]) {
      const {id, block, certificate, receipts} = commitAt(height);
      expect(await store.block(BigInt(height))).toEqual({id, block, certificate});
      expect(await store.receipt(idOf(height))).toEqual(receipts[0]);
    }
    expect(await store.block(41n)).toBeNull();
    expect(await store.receipt(idOf(41))).toBeNull();
    const heights = async (from: bigint, to: bigint, limit: number) =>
      (await store.receipts({from, to, limit})).map(({height}) => Number(height));
    expect(await heights(0n, 2n ** 64n - 1n, 100)).toEqual(upTo(40).reverse());
    expect(await heights(5n, 38n, 4)).toEqual([38, 37, 36, 35]);
    expect(await heights(0n, 2n, 100)).toEqual([2, 1, 0]);
    expect(store.prunedHeight()).toBe(0n);
  });

  test("goes from the cluster as well once it is pruned", async () => {
    const server = await serve();
    const store = await open(server, {localBlocks: 3});
    await fill(store, upTo(40));
    await shipped(store, 40);
    expect(store.prune({upTo: 20n, blocksMax: 100})).toBe(20n);
    expect([await store.block(20n), await store.receipt(idOf(20))]).toEqual([null, null]);
    expect((await store.receipts({from: 0n, to: 22n, limit: 9})).map(({height}) => height)).toEqual([22n, 21n, 0n]);
    // Twenty heights of each, and the partition of 0 to 15 has block 0 alone.
    const dropped = (table: string) => server.log.filter((text) => text.startsWith(`DELETE FROM ${table} `)).length;
    await expect.poll(() => [dropped("block"), dropped("body"), dropped("receipt")], PATIENCE).toEqual([20, 20, 20]);
    expect(await store.block(21n)).not.toBeNull();
  });

  test("stays in the cluster where another process has taken it over since", async () => {
    const server = await serve();
    const failures: unknown[] = [];
    const store = await open(server, {localBlocks: 3, failed: (error) => failures.push(error)});
    await fill(store, upTo(20));
    await shipped(store, 20);
    const session = await CqlSession.open(clusterOf(server));
    const compression = await loadCompression();
    await CqlHistory.open(session, {chain: CHAIN, writer: new Uint8Array(16), compression});
    store.prune({upTo: 7n, blocksMax: 100});
    await expect.poll(() => failures, PATIENCE).toEqual([expect.objectContaining({code: "CLUSTER_FENCED"})]);
    expect(server.log.filter((text) => text.startsWith("DELETE"))).toEqual([]);
    session.close();
  });

  test("lies in bounded partitions", async () => {
    const server = await serve();
    const store = await open(server);
    await fill(store, upTo(40));
    await shipped(store, 40);
    for (const table of ["block", "body", "receipt_at"])
      expect(server.tables.sizes(table)).toEqual({partitions: 3, largest: 16});
    expect(server.tables.sizes("receipt")).toEqual({partitions: 41, largest: 1});
    expect(server.tables.sizes("head")).toEqual({partitions: 1, largest: 1});
  });

  test("is put together from parts, where a body is larger than a row may be", async () => {
    const server = await serve();
    const store = await open(server, {localBlocks: 1});
    await fill(store, upTo(3));
    // Nothing that compresses.
    const large = {...commitAt(4).block, transactions: [1, 2, 3].map((n) => shake256(Uint8Array.of(n), 1_200_000))};
    store.commit(commitAt(4, {block: large}), await store.pack(large));
    await fill(store, [5, 6, 7]);
    await shipped(store, 7);
    await expect.poll(() => server.tables.sizes("body").largest, PATIENCE).toBeGreaterThan(8);
    // By digests: to compare megabytes one by one takes a test longer than all else.
    const digestOf = (block: Block) => hexOf(sha256(blockCodec.encode(block)));
    expect(digestOf((await store.block(4n))!.block)).toBe(digestOf(large));
  });

  test("is read without the parts that a killed writer left behind", async () => {
    const server = await serve();
    const directory = scratchDirectory();
    const session = await CqlSession.open(clusterOf(server));
    await session.write([[{statement: "putBody", values: [0n, 2n, 1, Uint8Array.of(7)]}]]);
    session.close();
    const store = await open(server, {directory, localBlocks: 1});
    await fill(store, upTo(5));
    await shipped(store, 5);
    await expect
      .poll(async () => (await store.stats()).tables.find(({name}) => name === "receipt")?.rows, PATIENCE)
      .toBe(2);
    expect((await store.block(2n))?.block).toEqual(commitAt(2).block);
  });
});

describe("what the cluster never had or gave up", () => {
  test("is pruned, where the local file let it go before", async () => {
    const server = await serve();
    const directory = scratchDirectory();
    const near = await SqliteStore.open({path: join(directory, "chain.db"), ...CONTRACT_LIMITS});
    await fill(near, upTo(20));
    near.prune({upTo: 7n, blocksMax: 100});
    // As qsdm migrate to-cluster does.
    const session = await CqlSession.open(clusterOf(server));
    const history = {chain: CHAIN, writer: new Uint8Array(16), compression: await loadCompression()};
    const far = await CqlHistory.open(session, history);
    while (far.height < 20n) await far.append(await nextBlocks(near, far.height));
    session.close();
    near.close();
    const store = await open(server, {directory, localBlocks: 2});
    expect(store.prunedHeight()).toBe(7n);
    expect(await store.block(8n)).not.toBeNull();
  });

  test("is not trusted to it by another data directory that has it", async () => {
    const server = await serve();
    const first = await open(server, {localBlocks: 2});
    await fill(first, upTo(20));
    await shipped(first, 20);
    first.prune({upTo: 7n, blocksMax: 100});
    await expect.poll(() => server.log.filter((text) => text.startsWith("DELETE FROM block ")).length).toBe(7);
    first.close();
    const directory = scratchDirectory();
    const near = await SqliteStore.open({path: join(directory, "chain.db"), ...CONTRACT_LIMITS});
    await fill(near, upTo(20));
    near.close();
    await expect(open(server, {directory, localBlocks: 2})).rejects.toMatchObject({code: "CLUSTER_ROWS_MISSING"});
    const again = await SqliteStore.open({path: join(directory, "chain.db"), ...CONTRACT_LIMITS});
    expect(await again.block(1n)).not.toBeNull();
    again.close();
  });
});

describe("a cluster that fails for the moment costs no block", () => {
  test.each<[string, (server: CqlServer) => void]>([
    ...(["unavailable", "overloaded", "write-timeout", "done-and-gone", "gone", "slow"] as const).map(
      (fault): [string, (server: CqlServer) => void] => [
        `${fault}, once for each kind of statement`,
        (server) => {
          const seen = new Set<string>();
          server.fault = (text) => {
            if (seen.has(text)) return null;
            seen.add(text);
            return fault;
          };
        },
      ],
    ),
    [
      "every twentieth request costs its connection",
      (server) => {
        let requests = 0;
        server.fault = () => (requests++ % 20 === 19 ? "gone" : null);
      },
    ],
    ["all connections drop now and then", (server) => setTimeout(() => server.dropAll(), 30)],
  ])("%s", async (_name, breakIt) => {
    const server = await serve();
    const failures: unknown[] = [];
    const store = await open(server, {localBlocks: 2, failed: (error) => failures.push(error)});
    breakIt(server);
    await fill(store, upTo(20));
    await shipped(store, 20);
    server.fault = () => null;
    for (const height of upTo(20)) expect((await store.block(BigInt(height)))?.block).toEqual(commitAt(height).block);
    expect(failures).toEqual([]);
  });

  test("what it lacks after a stop it gets at the next start", async () => {
    const server = await serve();
    const directory = scratchDirectory();
    const store = await open(server, {directory});
    server.fault = () => "unavailable";
    await fill(store, upTo(5));
    expect(store.figures().height).toBe(-1n);
    store.close();
    server.fault = () => null;
    const again = await open(server, {directory});
    await shipped(again, 5);
    expect(server.tables.sizes("receipt").partitions).toBe(6);
  });

  test("a kill at any write leaves a chain that goes on at the next start", async () => {
    const server = await serve();
    const directory = scratchDirectory();
    let height = 0;
    for (let writes = 0; writes < 12; writes++) {
      // The first so many writes arrive, all others never do.
      let left = writes;
      server.fault = (text) =>
        /^(INSERT INTO (?!head)|UPDATE head SET height)/.test(text) && left-- <= 0 ? "unavailable" : null;
      const store = await open(server, {directory});
      await fill(store, [height++]);
      await expect.poll(() => left, PATIENCE).toBeLessThan(0);
      store.close();
    }
    server.fault = () => null;
    const store = await open(server, {directory, localBlocks: 2});
    await shipped(store, 11);
    for (const each of upTo(11)) expect(await store.receipt(idOf(each))).toEqual(commitAt(each).receipts[0]);
  });

  test("no more blocks are made than it may lack, until it is back", async () => {
    const server = await serve();
    const store = await open(server, {lagBlocks: 4});
    server.fault = () => "unavailable";
    await fill(store, upTo(4));
    const next = fill(store, [5]);
    await expect.poll(() => store.figures().lagBlocks, PATIENCE).toBe(5);
    expect(store.head()?.header.height).toBe(4n);
    server.fault = () => null;
    await next;
    await shipped(store, 5);
  });

  test("two attempts of the driver at once to find a machine end no process", async () => {
    const {contactPoint} = await serve();
    const client = new Client({
      ...{contactPoints: [contactPoint], localDataCenter: "dc1", keyspace: "qsdm", isMetadataSyncEnabled: false},
      protocolOptions: {maxVersion: 4},
    });
    await client.connect();
    const control = controlOf(client) as ControlConnection & {_refreshHosts(): Promise<void>};
    const closing = new AbortController();
    guardControl(control, 1, closing.signal);
    const refreshHosts = control._refreshHosts.bind(control);
    control._refreshHosts = async () => {
      // As the other attempt leaves it.
      control._refreshHosts = refreshHosts;
      control.connection = null;
      throw new Error("gone");
    };
    await control._refresh();
    expect(control.connection).not.toBeNull();
    await client.shutdown();
  });

  test("a pool of the driver without a connection, or without a free one, is of the moment", () => {
    const Pool = createRequire(import.meta.url)("cassandra-driver/lib/host-connection-pool.js") as {
      readonly prototype: {borrowConnection(): unknown};
    };
    const thrownBy = (pool: object): unknown => {
      try {
        return Pool.prototype.borrowConnection.call(pool);
      } catch (error) {
        return error;
      }
    };
    const busy = {getInFlight: () => 9};
    const pooling = {maxRequestsPerConnection: 9};
    expect(passes(thrownBy({connections: []}))).toBe(true);
    expect(passes(thrownBy({connections: [busy], options: {pooling}}))).toBe(true);
    expect(passes(new Error("anything else"))).toBe(false);
  });

  test("a node that stops waits for no room", async () => {
    const server = await serve();
    const stop = new AbortController();
    const store = await open(server, {lagBlocks: 4, stopping: stop.signal});
    server.fault = () => "unavailable";
    await fill(store, upTo(4));
    const next = fill(store, [5]);
    stop.abort();
    await next;
    expect(store.head()?.header.height).toBe(5n);
    store.close();
  });

  test("a read does not wait for writes that fail", async () => {
    const server = await serve();
    const store = await open(server, {localBlocks: 1, inFlight: 4});
    await fill(store, upTo(5));
    await shipped(store, 5);
    await expect
      .poll(async () => (await store.stats()).tables.find(({name}) => name === "receipt")?.rows, PATIENCE)
      .toBe(2);
    server.fault = (text) => (text.startsWith("INSERT") ? "unavailable" : null);
    await fill(store, upTo(8, 6));
    await expect.poll(() => store.figures().retries, PATIENCE).toBeGreaterThan(4);
    expect((await store.block(2n))?.id).toBe(commitAt(2).id);
    store.close();
  });

  test("a read that waits in vain says so", async () => {
    const server = await serve();
    const store = await open(server, {localBlocks: 1});
    await fill(store, upTo(5));
    await shipped(store, 5);
    await expect
      .poll(async () => (await store.stats()).tables.find(({name}) => name === "receipt")?.rows, PATIENCE)
      .toBe(2);
    server.fault = () => "unavailable";
    await expect(store.block(2n)).rejects.toMatchObject({code: "CLUSTER_UNAVAILABLE", httpStatus: 503});
  });
});

describe("a cluster is refused", () => {
  test("that has another chain", async () => {
    const server = await serve();
    await open(server);
    await expect(open(server, {chain: idOf(1)})).rejects.toMatchObject({code: "CLUSTER_FOREIGN"});
  });

  test("that is ahead of the data directory", async () => {
    const server = await serve();
    const store = await open(server);
    await fill(store, upTo(2));
    await shipped(store, 2);
    store.close();
    await expect(open(server)).rejects.toMatchObject({code: "CLUSTER_AHEAD"});
  });

  test("whose keyspace is not there, or that nobody serves", async () => {
    await expect(open(await serve(), {keyspace: "other"})).rejects.toMatchObject({
      code: expect.stringMatching(/^CLUSTER_/),
    });
    await expect(open({contactPoint: "127.0.0.1:1"}, {timeoutMs: 500})).rejects.toMatchObject({
      code: "CLUSTER_UNAVAILABLE",
      exitCode: 4,
    });
  });

  test("that does not know the user, and taken with the right password", async () => {
    const server = await serve({login: {username: "qsdm", password: "secret"}});
    const login = {username: "qsdm", password: "wrong"};
    await expect(open(server, {login})).rejects.toMatchObject({code: "CLUSTER_REFUSED"});
    await open(server, {login: {...login, password: "secret"}});
  });

  test("whose certificate nobody vouches for, or that speaks no TLS; and taken when its authority is named", async () => {
    const {key, cert} = await selfSigned();
    const server = await serve({tls: {key, cert}});
    const ca = utf8(cert);
    const code = "CLUSTER_UNAVAILABLE";
    await expect(open(server, {tls: {name: null, ca: null, identity: null}})).rejects.toMatchObject({code});
    await expect(
      open(server, {tls: {name: null, ca: utf8((await selfSigned()).cert), identity: null}}),
    ).rejects.toMatchObject({
      code,
    });
    await expect(open(await serve(), {tls: {name: null, ca, identity: null}, timeoutMs: 500})).rejects.toMatchObject({
      code,
    });
    await open(server, {tls: {name: null, ca, identity: null}});
  });

  test("whose certificate is for a name, unless that is the name which is asked for", async () => {
    const {key, cert} = await selfSigned("cluster.example.org");
    const server = await serve({tls: {key, cert}});
    const ca = utf8(cert);
    for (const name of [null, "other.example.org"])
      await expect(open(server, {tls: {name, ca, identity: null}})).rejects.toMatchObject({
        code: "CLUSTER_UNAVAILABLE",
      });
    await open(server, {tls: {name: "cluster.example.org", ca, identity: null}});
  });

  test("that refuses writes in earnest, which ends the node", async () => {
    const server = await serve();
    const failed = new Promise((resolve) => {
      void open(server, {failed: resolve}).then(async (store) => {
        server.fault = (text) => (text.startsWith("INSERT INTO body") ? "unauthorized" : null);
        await fill(store, [0]);
      });
    });
    expect(await failed).toMatchObject({code: "CLUSTER_REFUSED"});
  });

  test("to a node whose chain another one has taken over", async () => {
    const server = await serve();
    const failures: unknown[] = [];
    const first = await open(server, {failed: (error) => failures.push(error)});
    await fill(first, [0]);
    await shipped(first, 0);
    const second = await open(server, {directory: scratchDirectory()}).catch((error) => error);
    // It has nothing of its own, and yet it has taken the head over.
    expect(second).toMatchObject({code: "CLUSTER_AHEAD"});
    await fill(first, [1]);
    await expect.poll(() => failures, PATIENCE).toEqual([expect.objectContaining({code: "CLUSTER_FENCED"})]);
    await expect(first.pack(commitAt(2).block)).rejects.toMatchObject({code: "CLUSTER_FENCED"});
  });
});
