/** A miner's figures for Prometheus, on an address of their own: `qsdm mine --metrics`. */
import {Counter, Gauge, Registry} from "prom-client";
import type {GpuReading} from "../../node/mining/gpu-probe.js";
import type {MinerStats} from "../../node/mining/tally.js";

export interface MetricsSource {
  stats(): MinerStats;
  gpus(): readonly GpuReading[];
}

/** Label values and the figure that they stand for. */
type Figures = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** The registry of one miner; every figure is read when it is scraped. */
export function minerRegistry({stats, gpus}: MetricsSource): Registry {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, label: string | null, read: (from: MinerStats) => Figures): void => {
    new Gauge({
      name: `qsdm_miner_${name}`,
      help,
      labelNames: label === null ? [] : [label],
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read(stats())) this.set(labels, value);
      },
    });
  };
  const counter = (name: string, help: string, label: string | null, read: (from: MinerStats) => Figures): void => {
    new Counter({
      name: `qsdm_miner_${name}_total`,
      help,
      labelNames: label === null ? [] : [label],
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read(stats())) this.inc(labels, value);
      },
    });
  };
  const one =
    (read: (from: MinerStats) => number) =>
    (from: MinerStats): Figures => [[{}, read(from)]];
  gauge("hashrate_hps", "Attempts per second, by window.", "window", (from) => [
    [{window: "10s"}, from.hashrate10sHps],
    [{window: "60s"}, from.hashrate60sHps],
    [{window: "15m"}, from.hashrate15mHps],
  ]);
  counter(
    "attempts",
    "Nonces tried.",
    null,
    one((from) => from.attempts),
  );
  counter(
    "proofs_accepted",
    "Proofs that nodes accepted.",
    null,
    one((from) => from.acceptedProofs),
  );
  counter("proofs_rejected", "Proofs that nodes refused, by reason.", "reason", (from) =>
    Object.entries(from.rejectedByReason).map(([reason, count]) => [{reason}, count]),
  );
  gauge(
    "height",
    "Height that is mined at; 0 before the first work.",
    null,
    one((from) => Number(from.height ?? 0n)),
  );
  gauge(
    "difficulty",
    "Difficulty of the work; 0 before any.",
    null,
    one((from) => Number(from.difficulty ?? 0n)),
  );
  gauge(
    "uptime_seconds",
    "Seconds since the miner started.",
    null,
    one((from) => from.uptimeSeconds),
  );
  gauge("device_hashrate_hps", "Attempts per second over 10 s, by device.", "device", (from) =>
    from.devices.map(({name, hashrate10sHps}) => [{device: name}, hashrate10sHps]),
  );
  gauge("device_working", "1 while a device mines, 0 once it has failed.", "device", (from) =>
    from.devices.map(({name, working}) => [{device: name}, working ? 1 : 0]),
  );
  const ofGpus = (read: (gpu: GpuReading) => number | null) => (): Figures =>
    gpus().flatMap((gpu) => {
      const value = read(gpu);
      return value === null ? [] : [[{uuid: gpu.uuid}, value] as const];
    });
  gauge(
    "gpu_temperature_celsius",
    "Temperature of a GPU.",
    "uuid",
    ofGpus((gpu) => gpu.temperatureCelsius),
  );
  gauge(
    "gpu_power_watts",
    "Power that a GPU draws.",
    "uuid",
    ofGpus((gpu) => gpu.powerWatts),
  );
  return registry;
}
