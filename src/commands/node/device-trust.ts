/**
 * The file that says which confidential-computing devices a new chain believes. TOML; paths in it start at the file.
 */
import {dirname, resolve} from "node:path";
import {parse as parseToml} from "smol-toml";
import * as z from "zod";
import {bytesOfHex, textOf} from "../../codecs/bytes.js";
import type {DeviceTrustParams} from "../../codecs/chain/genesis.js";
import {decodePinnedRoots} from "../../codecs/mining/cc-roots.js";
import {UsageError} from "../../errors.js";
import type {Host} from "../host.js";

const MAX_BYTES = 1024 * 1024;

const hex = z
  .string()
  .regex(/^(?:[0-9a-f]{2})+$/, "must be lowercase hex")
  .transform((text) => bytesOfHex(text));

const SCHEMA = z.strictObject({
  roots: z.array(z.string().min(1)).min(1),
  min_firmware: z.string().default(""),
  min_driver: z.string().default(""),
  reference: z
    .array(z.strictObject({driver: z.string(), firmware: z.string(), measurements: z.record(z.string(), z.array(hex))}))
    .default([]),
});

/**
 * Reads the file and the certificates that it names.
 * @throws UsageError DEVICE_TRUST_INVALID, FILE_NOT_FOUND; DecodeError ROOTS_INVALID
 */
export async function readDeviceTrustFile(disk: Host["disk"], path: string): Promise<DeviceTrustParams> {
  const {roots, reference, ...floors} = parseFile(await disk.read(path, MAX_BYTES), path);
  const ders: Uint8Array[] = [];
  for (const each of roots) {
    const file = resolve(dirname(path), each);
    for (const {der} of decodePinnedRoots(await disk.read(file, MAX_BYTES), file)) ders.push(der);
  }
  const references = reference.map(({measurements, ...software}) => ({
    ...software,
    measurements: Object.entries(measurements).map(([index, digests]) => ({index: indexOf(index, path), digests})),
  }));
  return {roots: ders, minFirmware: floors.min_firmware, minDriver: floors.min_driver, references};
}

/** Number of a measurement, from 1 to 254. */
const indexOf = (text: string, path: string): number =>
  /^[1-9][0-9]{0,2}$/.test(text) && Number(text) < 255
    ? Number(text)
    : invalid(path, `reference.measurements: "${text}" is no number of a measurement`);

function parseFile(bytes: Uint8Array, path: string): z.infer<typeof SCHEMA> {
  try {
    return SCHEMA.parse(parseToml(textOf(bytes)));
  } catch (cause) {
    return invalid(path, cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message, cause);
  }
}

function invalid(path: string, why: string, cause?: unknown): never {
  throw new UsageError("DEVICE_TRUST_INVALID", `${path}: ${why.split("\n")[0]}`, {
    hint: "qsdm-node-init(1) shows such a file",
    ...(cause === undefined ? {} : {cause}),
  });
}
