import {expect, test} from "vitest";
import type {StreamRecord, StreamVerb} from "../../../src/codecs/chain/stream.js";
import type {BlockCommitted, LedgerEvent} from "../../../src/node/ledger/chain/events.js";
import type {MonetaryRecord} from "../../../src/node/ledger/state/stores.js";
import {type MetricsPorts, NodeMetrics} from "../../../src/node/metrics/registry.js";
import {view} from "../../support/api.js";
import {IN_SYNC, NO_BATCHES, NO_WIRE, STORE_FIGURES} from "../../support/network.js";

const metrics = (change: Partial<MetricsPorts> = {}) =>
  new NodeMetrics({
    view,
    poolSize: () => 2,
    tableReady: () => true,
    ngc: null,
    wire: NO_WIRE,
    batches: () => NO_BATCHES,
    sync: () => IN_SYNC,
    signaturesChecked: () => 3,
    bodies: {checked: 5, mismatches: 1},
    cluster: null,
    store: () => STORE_FIGURES,
    snapshots: () => ({
      succeeded: 3,
      failed: 1,
      lastHeight: 50_000n,
      lastCreatedAtMs: 1_800_000_000_000,
      lastDurationMs: 2_500,
      lastSizeBytes: 9_000_000,
      inProgress: true,
    }),
    ...change,
  });

const committed = (events: readonly LedgerEvent[], over: Partial<BlockCommitted> = {}): BlockCommitted => ({
  height: 1n,
  blockId: "",
  timeMs: 0n,
  transactionCount: 0,
  proofCount: 0,
  batches: [],
  receipts: [],
  events,
  ...over,
});

/** Value of one sample line, or undefined. */
const sample = (text: string, name: string): string | undefined =>
  text
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);

const slashed = (over: object = {}): LedgerEvent => ({
  type: "slash-applied",
  txId: "",
  slasher: "",
  outcome: {
    nodeId: "rig-1",
    evidenceKind: "double-mining",
    slashedDust: 1_000_000_001n,
    rewardedDust: 500_000_000n,
    burnedDust: 500_000_001n,
    autoRevoked: true,
    remainingDust: 0n,
    ...over,
  },
});

test("CELL streams are counted once, followed from block to block, and counted again after a gap", async () => {
  let stats = {openCount: 3, escrowDust: 900n};
  let height = 5n;
  const node = metrics({view: () => view({head: {...view().head, height}, streamStats: () => stats})});
  const record = (status: StreamRecord["status"]) => ({status, budgetDust: 100n}) as StreamRecord;
  const step = (
    action: StreamVerb,
    toProviderDust: bigint,
    toPayerDust: bigint,
    status: StreamRecord["status"] = "active",
  ) => ({type: "stream-stepped", streamId: "s", action, record: record(status), toProviderDust, toPayerDust}) as const;
  const gauges = async () => {
    const text = await node.scrape();
    return ["open", "escrow_dust"].map((name) => sample(text, `qsdm_cell_streams_${name}`));
  };
  expect(await gauges()).toEqual(["3", "900"]);
  stats = {openCount: -1, escrowDust: -1n};
  node.observe(committed([step("open", 0n, 0n), step("receipt", 0n, 0n), step("settle", 40n, 0n)], {height: 6n}));
  node.observe(committed([step("close", 10n, 250n, "closed")], {height: 7n}));
  height = 7n;
  expect(await gauges()).toEqual(["3", "700"]);
  const text = await node.scrape();
  expect(sample(text, 'qsdm_cell_streams_actions_total{action="open"}')).toBe("1");
  expect(sample(text, 'qsdm_cell_streams_actions_total{action="resume"}')).toBe("0");
  for (const [name, dust] of [
    ["escrowed", "100"],
    ["settled", "50"],
    ["refunded", "250"],
  ])
    expect(sample(text, `qsdm_cell_streams_${name}_dust_total`)).toBe(dust);
  // The scrape saw block 9 before its subscribers did.
  [stats, height] = [{openCount: 8, escrowDust: 80n}, 9n];
  expect(await gauges()).toEqual(["8", "80"]);
  node.observe(committed([step("open", 0n, 0n)], {height: 9n}));
  expect(await gauges()).toEqual(["8", "80"]);
});

test("an applied slash counts its kind, its dust and its auto-revoke", async () => {
  const node = metrics();
  node.observe(committed([slashed(), slashed({remainingDust: 5n}), slashed({autoRevoked: false})]));
  const text = await node.scrape();
  expect(sample(text, 'qsdm_slash_applied_total{kind="double-mining"}')).toBe("3");
  expect(sample(text, 'qsdm_slash_drained_dust_total{kind="double-mining"}')).toBe("3000000003");
  expect(sample(text, "qsdm_slash_rewarded_dust_total")).toBe("1500000000");
  expect(sample(text, "qsdm_slash_burned_dust_total")).toBe("1500000003");
  expect(sample(text, 'qsdm_slash_auto_revoked_total{reason="fully_drained"}')).toBe("1");
  expect(sample(text, 'qsdm_slash_auto_revoked_total{reason="under_bonded"}')).toBe("1");
});

test("a rejected slash counts its reason", async () => {
  const node = metrics();
  node.observe(committed([{type: "slash-rejected", txId: "", slasher: "", reason: "evidence_replayed"}]));
  expect(sample(await node.scrape(), 'qsdm_slash_rejected_total{reason="evidence_replayed"}')).toBe("1");
});

test("enrollments count what was applied, rejected, ended and returned", async () => {
  const node = metrics();
  const who = {nodeId: "rig-1", owner: "", stakeDust: 1n};
  node.observe(
    committed([
      {type: "enrollment-applied", ...who},
      {type: "enrollment-applied", ...who},
      {type: "enrollment-rejected", sender: "", reason: "gpu_bound"},
      {type: "unenrollment-applied", ...who},
      {type: "unenrollment-rejected", sender: "", reason: "not_owner"},
      {type: "bond-swept", ...who},
    ]),
  );
  const text = await node.scrape();
  expect(sample(text, "qsdm_enrollment_applied_total")).toBe("2");
  expect(sample(text, 'qsdm_enrollment_rejected_total{reason="gpu_bound"}')).toBe("1");
  expect(sample(text, "qsdm_unenrollment_applied_total")).toBe("1");
  expect(sample(text, 'qsdm_unenrollment_rejected_total{reason="not_owner"}')).toBe("1");
  expect(sample(text, "qsdm_enrollment_unbond_swept_total")).toBe("1");
});

test("governance counts votes and what they come to, and shows what holds", async () => {
  const node = metrics();
  const step = {
    type: "governance-step",
    effectiveHeight: 9n,
    memo: "",
    voters: [],
    authorities: 3,
    threshold: 2,
    priorValue: null,
    reason: null,
  } as const;
  const fee = {...step, change: {kind: "param-set", param: "base_fee_dust", value: 7n}} as const;
  const leave = {...step, change: {kind: "authority-set", op: "remove", address: ""}} as const;
  node.observe(
    committed([
      {...fee, step: "voted"},
      {...fee, step: "voted"},
      {...fee, step: "superseded"},
      {...fee, step: "activated"},
      {...leave, step: "voted"},
      {...leave, step: "abandoned"},
      {type: "governance-rejected", sender: "", reason: "unauthorized"},
    ]),
  );
  const text = await node.scrape();
  expect(sample(text, 'qsdm_gov_param_voted_total{param="base_fee_dust"}')).toBe("2");
  expect(sample(text, 'qsdm_gov_param_staged_total{param="base_fee_dust"}')).toBe("1");
  expect(sample(text, 'qsdm_gov_param_activated_total{param="base_fee_dust"}')).toBe("1");
  expect(sample(text, 'qsdm_gov_authority_voted_total{op="remove"}')).toBe("1");
  expect(sample(text, 'qsdm_gov_authority_abandoned_total{op="remove"}')).toBe("1");
  expect(sample(text, 'qsdm_gov_rejected_total{reason="unauthorized"}')).toBe("1");
  expect(sample(text, 'qsdm_gov_param_value{param="reward_bps"}')).toBe("5000");
  expect(sample(text, "qsdm_gov_authority_count")).toBe("0");
  expect(sample(text, "qsdm_gov_open_proposals")).toBe("0");
});

test("counters are there from the first scrape, at zero", async () => {
  const text = await metrics().scrape();
  expect(sample(text, "qsdm_enrollment_applied_total")).toBe("0");
  expect(sample(text, "qsdm_slash_burned_dust_total")).toBe("0");
  for (const kind of ["double-mining", "forged-attestation", "freshness-cheat"])
    expect(sample(text, `qsdm_slash_applied_total{kind="${kind}"}`)).toBe("0");
});

test("dust is summed in integers: ten thousand rewards come close to 2^53 without drifting", async () => {
  const node = metrics();
  for (let i = 0; i < 10_000; i++) node.observe(committed([slashed({rewardedDust: 900_719_925_474n})]));
  expect(sample(await node.scrape(), "qsdm_slash_rewarded_dust_total")).toBe("9007199254740000");
});

test("gauges come from one view for each scrape", async () => {
  let views = 0;
  const node = metrics({
    view: () => {
      views++;
      return view();
    },
    tableReady: () => false,
  });
  const text = await node.scrape();
  expect(views).toBe(1);
  expect(sample(text, "qsdm_chain_height")).toBe("12");
  expect(sample(text, "qsdm_mining_difficulty")).toBe("65536");
  expect(sample(text, "qsdm_base_fee_dust")).toBe("1000");
  expect(sample(text, "qsdm_mining_network_hashrate_hps")).toBe("104857");
  expect(sample(text, "qsdm_mempool_size")).toBe("2");
  expect(sample(text, "qsdm_mining_table_ready")).toBe("0");
  expect(sample(text, "qsdm_enrollment_active_count")).toBe("1");
  expect(sample(text, "qsdm_enrollment_bonded_dust")).toBe("1000000000");
  expect(sample(text, "qsdm_enrollment_pending_unbond_count")).toBe("0");
  expect(sample(text, "qsdm_enrollment_pending_unbond_dust")).toBe("0");
  expect(sample(text, 'qsdm_supply_dust{term="unissued"}')).toBe("9999999999999850");
});

test("issuance by stake has gauges where an epoch has ended, and none before", async () => {
  const scraped = (last: MonetaryRecord | null) =>
    metrics({view: () => view({monetary: () => ({epochFeesDust: 0n, last})})}).scrape();
  const amounts = {validatorsDust: 80n, treasuryDust: 14n, insuranceDust: 3n, communityDust: 1n, issuedDust: 98n};
  const fees = {feesDust: 0n, averageFeesDust: 0n, averageDeviationDust: 0n, coverageBps: 7n};
  const text = await scraped({
    ...{epoch: 3n, phase: "transition", phaseReason: "advanced", stakedDust: 5n, circulatingDust: 10n},
    ...{stakeRatioBps: 5_000n, rateBps: 775n, floorApplied: false, capApplied: false},
    ...{...fees, ...amounts},
  });
  expect(sample(text, 'qsdm_monetary_basis_points{of="rate"}')).toBe("775");
  expect(sample(text, 'qsdm_monetary_basis_points{of="coverage"}')).toBe("7");
  expect(sample(text, 'qsdm_monetary_basis_points{of="staked"}')).toBe("5000");
  expect(sample(text, "qsdm_monetary_issued_dust")).toBe("98");
  expect(sample(text, 'qsdm_monetary_phase{phase="transition"}')).toBe("1");
  expect(sample(text, 'qsdm_monetary_phase{phase="mature"}')).toBe("0");
  expect(await scraped(null)).not.toContain("qsdm_monetary_phase{");
});

test("blocks count their transactions by outcome", async () => {
  const node = metrics();
  const receipt = {
    txId: "",
    height: 1n,
    code: null,
    message: null,
    sender: "",
    nonce: 0n,
    contract: "",
    gasUsed: 152_000n,
    feeDust: 0n,
    slash: null,
  };
  const receipts = [
    {...receipt, outcome: "applied" as const},
    {...receipt, outcome: "rejected" as const},
    {...receipt, outcome: "applied" as const},
  ];
  node.observe(committed([], {receipts, proofCount: 4}));
  const text = await node.scrape();
  expect(sample(text, "qsdm_transactions_processed_total")).toBe("3");
  expect(sample(text, "qsdm_transactions_valid_total")).toBe("2");
  expect(sample(text, "qsdm_transactions_invalid_total")).toBe("1");
  expect(sample(text, "qsdm_proofs_rewarded_total")).toBe("4");
});

test("answers are counted by route and status, limits apart", async () => {
  const node = metrics();
  node.answered({method: "GET", path: "/api/v1/status", status: 200, durationMs: 2});
  node.answered({method: "GET", path: "", status: 429, durationMs: 1});
  const text = await node.scrape();
  expect(sample(text, 'qsdm_http_requests_total{method="GET",route="/api/v1/status",status="200"}')).toBe("1");
  expect(sample(text, 'qsdm_http_requests_total{method="GET",route="none",status="429"}')).toBe("1");
  expect(sample(text, "qsdm_security_rate_limit_violations_total")).toBe("1");
  expect(text).toContain('qsdm_http_request_duration_seconds_bucket{le="0.005",route="/api/v1/status"} 1');
});

test("a label that holds quotes and line breaks does not break the scrape (D42)", async () => {
  const node = metrics();
  node.observe(committed([{type: "slash-rejected", txId: "", slasher: "", reason: 'a"b\nc\\d'}]));
  expect(await node.scrape()).toContain('qsdm_slash_rejected_total{reason="a\\"b\\nc\\\\d"} 1');
});

test("two nodes in one process do not share their counts", async () => {
  const [one, two] = [metrics(), metrics()];
  one.observe(committed([slashed()]));
  expect(sample(await two.scrape(), 'qsdm_slash_applied_total{kind="double-mining"}')).toBe("0");
});

test("the process is shown as well", async () => {
  const text = await metrics().scrape();
  expect(Number(sample(text, "process_resident_memory_bytes"))).toBeGreaterThan(1_000_000);
  expect(Number(sample(text, "qsdm_process_uptime_seconds"))).toBeGreaterThan(0);
});

test("counts what batches come to", async () => {
  const text = await metrics({
    batches: () => ({...NO_BATCHES, certifiedRound: 9, missing: 2, made: 5, faults: 1}),
  }).scrape();
  expect(text).toMatch(/^qsdm_batches_certified_round 9$/m);
  expect(text).toMatch(/^qsdm_batches_missing 2$/m);
  expect(text).toMatch(/^qsdm_signatures_checked_total 3$/m);
  expect(text).toMatch(/^qsdm_batches_made_total 5$/m);
  expect(text).toMatch(/^qsdm_batches_faults_total 1$/m);
  expect(text).toMatch(/^qsdm_store_bytes 5000000$/m);
  expect(text).toMatch(/^qsdm_store_free_bytes 4096$/m);
  expect(text).toMatch(/^qsdm_store_pruned_height 77$/m);
  expect(text).toMatch(/^qsdm_store_pruned_blocks_total 64$/m);
  expect(text).toMatch(/^qsdm_snapshot_success_total 3$/m);
  expect(text).toMatch(/^qsdm_snapshot_failure_total 1$/m);
  expect(text).toMatch(/^qsdm_snapshot_last_height 50000$/m);
  expect(text).toMatch(/^qsdm_snapshot_last_created_at_ms 1800000000000$/m);
  expect(text).toMatch(/^qsdm_snapshot_last_duration_ms 2500$/m);
  expect(text).toMatch(/^qsdm_snapshot_last_size_bytes 9000000$/m);
  expect(text).toMatch(/^qsdm_snapshot_in_progress 1$/m);
  expect(text).toMatch(/^qsdm_store_dictionary 2$/m);
  expect(text).toMatch(/^qsdm_store_dictionary_raw_bytes_total 900$/m);
  expect(text).toMatch(/^qsdm_store_dictionary_packed_bytes_total 300$/m);
});

test("says how far the node is behind, and what others served it", async () => {
  const text = await metrics({
    sync: () => ({...IN_SYNC, catchingUp: true, targetHeight: 900n, blocksPerSecond: 120, blocks: 7, lies: 1}),
  }).scrape();
  const figures = {catching_up: 1, target_height: 900, blocks_per_second: 120, blocks_total: 7, lies_total: 1};
  for (const [name, value] of Object.entries(figures)) expect(sample(text, `qsdm_sync_${name}`)).toBe(String(value));
});

test("a cluster's figures are told where there is one", async () => {
  const figures = {height: 41n, lagBlocks: 2, requests: 90, retries: 7, failures: 1, seconds: 0.25};
  const text = await metrics({cluster: () => figures}).scrape();
  expect(sample(text, "qsdm_cluster_height")).toBe("41");
  expect(sample(text, "qsdm_cluster_lag_blocks")).toBe("2");
  expect(sample(text, "qsdm_cluster_requests_total")).toBe("90");
  expect(sample(text, "qsdm_cluster_retries_total")).toBe("7");
  expect(sample(text, "qsdm_cluster_failures_total")).toBe("1");
  expect(sample(text, "qsdm_cluster_request_seconds_total")).toBe("0.25");
  expect(await metrics().scrape()).not.toContain("qsdm_cluster");
});
