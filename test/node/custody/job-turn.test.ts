/** Whose turn it is to have a custodian do what all do together. */
import {afterEach, beforeEach, expect, test, vi} from "vitest";
import {JobTurn} from "../../../src/node/custody/job-turn.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const TIMES = {idleMs: 60_000, waitMs: 20_000};
const [a, b, c] = [{}, {}, {}];
/** Asks, and writes down when it was given. */
const asking = (turn: JobTurn, by: object, name: string, log: string[]): Promise<void> =>
  turn.take(by).then(
    () => void log.push(name),
    (error: {code: string}) => void log.push(`${name} ${error.code}`),
  );

test("goes to those that ask in their order, and is skipped by who is gone", async () => {
  const turn = new JobTurn(TIMES);
  const log: string[] = [];
  for (const [by, name] of [
    [a, "a"],
    [b, "b"],
    [c, "c"],
  ] as const)
    void asking(turn, by, name, log);
  await vi.advanceTimersByTimeAsync(1);
  expect(log).toEqual(["a"]);
  turn.giveBack(b);
  turn.giveBack(a);
  await vi.advanceTimersByTimeAsync(1);
  expect(log).toEqual(["a", "c"]);
  // Whoever has it may ask again, and what others give back is not theirs.
  turn.giveBack(a);
  await asking(turn, c, "c", log);
  expect(log).toEqual(["a", "c", "c"]);
});

test("is waited for no longer than a call takes", async () => {
  const turn = new JobTurn(TIMES);
  const log: string[] = [];
  await turn.take(a);
  void asking(turn, b, "b", log);
  await vi.advanceTimersByTimeAsync(TIMES.waitMs);
  expect(log).toEqual(["b TURN_TAKEN"]);
  turn.giveBack(a);
  await asking(turn, c, "c", log);
  expect(log).toEqual(["b TURN_TAKEN", "c"]);
});

test("lasts while its work does, and goes on where nothing is done with it", async () => {
  const turn = new JobTurn({idleMs: 1_000, waitMs: 60_000});
  const log: string[] = [];
  await turn.take(a);
  void asking(turn, b, "b", log);
  let end = (): void => undefined;
  const work = turn.during(a, () => new Promise<void>((resolve) => (end = resolve)));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(log).toEqual([]);
  end();
  await work;
  await vi.advanceTimersByTimeAsync(999);
  expect(log).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(log).toEqual(["b"]);
  await expect(turn.during(a, async () => undefined)).rejects.toMatchObject({code: "TURN_MISSING"});
  expect(await turn.during(b, async () => 7)).toBe(7);
});

test("ends for one that gave it back and took it again while its work ran, and is no longer for being asked for again", async () => {
  const turn = new JobTurn({idleMs: 1_000, waitMs: 60_000});
  const log: string[] = [];
  let end = (): void => undefined;
  await turn.take(a);
  const work = turn.during(a, () => new Promise<void>((resolve) => (end = resolve)));
  turn.giveBack(a);
  await turn.take(a);
  end();
  await work;
  void asking(turn, b, "b", log);
  await vi.advanceTimersByTimeAsync(999);
  await turn.take(a);
  expect(log).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(log).toEqual(["b"]);
});
