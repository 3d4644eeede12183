/** Lists that are read newest first, the governed parameters, and the rejections. */
import {describe, expect, test} from "vitest";
import type {Receipt} from "../../../src/codecs/chain/receipt.js";
import {RejectionLog} from "../../../src/node/ledger/mining/rejection-log.js";
import type {ReceiptQuery, SlashReceipt, SlashReceiptQuery} from "../../../src/node/storage/store.js";
import {ALICE, BOB, EMPTY_STORE, jsonOf, NOW_MS, serve, TX, view} from "../../support/api.js";

const refusals = (path: string, queries: readonly string[]): void => {
  for (const query of queries)
    test(`refuse the query ${query}`, async () => {
      const {get} = await serve();
      const answer = await get(`${path}?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("qsdm-error-code")).toBe("PARAMETER_INVALID");
      expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    });
};

const receiptAt = (height: bigint): Receipt => ({
  txId: TX,
  height,
  outcome: "applied",
  code: null,
  message: null,
  sender: ALICE,
  nonce: 3n,
  contract: "qsdm/transfer/v3",
  gasUsed: 152_000n,
  feeDust: 1_000n,
  slash: null,
});

describe("receipts", () => {
  const asked: ReceiptQuery[] = [];
  const store = {
    ...EMPTY_STORE,
    receipts(query: ReceiptQuery) {
      asked.push(query);
      return [receiptAt(11n), receiptAt(10n)];
    },
  };
  const askedFor = async (query: string): Promise<unknown> => {
    const {get} = await serve({store});
    expect((await get(`/api/v1/receipts${query}`)).status).toBe(200);
    return asked.at(-1);
  };

  test("come in the order of the store, with the range that was looked through", async () => {
    const {get, client} = await serve({store});
    const {tip, from, to, receipts} = await client.receipts({from: 2n, to: 11n, limit: null});
    expect([tip, from, to]).toEqual([12n, 2n, 11n]);
    expect(receipts.map(({height, status}) => [height, status])).toEqual([
      [11n, 1],
      [10n, 1],
    ]);
    expect(await (await get("/api/v1/receipts")).text()).toMatch(
      new RegExp(`^{"tip":12,"from":0,"to":12,"receipts":\\[{"tx_id":"${TX}","block_height":11,"status":1,`),
    );
  });

  test("are 50 unless asked otherwise, never above 200, never beyond the tip", async () => {
    expect(await askedFor("")).toEqual({from: 0n, to: 12n, limit: 50});
    expect(await askedFor("?limit=0")).toMatchObject({limit: 50});
    expect(await askedFor("?limit=7&from=3&to=4")).toEqual({from: 3n, to: 4n, limit: 7});
    expect(await askedFor("?limit=9999&to=18446744073709551615")).toEqual({from: 0n, to: 12n, limit: 200});
  });

  refusals("/api/v1/receipts", ["from=x", "to=-1", "limit=1.5", "from=4&to=2", "from=18446744073709551616"]);
});

describe("slash receipts", () => {
  const receipt: SlashReceipt = {
    txId: TX,
    outcome: "rejected",
    recordedAtMs: BigInt(NOW_MS),
    height: 11n,
    slasher: BOB,
    slash: null,
    rejectCode: "SLASH_EVIDENCE_REPLAYED",
    rejectMessage: "seen",
  };
  const asked: SlashReceiptQuery[] = [];
  const store = {
    ...EMPTY_STORE,
    slashReceipts(query: SlashReceiptQuery) {
      asked.push(query);
      return Array.from({length: Math.min(query.limit, 3)}, () => receipt);
    },
  };

  test("say whether there are more, and count one beyond the page", async () => {
    const {client} = await serve({store});
    const all = {outcome: null, kind: null, since: null};
    const page = await client.slashReceipts({...all, limit: 2});
    expect([page.records.length, page.hasMore, page.totalMatches]).toEqual([2, true, 3]);
    const last = await client.slashReceipts({...all, limit: 3});
    expect([last.records.length, last.hasMore, last.totalMatches]).toEqual([3, false, 3]);
    expect(last.records[0]).toMatchObject({rejectReason: "evidence_replayed", slasher: BOB});
  });

  test("are filtered by outcome, kind and time, and the answer repeats the filters", async () => {
    const {get} = await serve({store});
    const query = "outcome=applied&kind=double-mining&since=1795000000&limit=9999";
    const {filters} = await jsonOf(await get(`/api/v1/mining/slash?${query}`));
    expect(filters).toEqual({outcome: "applied", kind: "double-mining", since: 1_795_000_000});
    const wanted = {outcome: "applied", kind: "double-mining", sinceMs: 1_795_000_000_000n, limit: 501};
    expect(asked.at(-1)).toEqual(wanted);
    expect((await jsonOf(await get("/api/v1/mining/slash"))).filters).toEqual({});
    expect(asked.at(-1)).toEqual({outcome: null, kind: null, sinceMs: 0n, limit: 101});
  });

  refusals("/api/v1/mining/slash", ["outcome=maybe", "kind=theft", "since=yesterday", "since=-1", "limit=-2"]);
});

describe("governed parameters", () => {
  test("are listed with their bounds, everything in byte order of names", async () => {
    const {get} = await serve();
    const text = await (await get("/api/v1/governance/params")).text();
    expect(text).toMatch(
      /^{"active":{"auto_revoke_min_stake_dust":1000000000,"fork_v2_tc_height":18446744073709551615,"reward_bps":5000},"pending":\[],"registry":\[{"name":"auto_revoke_min_stake_dust","description":"/,
    );
    expect(text).toContain('"min_value":0,"max_value":5000,"default_value":0,"unit":"bps"}],"authorities":[],');
    expect(text.endsWith('"governance_enabled":false}\n')).toBe(true);
  });

  const pending = {
    param: "reward_bps",
    value: 9n,
    effectiveHeight: 77n,
    submittedAtHeight: 5n,
    authority: ALICE,
    memo: "",
  };
  const governed = {
    view: () => view({governance: () => ({...view().governance(), pending: [pending], authorities: [ALICE]})}),
  };

  test("that are about to change say so", async () => {
    const {client, get} = await serve(governed);
    expect(await client.governance()).toMatchObject({pending: [pending], governanceEnabled: true});
    expect(await client.governedParameter({name: "reward_bps"})).toMatchObject({activeValue: 5_000n, pending});
    expect(await (await get("/api/v1/governance/params/reward_bps")).text()).toContain(
      `{"name":"reward_bps","active_value":5000,"pending":{"param":"reward_bps","value":9,"effective_height":77,` +
        `"submitted_at_height":5,"authority":"${ALICE}"},"registry":{"name":"reward_bps",`,
    );
  });

  test("are shown alone with all their digits, without a change when none is staged", async () => {
    const {get, client} = await serve(governed);
    const text = await (await get("/api/v1/governance/params/fork_v2_tc_height")).text();
    expect(text).toMatch(/^{"name":"fork_v2_tc_height","active_value":18446744073709551615,"registry":{/);
    expect((await client.governedParameter({name: "fork_v2_tc_height"})).pending).toBeNull();
  });

  test("that do not exist are 404, and names that are too long 400", async () => {
    const {get} = await serve();
    const missing = await get("/api/v1/governance/params/gas_price");
    expect([missing.status, missing.headers.get("qsdm-error-code")]).toEqual([404, "PARAMETER_NOT_FOUND"]);
    expect((await get(`/api/v1/governance/params/${"x".repeat(65)}`)).status).toBe(400);
  });
});

describe("recent rejections", () => {
  const log = new RejectionLog();
  const claim = {
    kind: "archspoof_gpu_name_mismatch",
    reason: "gpu_name_mismatch",
    arch: "hopper",
    height: 7n,
    minerAddr: ALICE,
    gpuName: "NVIDIA GeForce RTX 4090",
    certSubject: "",
    detail: "d",
  };
  log.record(claim, 1_777_424_523_500n);
  const slow = {...claim, kind: "hashrate_out_of_band", reason: "", arch: "ampere", height: 0n, minerAddr: ""};
  log.record({...slow, gpuName: "", detail: ""}, 1_777_424_524_000n);
  const ports = {recentRejections: log.list.bind(log)};

  test("have the reference's members, empty ones left out", async () => {
    const {get} = await serve(ports);
    expect(await (await get("/api/v1/attest/recent-rejections")).text()).toBe(
      '{"records":[{"seq":1,"recorded_at":"2026-04-29T01:02:03.5Z","kind":"archspoof_gpu_name_mismatch",' +
        `"reason":"gpu_name_mismatch","arch":"hopper","height":7,"miner_addr":"${ALICE}",` +
        '"gpu_name":"NVIDIA GeForce RTX 4090","detail":"d"},{"seq":2,"recorded_at":"2026-04-29T01:02:04Z",' +
        '"kind":"hashrate_out_of_band","arch":"ampere"}],"next_cursor":2,"has_more":false,"total_matches":2,"filters":{}}\n',
    );
  });

  test("are paged by the cursor and filtered by what the answer repeats", async () => {
    const {client, get} = await serve(ports);
    const all = {cursor: null, limit: null, kind: null, reason: null, arch: null, since: null};
    const first = await client.rejections({...all, limit: 1});
    expect([first.nextCursor, first.hasMore, first.totalMatches]).toEqual([1n, true, 2]);
    const rest = await client.rejections({...all, cursor: first.nextCursor});
    expect(rest.records.map(({seq}) => seq)).toEqual([2n]);
    const beyond = await get("/api/v1/attest/recent-rejections?cursor=2&kind=hashrate_out_of_band");
    expect(await beyond.text()).toBe(
      '{"records":[],"has_more":false,"total_matches":0,"filters":{"kind":"hashrate_out_of_band"}}\n',
    );
    const since = await client.rejections({...all, since: 1_777_424_524n});
    expect(since.records.map(({seq}) => seq)).toEqual([2n]);
    expect((await client.rejections({...all, arch: "ampere", reason: null})).records).toHaveLength(1);
    expect((await client.rejections({...all, reason: "unknown_arch"})).records).toHaveLength(0);
  });

  refusals("/api/v1/attest/recent-rejections", [
    "cursor=abc",
    "limit=-1",
    "kind=other",
    "reason=because",
    "arch=pentium",
    "since=1.5",
  ]);
});
