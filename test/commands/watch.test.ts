/** `qsdm watch` on a real node's event stream: places that survive restarts, hooks, and what it refuses. */
import {describe, expect, onTestFinished, test} from "vitest";
import {run} from "../../src/commands/run.js";
import {testAccount} from "../support/accounts.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {enrollmentPayload, signedEnrollment, signedUnenrollment} from "../support/proofs.js";
import {cannedNode} from "./canned-node.js";
import {type MemoryOptions, memoryHost} from "./memory-host.js";
import {AMBIENT_ROUTES} from "./reference-status.js";

const owner = testAccount("owner");
const nodeKey = testAccount("rig key");

type Event = Readonly<Record<string, string>>;

/** One running command. */
function start(url: string, line: string, options: MemoryOptions = {}) {
  const host = memoryHost({...options, argv: [...line.split(" "), "--json"], env: {QSDM_API_URL: url}});
  host.input.end();
  const done = run(host);
  const events = (): Event[] =>
    host
      .out()
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => JSON.parse(text));
  const stop = async (): Promise<number> => {
    host.signal("SIGINT");
    return await done;
  };
  return {host, events, stop, done, until: (count: number) => eventually(async () => events().length >= count)};
}

/** The same, with an --exec command, whose words may have spaces. */
const startExec = (url: string, line: string, exec: string) => {
  const host = memoryHost({argv: [...line.split(" "), "--exec", exec, "--json"], env: {QSDM_API_URL: url}});
  host.input.end();
  return {host, done: run(host)};
};

async function startNode(dataDir: string, change: Parameters<typeof runTestNode>[1] = {}): Promise<RunningNode> {
  const running = await runTestNode(dataDir, {pace: {intervalMs: 50, minIntervalMs: 20}, ...change});
  onTestFinished(() => running.stop());
  return running;
}
const heightsOf = (events: readonly Event[]): number[] => events.map(({height}) => Number(height));
const following = (first: number, count: number): number[] => Array.from({length: count}, (_, i) => first + i);

test("blocks are told one after another until Ctrl-C, which ends it in order", async () => {
  const {node} = await startNode(await initTestNode(nodeGenesis([owner])));
  const watcher = start(node.url, "watch blocks");
  await watcher.until(3);
  expect(await watcher.stop()).toBe(0);
  const events = watcher.events();
  expect(heightsOf(events)).toEqual(following(heightsOf(events)[0]!, events.length));
  expect(events[0]).toMatchObject({schema: 1, event: "block", seq: expect.stringMatching(/^\d+$/)});
  expect(watcher.host.err()).toMatch(/^qsdm: SIGINT: stopping/);
});

test("a cursor file makes the next run go on, with nothing told twice and nothing left out", async () => {
  const {node, client} = await startNode(await initTestNode(nodeGenesis([owner])));
  const line = "watch blocks --cursor-file /c --after 0";
  const first = start(node.url, line);
  await first.until(3);
  await first.stop();
  const place = first.host.files.get("/c")!;
  expect(JSON.parse(Buffer.from(place).toString())).toMatchObject({
    schema: 1,
    subject: "blocks",
    chain_id: "qsdm-test",
  });
  const {chainTip} = await client.status();
  await eventually(async () => (await client.status()).chainTip > chainTip + 2n);
  const second = start(node.url, line, {files: {"/c": place}});
  await second.until(5);
  await second.stop();
  const heights = [...heightsOf(first.events()), ...heightsOf(second.events())];
  expect(heights).toEqual(following(1, heights.length));
});

test("a watcher outlives its node, and hears what happened in between", async () => {
  const dataDir = await initTestNode(nodeGenesis([owner]));
  const first = await startNode(dataDir);
  const port = Number(new URL(first.node.url).port);
  const watcher = start(first.node.url, "watch blocks --after 0");
  await watcher.until(2);
  await first.stop();
  const elsewhere = await startNode(dataDir);
  await eventually(async () => (await elsewhere.client.status()).chainTip > 8n);
  await elsewhere.stop();
  const {client} = await startNode(dataDir, {api: {port, rateLimit: null}});
  const {chainTip} = await client.status();
  await eventually(async () => watcher.events().some(({height}) => Number(height) > Number(chainTip)));
  expect(await watcher.stop()).toBe(0);
  const heights = heightsOf(watcher.events().filter(({event}) => event === "block"));
  expect(heights).toEqual(following(1, heights.length));
});

test("what was missed and is gone is said, and watching goes on with the oldest that is kept", async () => {
  const {node, client} = await startNode(await initTestNode(nodeGenesis([owner])), {eventBlocksKept: 4});
  await eventually(async () => (await client.status()).chainTip > 10n);
  const watcher = start(node.url, "watch blocks --after 1048576");
  await watcher.until(4);
  await watcher.stop();
  const [trouble, ...blocks] = watcher.events();
  expect(trouble).toMatchObject({event: "error", code: "EVENTS_PRUNED"});
  expect(heightsOf(blocks)[0]).toBeGreaterThan(6);
  expect(heightsOf(blocks)).toEqual(following(heightsOf(blocks)[0]!, blocks.length));
});

test("an enrollment is followed through its phases, after what is there already, and others are left out", async () => {
  const {node, client} = await startNode(await initTestNode(nodeGenesis([owner])));
  const enroll = (nodeId: string, nonce: bigint) =>
    client.enroll({
      body: signedEnrollment(owner, nonce, enrollmentPayload(owner, {nodeId, node: nodeKey, gpuUuid: `GPU-${nodeId}`})),
    });
  await enroll("rig-1", 0n);
  await eventually(() => client.enrollment({nodeId: "rig-1"}));
  const all = start(node.url, "watch enrollments --include-existing");
  const one = start(node.url, "watch enrollments --node-id rig-2");
  const ended = start(node.url, "watch enrollments --phase pending_unbond");
  await all.until(1);
  await enroll("rig-2", 1n);
  await one.until(1);
  await client.unenroll({body: signedUnenrollment(owner, {nonce: 2n, nodeId: "rig-2"})});
  await Promise.all([all.until(3), one.until(2), ended.until(1)]);
  for (const each of [all, one, ended]) expect(await each.stop()).toBe(0);
  const told = (watcher: typeof all) => watcher.events().map(({event, node_id, phase}) => [event, node_id, phase]);
  expect(told(all)).toEqual([
    ["new", "rig-1", "active"],
    ["new", "rig-2", "active"],
    ["transition", "rig-2", "pending_unbond"],
  ]);
  expect(told(one)).toEqual(told(all).slice(1));
  expect(told(ended)).toEqual(told(all).slice(2));
  expect(one.events()[1]).toMatchObject({prev_phase: "active", stake_dust: "1000000000", owner: owner.address});
});

describe("--exec", () => {
  test("gets each event as a line of JSON on its input, and its output goes to standard error", async () => {
    const {node} = await startNode(await initTestNode(nodeGenesis([owner])));
    const {host, done} = startExec(node.url, "watch blocks", "tr a-z A-Z");
    await eventually(async () => host.err().split("\n").length > 2);
    host.signal("SIGINT");
    expect(await done).toBe(0);
    const [first] = host.out().split("\n");
    expect(host.err()).toContain(first!.toUpperCase());
  });

  test("that fails is a warning, and the next event comes anyway", async () => {
    const {node} = await startNode(await initTestNode(nodeGenesis([owner])));
    const {host, done} = startExec(node.url, "watch blocks", "exit 3");
    await eventually(async () => host.out().split("\n").length > 2);
    host.signal("SIGINT");
    expect(await done).toBe(0);
    expect(host.err()).toContain("warning: --exec ended with 3 on event block");
  });
});

describe("a place that is not this watcher's is refused", () => {
  const place = (change: object) =>
    JSON.stringify({schema: 1, subject: "blocks", chain_id: "qsdm-test", seq: "5", snapshot: null, ...change});
  for (const [name, file, code] of [
    ["of another subject", place({subject: "slashes"}), "CURSOR_OF_OTHER_SUBJECT"],
    ["of another chain", place({chain_id: "elsewhere"}), "CURSOR_OF_OTHER_CHAIN"],
    ["cut short", place({}).slice(0, 30), "CURSOR_INVALID"],
    ["with a number that is none", place({seq: "-1"}), "CURSOR_INVALID"],
  ] as const)
    test(name, async () => {
      const {node} = await startNode(await initTestNode(nodeGenesis([owner])));
      const watcher = start(node.url, "watch blocks --cursor-file /c", {files: {"/c": file}});
      expect(await watcher.done).toBe(2);
      expect(JSON.parse(watcher.host.out()).error.code).toBe(code);
    });
});

describe("a node of QSDM is polled", () => {
  const PATH = "/api/v1/mining/enrollments";
  const record = (node_id: string, phase: string) => ({node_id, stake_dust: 1, phase});
  const page = (...records: object[]) => ({
    method: "GET",
    path: PATH,
    status: 200,
    body: JSON.stringify({records, has_more: false}),
  });

  test("from where the last run stopped: what changed meanwhile is told", async () => {
    const before = await cannedNode([page(record("a", "active"), record("b", "active"))], AMBIENT_ROUTES);
    const first = start(before.url, "watch enrollments --once --cursor-file /c");
    expect([await first.done, first.events()]).toEqual([0, []]);
    await before.close();
    const after = await cannedNode([page(record("b", "revoked"), record("c", "active"))], AMBIENT_ROUTES);
    const files = {"/c": first.host.files.get("/c")!};
    const second = start(after.url, "watch enrollments --once --cursor-file /c", {files});
    expect(await second.done).toBe(0);
    await after.close();
    expect(second.events().map(({event, node_id}) => [event, node_id])).toEqual([
      ["dropped", "a"],
      ["transition", "b"],
      ["new", "c"],
    ]);
  });

  test("that says there is more but not where is not believed for ever", async () => {
    const body = JSON.stringify({records: [record("a", "active")], has_more: true});
    const node = await cannedNode([{method: "GET", path: PATH, status: 200, body}], AMBIENT_ROUTES);
    const watcher = start(node.url, "watch enrollments --once");
    expect(await watcher.done).toBe(4);
    await node.close();
    expect(JSON.parse(watcher.host.out()).error.code).toBe("PAGING_BROKEN");
  });

  for (const [line, code] of [
    ["watch enrollments --after 5", "STREAM_REQUIRED"],
    ["watch blocks --once --after 5", "STREAM_REQUIRED"],
    ["watch slashes", "TX_IDS_MISSING"],
    ["watch slashes --exit-on-resolved", "TX_IDS_MISSING"],
  ] as const)
    test(`${line} is refused`, async () => {
      const node = await cannedNode([], AMBIENT_ROUTES);
      const watcher = start(node.url, line);
      expect(await watcher.done).toBe(2);
      await node.close();
      expect(JSON.parse(watcher.host.out()).error.code).toBe(code);
    });

  test("heights of blocks are told without gaps, however many came between two looks", async () => {
    const headers = (path: string, tip: number, ...heights: number[]) => ({
      method: "GET",
      path: `/api/v1/mining/blocks?${path}`,
      status: 200,
      body: JSON.stringify({tip, from: 0, to: 0, headers: heights.map((height) => ({height, hash: `h${height}`}))}),
    });
    const node = await cannedNode(
      [headers("limit=1", 5, 5), headers("from=6&limit=200", 9, 6, 7), headers("from=8&limit=200", 9, 8, 9)],
      AMBIENT_ROUTES,
    );
    const watcher = start(node.url, "watch blocks --interval 1s");
    await watcher.until(4);
    expect(await watcher.stop()).toBe(0);
    await node.close();
    expect(heightsOf(watcher.events())).toEqual([6, 7, 8, 9]);
  });
});
