/** A light client's commands against a node behind a real port. */
import {afterAll, beforeAll, expect, test} from "vitest";
import {hexOf, textOf, utf8} from "../../src/codecs/bytes.js";
import {finalityProof} from "../../src/codecs/chain/finality.js";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {testAccount} from "../support/accounts.js";
import {jsonOf, serve} from "../support/api.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {type DeskOptions, deskOf} from "./against-node.js";

const OWNER = testAccount("owner");
const genesis = nodeGenesis([OWNER]);
const GENESIS = {"/genesis.json": formatGenesis(genesis)};
const STORE = "/home/u/.qsdm/light.json";

let node: RunningNode;
beforeAll(async () => {
  node = await runTestNode(await initTestNode(genesis));
  await eventually(() => node.client.block({height: 2n}));
});
afterAll(() => node.stop());

const light = async (line: string, options: DeskOptions = {}) => {
  const ran = await deskOf(node.node.url, utf8("")).qsdm(`light ${line} --json`, options);
  return {...ran, answer: JSON.parse(ran.out)};
};

test("begins from a genesis file, goes on from its own, and hands its checkpoint on", async () => {
  const first = await light("sync --genesis /genesis.json", {files: GENESIS});
  expect([first.status, first.answer.data.from]).toEqual([0, "0"]);
  const {height, block_id: id, sources} = first.answer.data;
  expect(sources).toEqual([expect.objectContaining({name: node.node.url, verdict: "verified", height})]);
  expect((await node.client.block({height: BigInt(height)})).id).toBe(id);

  const kept = first.host.files.get(STORE)!;
  const again = await light("sync", {files: {[STORE]: kept}});
  expect([again.status, again.answer.data.from]).toEqual([0, height]);
  const friend = await light("sync --checkpoint /friend.json --store /mine.json", {files: {"/friend.json": kept}});
  expect([friend.status, friend.answer.data.from]).toEqual([0, height]);
  expect([...friend.host.files.keys()]).toContain("/mine.json");

  const balance = await light(`balance ${OWNER.address}`, {files: {[STORE]: kept}});
  const told = await node.client.balance({address: OWNER.address});
  expect(balance.answer.data).toMatchObject({balance_dust: `${told.balanceDust}`, present: true});
  const nobody = await light(`balance ${"ab".repeat(32)}`, {files: {[STORE]: kept}});
  expect(nobody.answer.data).toMatchObject({balance_dust: "0", present: false});
});

test("names a source that lies, and goes on with the others", async () => {
  const proof = (await node.client.finality({height: 1n})).proof;
  const liar = await serve({
    finality: {prove: async () => never(), proveState: async () => never(), proveEpoch: async () => never()},
  });
  const canned = await serve({
    finality: {
      prove: async () => finalityProof.decode(proof),
      proveState: async () => never(),
      proveEpoch: async () => never(),
    },
  });
  const sources = [liar.url, canned.url, node.node.url].map((url) => `--source ${url}`).join(" ");
  const {status, answer} = await light(`sync --genesis /genesis.json ${sources}`, {files: GENESIS});
  expect(status).toBe(0);
  const verdicts = new Map(
    answer.data.sources.map((each: {name: string; verdict: string; code: string}) => [
      each.name,
      `${each.verdict} ${each.code}`,
    ]),
  );
  expect(verdicts.get(canned.url)).toBe("lied FINALITY_INVALID");
  expect(verdicts.get(liar.url)).toBe("unavailable SOURCE_REFUSED");
  expect(answer.warnings.join("\n")).toContain(`${canned.url} is left`);
  const alone = await light(`sync --genesis /genesis.json --source ${canned.url}`, {files: GENESIS});
  expect([alone.status, alone.answer.error.code]).toEqual([3, "SOURCES_LIED"]);
});

test("says what it needs to begin, and takes no old checkpoint without being told to", async () => {
  const none = await light("sync");
  expect([none.status, none.answer.error.code]).toEqual([2, "LIGHT_NOT_BEGUN"]);
  const two = await light("sync --genesis /genesis.json --checkpoint /genesis.json", {files: GENESIS});
  expect([two.status, two.answer.error.code]).toEqual([2, "FLAG_CONFLICT"]);
  const bad = await light("sync --checkpoint /genesis.json", {files: GENESIS});
  expect([bad.status, bad.answer.error.code]).toEqual([3, "CHECKPOINT_INVALID"]);
  const kept = (await light("sync --genesis /genesis.json", {files: GENESIS})).host.files.get(STORE)!;
  const old = {"/old.json": textOf(kept).replace(/"time_ms":[0-9]+/g, '"time_ms":1000')};
  const refused = await light("sync --checkpoint /old.json", {files: old});
  expect([refused.status, refused.answer.error.code]).toEqual([3, "CHECKPOINT_TOO_OLD"]);
  expect((await light("sync --checkpoint /old.json --accept-old", {files: old})).status).toBe(0);
  const other = await light("sync --genesis /genesis.json", {
    files: {"/genesis.json": formatGenesis({...genesis, chainId: "other"}), [STORE]: kept},
  });
  expect([other.status, other.answer.error.code]).toEqual([2, "LIGHT_OTHER_CHAIN"]);
});

test("the route refuses a store that the state does not have", async () => {
  const answer = await fetch(`${node.node.url}/api/v1/chain/state-proof?store=money&key=x`);
  expect([answer.status, (await jsonOf(answer)).error.code]).toEqual([422, "STATE_STORE_UNKNOWN"]);
  const held = await node.client.stateProof({store: "account", key: OWNER.address});
  expect(hexOf(held.proof).length).toBeGreaterThan(0);
});

function never(): never {
  throw new Error("a bug of that node");
}
