/** Threads and devices that a node hands batches to. */
import {availableParallelism} from "node:os";
import {UnavailableError} from "../errors.js";
import type {ComputeBackend} from "./compute/backend.js";
import {loadMlDsa} from "./compute/ml-dsa.js";
import {type ComputePool, DEFAULT_POOL_LIMITS} from "./compute/pool.js";
import type {Log} from "./service.js";

/**
 * The pool of a node, null where the backend has no threads of its own. Devices are tried while the node goes on.
 * @param verifyOn as `VERIFY_ON` has it
 * @throws UnavailableError CUDA_UNAVAILABLE, NATIVE_UNAVAILABLE where a device was named and there is none
 */
export async function openCompute(backend: ComputeBackend, verifyOn: string, log: Log): Promise<ComputePool | null> {
  const open = () => backend.openPool?.({...DEFAULT_POOL_LIMITS, threads: availableParallelism()}) ?? null;
  if (verifyOn === "cpu") return open();
  const {loadAddon} = await import("./compute/native/addon.js");
  const {describeDevice, loadCuda, NOT_YET_RUN} = await import("./compute/native/cuda-library.js");
  const {openDeviceVerifier} = await import("./compute/cuda/device-verifier.js");
  const {VerifyingPool} = await import("./compute/cuda/verifying-pool.js");
  const {library, devices} = loadCuda();
  const [, wanted] = verifyOn.split(":");
  const numbers = wanted === undefined ? [...devices.keys()] : [Number(wanted)];
  if (numbers.some((number) => !devices[number]))
    throw new UnavailableError("CUDA_UNAVAILABLE", `verify_on ${verifyOn}: there is no such device`, {
      hint: "qsdm mine --device list shows those that there are",
    });
  const host = open();
  if (!host)
    throw new UnavailableError("CUDA_UNAVAILABLE", `verify_on ${verifyOn}: backend ${backend.name} has no threads`, {
      hint: "devices need the native addon: npm run build:native",
    });
  for (const number of numbers)
    log.info({device: `cuda:${number}`}, `verifies signatures: ${describeDevice(devices[number]!)}; ${NOT_YET_RUN}`);
  const pool = new VerifyingPool(
    host,
    numbers.map((number) => openDeviceVerifier(loadAddon(), {library, number})),
    {
      ready: (device, from) =>
        Number.isFinite(from)
          ? log.info({device, from}, "large batches of signatures go to the device")
          : log.info({device}, "the processor verifies signatures quicker than the device at every size"),
      lost: (device, err) => log.warn({device, err}, "the device is not used for signatures any more"),
    },
  );
  void pool.tryDevices(await loadMlDsa(87));
  return pool;
}
