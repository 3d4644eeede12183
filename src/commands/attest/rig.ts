/** What a rig says of its GPU on the command line, and the keys that it signs with. */
import type {Command} from "commander";
import {KEY_FILE_MAX_BYTES, parseHmacKeyFile} from "../../node/keys/key-file.js";
import type {Rig} from "../../node/mining/attest.js";
import type {Io} from "../io.js";

export interface RigFlags {
  readonly nodeId: string;
  readonly gpuUuid: string;
  readonly gpuName: string;
  readonly gpuArch: string;
  readonly computeCap: string;
  readonly cudaVersion: string;
  readonly driverVer: string;
}

export const addArchitectureFlag = (command: Command): Command =>
  command.option("--gpu-arch <name>", "hopper, blackwell, ada-lovelace, ampere or turing", "");

export const addRigFlags = (command: Command): Command =>
  addArchitectureFlag(command)
    .option("--gpu-uuid <uuid>", "as it is enrolled", "")
    .option("--gpu-name <name>", "model of the GPU as the driver names it", "")
    .option("--compute-cap <version>", "CUDA compute capability", "")
    .option("--cuda-version <version>", "version of CUDA", "")
    .option("--driver-ver <version>", "version of the GPU driver", "");

/** @throws DecodeError KEY_FILE_INVALID */
export async function readRig(io: Io, flags: RigFlags, keyFile: string): Promise<Rig> {
  const {nodeId, gpuUuid, gpuName, gpuArch, computeCap, cudaVersion, driverVer} = flags;
  const file = await io.readFile(keyFile, {flag: "--hmac-key-file", maxBytes: KEY_FILE_MAX_BYTES});
  return {nodeId, gpuUuid, gpuName, gpuArch, computeCap, cudaVersion, driverVer, hmacKey: parseHmacKeyFile(file)};
}
