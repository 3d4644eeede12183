/** The commands that check proofs, against a node whose voters have changed twice. */
import {expect, test} from "vitest";
import {utf8} from "../../src/codecs/bytes.js";
import {decodeFinality, finalityBundle} from "../../src/codecs/chain/finality.js";
import {formatGenesis} from "../../src/codecs/chain/genesis-file.js";
import {UnavailableError} from "../../src/errors.js";
import {node, serve} from "../support/api.js";
import {deskAt, GENESIS, HEADERS, idAt, OWNER, TIP} from "../support/epochs.js";
import {type DeskOptions, deskOf} from "./against-node.js";

const FILES = {"/genesis.json": formatGenesis(GENESIS)};
const STORE = "/home/u/.qsdm/light.json";

/** A node at the tip; `lastEpoch` is the last one that it answers about. */
async function serveEpochs(lastEpoch = 2n) {
  const desk = deskAt(TIP);
  const view = () => ({
    ...node().view(),
    head: {height: TIP, blockId: idAt(TIP), timeMs: HEADERS[Number(TIP) - 1]!.timeMs, stateRoot: ""},
  });
  return serve({
    view,
    finality: {
      prove: (height) => desk.prove(height),
      proveState: (store, key) => desk.proveState(store, key),
      async proveEpoch(number) {
        if (number > lastEpoch) throw new UnavailableError("NODE_STOPPING", "the node is stopping");
        return desk.proveEpoch(number);
      },
    },
  });
}

const running =
  (url: string) =>
  async (line: string, options: DeskOptions = {}) => {
    const ran = await deskOf(url, utf8("")).qsdm(`${line} --json`, options);
    return {...ran, answer: JSON.parse(ran.out)};
  };

test("a proof behind two changes is fetched with its steps, and holds for the genesis alone", async () => {
  const {url} = await serveEpochs();
  const qsdm = running(url);
  const fetched = await qsdm("finality fetch 7 --out /final.bin", {files: FILES});
  expect(fetched.status).toBe(0);
  const bytes = fetched.host.files.get("/final.bin")!;
  const {steps, finality} = decodeFinality(bytes);
  expect(steps).toHaveLength(2);
  const verify = (proof: Uint8Array) =>
    qsdm("finality verify /final.bin --genesis /genesis.json", {files: {...FILES, "/final.bin": proof}});
  const held = await verify(bytes);
  expect([held.status, held.answer.data.id, held.answer.data.validators.length]).toEqual([0, idAt(7n), 3]);
  const inspected = await qsdm("inspect /final.bin", {files: {"/final.bin": bytes}});
  expect(inspected.answer.data.kind).toBe("finality proof with steps");

  for (const [change, code] of [
    [{steps: []}, "EPOCH_UNPROVED"],
    [{steps: steps.slice(0, 1)}, "EPOCH_UNPROVED"],
    [{steps: steps.slice(1)}, "EPOCH_UNPROVED"],
    [{steps: [...steps, steps[1]!]}, "EPOCH_STEP_INVALID"],
    [{finality: await deskAt(TIP).prove(5n)}, "FINALITY_INVALID"],
  ] as const) {
    const {status, answer} = await verify(finalityBundle.encode({steps, finality, ...change}));
    expect([status, answer.error.code]).toEqual([3, code]);
    expect(answer.error.hint).not.toBeNull();
  }
});

test("a light client goes through both changes, and from where it was stopped", async () => {
  const half = await serveEpochs(1n);
  const stopped = await running(half.url)("light sync --genesis /genesis.json", {files: FILES});
  expect([stopped.status, stopped.answer.error.code]).toEqual([4, "SOURCES_UNAVAILABLE"]);
  const kept = stopped.host.files.get(STORE)!;
  const whole = await serveEpochs();
  const {status, answer} = await running(whole.url)("light sync", {files: {[STORE]: kept}});
  expect(status).toBe(0);
  expect(answer.data).toMatchObject({from: "3", height: `${TIP}`, block_id: idAt(TIP), epoch: "2"});
  const balance = await running(whole.url)(`light balance ${OWNER.address} --genesis /genesis.json`, {files: FILES});
  expect(balance.answer.data).toMatchObject({balance_dust: "500", height: `${TIP}`});
});

test("a proof over more epochs than a file holds is not fetched", async () => {
  const proof = await deskAt(TIP).prove(7n);
  const headers = proof.headers.map((each) => ({...each, epoch: 1_001n}));
  const never = async () => Promise.reject(new Error("not asked"));
  const {url} = await serve({
    finality: {prove: async () => ({...proof, headers}), proveState: never, proveEpoch: never},
  });
  const {status, answer} = await running(url)("finality fetch 7 --out /final.bin");
  expect([status, answer.error.code]).toEqual([3, "FINALITY_TOO_FAR"]);
});
