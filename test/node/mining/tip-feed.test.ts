import {describe, expect, test} from "vitest";
import {RuleError, UnavailableError} from "../../../src/errors.js";
import type {StreamMessage} from "../../../src/node/api/client-stream.js";
import {TipFeed} from "../../../src/node/mining/tip-feed.js";

const beat: StreamMessage = {type: "beat", seq: 1n};
const event = {type: "event", event: {}} as StreamMessage;
const never = new AbortController().signal;
const elapsed = async (wait: () => Promise<void>): Promise<number> => {
  const start = performance.now();
  await wait();
  return performance.now() - start;
};

/** A feed over a stream that says `messages`, `gapMs` apart, and then nothing more. */
function feedOf(messages: readonly (StreamMessage | Error)[], gapMs = 10) {
  const abort = new AbortController();
  let opened = 0;
  const client = {
    async *events() {
      opened++;
      for (const message of messages) {
        await new Promise((next) => setTimeout(next, gapMs));
        if (message instanceof Error) throw message;
        yield message;
      }
      await new Promise((end) => abort.signal.addEventListener("abort", end, {once: true}));
    },
  };
  return {feed: new TipFeed(client, abort.signal), abort, opened: () => opened};
}

describe("whoever waits for a tip", () => {
  test("is woken by a block, and not by a beat", async () => {
    const {feed, abort} = feedOf([beat, beat, event], 20);
    expect(await elapsed(() => feed.wait(600_000, never))).toBeGreaterThan(50);
    abort.abort();
  });

  test("waits his time where the node has no stream, which is asked for once", async () => {
    const {feed, opened} = feedOf([new RuleError("NOT_FOUND", "no such route")], 1);
    expect(await elapsed(() => feed.wait(40, never))).toBeGreaterThanOrEqual(39);
    expect(await elapsed(() => feed.wait(40, never))).toBeGreaterThanOrEqual(39);
    expect(opened()).toBe(1);
  });

  test("waits his time while the stream is broken", async () => {
    const {feed, abort} = feedOf([new UnavailableError("STREAM_CUT", "cut")], 1);
    expect(await elapsed(() => feed.wait(40, never))).toBeGreaterThanOrEqual(39);
    abort.abort();
  });

  test("stops waiting when told to", async () => {
    const {feed, abort} = feedOf([]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 10);
    await feed.wait(600_000, stop.signal);
    abort.abort();
  });
});
