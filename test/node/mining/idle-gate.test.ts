import {expect, test} from "vitest";
import type {Utilisation} from "../../../src/node/mining/idle.js";
import {IdleGate} from "../../../src/node/mining/idle-gate.js";

const never = new AbortController().signal;

/** A gate that sees one sample after another, ten seconds apart. */
function gateOf(samples: readonly (number | null)[]) {
  let nowMs = 0;
  const left = [...samples];
  const changes: boolean[] = [];
  const abort = new AbortController();
  const gate = new IdleGate(
    {thresholdPct: 10, graceMs: 20_000, intervalMs: 10_000},
    {
      async sample(): Promise<Utilisation | null> {
        const gpuPct = left.shift();
        if (left.length === 0) abort.abort();
        return gpuPct === null || gpuPct === undefined ? null : {gpuPct, memPct: 0};
      },
      nowMs: () => nowMs,
      sleep: async (ms, signal) => {
        nowMs += ms;
        if (ms > 10_000 && !signal.aborted)
          await new Promise((woken) => signal.addEventListener("abort", woken, {once: true}));
      },
      changed: (mayMine) => changes.push(mayMine),
    },
  );
  return {gate, changes, watch: () => gate.watch(abort.signal)};
}

test("opens after the grace time, closes at once, and opens again after another", async () => {
  const {gate, changes, watch} = gateOf([5, 5, 5, 90, 5, 5, 5, 5]);
  await watch();
  expect(changes).toEqual([false, true, false, true]);
  await gate.open(never);
  expect(gate.closing().aborted).toBe(false);
});

test("is closed until it knows, and a search that begins then is left at once", async () => {
  const {gate, watch} = gateOf([50, 50]);
  await watch();
  expect(gate.closing().aborted).toBe(true);
});

test("is open where nvidia-smi tells nothing", async () => {
  const {changes, watch} = gateOf([null, null]);
  await watch();
  expect(changes).toEqual([true]);
});

test("leaves the search under way when the machine is wanted", async () => {
  const {gate, watch} = gateOf([null, 90, 90]);
  const watching = watch();
  await gate.open(never);
  const closing = gate.closing();
  await watching;
  expect(closing.aborted).toBe(true);
});

test("lets go of whoever waits when he is told to stop", async () => {
  const {gate} = gateOf([]);
  const abort = new AbortController();
  const waiting = gate.open(abort.signal);
  abort.abort();
  await waiting;
});
