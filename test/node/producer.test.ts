import {describe, expect, test, vi} from "vitest";
import {Producer} from "../../src/node/producer.js";

const silent = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
const OPTIONS = {intervalMs: 1_000, minIntervalMs: 100};

/** A producer on fake time; `blocks` are the times at which it made one. */
function started(isEmpty: () => boolean, extend: () => Promise<[]> = async () => []) {
  vi.useFakeTimers();
  const blocks: number[] = [];
  const failures: unknown[] = [];
  const start = Date.now();
  const abort = new AbortController();
  const producer = new Producer(OPTIONS, {
    isEmpty,
    extend: () => {
      blocks.push(Date.now() - start);
      return extend();
    },
    log: silent,
    nowMs: () => Date.now(),
    failed: (error) => failures.push(error),
  });
  void producer.start(abort.signal);
  return {producer, blocks, failures, abort};
}

describe("blocks", () => {
  test("come at each interval while nothing waits", async () => {
    const {blocks, abort, producer} = started(() => true);
    await vi.advanceTimersByTimeAsync(3_500);
    expect(blocks).toEqual([1_000, 2_000, 3_000]);
    abort.abort();
    await producer.stop();
    vi.useRealTimers();
  });

  test("come early, but not faster than the shortest interval, when something waits", async () => {
    let waiting = false;
    const {blocks, abort, producer} = started(() => !waiting);
    await vi.advanceTimersByTimeAsync(500);
    waiting = true;
    producer.wake();
    await vi.advanceTimersByTimeAsync(250);
    waiting = false;
    expect(blocks).toEqual([500, 600, 700]);
    abort.abort();
    await producer.stop();
    vi.useRealTimers();
  });

  test("end with the signal", async () => {
    const {blocks, abort, producer} = started(() => true);
    abort.abort();
    await producer.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(blocks).toEqual([]);
    vi.useRealTimers();
  });

  test("end with the first failure, which is reported", async () => {
    const broken = new Error("disk");
    const {blocks, failures, producer} = started(
      () => true,
      () => Promise.reject(broken),
    );
    await vi.advanceTimersByTimeAsync(5_000);
    await producer.stop();
    expect(blocks).toEqual([1_000]);
    expect(failures).toEqual([broken]);
    vi.useRealTimers();
  });
});
