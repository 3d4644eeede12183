/** A whole node whose history is in a cluster: flags to options, blocks to rows, rows to answers of the API. */
import {afterAll, expect, test} from "vitest";
import {Io} from "../../src/commands/io.js";
import {clusterOptionsOf} from "../../src/commands/node/cluster-flags.js";
import {loadSettings, type SettingFlags} from "../../src/commands/settings.js";
import {memoryHost} from "../commands/memory-host.js";
import {testAccount} from "../support/accounts.js";
import {initTestNode, nodeGenesis, runTestNode} from "../support/node.js";
import {CqlServer} from "./storage/cql/cql-server.js";

const servers: CqlServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
});

async function optionsFor(flags: SettingFlags, more: object = {}, files: Record<string, string> = {}) {
  const host = memoryHost({files});
  const io = new Io(host, {json: false, verbose: false, color: false, input: false, yes: false});
  return clusterOptionsOf(io, {cqlLocalBlocks: 2, ...more}, await loadSettings(host, {store: "cql", ...flags}));
}

test("a node serves blocks that its data directory has let go, and goes on after a restart", async () => {
  const server = await CqlServer.start({login: {username: "qsdm", password: "s e c"}});
  servers.push(server);
  const cluster = await optionsFor(
    {
      ...{cql_contact_points: server.contactPoint, cql_datacenter: "dc1", cql_tls: "off"},
      ...{cql_username: "qsdm", cql_password_file: "/pw"},
    },
    {},
    {"/pw": "s e c\n"},
  );
  const dataDir = await initTestNode(nodeGenesis([testAccount("alice")]));
  const node = await runTestNode(dataDir, {cluster});
  await expect.poll(() => server.tables.sizes("block").largest).toBeGreaterThan(8);
  const metrics = await (await fetch(`${node.node.url}/api/metrics/prometheus`)).text();
  expect(metrics).toMatch(/^qsdm_cluster_height [1-9]/m);
  const asked = () => server.log.filter((text) => text.startsWith("SELECT id, certificate")).length;
  const before = asked();
  // Until the data directory has let it go, it is answered from there.
  const askForFirst = async () => {
    expect(await (await fetch(`${node.node.url}/api/v1/chain/blocks/1`)).json()).toMatchObject({height: 1});
    return asked();
  };
  await expect.poll(askForFirst).toBeGreaterThan(before);
  await node.stop();
  const height = node.node.view().head.height;
  const again = await runTestNode(dataDir, {cluster});
  await expect.poll(() => again.node.view().head.height > height).toBe(true);
  await again.stop();
});

test("flags amount to a cluster, in TLS unless it is turned off", async () => {
  expect(await optionsFor({cql_contact_points: "a, b:9043 ,"}, {}, {})).toMatchObject({
    ...{contactPoints: ["a", "b:9043"], datacenter: "datacenter1", keyspace: "qsdm", consistency: "local-quorum"},
    ...{login: null, tls: {name: null, ca: null, identity: null}, localBlocks: 2},
  });
  const files = {"/ca": "CA", "/cert": "CERT", "/key": "KEY"};
  const {tls} = (await optionsFor(
    {cql_contact_points: "a", cql_ca_file: "/ca"},
    {cqlCertFile: "/cert", cqlKeyFile: "/key"},
    files,
  ))!;
  expect(Buffer.from(tls!.ca!).toString()).toBe("CA");
  expect(Buffer.from(tls!.identity!.key).toString()).toBe("KEY");
  expect(await optionsFor({store: "sqlite"})).toBeNull();
});

test("a password is asked for where no file has it, and an empty one is none", async () => {
  const asked = async (typed: string) => {
    const host = memoryHost({terminals: ["stdin", "stderr"]});
    const io = new Io(host, {json: false, verbose: false, color: false, input: true, yes: false});
    const flags = {store: "cql", cql_contact_points: "a", cql_username: "qsdm"};
    const options = clusterOptionsOf(io, {cqlLocalBlocks: 2}, await loadSettings(host, flags));
    host.input.write(`${typed}\n`);
    return {options, shown: host.err};
  };
  const {options, shown} = await asked("s e c");
  expect((await options)!.login).toEqual({username: "qsdm", password: "s e c"});
  expect(shown()).toContain("Password of qsdm at the cluster: ");
  expect(shown()).not.toContain("s e c");
  await expect((await asked("")).options).rejects.toMatchObject({code: "CQL_LOGIN_INCOMPLETE"});
});

test.each<[string, SettingFlags, object, string]>([
  ["no contact point", {}, {}, "CQL_CONTACT_POINTS_REQUIRED"],
  ["a user without a password", {cql_contact_points: "a", cql_username: "u"}, {}, "CQL_LOGIN_INCOMPLETE"],
  ["a password without a user", {cql_contact_points: "a", cql_password_file: "/p"}, {}, "CQL_LOGIN_INCOMPLETE"],
  ["a certificate without its key", {cql_contact_points: "a"}, {cqlCertFile: "/c"}, "CQL_TLS_INCOMPLETE"],
  ["a name without TLS", {cql_contact_points: "a", cql_tls: "off", cql_tls_name: "c"}, {}, "CQL_TLS_INCOMPLETE"],
  ["an authority without TLS", {cql_contact_points: "a", cql_tls: "off", cql_ca_file: "/c"}, {}, "CQL_TLS_INCOMPLETE"],
  ["a keyspace that is none", {cql_keyspace: 'x"; DROP'}, {}, "SETTING_INVALID"],
])("%s is refused", async (_name, flags, more, code) => {
  await expect(optionsFor(flags, more)).rejects.toMatchObject({code, exitCode: 2});
});
