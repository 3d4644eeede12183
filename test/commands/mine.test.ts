/** `qsdm mine` against a real node: real threads, real keys, real blocks. */
import {readdirSync} from "node:fs";
import path from "node:path";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import {formatHashrate} from "../../src/commands/mine/stats-document.js";
import {run} from "../../src/commands/run.js";
import {testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";
import {fastest} from "../support/native.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {type Desk, deskOf, keystoreOf, seedOf} from "./against-node.js";
import {memoryHost} from "./memory-host.js";

const OWNER = testAccount("owner");
const KEYS = path.join(scratchDirectory(), "keys");
const FILES = {"/hmac": `${"ab".repeat(32)}\n`, [KEYS]: hexOf(seedOf("rig")), "/other": hexOf(seedOf("other rig"))};
// Names of GPUs have spaces, and the desk splits its line at them.
const RIG = `--node-id rig-1 --gpu-name H100 --gpu-arch hopper --hmac-key-file /hmac --node-key-file ${KEYS}`;

let node: RunningNode;
let owner: Desk;

beforeAll(async () => {
  node = await runTestNode(await initTestNode(nodeGenesis([OWNER])));
  owner = deskOf(node.node.url, await keystoreOf("owner"), FILES);
  const enroll = `enroll --node-id rig-1 --gpu-uuid GPU-1 --hmac-key-file /hmac --node-key-file ${KEYS}`;
  expect((await owner.qsdm(`${enroll} --passphrase-file /pass --wait --yes`)).status).toBe(0);
});
afterAll(() => node.stop());

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("mine", () => {
  test("prints height and proof id of each accepted proof, which the chain pays", async () => {
    const {balance} = await node.client.balance({address: OWNER.address});
    const {minedDust} = node.node.view().supply();
    const ran = await owner.qsdm(`mine ${RIG} --threads 2 --poll 50ms --proofs 2`);
    expect(ran).toMatchObject({
      status: 0,
      err: expect.stringContaining("table of epoch 0: copied into this process's"),
    });
    const records = ran.out
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(records).toHaveLength(2);
    for (const [height, proofId] of records) {
      expect(height).toMatch(/^\d+$/);
      expect(proofId).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(new Set(records.map(([height]) => height)).size).toBe(2);
    const heights = readdirSync(`${KEYS}.signed`).map((name) => `${Number(name.slice(name.lastIndexOf("-") + 1))}`);
    expect(heights).toEqual(expect.arrayContaining(records.map(([height]) => height)));
    await eventually(async () => node.node.view().supply().minedDust > minedDust);
    await eventually(async () => (await node.client.balance({address: OWNER.address})).balance > balance);
  });

  test("knows three places for a table", async () => {
    const ran = await owner.qsdm(`mine ${RIG} --table-memory elsewhere --json`);
    expect(ran.status).toBe(2);
    expect(ran.out).toContain("SETTING_INVALID");
  });

  test("--json prints one event per line and ends with statistics under their window's name", async () => {
    const ran = await owner.qsdm(`mine ${RIG} --threads 1 --poll 50ms --proofs 1 --json`);
    expect(ran.status).toBe(0);
    const events = linesOf(ran.out);
    expect(events.map(({event}) => event)).toEqual(expect.arrayContaining(["work", "table", "accepted", "stopped"]));
    for (const event of events) expect(event.schema).toBe(1);
    expect(events.at(-1)).toMatchObject({event: "stopped", accepted_proofs: 1, threads: 1});
    expect(Object.keys(events.at(-1)!)).toEqual(
      expect.arrayContaining(["hashrate_10s_hps", "hashrate_60s_hps", "attempts", "uptime_seconds", "height"]),
    );
    expect(events.find(({event}) => event === "accepted")).toMatchObject({
      height: expect.stringMatching(/^\d+$/),
      proof_id: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test("warns of a refused proof and goes on", async () => {
    const foreign = RIG.replace(KEYS, "/other");
    const host = memoryHost({
      argv: `mine ${foreign.replace("/other", path.join(scratchDirectory(), "x"))} --poll 50ms --threads 1`.split(" "),
      env: {QSDM_API_URL: node.node.url},
      files: FILES,
    });
    const key = host.argv[host.argv.indexOf("--node-key-file") + 1]!;
    host.files.set(key, host.files.get("/other")!);
    const ended = run(host);
    await eventually(async () => host.err().includes("proof refused: attestation"));
    host.signal("SIGINT");
    expect(await ended).toBe(0);
    expect(host.err()).toContain("the signature does not verify under the registered key");
    expect(host.out()).toBe("");
  });

  test.each([
    ["", 0],
    ["--proofs 1000000", 130],
  ])("a first interrupt with %j stops in order with status %d", async (flags, status) => {
    const argv = `mine ${RIG} --poll 50ms --threads 1 ${flags}`.trim().split(" ");
    const host = memoryHost({argv, env: {QSDM_API_URL: node.node.url}, files: FILES});
    const ended = run(host);
    await eventually(async () => host.out() !== "");
    host.signal("SIGINT");
    expect(await ended).toBe(status);
    expect(host.err()).toMatch(/accepted \d+, refused \d+, \d+ attempts/);
  });
});

describe("mine with several nodes", () => {
  test("works for the one that answers", async () => {
    const {url} = node.node;
    const ran = await owner.qsdm(`mine ${RIG} --node http://127.0.0.1:1 --node ${url} --threads 1 --proofs 1 --json`);
    expect(ran.status).toBe(0);
    const events = linesOf(ran.out);
    expect(events.filter(({event}) => event === "source")).toMatchObject([
      {source: "http://127.0.0.1:1", state: "lost", code: "NODE_UNREACHABLE"},
      {source: new URL(url).origin, state: "used"},
    ]);
    expect(events.at(-1)).toMatchObject({event: "stopped", source: new URL(url).origin, accepted_proofs: 1});
  });
});

test("a run adds to the sums of those before it, and says what a device did", async () => {
  const file = `${KEYS}.totals`;
  const before = '{"schema":1,"attempts":1000,"accepted_proofs":7,"rejected_by_reason":{"work":2},"uptime_seconds":60}';
  const ran = await owner.qsdm(
    `mine ${RIG} --device cpu:1 --device cpu:1 --backend cpu --idle-only --proofs 1 --json`,
    {
      files: {[file]: before},
    },
  );
  expect(ran).toMatchObject({status: 0});
  const stopped = linesOf(ran.out).at(-1)!;
  // Without nvidia-smi nobody knows, and nothing is paused.
  expect(linesOf(ran.out).map(({event}) => event)).not.toContain("paused");
  expect(stopped.devices).toMatchObject([
    {name: "cpu0", backend: "cpu", threads: 1},
    {name: "cpu1", backend: "cpu", threads: 1},
  ]);
  expect(stopped).toMatchObject({total_accepted_proofs: 8, total_attempts: 1_000 + Number(stopped.attempts)});
  expect(JSON.parse(Buffer.from(ran.host.files.get(file)!).toString())).toMatchObject({
    attempts: 1_000 + Number(stopped.attempts),
    accepted_proofs: 8,
    rejected_by_reason: {work: 2},
  });
});

test("ends when the chain ends the rig's record, and says why", async () => {
  const keys = path.join(scratchDirectory(), "rig-2");
  const files = {...FILES, [keys]: hexOf(seedOf("rig 2"))};
  const [paid, desk] = [
    "--passphrase-file /pass --wait --yes",
    deskOf(node.node.url, await keystoreOf("owner"), files),
  ];
  const enroll = `enroll --node-id rig-2 --gpu-uuid GPU-2 --hmac-key-file /hmac --node-key-file ${keys}`;
  expect((await desk.qsdm(`${enroll} ${paid}`)).status).toBe(0);
  const rig = RIG.replace("rig-1", "rig-2").replace(KEYS, keys);
  let out = (): string => "";
  const mining = desk.qsdm(`mine ${rig} --threads 1 --enrollment-poll 1s --json`, {
    onHost: (host) => {
      out = host.out;
    },
  });
  await expect.poll(() => out()).toContain('"event":"work"');
  expect((await desk.qsdm(`unenroll --node-id rig-2 ${paid}`)).status).toBe(0);
  const ran = await mining;
  expect(ran.status).toBe(3);
  // Whichever comes first: the record is looked at, or a challenge is asked for.
  expect(ran.err).toMatch(/node rig-2 is pending_unbond|no challenge for node rig-2: it was revoked/);
  expect(linesOf(ran.out).at(-2)).toMatchObject({event: "stopped"});
  expect(linesOf(ran.out).at(-1)).toMatchObject({ok: false});
});

describe("mine refuses", () => {
  test.each([
    ["a node that is not enrolled", RIG.replace("rig-1", "nobody"), 3, "nobody"],
    ["a rig without a name", RIG.replace("--node-id rig-1", ""), 2, "--node-id is missing"],
    ["to pay somebody else", `${RIG} --address ${"0".repeat(64)}`, 2, `node rig-1 belongs to ${OWNER.address}`],
    ["to start without the MAC key", RIG.replace("--hmac-key-file /hmac", ""), 2, "give one of --hmac-key-file,"],
    ["two kinds of evidence", `${RIG} --report-exec true`, 2, "not 2"],
    ["to start without the node key", RIG.replace(`--node-key-file ${KEYS}`, ""), 2, "--node-key-file is missing"],
    ["a node key from standard input", RIG.replace(KEYS, "-"), 2, "cannot come from standard input"],
    ["a key file that holds no key", RIG.replace("/hmac", "/pass"), 3, "key file: not hex"],
    ["two names for the node's URL", `${RIG} --api-url http://a --validator http://b`, 2, "--validator"],
    ["a backend that is none", `${RIG} --backend abacus`, 2, "there is no backend abacus"],
    [
      "the CPU under the backend of a device",
      `${RIG} --backend cuda --device cpu`,
      2,
      "does not compute with the backend cuda",
    ],
    ["a device that is none", `${RIG} --device abacus`, 2, "there is no device abacus"],
    ["a metrics address that is none", `${RIG} --metrics here`, 2, "no address to serve figures on"],
    ["nodes beside the node's URL", `${RIG} --node http://a --api-url http://b`, 2, "--node"],
    ["zero threads", `${RIG} --threads 0`, 2, "from 1 to 1024"],
  ])("%s", async (_, flags, status, message) => {
    const ran = await owner.qsdm(`mine ${flags}`);
    expect(ran.err).toContain(message);
    expect(ran).toMatchObject({status, out: ""});
  });

  test("a node that cannot be reached, at once and with a hint", async () => {
    const ran = await owner.qsdm(`mine ${RIG} --validator http://127.0.0.1:1`);
    expect(ran.status).toBe(4);
    expect(ran.err).toContain("hint:");
  });
});

test("--self-test mines and verifies without a node", async () => {
  const ran = await owner.qsdm("mine --self-test --threads 2 --json --validator http://127.0.0.1:1");
  expect(ran.status).toBe(0);
  expect(JSON.parse(ran.out)).toMatchObject({ok: true, data: {backend: fastest, threads: 2}});
});

test.each([
  [0, "0 H/s"],
  [999, "999 H/s"],
  [12_345, "12.3 kH/s"],
  [5_000_000, "5.0 MH/s"],
  [7_000_000_000_000, "7000.0 GH/s"],
])("%d hashes per second read %s", (hps, text) => expect(formatHashrate(hps)).toBe(text));
