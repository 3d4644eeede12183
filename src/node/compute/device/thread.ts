/** Synchronous calls of a thread that owns a device. */

import {MessageChannel, type MessagePort, receiveMessageOnPort, type Worker} from "node:worker_threads";
import {UnavailableError} from "../../../errors.js";
import {createWorker} from "../../worker.js";
import type {DeviceAnswer, DeviceCalls, DeviceEngine, DeviceGreeting, DeviceKind, DeviceSetup} from "./calls.js";
import {deviceFailed} from "./failure.js";

/** A device that has not answered for so long is lost; the longest calls are those that take over a table. */
const ANSWER_MS = 120_000;

/** The way to the thread: where it answers, and what says that it has. */
export interface DeviceLine {
  readonly port: MessagePort;
  readonly answered: Int32Array<SharedArrayBuffer>;
}

export class DeviceThread {
  #lost = false;

  constructor(
    readonly kind: DeviceKind,
    readonly engine: Pick<DeviceEngine, "detail" | "software" | "batch">,
    private readonly line: DeviceLine,
    private readonly answerMs = ANSWER_MS,
  ) {}

  /** Starts the thread and waits for its device. @throws UnavailableError saying why there is none */
  static async open(kind: DeviceKind): Promise<DeviceThread> {
    const {port1, port2} = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const workerData: DeviceSetup = {kind, port: port2, answered};
    const worker = createWorker("compute/device/device-worker", {workerData, transferList: [port2], name: kind});
    const greeting = await greetingOf(worker, kind);
    if ("code" in greeting)
      throw new UnavailableError(greeting.code, greeting.message, greeting.hint ? {hint: greeting.hint} : {});
    // Neither keeps the program from ending.
    worker.unref();
    port1.unref();
    return new DeviceThread(kind, greeting, {port: port1, answered});
  }

  /** Without it, the end of the calling thread would cut the device off amid its work, which takes the process down. */
  close(): void {
    try {
      if (!this.#lost) this.call("close", null);
    } finally {
      this.line.port.close();
    }
  }

  /** Sleeps until the device has answered. @throws UnavailableError DEVICE_FAILED */
  call<Name extends keyof DeviceCalls>(call: Name, of: DeviceCalls[Name]["of"]): DeviceCalls[Name]["gives"] {
    const {port, answered} = this.line;
    // An answer that comes late would be taken for that of the next call.
    if (this.#lost) throw failure(this.kind, "its device did not answer before");
    Atomics.store(answered, 0, 0);
    port.postMessage({call, of});
    Atomics.wait(answered, 0, 0, this.answerMs);
    const received = receiveMessageOnPort(port) as {readonly message: DeviceAnswer} | undefined;
    this.#lost = !received;
    if (!received) throw failure(this.kind, "its device does not answer");
    const {message} = received;
    if ("failed" in message) throw failure(this.kind, message.failed);
    return message.gives as DeviceCalls[Name]["gives"];
  }
}

const failure = (kind: DeviceKind, why: string, cause?: unknown): UnavailableError =>
  deviceFailed(`backend ${kind}: ${why}`, cause);

function greetingOf(worker: Worker, kind: DeviceKind): Promise<DeviceGreeting> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.on("error", (cause) => reject(failure(kind, "the thread of its device died", cause)));
    worker.on("exit", () => reject(failure(kind, "the thread of its device ended")));
  });
}
