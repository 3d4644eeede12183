/** What the miner's figures look like: documents, the panel, Prometheus, and the file of sums. */
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {decodeMinerTotals, encodeMinerTotals} from "../../../src/codecs/mining/miner-totals.js";
import {parseMetricsAddress, serveMetrics} from "../../../src/commands/metrics-server.js";
import {minerRegistry} from "../../../src/commands/mine/metrics.js";
import {panelLines} from "../../../src/commands/mine/panel.js";
import {
  formatHashrate,
  formatRejections,
  formatSpan,
  statsDocument,
} from "../../../src/commands/mine/stats-document.js";
import {type MinerStats, NO_TOTALS} from "../../../src/node/mining/tally.js";

const stats: MinerStats = {
  source: "http://a:8080",
  height: 1_234n,
  epoch: 0n,
  difficulty: 65_536n,
  hashrate10sHps: 43_456.789,
  hashrate60sHps: 43_000,
  hashrate15mHps: 42_000,
  attempts: 99,
  acceptedProofs: 12,
  rejectedProofs: 3,
  rejectedByReason: {duplicate: 1, "too-late": 2},
  uptimeSeconds: 3_725,
  threads: 2,
  devices: [
    {name: "cpu0", backend: "wasm", threads: 1, attempts: 99, working: true, hashrate10sHps: 43_456.789},
    {name: "cpu1", backend: "wasm", threads: 1, attempts: 0, working: false, hashrate10sHps: 0},
  ],
  totals: {...NO_TOTALS, attempts: 1_099},
};
const gpu = {uuid: "GPU-1", name: "NVIDIA H200", temperatureCelsius: 41, powerWatts: 118.4, utilizationPercent: null};

test("the document names its windows and units", () => {
  expect(statsDocument(stats, [gpu])).toMatchObject({
    hashrate_10s_hps: 43_456.79,
    hashrate_15m_hps: 42_000,
    rejected_by_reason: {duplicate: 1, "too-late": 2},
    uptime_seconds: 3_725,
    devices: [
      {name: "cpu0", working: true, hashrate_10s_hps: 43_456.79},
      {name: "cpu1", working: false},
    ],
    gpus: [{uuid: "GPU-1", temperature_celsius: 41, power_watts: 118.4, utilization_percent: null}],
    total_attempts: 1_099,
  });
});

describe("the panel", () => {
  const state = {gpus: [gpu], last: {text: "accepted at height 1233", atMs: 5_000}, busyWith: null, nowMs: 17_000};

  test("shows work, rates, proofs, devices and the last event", () => {
    expect(panelLines(stats, state, 100)).toEqual([
      "mining at height 1234  difficulty 65536  http://a:8080",
      "rate      43.5 kH/s (10 s)  43.0 kH/s (60 s)  42.0 kH/s (15 min)",
      "proofs    accepted 12  rejected 3 (too-late 2, duplicate 1)  up 1h 2m",
      "cpu0      wasm  1 thread  43.5 kH/s",
      "cpu1      wasm  1 thread  failed",
      "gpu       NVIDIA H200  41 °C  118 W",
      "last      accepted at height 1233, 12s ago",
    ]);
  });

  test("says what is waited for, and is never wider than the screen", () => {
    const lines = panelLines(stats, {...state, gpus: [], last: null, busyWith: "building the table of epoch 0"}, 20);
    expect(lines[0]).toBe("building the table o");
    expect(lines.every((line) => line.length <= 20)).toBe(true);
    expect(lines).toHaveLength(5);
  });
});

test.each([
  [0, "0s"],
  [59.9, "59s"],
  [60, "1m"],
  [3_600, "1h 0m"],
  [90_061, "1d 1h"],
])("%d seconds read %s", (seconds, text) => {
  expect(formatSpan(seconds)).toBe(text);
});

test("no rejections read 0", () => {
  expect(formatRejections({})).toBe("0");
  expect(formatHashrate(999)).toBe("999 H/s");
});

describe("figures for Prometheus", () => {
  test("are served on their address, as of the moment of the scrape", async () => {
    let accepted = 12;
    const registry = minerRegistry({stats: () => ({...stats, acceptedProofs: accepted}), gpus: () => [gpu]});
    const server = await serveMetrics(registry, {host: "127.0.0.1", port: 0});
    try {
      const {port} = server.address() as {port: number};
      accepted = 13;
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
      const text = await answer.text();
      for (const line of [
        'qsdm_miner_hashrate_hps{window="60s"} 43000',
        "qsdm_miner_proofs_accepted_total 13",
        'qsdm_miner_proofs_rejected_total{reason="too-late"} 2',
        "qsdm_miner_height 1234",
        'qsdm_miner_device_working{device="cpu1"} 0',
        'qsdm_miner_gpu_temperature_celsius{uuid="GPU-1"} 41',
      ])
        expect(text.split("\n")).toContain(line);
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
      await expect(serveMetrics(registry, {host: "127.0.0.1", port})).rejects.toMatchObject({
        code: "METRICS_ADDRESS_TAKEN",
      });
    } finally {
      server.close();
    }
  });

  test.each([
    ["9101", {host: "127.0.0.1", port: 9_101}],
    ["0.0.0.0:80", {host: "0.0.0.0", port: 80}],
    ["[::1]:80", {host: "::1", port: 80}],
    ["rig.local:80", {host: "rig.local", port: 80}],
  ])("the address %s", (text, address) => {
    expect(parseMetricsAddress(text)).toEqual(address);
  });

  test.each(["", "x", "1:2:3", ":80", "65536", "a b:80", "http://a:80"])("%j is no address", (text) => {
    expect(() => parseMetricsAddress(text)).toThrow(expect.objectContaining({code: "METRICS_ADDRESS_INVALID"}));
  });
});

describe("the file of sums", () => {
  const totals = {attempts: 5, acceptedProofs: 1, rejectedByReason: new Map([["work", 2]]), uptimeSeconds: 0};

  test("reads what it wrote", () => {
    expect(decodeMinerTotals(encodeMinerTotals(totals))).toEqual(totals);
  });

  test.each([
    "",
    "{}",
    '{"schema":2,"attempts":5,"accepted_proofs":1,"rejected_by_reason":{}}',
    '{"schema":1,"attempts":-5,"accepted_proofs":1,"rejected_by_reason":{}}',
  ])("%j is refused", (text) => {
    expect(() => decodeMinerTotals(utf8(text))).toThrow(expect.objectContaining({code: "MINER_TOTALS_INVALID"}));
  });
});
