/**
 * Whether the GPUs of this machine are left alone: nvidia-smi's figures, and how long they have stayed low.
 * Source: QSDM mining protocol, section 22.3.
 */
import {quoteText} from "../../codecs/go/quote.js";
import {UnavailableError} from "../../errors.js";

/** Arguments of nvidia-smi whose output `parseUtilisation` reads. */
export const UTILISATION_QUERY = [
  "--query-gpu=utilization.gpu,utilization.memory",
  "--format=csv,noheader,nounits",
] as const;

/** Percentages; -1 where the driver does not say. */
export interface Utilisation {
  readonly gpuPct: number;
  readonly memPct: number;
}

const unavailable = (why: string): never => {
  throw new UnavailableError("UTILISATION_UNAVAILABLE", `nvidia-smi: ${why}`);
};

const cellOf = (text: string): number | null => {
  const cell = text.trim();
  if (cell === "" || cell.startsWith("[")) return -1;
  return /^[+-]?[0-9]+$/.test(cell) ? Math.min(100, Math.max(0, Number(cell))) : null;
};

/** The busiest of all GPUs, figure by figure. @throws UnavailableError UTILISATION_UNAVAILABLE */
export function parseUtilisation(stdout: string): Utilisation {
  const text = stdout.trim();
  if (text === "") return unavailable("empty output");
  const rows = text.split("\n").flatMap((row) => {
    const [gpu, mem] = row.split(",").map(cellOf);
    if (gpu === undefined || mem === undefined) return [];
    const known = {gpuPct: gpu ?? -1, memPct: mem ?? -1};
    return known.gpuPct < 0 && known.memPct < 0 ? [] : [known];
  });
  if (rows.length === 0) return unavailable(`no parseable rows in ${quoteText(text)}`);
  return {gpuPct: Math.max(...rows.map((row) => row.gpuPct)), memPct: Math.max(...rows.map((row) => row.memPct))};
}

/** `unknown` never stops anybody from mining. */
export type IdleVerdict = "idle" | "busy" | "unknown";

export interface IdleOptions {
  /** Below it a GPU counts as left alone; above 100 is 100. */
  readonly thresholdPct: number;
  /** How long it must stay so. */
  readonly graceMs: number;
}

export const DEFAULT_IDLE: IdleOptions = {thresholdPct: 10, graceMs: 60_000};

/** Judges one sample after another. */
export class IdleMonitor {
  readonly #thresholdPct: number;
  #idleSinceMs: number | null = null;

  constructor(private readonly options: IdleOptions = DEFAULT_IDLE) {
    this.#thresholdPct = Math.min(100, options.thresholdPct);
  }

  /** @param sample null where nvidia-smi failed, which does not begin the wait anew (quirk Q50) */
  judge(sample: Utilisation | null, nowMs: number): IdleVerdict {
    if (!sample || sample.gpuPct < 0) return "unknown";
    if (sample.gpuPct >= this.#thresholdPct) {
      this.#idleSinceMs = null;
      return "busy";
    }
    this.#idleSinceMs ??= nowMs;
    return nowMs - this.#idleSinceMs >= this.options.graceMs ? "idle" : "busy";
  }
}
