/**
 * The thread that owns a device. Devices answer with promises, and the rules are synchronous: so a caller sleeps until this
 * thread has the answer, which a thread that waits for a device does anyway.
 */
import {parentPort, workerData} from "node:worker_threads";
import {UnavailableError} from "../../../errors.js";
import type {DeviceAnswer, DeviceCall, DeviceEngine, DeviceGreeting, DeviceKind, DeviceSetup} from "./calls.js";

const {kind, port, answered} = workerData as DeviceSetup;

const OPENERS: Readonly<Record<DeviceKind, () => Promise<DeviceEngine>>> = {
  gpujs: async () => (await import("../gpujs/engine.js")).openGpujsEngine(),
  webgpu: async () => (await import("../webgpu/engine.js")).openWebgpuEngine(),
};

async function answer(engine: DeviceEngine, {call, of}: DeviceCall): Promise<DeviceAnswer> {
  try {
    const carryOut = engine[call] as ((of: DeviceCall["of"]) => Promise<unknown>) | undefined;
    return carryOut ? {gives: await carryOut(of)} : {failed: `it has no ${call}`};
  } catch (error) {
    return {failed: error instanceof Error ? error.message : String(error)};
  }
}

const greet = (greeting: DeviceGreeting): void => parentPort!.postMessage(greeting);

try {
  const engine = await OPENERS[kind]();
  port.on("message", (call: DeviceCall) => {
    void answer(engine, call).then((result) => {
      port.postMessage(result);
      Atomics.store(answered, 0, 1);
      Atomics.notify(answered, 0);
      if (call.call === "close") port.close();
    });
  });
  const {detail, software, batch} = engine;
  greet({detail, software, batch});
} catch (error) {
  if (!(error instanceof UnavailableError)) throw error;
  const {code, message, hint} = error;
  greet({code, message, hint});
  port.close();
}
