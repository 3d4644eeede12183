/** The live view on a terminal: some lines, drawn again twice a second. */
import type {GpuReading} from "../../node/mining/gpu-probe.js";
import type {DeviceStats, MinerStats} from "../../node/mining/tally.js";
import {formatHashrate, formatRejections, formatSpan} from "./stats-document.js";

/** What the panel shows besides the figures. */
export interface PanelState {
  readonly gpus: readonly GpuReading[];
  /** The last thing that happened, as one line, and when. */
  readonly last: {readonly text: string; readonly atMs: number} | null;
  /** What is waited for or built, in place of mining. */
  readonly busyWith: string | null;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** The panel's lines, each cut to `columns` characters. */
export function panelLines(stats: MinerStats, state: PanelState, columns: number): readonly string[] {
  const {last, busyWith, nowMs} = state;
  const shown = (value: bigint | null): string => (value === null ? "-" : String(value));
  const lines = [
    busyWith ?? `mining at height ${shown(stats.height)}  difficulty ${shown(stats.difficulty)}  ${stats.source ?? ""}`,
    `rate      ${formatHashrate(stats.hashrate10sHps)} (10 s)  ${formatHashrate(stats.hashrate60sHps)} (60 s)  ` +
      `${formatHashrate(stats.hashrate15mHps)} (15 min)`,
    `proofs    accepted ${stats.acceptedProofs}  rejected ${formatRejections(stats.rejectedByReason)}  ` +
      `up ${formatSpan(stats.uptimeSeconds)}`,
    ...stats.devices.map(deviceLine),
    ...state.gpus.map(gpuLine),
    ...(last ? [`last      ${last.text}, ${formatSpan((nowMs - last.atMs) / 1_000)} ago`] : []),
  ];
  return lines.map((line) => [...line].slice(0, Math.max(1, columns)).join("").trimEnd());
}

const deviceLine = ({name, backend, threads, working, hashrate10sHps}: DeviceStats): string =>
  `${name.padEnd(9)} ${backend}  ${threads} ${threads === 1 ? "thread" : "threads"}  ` +
  (working ? formatHashrate(hashrate10sHps) : "failed");

function gpuLine({name, temperatureCelsius, powerWatts, utilizationPercent}: GpuReading): string {
  const parts = [
    temperatureCelsius === null ? "" : `${temperatureCelsius} °C`,
    powerWatts === null ? "" : `${Math.round(powerWatts)} W`,
    utilizationPercent === null ? "" : `${utilizationPercent} % busy`,
  ];
  return `gpu       ${name}  ${parts.filter((part) => part !== "").join("  ")}`;
}
