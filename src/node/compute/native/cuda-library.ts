/**
 * The CUDA kernels: a library that the addon loads when somebody asks for a device. It needs neither a driver nor a device
 * to be loaded; without them it says so.
 */
import {existsSync} from "node:fs";
import {hexOf} from "../../../codecs/bytes.js";
import {UnavailableError} from "../../../errors.js";
import type {MlDsaLevel} from "../ml-dsa.js";
import {type Addon, type AddonDag, addonFile, loadAddon} from "./addon.js";

/** A table in the memory of a device. The collector frees it, too, but has no reason to hurry. */
export type CudaTable = object;

/** Functions of the library, which wait for the device. native/napi/cuda.cpp says what they check. */
export interface CudaLibrary {
  /** Or why there are none. */
  devices(): readonly RawDevice[] | string;
  sha3(device: number, messages: Uint8Array, ends: Uint32Array, digests: Uint8Array): void;
  createTable(device: number, ...dag: AddonDag): CudaTable;
  destroyTable(table: CudaTable): void;
  walk(table: CudaTable, mix: number, starts: Uint8Array, mixes: Uint8Array): void;
  /** Attempts that the solution took, or 0. */
  search(
    ...args: [
      ...[table: CudaTable, mix: number, headerAndRoot: Uint8Array, limit: Uint8Array],
      ...[start: Uint8Array, attempts: number, nonceAndMix: Uint8Array],
    ]
  ): number;
  /** A device that verifies, with room for so many keys that come again. */
  createVerifier(device: number, level: MlDsaLevel, keys: number): CudaVerifier;
  /** A refusal for each, 0 for valid; `digests` is empty or takes the SHA3-256 of each message. */
  verify(...args: [...CudaSignatures, digests: Uint8Array]): Uint8Array;
  /** A secret key on a device, or null where those bytes are none. */
  createSigner(device: number, level: MlDsaLevel, secretKey: Uint8Array): CudaSigner | null;
  /** A refusal for each, 0 where its signature was made. `rnds` are 32 bytes for each, `signatures` take their sizes. */
  sign(
    ...args: [
      ...[signer: CudaSigner, form: number, messages: readonly Uint8Array[], contexts: readonly Uint8Array[]],
      ...[rnds: Uint8Array, signatures: Uint8Array],
    ]
  ): Uint8Array;
  /** Wipes the key, which the collector does otherwise. */
  destroySigner(signer: CudaSigner): void;
}

/** A device as who verifies. Batches take turns, whoever calls. */
export interface CudaVerifier {
  readonly _verifier: unique symbol;
}
/** A secret key in the memory of a device. */
export interface CudaSigner {
  readonly _signer: unique symbol;
}
export type CudaSignatures = [
  ...[verifier: CudaVerifier, form: number, publicKeys: readonly Uint8Array[], messages: readonly Uint8Array[]],
  ...[contexts: readonly Uint8Array[], signatures: readonly Uint8Array[]],
];

interface RawDevice {
  readonly name: string;
  readonly uuid: Uint8Array;
  readonly memoryBytes: number;
  readonly multiprocessors: number;
  /** Ten times the major number and the minor one. */
  readonly capability: number;
}

/** A device as the driver describes it. */
export interface CudaDevice {
  readonly name: string;
  /** As `nvidia-smi -L` prints it. */
  readonly uuid: string;
  readonly memoryBytes: number;
  readonly multiprocessors: number;
  /** Compute capability, `9.0`. */
  readonly capability: string;
}

/** What every CUDA device is shown with until one has run the comparison. */
export const NOT_YET_RUN = "not yet run on a device";

/** Functions and devices, at least one. @throws UnavailableError NATIVE_UNAVAILABLE, CUDA_UNAVAILABLE saying why */
export function loadCuda(
  addon: Pick<Addon, "loadCuda"> = loadAddon(),
  file = process.env.QSDM_CUDA_LIBRARY || cudaFile(import.meta.url),
): {readonly library: CudaLibrary; readonly devices: readonly CudaDevice[]} {
  if (!existsSync(file))
    throw unavailable("the kernels have not been built", "npm run build:native builds them where nvcc is");
  const library = addon.loadCuda(file);
  if (typeof library === "string")
    throw unavailable(`the kernels cannot be loaded: ${library}`, "npm run build:native builds them again");
  const found = library.devices();
  if (typeof found === "string") throw unavailable(found, "nvidia-smi shows what the driver sees");
  return {library, devices: found.map(deviceOf)};
}

const unavailable = (why: string, hint: string): UnavailableError =>
  new UnavailableError("CUDA_UNAVAILABLE", `backend cuda: ${why}`, {hint});

function deviceOf({uuid, capability, ...rest}: RawDevice): CudaDevice {
  const hex = hexOf(uuid);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return {
    ...rest,
    uuid: `GPU-${parts.join("-")}`,
    capability: `${Math.floor(capability / 10)}.${capability % 10}`,
  };
}

/** For people. */
export const describeDevice = ({name, capability, multiprocessors, memoryBytes}: CudaDevice): string =>
  `${name}, compute capability ${capability}, ${multiprocessors} multiprocessors, ${Math.round(memoryBytes / 2 ** 30)} GiB`;

/** Where the library lies, seen from this module. */
export const cudaFile = (here: string): string =>
  addonFile(here).replace("build/Release/qsdm_native.node", "out/cuda/libqsdm_cuda.so");
