import {describe, expect, test} from "vitest";
import {DecodeError, type QsdmError, RuleError, UnavailableError, UsageError} from "../../../src/errors.js";
import {Backoff} from "../../../src/node/mining/backoff.js";
import {minerNodeOf, type NodeClientPorts} from "../../../src/node/mining/node-client.js";
import {type MinerNode, type SourceChange, Sources} from "../../../src/node/mining/sources.js";

const gone = new UnavailableError("NODE_UNREACHABLE", "gone");

/** Nodes that answer while `up` says so, and what the sources tell of them. */
function bench(names: readonly string[]) {
  const at = {nowMs: 0, up: new Map<string, boolean | QsdmError>(names.map((name) => [name, true]))};
  const asked: string[] = [];
  const told: SourceChange[] = [];
  const nodes = names.map((name) => ({
    name,
    work: async () => {
      asked.push(name);
      const up = at.up.get(name);
      if (up === true) return {};
      throw typeof up === "object" ? up : gone;
    },
  })) as unknown as MinerNode[];
  const sources = new Sources(nodes, {nowMs: () => at.nowMs, told: (change) => told.push(change)});
  const used = async (): Promise<string> => (await sources.work()).node.name;
  const states = () => told.splice(0).map(({source, state}) => `${source} ${state}`);
  return {at, asked, nodes, sources, used, states};
}

describe("sources of work", () => {
  test("are used in their order, and the first again once it answers", async () => {
    const {at, asked, used, states} = bench(["a", "b"]);
    expect(await used()).toBe("a");
    at.up.set("a", false);
    expect(await used()).toBe("b");
    expect(states()).toEqual(["a used", "a lost", "b used"]);
    at.up.set("a", true);
    // Left alone for a second.
    expect(await used()).toBe("b");
    at.nowMs = 1_000;
    expect(await used()).toBe("a");
    expect(states()).toEqual(["a used"]);
    expect(asked.join("")).toBe("aabba");
  });

  test("that stay away are asked less and less often, and said to be lost once", async () => {
    const {at, asked, used, states} = bench(["a", "b"]);
    at.up.set("a", false);
    for (; at.nowMs < 300_000; at.nowMs += 500) expect(await used()).toBe("b");
    // At 0, 1, 3, 7, 15, 31, 63, 123, 183 and 243 s.
    expect(asked.filter((name) => name === "a")).toHaveLength(10);
    expect(states()).toEqual(["a lost", "b used"]);
  });

  test("are asked even so when none is rested", async () => {
    const {at, asked, sources} = bench(["a", "b"]);
    at.up.set("a", false).set("b", false);
    for (let i = 0; i < 3; i++) await expect(sources.work()).rejects.toBe(gone);
    expect(asked).toHaveLength(6);
  });

  test("of another chain are left out for good", async () => {
    const {at, used, states, asked, sources} = bench(["a", "b"]);
    const other = new RuleError("NODE_OTHER_CHAIN", "another chain");
    at.up.set("a", other);
    expect(await used()).toBe("b");
    at.nowMs = 1e9;
    expect(await used()).toBe("b");
    expect(asked.join("")).toBe("abb");
    expect(states()).toEqual(["a refused", "b used"]);
    expect(sources.several).toBe(false);
  });

  test.each([new DecodeError("NODE_REFUSED", "HTTP 400"), new UsageError("NODE_REFUSED", "HTTP 400")])(
    "that refuse with a $name are left out while others serve",
    async (refusal) => {
      const {at, used, states} = bench(["a", "b"]);
      at.up.set("a", refusal);
      expect(await used()).toBe("b");
      expect(states()).toEqual(["a refused", "b used"]);
    },
  );

  test("that refuse do not hide that another one may come back", async () => {
    const {at, asked, used, sources} = bench(["a", "b"]);
    at.up.set("a", false).set("b", new RuleError("NODE_REFUSED", "HTTP 403"));
    await expect(sources.work()).rejects.toBe(gone);
    at.up.set("a", true);
    expect(await used()).toBe("a");
    expect(asked.join("")).toBe("aba");
  });

  test("that rest are asked when those that are rested refuse", async () => {
    const {at, asked, used} = bench(["a", "b"]);
    at.up.set("a", false);
    expect(await used()).toBe("b");
    at.up.set("a", true).set("b", new RuleError("NODE_REFUSED", "HTTP 403"));
    expect(await used()).toBe("a");
    expect(asked.join("")).toBe("abba");
  });

  test("end with the refusal of the last one", async () => {
    const {at, sources} = bench(["a"]);
    const other = new RuleError("NODE_OTHER_CHAIN", "another chain");
    at.up.set("a", other);
    await expect(sources.work()).rejects.toBe(other);
  });
});

describe("a node behind the client", () => {
  const tips = {wait: async () => undefined} as unknown as NodeClientPorts["tips"];
  const clientOf = (chainId: string) => {
    let statuses = 0;
    const client = {
      url: "http://a",
      status: async () => {
        statuses++;
        return {network: "dev", qsdm: {chainId}};
      },
      work: async () => ({workSet: [{cells: ["cell"]}], height: 7n}),
      challenge: async (asked: unknown) => asked,
      submitProof: async () => ({accepted: false, rejectReason: "work", detail: "no"}),
    } as unknown as NodeClientPorts["client"];
    return {client, statuses: () => statuses};
  };

  test("is asked for its chain once, before its first work", async () => {
    const {client, statuses} = clientOf("ours");
    const node = minerNodeOf({client, tips, chainId: "ours"});
    for (let i = 0; i < 2; i++) expect(await node.work()).toMatchObject({height: 7n, workSet: [["cell"]]});
    expect(statuses()).toBe(1);
    expect(await node.submit(new Uint8Array())).toEqual({accepted: false, reason: "work", detail: "no"});
    expect(await node.challenge(null)).toEqual({minerAddr: null, nodeId: null, height: null});
  });

  test("of another chain gives no work", async () => {
    const node = minerNodeOf({...clientOf("theirs"), tips, chainId: "ours"});
    await expect(node.work()).rejects.toMatchObject({code: "NODE_OTHER_CHAIN"});
  });
});

test("pauses double up to their limit, and start over", () => {
  const backoff = new Backoff(100, 500);
  expect(Array.from({length: 5}, () => backoff.next())).toEqual([100, 200, 400, 500, 500]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});
