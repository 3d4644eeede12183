import {describe, expect, test} from "vitest";
import {ALICE, BOB, EMPTY_STORE, jsonOf, NOW_MS, PARAMS, RECORD, serve, TX, view} from "../../support/api.js";

describe("status", () => {
  test("answers the reference's members in the reference's order", async () => {
    const {get} = await serve();
    const answer = await get("/api/v1/status");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const text = await answer.text();
    expect(Object.keys(JSON.parse(text))).toEqual(
      (
        "node_id,version,git_sha,build_date,uptime,chain_tip,peers,node_role,network,coin,branding,tokenomics," +
        "task_actions_ready,mining,qsdm"
      ).split(","),
    );
    expect(text).toContain('"coin":{"name":"Cell","symbol":"CELL","decimals":8,"smallest_unit":"dust"}');
    expect(text).toContain('"uptime":"1m30s","chain_tip":12,');
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("tells the emission of the reference's first epoch in dust and in CELL", async () => {
    const {get} = await serve();
    const {tokenomics} = await jsonOf(await get("/api/v1/status"));
    expect(tokenomics).toMatchObject({
      cap_dust: 9_000_000_000_000_000,
      cap_cell: "90000000.00000000",
      block_reward_dust: 356_490_987,
      block_reward_cell: "3.56490987",
      current_epoch: 0,
      next_halving_height: 12_623_040,
      blocks_per_epoch: 12_623_040,
    });
  });

  test("names the chain, the rules and the forms that it takes", async () => {
    const {client} = await serve();
    const {qsdm, mining} = await client.status();
    expect(qsdm).toMatchObject({chainId: "qsdm-test", rules: "strict", envelopeVersions: [3], baseFeeDust: 1_000n});
    expect(qsdm?.nextHalvingHeight).toBe(12_623_041n);
    expect(mining).toMatchObject({protocolVersionsAccepted: [2], attestationTypesRequired: ["qsdm-key-v1"]});
    expect(mining).toMatchObject({deferredBondFromRewards: true, deferredBondWorkDifficulty: 22});
  });

  test("leaves out a fork that is not scheduled, and writes u64 values with all digits", async () => {
    const params = {...PARAMS, mining: {...PARAMS.mining, forkV2Height: 9_007_199_254_740_993n}};
    const {get} = await serve({view: () => view({params})});
    const text = await (await get("/api/v1/status")).text();
    expect(text).toContain('"fork_v2_height":9007199254740993,"fork_v2_active":false,"fork_v2_tc_active":false');
  });
});

describe("health", () => {
  test("lives and is ready while storage works", async () => {
    const {client} = await serve();
    expect(await client.health()).toMatchObject({status: "healthy", version: "1.2.3", product: "QSDM"});
    expect(await client.healthLive()).toMatchObject({status: "alive", timestamp: new Date(NOW_MS).toISOString()});
    expect(await client.healthReady()).toMatchObject({status: "ready", checks: {storage: "ok"}});
  });

  test("is not ready, with 503, when storage fails", async () => {
    const {get, client} = await serve({}, {ports: {healthy: () => false}});
    const answer = await get("/api/v1/health/ready");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({status: "not_ready", checks: {storage: "failed"}});
    expect(await client.healthReady()).toMatchObject({status: "not_ready"});
    expect(await client.health()).toMatchObject({status: "degraded"});
  });
});

describe("wallet", () => {
  test("gives a balance in CELL as an exact number that no double could hold", async () => {
    const {get, client} = await serve();
    expect(await (await get(`/api/v1/wallet/balance?address=${ALICE}`)).text()).toBe(
      `{"address":"${ALICE}","balance":90071992.54740993,"source":"mining-ledger","balance_dust":9007199254740993}\n`,
    );
    expect((await client.balance({address: ALICE})).balance).toBe(9_007_199_254_740_993n);
  });

  test("knows an account that was never used as empty", async () => {
    const {client} = await serve();
    expect(await client.balance({address: BOB})).toMatchObject({balance: 0n, balanceDust: 0n});
    expect(await client.nonce({sender: BOB})).toEqual({
      sender: BOB,
      nonce: 0n,
      next: 1n,
      nextFree: 0n,
      keyKnown: false,
    });
  });

  test("gives the account's nonce, the one above it for v2 envelopes, and the next that no waiting transaction has", async () => {
    const {get} = await serve();
    expect(await (await get(`/api/v1/wallet/nonce?sender=${ALICE}`)).text()).toBe(
      `{"sender":"${ALICE}","nonce":3,"next":4,"next_free":5,"key_known":true}\n`,
    );
  });

  for (const [name, path] of [
    ["a missing address", "/api/v1/wallet/balance"],
    ["an address in capitals", `/api/v1/wallet/balance?address=${"A1".repeat(32)}`],
    ["a short sender", "/api/v1/wallet/nonce?sender=a1"],
  ] as const)
    test(`refuses ${name} in the reference's error shape`, async () => {
      const {get} = await serve();
      const answer = await get(path);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("qsdm-error-code")).toBe("PARAMETER_INVALID");
      expect(Object.keys(await jsonOf(answer))).toEqual(["error", "message", "status"]);
    });
});

describe("mining", () => {
  test("serves a challenge with its four members", async () => {
    const {get} = await serve();
    expect(await (await get("/api/v1/mining/challenge")).text()).toBe(
      `{"nonce":"${"01".repeat(32)}","issued_at":1795000000,"signer_id":"v0","signature":"${"02".repeat(32)}"}\n`,
    );
  });

  test("serves work in the reference's order, difficulty as text, and at the end what is ours", async () => {
    const {get, client} = await serve();
    expect(await (await get("/api/v1/mining/work")).text()).toBe(
      `{"epoch":0,"height":13,"header_hash":"${"03".repeat(32)}","difficulty":"65536","dag_size":65536,` +
        `"workset_root":"${"04".repeat(32)}","workset":[{"cells":[{"id":"05","content_hash":"${"06".repeat(32)}"}]}],` +
        `"batch_count_maximum":1,"blocks_per_epoch":60480,"mix_version":1}\n`,
    );
    expect((await client.work({height: null})).workSet[0]?.cells[0]?.id).toEqual(new Uint8Array([5]));
  });

  test("hands the height that is asked for to the node", async () => {
    const asked: (bigint | null)[] = [];
    const {get, client} = await serve({
      work(height) {
        asked.push(height);
        throw new Error("enough");
      },
    });
    await get("/api/v1/mining/work?height=18446744073709551615");
    await client.work({height: 5n}).catch(() => undefined);
    expect(asked).toEqual([18_446_744_073_709_551_615n, 5n]);
    expect((await get("/api/v1/mining/work?height=18446744073709551616")).status).toBe(400);
  });
});

describe("enrollments", () => {
  const revoked = {...RECORD, stakeDust: 400n, revokedAtHeight: 9n, unbondMaturesAtHeight: 60_489n};

  test("shows an active record in the reference's order without its MAC key", async () => {
    const {get} = await serve();
    expect(await (await get("/api/v1/mining/enrollment/rig-1")).text()).toBe(
      `{"node_id":"rig-1","owner":"${ALICE}","gpu_uuid":"GPU-1","stake_dust":1000000000,"bond_mode":"upfront",` +
        `"required_stake_dust":1000000000,"bond_remaining_dust":0,"fully_bonded":true,"enrolled_at_height":7,` +
        `"phase":"active","slashable":true}\n`,
    );
  });

  test("shows a revoked record with its heights and the bond that is missing", async () => {
    const {client} = await serve({view: () => view({enrollment: () => revoked})});
    expect(await client.enrollment({nodeId: "rig-1"})).toMatchObject({
      bondRemainingDust: 999_999_600n,
      fullyBonded: false,
      revokedAtHeight: 9n,
      unbondMaturesAtHeight: 60_489n,
      phase: "pending_unbond",
      slashable: true,
    });
  });

  test("answers 404 in plain text for an unknown node", async () => {
    const {get} = await serve();
    const answer = await get("/api/v1/mining/enrollment/nobody");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await answer.text()).toBe("no enrollment record for node_id nobody\n");
  });

  for (const bad of ["UPPER", "with%20space", "%ff", `${"x".repeat(65)}`])
    test(`refuses the node id ${bad.slice(0, 20)} with 400`, async () => {
      const {get} = await serve();
      expect((await get(`/api/v1/mining/enrollment/${bad}`)).status).toBe(400);
    });

  test("pages with cursor, limit and phase, and repeats the phase", async () => {
    const asked: unknown[] = [];
    const page = {records: [RECORD], nextCursor: "rig-1", total: 3};
    const enrollments = (query: unknown) => {
      asked.push(query);
      return page;
    };
    const {get} = await serve({view: () => view({enrollments})});
    const text = await (await get("/api/v1/mining/enrollments?phase=active&limit=1&cursor=a")).text();
    expect(text.endsWith('],"next_cursor":"rig-1","has_more":true,"total_matches":3,"phase":"active"}\n')).toBe(true);
    await get("/api/v1/mining/enrollments");
    await get("/api/v1/mining/enrollments?limit=100000&phase=&cursor=");
    expect(asked).toEqual([
      {cursor: "a", limit: 1, phase: "active"},
      {cursor: null, limit: 50, phase: null},
      {cursor: null, limit: 500, phase: null},
    ]);
  });

  test("leaves next_cursor and phase out of a last page", async () => {
    const {get} = await serve({view: () => view({enrollments: () => ({records: [], nextCursor: null, total: 0})})});
    expect(await (await get("/api/v1/mining/enrollments")).text()).toBe(
      '{"records":[],"has_more":false,"total_matches":0}\n',
    );
  });

  for (const query of ["phase=gone", "limit=-1", "limit=x", `cursor=${"c".repeat(65)}`])
    test(`refuses ${query.slice(0, 20)} with 400 in plain text`, async () => {
      const {get} = await serve();
      const answer = await get(`/api/v1/mining/enrollments?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    });

  test("ignores parameters that it does not know, as the reference does", async () => {
    const {get} = await serve();
    expect((await get("/api/v1/mining/enrollments?shiny=1")).status).toBe(200);
  });
});

describe("slash receipts", () => {
  const base = {txId: TX, recordedAtMs: BigInt(NOW_MS), height: 11n, slasher: BOB};

  test("show an applied slash, amounts that are zero left out", async () => {
    const slash = {
      nodeId: "rig-1",
      evidenceKind: "double-mining",
      slashedDust: 1_000_000_000n,
      rewardedDust: 500_000_000n,
      burnedDust: 500_000_000n,
      autoRevoked: true,
      remainingDust: 0n,
    };
    const receipt = {...base, outcome: "applied" as const, slash, rejectCode: null, rejectMessage: null};
    const {get, client} = await serve({
      store: {...EMPTY_STORE, slashReceipt: () => receipt},
    });
    expect(await (await get(`/api/v1/mining/slash/${TX}`)).text()).toBe(
      `{"tx_id":"${TX}","outcome":"applied","recorded_at":"${new Date(NOW_MS).toISOString()}","height":11,` +
        `"slasher":"${BOB}","node_id":"rig-1","evidence_kind":"double-mining","slashed_dust":1000000000,` +
        `"rewarded_dust":500000000,"burned_dust":500000000,"auto_revoked":true}\n`,
    );
    expect((await client.slashReceipt({txId: TX})).autoRevokeRemainingDust).toBe(0n);
  });

  test("show a rejected slash with the reference's short reason", async () => {
    const rejected = {
      ...base,
      outcome: "rejected" as const,
      slash: null,
      rejectCode: "SLASH_EVIDENCE_REPLAYED",
      rejectMessage: "seen",
    };
    const {client} = await serve({
      store: {...EMPTY_STORE, slashReceipt: () => rejected},
    });
    expect(await client.slashReceipt({txId: TX})).toMatchObject({
      outcome: "rejected",
      rejectReason: "evidence_replayed",
      error: "seen",
      slashedDust: 0n,
    });
  });

  for (const id of [TX, "a-reference-id"])
    test(`answer 404 for ${id.slice(0, 14)}, which is unknown or evicted`, async () => {
      const {get} = await serve();
      const answer = await get(`/api/v1/mining/slash/${id}`);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain("unknown or evicted");
    });

  test("refuse an id that no ledger has", async () => {
    const {get} = await serve();
    expect((await get("/api/v1/mining/slash/a%2Fb")).status).toBe(400);
    expect((await get(`/api/v1/mining/slash/${"a".repeat(257)}`)).status).toBe(400);
  });
});

test("submeshes that went, and what a vote on one would weigh", async () => {
  const gone = {submesh: "eu-fast", sinceHeight: 9n, weight: 60n};
  const {client} = await serve({view: () => view({retiredSubmeshes: () => [gone]})});
  expect(await client.submeshes()).toEqual({height: 12n, retired: [gone]});
  expect(await client.reputation({address: ALICE})).toEqual({
    ...{height: 12n, address: ALICE, weight: 40n, totalWeight: 100n},
  });
  expect(await client.proposals()).toMatchObject({totalWeight: 100n, proposals: []});
});

test("status tells the governed values that a slash will meet, not those of the genesis", async () => {
  const {client} = await serve({
    view: () =>
      view({
        governance: () => ({
          active: new Map([
            ["reward_bps", 7n],
            ["auto_revoke_min_stake_dust", 9n],
          ]),
          pending: [],
          proposals: [],
          authorities: [],
        }),
      }),
  });
  const {qsdm} = await client.status();
  expect([qsdm!.slashRewardBps, qsdm!.autoRevokeMinStakeDust]).toEqual([7, 9n]);
});
