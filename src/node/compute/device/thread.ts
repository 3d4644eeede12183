/** Synchronous calls of a thread that owns a device. */
import {MessageChannel, type MessagePort, receiveMessageOnPort, type Worker} from "node:worker_threads";
import {UnavailableError} from "../../../errors.js";
import {createWorker} from "../../worker.js";
import type {DeviceAnswer, DeviceCalls, DeviceEngine, DeviceGreeting, DeviceKind, DeviceSetup} from "./calls.js";

/** A device that has not answered for so long is lost; the longest calls are those that take over a table. */
const ANSWER_MS = 120_000;

export class DeviceThread {
  private constructor(
    readonly kind: DeviceKind,
    readonly engine: Pick<DeviceEngine, "detail" | "software" | "batch">,
    private readonly port: MessagePort,
    private readonly answered: Int32Array<SharedArrayBuffer>,
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
    return new DeviceThread(kind, greeting, port1, answered);
  }

  /** Without it, the end of the calling thread would cut the device off amid its work, which takes the process down. */
  close(): void {
    this.call("close", null);
    this.port.close();
  }

  /** Sleeps until the device has answered. @throws UnavailableError DEVICE_FAILED */
  call<Name extends keyof DeviceCalls>(call: Name, of: DeviceCalls[Name]["of"]): DeviceCalls[Name]["gives"] {
    Atomics.store(this.answered, 0, 0);
    this.port.postMessage({call, of});
    Atomics.wait(this.answered, 0, 0, ANSWER_MS);
    const received = receiveMessageOnPort(this.port) as {readonly message: DeviceAnswer} | undefined;
    if (!received) throw failure(this.kind, "its device does not answer");
    const {message} = received;
    if ("failed" in message) throw failure(this.kind, message.failed);
    return message.gives as DeviceCalls[Name]["gives"];
  }
}

const failure = (kind: DeviceKind, why: string, cause?: unknown): UnavailableError =>
  new UnavailableError("DEVICE_FAILED", `backend ${kind}: ${why}`, {
    hint: "use another backend",
    ...(cause === undefined ? {} : {cause}),
  });

function greetingOf(worker: Worker, kind: DeviceKind): Promise<DeviceGreeting> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.on("error", (cause) => reject(failure(kind, "the thread of its device died", cause)));
    worker.on("exit", () => reject(failure(kind, "the thread of its device ended")));
  });
}
