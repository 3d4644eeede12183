/** Figures of a miner under their public names, and as people read them. */
import type {GpuReading} from "../../node/mining/gpu-probe.js";
import type {MinerStats} from "../../node/mining/tally.js";

const UNITS = ["H/s", "kH/s", "MH/s", "GH/s"] as const;

/** A rate as people read it: `950 H/s`, `12.3 kH/s`. */
export function formatHashrate(hps: number): string {
  let unit = 0;
  let value = hps;
  for (; value >= 1_000 && unit < UNITS.length - 1; unit++) value /= 1_000;
  return `${value.toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}

/** A time span as people read it: `59s`, `12m`, `3h 5m`, `2d 4h`. */
export function formatSpan(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** `2 (stale-height 1, duplicate 1)`, most frequent first. */
export function formatRejections(byReason: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(byReason).sort(([, a], [, b]) => b - a);
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return "0";
  return `${total} (${reasons.map(([reason, count]) => `${reason} ${count}`).join(", ")})`;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Statistics as one JSON object. */
export const statsDocument = (stats: MinerStats, gpus: readonly GpuReading[]): Readonly<Record<string, unknown>> => ({
  source: stats.source,
  height: stats.height,
  epoch: stats.epoch,
  difficulty: stats.difficulty,
  hashrate_10s_hps: rounded(stats.hashrate10sHps),
  hashrate_60s_hps: rounded(stats.hashrate60sHps),
  hashrate_15m_hps: rounded(stats.hashrate15mHps),
  attempts: stats.attempts,
  accepted_proofs: stats.acceptedProofs,
  rejected_proofs: stats.rejectedProofs,
  rejected_by_reason: stats.rejectedByReason,
  uptime_seconds: Math.round(stats.uptimeSeconds),
  threads: stats.threads,
  devices: stats.devices.map(({name, backend, threads, working, attempts, hashrate10sHps}) => ({
    name,
    backend,
    threads,
    working,
    attempts,
    hashrate_10s_hps: rounded(hashrate10sHps),
  })),
  gpus: gpus.map(({uuid, name, temperatureCelsius, powerWatts, utilizationPercent}) => ({
    uuid,
    name,
    temperature_celsius: temperatureCelsius,
    power_watts: powerWatts,
    utilization_percent: utilizationPercent,
  })),
  total_attempts: stats.totals.attempts,
  total_accepted_proofs: stats.totals.acceptedProofs,
  total_rejected_by_reason: stats.totals.rejectedByReason,
  total_uptime_seconds: Math.round(stats.totals.uptimeSeconds),
});
