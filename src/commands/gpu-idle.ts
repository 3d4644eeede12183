import {execFile} from "node:child_process";
import {setTimeout as sleep} from "node:timers/promises";
import {promisify} from "node:util";
import type {Command} from "commander";
import {RuleError, UnavailableError} from "../errors.js";
import {DEFAULT_IDLE, IdleMonitor, parseUtilisation, UTILISATION_QUERY, type Utilisation} from "../node/mining/idle.js";
import {defineCommand} from "./define.js";
import {countFlag, durationFlag} from "./flags.js";
import type {Io} from "./io.js";

interface Flags {
  readonly threshold: number;
  readonly grace: number;
  readonly interval: number;
  readonly timeout?: number;
  readonly nvidiaSmi: string;
}

/** @throws UnavailableError UTILISATION_UNAVAILABLE */
async function utilisation(program: string, timeoutMs: number, signal: AbortSignal): Promise<Utilisation> {
  try {
    const run = promisify(execFile);
    const {stdout} = await run(program, [...UTILISATION_QUERY], {timeout: timeoutMs, maxBuffer: 65_536, signal});
    return parseUtilisation(stdout);
  } catch (cause) {
    if (cause instanceof UnavailableError || signal.aborted) throw cause;
    const {message, stderr = ""} = cause as Error & {stderr?: string};
    throw new UnavailableError(
      "UTILISATION_UNAVAILABLE",
      `nvidia-smi: ${message.split("\n")[0]} (stderr="${stderr}")`,
      {
        hint: "install the NVIDIA driver, or name its tool with --nvidia-smi",
        cause,
      },
    );
  }
}

/** Waits until the GPUs have been left alone for long enough. @throws RuleError GPU_BUSY; UnavailableError */
export async function waitForIdle(
  {threshold, grace, interval, timeout}: Omit<Flags, "nvidiaSmi">,
  ports: {
    sample(): Promise<Utilisation>;
    sleep(ms: number): Promise<void>;
    nowMs(): number;
    told(sample: Utilisation): void;
  },
): Promise<Utilisation> {
  const monitor = new IdleMonitor({thresholdPct: threshold, graceMs: grace});
  const until = timeout === undefined ? Number.POSITIVE_INFINITY : ports.nowMs() + timeout;
  for (;;) {
    const sample = await ports.sample();
    ports.told(sample);
    const verdict = monitor.judge(sample, ports.nowMs());
    if (verdict === "idle") return sample;
    if (verdict === "unknown")
      throw new UnavailableError("UTILISATION_UNAVAILABLE", "the driver does not say how busy the GPU is");
    if (ports.nowMs() + interval > until)
      throw new RuleError("GPU_BUSY", `the GPU is not idle (${sample.gpuPct} % in use)`, {details: {...sample}});
    await ports.sleep(interval);
  }
}

export const gpuIdleCommand = (io: Io): Command =>
  defineCommand("gpu-idle", {
    summary: "wait until nobody uses the GPU",
    description:
      "Asks nvidia-smi until every GPU of this machine has been in use below the threshold for the grace period, and " +
      "prints the percentages of computing and memory. With several GPUs the busiest counts.",
    examples: [
      {does: "mine once the machine is left alone", run: "qsdm gpu-idle && qsdm mine --node-id rig-1"},
      {does: "only look", run: "qsdm gpu-idle --grace 0s --timeout 0s"},
    ],
    exit: {3: "The GPU was still in use at the end of --timeout.", 4: "nvidia-smi cannot be run or does not say."},
    seeAlso: ["mine"],
  })
    .option(
      "--threshold <percent>",
      "use below which a GPU counts as idle",
      countFlag(0, 100),
      DEFAULT_IDLE.thresholdPct,
    )
    .option("--grace <duration>", "how long it must stay below", durationFlag, DEFAULT_IDLE.graceMs)
    .option("--interval <duration>", "time between two looks, one second at least", durationFlag, 5_000)
    .option("--timeout <duration>", "longest time to wait (default: without end)", durationFlag)
    .option("--nvidia-smi <path>", "the driver's tool", "nvidia-smi")
    .action(async (flags: Flags) => {
      const interval = Math.max(1_000, flags.interval);
      const sample = await waitForIdle(
        {...flags, interval},
        {
          sample: () => utilisation(flags.nvidiaSmi, interval, io.signal),
          sleep: async (ms) => void (await sleep(ms, null, {signal: io.signal})),
          nowMs: () => performance.now(),
          told: ({gpuPct, memPct}) => io.detail(`in use: ${gpuPct} % computing, ${memPct} % memory`),
        },
      );
      io.result({gpu_pct: sample.gpuPct, mem_pct: sample.memPct}, [[sample.gpuPct, sample.memPct]]);
    });
