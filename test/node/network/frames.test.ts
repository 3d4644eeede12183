/** What a peer can make this node keep of messages that never end. */
import type {Connection, Stream} from "@libp2p/interface";
import {afterEach, expect, test, vi} from "vitest";
import {frameOf} from "../../../src/node/network/frames.js";
import {Connections} from "../../../src/node/network/libp2p/connections.js";
import {Outbox} from "../../../src/node/network/libp2p/outbox.js";
import {readFrames} from "../../../src/node/network/libp2p/streams.js";
import type {Channel} from "../../../src/node/network/port.js";

afterEach(() => vi.useRealTimers());

/** The part of libp2p's stream that is read. */
class InStream extends EventTarget {
  readStatus = "readable";
  aborted: string | null = null;
  pause(): void {
    this.readStatus = "paused";
  }
  resume(): void {
    this.readStatus = "readable";
  }
  abort({message}: Error): void {
    this.aborted = message;
    this.dispatchEvent(new Event("close"));
  }
  receive(data: Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event("message"), {data}));
  }
}

function reading() {
  const stream = new InStream();
  const taken: number[] = [];
  readFrames(stream as unknown as Stream, {
    maxBytes: 1_000,
    take: async ({length}) => void taken.push(length),
    broken: () => expect.unreachable(),
  });
  return {stream, taken};
}

test("a message that was begun and does not end goes with its stream", async () => {
  vi.useFakeTimers();
  const {stream, taken} = reading();
  stream.receive(frameOf(new Uint8Array(500)).subarray(0, 300));
  await vi.advanceTimersByTimeAsync(59_000);
  expect(stream.aborted).toBeNull();
  stream.receive(new Uint8Array(1));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(stream.aborted).toBe("a message was begun and not ended");
  expect(taken).toEqual([]);
});

test("a connection that went while a message was being taken costs the stream, and nothing else", async () => {
  const {stream, taken} = reading();
  stream.resume = () => {
    throw new Error("Cannot write to a stream that is closed");
  };
  stream.receive(frameOf(new Uint8Array(10)));
  await expect.poll(() => stream.aborted).toBe("Cannot write to a stream that is closed");
  expect(taken).toEqual([10]);
});

test("of several streams of one channel the newest is heard", () => {
  const ignore = (): void => undefined;
  const connections = new Connections({self: "aa", nowMs: () => 0, sent: ignore, dropped: ignore, broke: ignore});
  const [first, second, other] = [new InStream(), new InStream(), new InStream()];
  const hears = (channel: Channel, stream: InStream) => connections.hears("bb", channel, stream as unknown as Stream);
  expect(hears("consensus", first)).toBe(false);
  connections.opened("bb", {status: "open", direction: "inbound"} as Connection);
  expect([hears("consensus", first), hears("batches", other), hears("consensus", second)]).toEqual([true, true, true]);
  expect([first, second, other].map(({aborted}) => aborted)).toEqual(["a newer stream came", null, null]);
});

test("a stream to a peer that breaks is told of, and what waits goes over the next one", async () => {
  vi.useFakeTimers();
  const [told, sent]: [unknown[], number[]] = [[], []];
  let streams = 0;
  const newStream = async () => ({
    ...{status: "open", writeStatus: "writable", abort: () => undefined, number: ++streams},
    send({length}: Uint8Array) {
      if (this.number === 1) throw new Error("broken pipe");
      sent.push(length);
      return true;
    },
  });
  const outbox = new Outbox({
    connection: () => ({newStream}) as unknown as Connection,
    sent: () => undefined,
    dropped: () => undefined,
    broke: (channel, error) => told.push([channel, (error as Error).message]),
  });
  outbox.push("consensus", new Uint8Array(1));
  outbox.push("consensus", new Uint8Array(2));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([["consensus", "broken pipe"]]);
  expect(sent).toEqual([frameOf(new Uint8Array(2)).length]);
});

test("whoever ends its messages may take any time between them", async () => {
  vi.useFakeTimers();
  const {stream, taken} = reading();
  const frame = frameOf(new Uint8Array(500));
  for (let i = 0; i < 5; i++) {
    stream.receive(frame.subarray(0, 300));
    await vi.advanceTimersByTimeAsync(30_000);
    stream.receive(frame.subarray(300));
    await vi.advanceTimersByTimeAsync(300_000);
  }
  expect(taken).toEqual([500, 500, 500, 500, 500]);
  expect(stream.aborted).toBeNull();
});
