import {mkdtempSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {describe, expect, test} from "vitest";
import {waitForIdle} from "../../../src/commands/gpu-idle.js";
import {run} from "../../../src/commands/run.js";
import {IdleMonitor} from "../../../src/node/mining/idle.js";
import {memoryHost} from "../../commands/memory-host.js";
import {scratchDirectory} from "../../support/chain.js";

const use = (gpuPct: number) => ({gpuPct, memPct: 0});

describe("a GPU is idle", () => {
  test("after the grace period below the threshold, and no earlier", () => {
    const monitor = new IdleMonitor({thresholdPct: 10, graceMs: 60_000});
    const verdicts = [0, 59_999, 60_000].map((nowMs) => monitor.judge(use(9), nowMs));
    expect(verdicts).toEqual(["busy", "busy", "idle"]);
    expect(monitor.judge(use(10), 61_000)).toBe("busy");
    expect(monitor.judge(use(0), 62_000)).toBe("busy");
  });

  test("for all that a failed sample in between says (Q50)", () => {
    const monitor = new IdleMonitor({thresholdPct: 10, graceMs: 60_000});
    expect([monitor.judge(use(0), 0), monitor.judge(null, 30_000), monitor.judge(use(-1), 31_000)]).toEqual([
      "busy",
      "unknown",
      "unknown",
    ]);
    expect(monitor.judge(use(0), 60_000)).toBe("idle");
  });

  test("at any use below 100 where the threshold is above it", () => {
    const monitor = new IdleMonitor({thresholdPct: 250, graceMs: 0});
    expect([monitor.judge(use(99), 0), monitor.judge(use(100), 0)]).toEqual(["idle", "busy"]);
  });
});

describe("waiting", () => {
  const wait = (samples: number[], timeout?: number) => {
    let now = 0;
    const options = {threshold: 10, grace: 10_000, interval: 5_000, ...(timeout === undefined ? {} : {timeout})};
    return waitForIdle(options, {
      sample: async () => use(samples.shift() ?? 0),
      async sleep(ms) {
        now += ms;
      },
      nowMs: () => now,
      told: () => undefined,
    });
  };

  test("ends when the GPU has been left alone", async () => {
    expect(await wait([50, 0, 50, 3])).toEqual(use(0));
  });

  test("ends with a refusal at its deadline, and at once where the driver does not say", async () => {
    await expect(wait([50, 50, 50, 50], 10_000)).rejects.toMatchObject({code: "GPU_BUSY"});
    await expect(wait([-1])).rejects.toMatchObject({code: "UTILISATION_UNAVAILABLE"});
  });
});

describe("qsdm gpu-idle", () => {
  const idle = async (script: string, line = "") => {
    const tool = join(mkdtempSync(join(scratchDirectory(), "smi-")), "nvidia-smi");
    writeFileSync(tool, `#!/bin/sh\n${script}\n`, {mode: 0o755});
    const host = memoryHost({argv: `gpu-idle --nvidia-smi ${tool} --grace 0s ${line}`.trim().split(" ")});
    return {status: await run(host), out: host.out(), err: host.err()};
  };

  test("prints the figures of the busiest GPU", async () => {
    expect(await idle('printf "3, 1\\n5, 0\\n"')).toEqual({status: 0, out: "5\t1\n", err: ""});
  });

  test("ends with 3 when it is in use, and with 4 when the tool fails", async () => {
    expect((await idle('echo "90, 1"', "--timeout 0s")).status).toBe(3);
    const failed = await idle("echo no device >&2; exit 9");
    expect([failed.status, failed.err]).toEqual([4, expect.stringContaining("no device")]);
    expect((await idle("true")).err).toContain("nvidia-smi: empty output");
  });
});
