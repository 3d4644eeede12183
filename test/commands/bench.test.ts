import {expect, test} from "vitest";
import {run} from "../../src/commands/run.js";
import {capabilities} from "../../src/node/compute/backend.js";
import {perSecond} from "../../src/node/compute/measure.js";
import {memoryHost} from "./memory-host.js";

const FAST = ["bench", "--time", "1ms", "--entries", "64"];

test("every backend that works here is measured at its four kinds of work, the others are told", async () => {
  const host = memoryHost({argv: [...FAST, "--json"]});
  expect(await run(host)).toBe(0);
  const {data} = JSON.parse(host.out());
  const rates = new Map<string, number>(
    data.figures.map(({work, by, per_second}: Record<string, string | number>) => [`${work} ${by}`, per_second]),
  );
  for (const {backend, usable, detail} of await capabilities())
    if (usable)
      for (const work of ["sha3", "table", "walk", "tensor-walk"])
        expect(rates.get(`${work} ${backend}`)).toBeGreaterThan(0);
    else expect(host.err()).toContain(`${backend}: ${detail}`);
  for (const work of ["verify", "sign", "key-agreement"]) expect(rates.get(`${work} noble`)).toBeGreaterThan(0);
  expect(data).toMatchObject({time_ms: 1, entries: 64});
});

test("an interrupt ends it between two measurements", async () => {
  const host = memoryHost({argv: FAST});
  const running = run(host);
  setTimeout(() => host.signal("SIGINT"));
  expect(await running).toBe(130);
  expect(host.out()).toBe("");
});

test("a table has two entries at least", async () => {
  const host = memoryHost({argv: ["bench", "--entries", "1"]});
  expect(await run(host)).toBe(2);
  expect(host.err()).toContain('"1" is not from 2 to 67108864');
});

test("a rate counts whole runs, without the first, over the time that they took", () => {
  let nowMs = 0;
  const run = (): number => {
    nowMs += 40;
    return 3;
  };
  // Three runs of 40 ms fill 100 ms: nine in 120 ms.
  expect(perSecond({work: "walk", by: "test", run}, {timeMs: 100, nowMs: () => nowMs})).toBe(75);
  expect(perSecond({work: "walk", by: "test", run}, {timeMs: 0, nowMs: () => nowMs})).toBe(75);
});
