import {describe, expect, test} from "vitest";
import {type Block, blockIdOf} from "../../../src/codecs/chain/block.js";
import {decodeEnvelope, txIdOf} from "../../../src/codecs/chain/envelope.js";
import {TRANSFER_CONTRACT} from "../../../src/codecs/chain/payloads.js";
import type {Receipt} from "../../../src/codecs/chain/receipt.js";
import {ALICE, BOB, EMPTY_STORE, envelopeBytes, jsonOf, serve, TX, view} from "../../support/api.js";

const ROOT = "11".repeat(32);
const TRANSACTION = envelopeBytes(TRANSFER_CONTRACT);

const block = (height: bigint): Block => ({
  header: {
    chainId: "qsdm-test",
    height,
    epoch: 0n,
    view: height,
    timeMs: 1_795_000_000_000n + height,
    parentId: ROOT,
    parentStateRoot: ROOT,
    parentReceiptsRoot: ROOT,
    transactionsRoot: ROOT,
    proofsRoot: ROOT,
    coinbaseRoot: ROOT,
    batchesRoot: ROOT,
    transactionCount: 1,
    proofCount: 1,
    coinbaseCount: 1,
    batchCount: 1,
    baseFeeDust: 1_000n,
    gasUsed: 152_000n,
    proposer: BOB,
  },
  transactions: [TRANSACTION],
  proofs: [new TextEncoder().encode("abc")],
  coinbase: [{to: ALICE, amountDust: 356_490_987n}],
  batches: [{round: 7n, creator: 2, batchId: ROOT}],
});

/** A store of blocks 0 to 12. */
const store = {
  ...EMPTY_STORE,
  header: (height: bigint) => (height <= 12n ? block(height).header : null),
  block: async (height: bigint) => (height <= 12n ? {id: `b${height}`, block: block(height)} : null),
  receipt: (): Receipt | null => null,
};

describe("headers", () => {
  const heights = async (query: string): Promise<number[]> => {
    const {get} = await serve({store});
    const {headers} = await jsonOf(await get(`/api/v1/mining/blocks${query}`));
    return headers.map((each: {height: number}) => each.height);
  };

  test("are the last ones up to the tip when nothing is asked for", async () => {
    expect(await heights("?limit=3")).toEqual([10, 11, 12]);
    expect(await heights("")).toHaveLength(13);
  });

  test("start where they are told and end at the limit, at `to` or at the tip", async () => {
    expect(await heights("?from=2&limit=2")).toEqual([2, 3]);
    expect(await heights("?from=2&to=4")).toEqual([2, 3, 4]);
    expect(await heights("?from=11&to=18446744073709551615")).toEqual([11, 12]);
    expect(await heights("?to=1&limit=5")).toEqual([0, 1]);
  });

  test("beyond the tip there are none", async () => expect(await heights("?from=13")).toEqual([]));

  test("a range that ends before it starts is refused", async () => {
    const {get} = await serve({store});
    expect((await get("/api/v1/mining/blocks?from=4&to=2")).status).toBe(400);
  });

  test("never are more than 200, whatever the limit", async () => {
    const head = {height: 1_000n, blockId: "", timeMs: 0n, stateRoot: ""};
    const deep = {...store, header: (height: bigint) => block(height).header};
    const {client} = await serve({store: deep, view: () => view({head})});
    expect((await client.headers({from: null, to: null, limit: 5_000})).headers).toHaveLength(200);
  });
});

describe("a block", () => {
  test("shows its header, what its transactions are, its proofs' digests and its coinbase", async () => {
    const {client} = await serve({store});
    const view = await client.block({height: 7n});
    expect(view).toMatchObject({
      height: 7n,
      id: blockIdOf(block(7n).header),
      proposer: BOB,
      timeMs: 1_795_000_000_007n,
    });
    const {content} = decodeEnvelope(TRANSACTION);
    expect(view.transactions).toEqual([
      {
        txId: txIdOf(content),
        sender: ALICE,
        nonce: 3n,
        contract: TRANSFER_CONTRACT,
        maxFeeDust: 100_000n,
        tipDust: 0n,
        expiresAtHeight: 300n,
        sizeBytes: TRANSACTION.length,
      },
    ]);
    // SHA-256 of "abc" (FIPS 180-2, appendix B.1).
    expect(view.proofs).toEqual(["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]);
    expect(view.coinbase).toEqual([{to: ALICE, amountDust: 356_490_987n}]);
  });

  test("that is not there yet is a coded 404", async () => {
    const {get} = await serve({store});
    const answer = await get("/api/v1/chain/blocks/13");
    expect(answer.status).toBe(404);
    expect((await jsonOf(answer)).error).toMatchObject({
      code: "BLOCK_NOT_FOUND",
      message: "no block at height 13, the tip is 12",
    });
  });

  test("that was pruned is gone, unlike one that never was, alone and in a list", async () => {
    const pruned = {
      ...store,
      prunedHeight: () => 5n,
      block: async (height: bigint) => (height > 5n ? store.block(height) : null),
    };
    const {get} = await serve({store: pruned});
    for (const path of ["blocks/5", "blocks?from=5&to=7"]) {
      const answer = await get(`/api/v1/chain/${path}`);
      expect(answer.status, path).toBe(410);
    }
    const {error} = await jsonOf(await get("/api/v1/chain/blocks/1"));
    expect(error.code).toBe("BLOCK_PRUNED");
    expect((await get("/api/v1/chain/blocks/6")).status).toBe(200);
    expect((await get("/api/v1/chain/blocks/13")).status).toBe(404);
    expect((await get("/api/v1/receipts?from=5")).status).toBe(410);
    expect(await jsonOf(await get("/api/v1/receipts"))).toMatchObject({from: 6, to: 12});
    const {headers} = await get(`/api/v1/receipts/${"ab".repeat(32)}`);
    expect(decodeURIComponent(headers.get("qsdm-error-hint")!)).toContain("pruned those of blocks up to 5");
    expect((await jsonOf(await get("/api/v1/status"))).qsdm.pruned_height).toBe(5);
  });

  for (const height of ["latest", "-1", "1.5", "18446744073709551616"])
    test(`at "${height}" is refused`, async () => {
      const {get} = await serve({store});
      expect((await get(`/api/v1/chain/blocks/${height}`)).status).toBe(400);
    });
});

describe("a header", () => {
  test("has the reference's members first, and the root of the state after its block", async () => {
    const {get} = await serve({store});
    const text = await (await get("/api/v1/mining/blocks?from=12")).text();
    const id = blockIdOf(block(12n).header);
    expect(text).toContain(
      `{"tip":12,"from":12,"to":12,"headers":[{"height":12,"hash":"${id}","prev_hash":"${ROOT}","state_root":"${"e5".repeat(32)}",` +
        `"tx_root":"${ROOT}","tx_count":1,"timestamp":"`,
    );
  });

  test("below the tip takes that root from its child", async () => {
    const {client} = await serve({store});
    expect((await client.headers({from: 3n, to: 3n, limit: null})).headers[0]?.stateRoot).toBe(ROOT);
  });
});

test("a page of whole blocks is at most 64 long", async () => {
  const {client} = await serve({store});
  const {blocks, tip} = await client.blocks({from: null, to: null, limit: 2});
  expect([tip, ...blocks.map((each) => each.height)]).toEqual([12n, 11n, 12n]);
  const head = {height: 1_000n, blockId: "", timeMs: 0n, stateRoot: ""};
  const deep = {...store, block: async (height: bigint) => ({id: "x", block: block(height)})};
  const long = await serve({store: deep, view: () => view({head})});
  expect((await long.client.blocks({from: null, to: null, limit: 5_000})).blocks).toHaveLength(64);
});

test("the emission route follows the schedule and tells what was minted", async () => {
  const {get, client} = await serve();
  expect(await (await get("/api/v1/mining/emission")).text()).toContain(
    '{"chain_tip":12,"mining_cap_dust":9000000000000000,"blocks_per_epoch":12623040,"target_block_time_seconds":10,' +
      '"current_epoch":0,"block_reward_dust":356490987,"block_reward_cell":"3.56490987","emitted_dust":4277891844,',
  );
  expect(await client.emission()).toMatchObject({firstHeightOfNextEpoch: 12_623_041n, mintedDust: 50n});
});

test("an account is shown whether it is there or not", async () => {
  const {client} = await serve();
  expect(await client.account({address: ALICE})).toEqual({
    address: ALICE,
    balance: 9_007_199_254_740_993n,
    nonce: 3n,
    present: true,
  });
  expect(await client.account({address: BOB})).toEqual({address: BOB, balance: 0n, nonce: 0n, present: false});
});

test("one version of the API is there", async () => {
  const {get} = await serve();
  expect(await (await get("/api/v1/versions")).text()).toBe('{"versions":["v1"],"current":"v1"}\n');
});

describe("receipts", () => {
  const receipt: Receipt = {
    txId: TX,
    height: 5n,
    outcome: "rejected",
    code: "ENROLLMENT_GPU_BOUND",
    message: "gpu bound",
    sender: ALICE,
    nonce: 3n,
    contract: "qsdm/enroll/v3",
    gasUsed: 152_000n,
    feeDust: 1_000n,
    slash: null,
  };

  test("are shown with the code of a rejection", async () => {
    const {client} = await serve({store: {...store, receipt: () => receipt}});
    expect(await client.receipt({txId: TX})).toMatchObject({...receipt, status: 0, timeMs: 1_795_000_000_005n});
  });

  test("have the reference's members first, the fee as an exact number in CELL", async () => {
    const {get} = await serve({store: {...store, receipt: () => receipt}});
    const text = await (await get(`/api/v1/receipts/${TX}`)).text();
    expect(text).toMatch(
      new RegExp(
        `^{"tx_id":"${TX}","block_height":5,"block_hash":"[0-9a-f]{64}","status":0,"gas_used":152000,"fee":0.00001,` +
          `"error":"gpu bound","timestamp":"[^"]+","contract_id":"qsdm/enroll/v3","outcome":"rejected",`,
      ),
    );
  });

  test("that are not there are 404 in plain text", async () => {
    const {get} = await serve({store});
    const answer = await get(`/api/v1/receipts/${TX}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/plain; charset=utf-8"]);
  });
});

test("the supply route answers for one block", async () => {
  const {client} = await serve();
  const {height, supply} = await client.supply();
  expect(height).toBe(12n);
  expect(supply.genesisDust + supply.minedDust - supply.burnedDust).toBe(supply.balancesDust + supply.bondsDust);
});

test("the chain's parameters come with all their digits", async () => {
  const {client} = await serve();
  const params = await client.params();
  expect(params).toMatchObject({chainId: "qsdm-test", rules: "strict", fees: {baseFeeDust: 1_000n}});
  expect(params.mining.forkTensorHeight).toBe(18_446_744_073_709_551_615n);
});
