/** `qsdm mine --device list`: what can be named as a device here, and why the rest cannot. */
import {UnavailableError} from "../../errors.js";
import {loadBackend} from "../../node/compute/backend.js";
import {describeDevice, loadCuda, NOT_YET_RUN} from "../../node/compute/native/cuda-library.js";
import type {Io} from "../io.js";

interface Listed {
  readonly device: string;
  readonly usable: boolean;
  /** What it is, or why it cannot be used. */
  readonly detail: string;
  /** As nvidia-smi -L prints it; null for what has none. */
  readonly uuid: string | null;
}

/** Prints one device per line: name, what it is, and a GPU's UUID. */
export async function listDevices(io: Io): Promise<void> {
  const {name, detail} = await loadBackend();
  const cpu: Listed = {device: "cpu", usable: true, detail: `${name}: ${detail}`, uuid: null};
  const devices = [cpu, ...cudaDevices()];
  io.result(
    {devices},
    devices.map(({device, usable, detail: what, uuid}) => [device, usable ? "ok" : "-", what, uuid ?? "-"]),
  );
}

function cudaDevices(): readonly Listed[] {
  try {
    return loadCuda().devices.map((device, number) => ({
      device: `cuda:${number}`,
      usable: true,
      detail: `${describeDevice(device)}; ${NOT_YET_RUN}`,
      uuid: device.uuid,
    }));
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return [{device: "cuda", usable: false, detail: error.message, uuid: null}];
  }
}
