import {MessageChannel, receiveMessageOnPort} from "node:worker_threads";
import {expect, test} from "vitest";
import {DeviceThread} from "../../../../src/node/compute/device/thread.js";

test("an answer that comes too late is not taken for the next call's", () => {
  const {port1, port2} = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const engine = {detail: "a device that hangs", software: false, batch: 1};
  const thread = new DeviceThread("webgpu", engine, {port: port1, answered}, 10);
  expect(() => thread.call("hash", Uint8Array.of(1))).toThrow(/^backend webgpu: its device does not answer$/);
  expect(receiveMessageOnPort(port2)!.message).toEqual({call: "hash", of: Uint8Array.of(1)});

  port2.postMessage({gives: Uint8Array.of(0x11)});
  expect(() => thread.call("hash", Uint8Array.of(2))).toThrow(
    expect.objectContaining({code: "DEVICE_FAILED", message: "backend webgpu: its device did not answer before"}),
  );
  thread.close();
  expect(receiveMessageOnPort(port2), "nothing more is asked of it").toBeUndefined();
});
