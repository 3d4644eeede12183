/**
 * A rig in a file: the flags of `qsdm mine` under their names, so that a rig is described once. QSDM's own miner.toml is
 * read too; what it says of QSDM's program alone is passed over.
 */
import {dirname, resolve} from "node:path";
import {stringify as formatToml, parse as parseToml} from "smol-toml";
import * as z from "zod";
import {textOf, utf8} from "../../codecs/bytes.js";
import {QsdmError, UsageError} from "../../errors.js";
import {countFlag, pollFlag} from "../flags.js";
import type {MineFlags} from "./terms.js";

export const RIG_FILE_MAX_BYTES = 64 * 1024;
/** Where a rig is looked for when no flag says anything. */
export const DEFAULT_RIG_FILE = "~/.qsdm/miner.toml";

/** Flags that a rig's file can hold. */
export type RigValues = Partial<
  Pick<
    MineFlags,
    | "node"
    | "address"
    | "nodeId"
    | "gpuUuid"
    | "gpuName"
    | "gpuArch"
    | "computeCap"
    | "cudaVersion"
    | "driverVer"
    | "firmwareVer"
    | "hmacKeyFile"
    | "deviceKeyFile"
    | "reportExec"
    | "certChain"
    | "nodeKeyFile"
    | "backend"
    | "threads"
    | "batchCount"
    | "poll"
    | "metrics"
  >
>;

const text = z.string();
const schema = z.strictObject({
  node: z.union([text.transform((url) => [url]), z.array(text)]).optional(),
  node_id: text.optional(),
  address: text.optional(),
  gpu_uuid: text.optional(),
  gpu_name: text.optional(),
  gpu_arch: text.optional(),
  compute_cap: text.optional(),
  cuda_version: text.optional(),
  driver_ver: text.optional(),
  firmware_ver: text.optional(),
  hmac_key_file: text.optional(),
  device_key_file: text.optional(),
  report_exec: text.optional(),
  cert_chain: text.optional(),
  node_key_file: text.optional(),
  backend: text.optional(),
  threads: z.int().optional(),
  batch_count: z.int().optional(),
  poll: text.optional(),
  metrics: text.optional(),
});
type Keys = z.infer<typeof schema>;

/** Keys of QSDM's miner.toml, and what they are called here; null where they mean nothing here. */
const QSDM_KEYS: Readonly<Record<string, keyof Keys | null>> = {
  validator_url: "node",
  reward_address: "address",
  hmac_key_path: "hmac_key_file",
  poll_interval: "poll",
  compute_backend: "backend",
  challenge_urls: null,
  protocol: null,
  allow_v1: null,
  plain: null,
  cuda_solver_path: null,
  cuda_batch_size: null,
};

/**
 * The flags in a rig's file. `~` is the home directory, and a relative path starts at the file.
 * @throws UsageError RIG_FILE_INVALID
 */
export function parseRigFile(bytes: Uint8Array, {path, home}: {path: string; home: string}): RigValues {
  const refuse = (why: string, cause?: unknown): never => {
    throw new UsageError("RIG_FILE_INVALID", `${path}: ${why}`, {
      hint: "its keys are the flags of qsdm mine with _ for -",
      cause,
    });
  };
  const result = schema.safeParse(renamed(tomlIn(bytes, refuse)));
  if (!result.success) {
    const issue = result.error.issues[0]!;
    return refuse(
      issue.code === "unrecognized_keys"
        ? `unknown key ${issue.keys.join(", ")}`
        : `${issue.path.join(".")}: ${issue.message}`,
    );
  }
  try {
    return valuesOf(result.data, (file) => resolve(dirname(path), file.replace(/^~(?=\/|$)/, home)));
  } catch (cause) {
    if (cause instanceof QsdmError) return refuse(cause.message, cause);
    throw cause;
  }
}

function tomlIn(bytes: Uint8Array, refuse: (why: string, cause: unknown) => never): Record<string, unknown> {
  try {
    return parseToml(textOf(bytes));
  } catch (cause) {
    return refuse(`not TOML: ${(cause as Error).message.split("\n")[0]}`, cause);
  }
}

const renamed = (document: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(document).flatMap(([key, value]) => {
      const name = Object.hasOwn(QSDM_KEYS, key) ? QSDM_KEYS[key] : key;
      return name ? [[name, value]] : [];
    }),
  );

function valuesOf(keys: Keys, place: (file: string) => string): RigValues {
  const values: Record<keyof RigValues, unknown> = {
    node: keys.node,
    address: keys.address,
    nodeId: keys.node_id,
    gpuUuid: keys.gpu_uuid,
    gpuName: keys.gpu_name,
    gpuArch: keys.gpu_arch,
    computeCap: keys.compute_cap,
    cudaVersion: keys.cuda_version,
    driverVer: keys.driver_ver,
    firmwareVer: keys.firmware_ver,
    deviceKeyFile: keys.device_key_file && place(keys.device_key_file),
    reportExec: keys.report_exec,
    certChain: keys.cert_chain && place(keys.cert_chain),
    hmacKeyFile: keys.hmac_key_file && place(keys.hmac_key_file),
    nodeKeyFile: keys.node_key_file && place(keys.node_key_file),
    backend: keys.backend,
    threads: keys.threads === undefined ? undefined : countFlag(1, 1_024)(`${keys.threads}`),
    batchCount: keys.batch_count === undefined ? undefined : countFlag(1, 65_535)(`${keys.batch_count}`),
    poll: keys.poll === undefined ? undefined : pollFlag(keys.poll),
    metrics: keys.metrics,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as RigValues;
}

/** A file that holds what a first run asked for. */
export const formatRigFile = (keys: Readonly<Record<string, string | readonly string[]>>): Uint8Array =>
  utf8(`# A rig for qsdm mine. Its flags beat this file.\n${formatToml(keys)}\n`);
