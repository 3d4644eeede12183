/**
 * The file that says which confidential-computing devices a new chain believes. TOML; paths in it start at the file.
 */
import {dirname, resolve} from "node:path";
import {parse as parseToml} from "smol-toml";
import * as z from "zod";
import {textOf} from "../../codecs/bytes.js";
import type {DeviceTrustParams} from "../../codecs/chain/genesis.js";
import {decodePinnedRoots} from "../../codecs/mining/cc-roots.js";
import {UsageError} from "../../errors.js";
import type {Host} from "../host.js";

const MAX_BYTES = 1024 * 1024;

const SCHEMA = z.strictObject({
  roots: z.array(z.string().min(1)).min(1),
  min_firmware: z.string().default(""),
  min_driver: z.string().default(""),
});

/**
 * Reads the file and the certificates that it names.
 * @throws UsageError DEVICE_TRUST_INVALID, FILE_NOT_FOUND; DecodeError ROOTS_INVALID
 */
export async function readDeviceTrustFile(disk: Host["disk"], path: string): Promise<DeviceTrustParams> {
  const {roots, min_firmware: minFirmware, min_driver: minDriver} = parseFile(await disk.read(path, MAX_BYTES), path);
  const ders: Uint8Array[] = [];
  for (const each of roots) {
    const file = resolve(dirname(path), each);
    for (const {der} of decodePinnedRoots(await disk.read(file, MAX_BYTES), file)) ders.push(der);
  }
  return {roots: ders, minFirmware, minDriver};
}

function parseFile(bytes: Uint8Array, path: string): z.infer<typeof SCHEMA> {
  try {
    return SCHEMA.parse(parseToml(textOf(bytes)));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UsageError("DEVICE_TRUST_INVALID", `${path}: ${why.split("\n")[0]}`, {
      hint: "qsdm-node-init(1) shows such a file",
      cause,
    });
  }
}
