/**
 * Settings of the client commands: flag over environment over file over default, each value with where it came from.
 *
 * The file is TOML, at --config, $QSDM_CONFIG or $XDG_CONFIG_HOME/qsdm/config.toml. It is read and never written, and
 * a key that is not in `SETTINGS` is an error.
 */
import {dirname, join, resolve} from "node:path";
import type {Command} from "commander";
import {parse as parseToml, TomlError} from "smol-toml";
import * as z from "zod";
import {textOf} from "../codecs/bytes.js";
import {UsageError} from "../errors.js";
import {VERIFY_ON} from "../node/compute/verify-on.js";
import {EXECUTION_CHECKS} from "../node/execution-check.js";
import {TABLE_MEMORIES} from "../node/mining/dag/memory.js";
import {CONSISTENCIES} from "../node/storage/cql/options.js";
import {durationFlag} from "./flags.js";
import type {Host} from "./host.js";

/** One key of the file. */
export interface Setting {
  readonly env: string;
  /** Whole sentences, for the manual. */
  readonly describe: string;
  readonly schema: z.ZodType<string>;
  /** Whether the value is a path: `~` is the home directory, and a relative one in the file starts at the file. */
  readonly path: boolean;
  /** `null` where nothing is set. `~` as in the file. */
  readonly fallback: string | null;
  /** What the manual shows where nothing is set. */
  readonly example?: string;
}

const text = z.string().min(1, "must not be empty");
const httpUrl = text.refine(
  (url) => /^https?:\/\/[^\s]+$/.test(url) && URL.canParse(url),
  "must be an http or https URL",
);
/** A number may stand in the file as one. */
const numeric = (pattern: RegExp, what: string): z.ZodType<string> =>
  z.preprocess((value) => (typeof value === "number" ? String(value) : value), z.string().regex(pattern, what));
const duration = text.refine(isDuration, "must be a duration such as 30s");

/** Every key, in the order of the manual. */
export const SETTINGS = {
  api_url: {
    env: "QSDM_API_URL",
    describe: "Where the node's HTTP API answers.",
    schema: httpUrl,
    path: false,
    fallback: "http://127.0.0.1:8080/api/v1",
  },
  timeout: {
    env: "QSDM_TIMEOUT",
    describe: "How long to wait for one answer of the node, for example 30s.",
    schema: duration,
    path: false,
    fallback: "30s",
  },
  keystore: {
    env: "QSDM_KEYSTORE",
    describe: "The wallet's keystore file.",
    schema: text,
    path: true,
    fallback: "~/.qsdm/wallet.json",
  },
  passphrase_file: {
    env: "QSDM_PASSPHRASE_FILE",
    describe: "A file whose text is the keystore's passphrase. Without it the passphrase is asked for.",
    schema: text,
    path: true,
    fallback: null,
  },
  data_dir: {
    env: "QSDM_DATA_DIR",
    describe: "Where a node keeps its chain and its keys.",
    schema: text,
    path: true,
    fallback: "~/.qsdm/node",
  },
  store_passphrase_file: {
    env: "QSDM_STORE_PASSPHRASE_FILE",
    describe:
      "A file whose text is the passphrase of an encrypted store. Without it the passphrase is asked for; with it a store that " +
      "is not encrypted is refused.",
    schema: text,
    path: true,
    fallback: null,
    example: "/run/secrets/qsdm-store",
  },
  dag_dir: {
    env: "QSDM_DAG_DIR",
    describe: "Where a miner keeps proof-of-work tables, 2 GiB for each of two epochs on a main network.",
    schema: text,
    path: true,
    fallback: "~/.cache/qsdm/dag",
  },
  listen: {
    env: "QSDM_LISTEN",
    describe: "Where a node takes sessions of other nodes, HOST:PORT, several separated by commas.",
    schema: text,
    path: false,
    fallback: null,
    example: "0.0.0.0:9000",
  },
  peers: {
    env: "QSDM_PEERS",
    describe: "Nodes that a connection is always kept to, PEERID@HOST:PORT, separated by commas.",
    schema: text,
    path: false,
    fallback: null,
    example: "PEERID@192.0.2.7:9000",
  },
  bootstrap: {
    env: "QSDM_BOOTSTRAP",
    describe: "Nodes that a node learns the first others from, HOST:PORT or PEERID@HOST:PORT, separated by commas.",
    schema: text,
    path: false,
    fallback: null,
    example: "seed.example.org:9000",
  },
  mining_table: {
    env: "QSDM_MINING_TABLE",
    describe:
      "What a node verifies proofs of work with: `light` keeps 8 MiB of the table and takes some milliseconds for a " +
      "proof, `full` keeps all 2 GiB.",
    schema: z.enum(["light", "full"]),
    path: false,
    fallback: "light",
  },
  table_memory: {
    env: "QSDM_TABLE_MEMORY",
    describe:
      "Where whole tables are: `mapped` walks a table's file, which processes on one machine share and the system may " +
      "read again, `copied` walks a copy of the process's own. `auto` maps it for who verifies, and for who mines where " +
      "the system maps it in large pages, which is as quick, or has no memory for a copy.",
    schema: z.enum(TABLE_MEMORIES),
    path: false,
    fallback: "auto",
  },
  execution_check: {
    env: "QSDM_EXECUTION_CHECK",
    describe:
      "Which blocks a node executes a second time, payments one after the other instead of in lanes: none (`off`), one of " +
      "64 (`sampled`) or all (`always`). Where the two differ, what one after the other gave counts, the node logs an " +
      "error and uses no lanes any more.",
    schema: z.enum(EXECUTION_CHECKS),
    path: false,
    fallback: "sampled",
  },
  retain_blocks: {
    env: "QSDM_RETAIN_BLOCKS",
    describe:
      "How many of the newest blocks a node keeps whole; `all` is an archive. Of older ones it keeps headers, which proofs " +
      "need. At least 1,000, and 10,000 on a main network.",
    schema: numeric(/^(?:all|[1-9][0-9]{0,14})$/, "must be all or a number of blocks"),
    path: false,
    fallback: "all",
  },
  retain_days: {
    env: "QSDM_RETAIN_DAYS",
    describe:
      "Days, back from the time of the newest block, of which a node that does not keep all keeps every block whole, however " +
      "many there are; 0 adds none.",
    schema: numeric(/^(?:0|[1-9][0-9]{0,4})$/, "must be a number of days"),
    path: false,
    fallback: "0",
  },
  snapshot_interval: {
    env: "QSDM_SNAPSHOT_INTERVAL",
    describe:
      "At heights that are multiples of this a node writes a snapshot for others to start from, or never (`off`). From 10 to " +
      "500,000, and at least 10,000 on a main network.",
    schema: numeric(/^(?:off|[1-9][0-9]{0,14})$/, "must be off or a number of blocks"),
    path: false,
    fallback: "off",
  },
  snapshots_kept: {
    env: "QSDM_SNAPSHOTS_KEPT",
    describe: "How many of a node's newest snapshots stay, from 1 to 1,000.",
    schema: numeric(/^(?:1000|[1-9][0-9]{0,2})$/, "must be a number from 1 to 1000"),
    path: false,
    fallback: "5",
  },
  store_cache_mib: {
    env: "QSDM_STORE_CACHE_MIB",
    describe:
      "Mebibytes of memory for what a node has read of its database: pages of the file, and receipts with the index that " +
      "finds them, half each. At least 16.",
    schema: numeric(/^(?:1[6-9]|[2-9][0-9]|[1-9][0-9]{2,5})$/, "must be a number of mebibytes from 16 to 999999"),
    path: false,
    fallback: "128",
  },
  fast_sync: {
    env: "QSDM_FAST_SYNC",
    describe:
      "Whether a node that has no chain yet takes a snapshot from its peers, verified by its proof, instead of every block " +
      "from the genesis on (`on` or `off`).",
    schema: z.enum(["on", "off"]),
    path: false,
    fallback: "off",
  },
  verify_on: {
    env: "QSDM_VERIFY_ON",
    describe:
      "Where a node verifies large batches of signatures: `cpu`, `cuda` for every CUDA device, or `cuda:N` for one. From " +
      "which size on a device is quicker is measured when the node starts; smaller batches stay on the processor, and all " +
      "of them where a device answers wrongly or fails.",
    schema: z.string().regex(VERIFY_ON, "must be cpu, cuda or cuda:N"),
    path: false,
    fallback: "cpu",
  },
  store: {
    env: "QSDM_STORE",
    describe:
      "Where a node keeps its history: `sqlite`, in its data directory, or `cql`, in a ScyllaDB or Cassandra cluster, behind " +
      "a local file with the newest blocks, the state, and all that must be on disk before it is acknowledged.",
    schema: z.enum(["sqlite", "cql"]),
    path: false,
    fallback: "sqlite",
  },
  cql_contact_points: {
    env: "QSDM_CQL_CONTACT_POINTS",
    describe: "Some of the cluster's machines, HOST or HOST:PORT, separated by commas.",
    schema: text,
    path: false,
    fallback: null,
    example: "10.0.0.5,10.0.0.6:9042",
  },
  cql_datacenter: {
    env: "QSDM_CQL_DATACENTER",
    describe: "The data centre that is near, by its name in the cluster.",
    schema: text,
    path: false,
    fallback: "datacenter1",
  },
  cql_keyspace: {
    env: "QSDM_CQL_KEYSPACE",
    describe: "The keyspace of this node, which its operator has made. One node writes to it.",
    schema: text.regex(/^[a-z][a-z0-9_]{0,47}$/, "must be lower case letters, digits and _, at most 48"),
    path: false,
    fallback: "qsdm",
  },
  cql_consistency: {
    env: "QSDM_CQL_CONSISTENCY",
    describe: "How many copies must have a row before it counts as written, and are asked for it.",
    schema: z.enum(CONSISTENCIES),
    path: false,
    fallback: "local-quorum",
  },
  cql_username: {
    env: "QSDM_CQL_USERNAME",
    describe: "Who this node is to the cluster.",
    schema: text,
    path: false,
    fallback: null,
    example: "qsdm",
  },
  cql_password_file: {
    env: "QSDM_CQL_PASSWORD_FILE",
    describe: "A file whose text is the password of cql_username. Without it the password is asked for.",
    schema: text,
    path: true,
    fallback: null,
    example: "/run/secrets/qsdm-cql",
  },
  cql_tls: {
    env: "QSDM_CQL_TLS",
    describe: "Whether the cluster is spoken to in TLS, `on` or `off`.",
    schema: z.enum(["on", "off"]),
    path: false,
    fallback: "on",
  },
  cql_ca_file: {
    env: "QSDM_CQL_CA_FILE",
    describe: "PEM of the authorities that vouch for the cluster. Without it those of Node are believed.",
    schema: text,
    path: true,
    fallback: null,
    example: "/etc/qsdm/cluster-ca.pem",
  },
  cql_tls_name: {
    env: "QSDM_CQL_TLS_NAME",
    describe:
      "The name that the certificates of all machines of the cluster must have. Without it each must name the machine's IP " +
      "address: by that a cluster tells where its machines are.",
    schema: text,
    path: false,
    fallback: null,
    example: "cluster.example.org",
  },
} as const satisfies Readonly<Record<string, Setting>>;
export type SettingName = keyof typeof SETTINGS;

/** A value and the place that decided it. */
export interface Resolved {
  readonly value: string | null;
  /** `flag --api-url`, `environment QSDM_API_URL`, `file /path`, or `default`. */
  readonly origin: string;
}
export type Settings = Readonly<Record<SettingName, Resolved>>;

/** What the command line gave: the file, and values of settings under their names. */
export type SettingFlags = {readonly config?: string | undefined} & {readonly [K in SettingName]?: string | undefined};

const CONFIG_MAX_BYTES = 1024 * 1024;
const NAMES = Object.keys(SETTINGS) as SettingName[];

/**
 * Every setting.
 * @throws UsageError CONFIG_INVALID, CONFIG_KEY_UNKNOWN, SETTING_INVALID, FILE_NOT_FOUND
 */
export async function loadSettings(host: Pick<Host, "env" | "home" | "disk">, flags: SettingFlags): Promise<Settings> {
  const {path, values} = await readConfig(host, flags.config);
  const resolved = NAMES.map((name) => [name, resolveOne(name, {host, flags, path, values})] as const);
  return Object.fromEntries(resolved) as Record<SettingName, Resolved>;
}

/** Adds --config, and the flags of the settings that a command asks a node with. */
export const addClientFlags = (command: Command): Command =>
  addConfigFlag(command)
    .option("--api-url <url>", "where the node's API answers (default: http://127.0.0.1:8080/api/v1)")
    .option("--timeout <duration>", "how long to wait for one answer (default: 30s)");

export const addConfigFlag = (command: Command): Command =>
  command.option("--config <path>", "the configuration file (default: ~/.config/qsdm/config.toml)");

/** Environment variables and files of `names`, for a command's documentation. */
export const settingsEnvironment = (...names: readonly SettingName[]): Record<string, string> =>
  Object.fromEntries([
    ["QSDM_CONFIG", "The configuration file."],
    ...names.map((name) => [SETTINGS[name].env, SETTINGS[name].describe] as const),
  ]);

interface Sources {
  readonly host: Pick<Host, "env" | "home">;
  readonly flags: SettingFlags;
  readonly path: string;
  readonly values: Readonly<Partial<Record<SettingName, string>>>;
}

function resolveOne(name: SettingName, {host, flags, path, values}: Sources): Resolved {
  const setting: Setting = SETTINGS[name];
  const flag = flags[name];
  const flagName = `--${name.replaceAll("_", "-")}`;
  const home = (value: string): string => value.replace(/^~(?=\/|$)/, host.home);
  if (flag !== undefined) return {value: checked(setting, flag, flagName), origin: `flag ${flagName}`};
  const env = host.env[setting.env];
  if (env) return {value: checked(setting, env, setting.env), origin: `environment ${setting.env}`};
  const value = values[name];
  if (value !== undefined)
    return {value: setting.path ? resolve(dirname(path), home(value)) : value, origin: `file ${path}`};
  return {value: setting.fallback && home(setting.fallback), origin: "default"};
}

function checked({schema}: Setting, value: string, place: string): string {
  const result = schema.safeParse(value);
  if (result.success) return value;
  throw new UsageError("SETTING_INVALID", `${place} "${value}" ${result.error.issues[0]?.message}`);
}

/** Where the configuration file is, and whether somebody said so. */
export function configPath({env, home}: Pick<Host, "env" | "home">, flag: string | undefined) {
  const named = flag ?? (env.QSDM_CONFIG || undefined);
  const path = named ?? join(env.XDG_CONFIG_HOME || join(home, ".config"), "qsdm", "config.toml");
  return {path, named: named !== undefined};
}

/** The file's values; a missing file is empty unless it was named. */
async function readConfig(host: Pick<Host, "env" | "home" | "disk">, flag: string | undefined) {
  const {path, named} = configPath(host, flag);
  if (!named && !(await host.disk.exists(path))) return {path, values: {}};
  return {path, values: parseConfig(await host.disk.read(path, CONFIG_MAX_BYTES), path)};
}

const fileSchema = z.strictObject(
  Object.fromEntries(NAMES.map((name) => [name, (SETTINGS[name].schema as z.ZodType<string>).optional()])),
);

/**
 * Settings of a configuration file's bytes.
 * @throws UsageError CONFIG_INVALID, CONFIG_KEY_UNKNOWN
 */
export function parseConfig(bytes: Uint8Array, path: string): Partial<Record<SettingName, string>> {
  const result = fileSchema.safeParse(tomlOf(bytes, path));
  if (result.success) return result.data as Partial<Record<SettingName, string>>;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys")
    throw new UsageError("CONFIG_KEY_UNKNOWN", `${path}: unknown key ${issue.keys.join(", ")}`, {
      hint: `the keys are ${NAMES.join(", ")}; qsdm-config(5) explains them`,
    });
  throw new UsageError("CONFIG_INVALID", `${path}: ${issue.path.join(".")}: ${issue.message}`, {
    hint: "qsdm-config(5) has a full example",
  });
}

function tomlOf(bytes: Uint8Array, path: string): unknown {
  try {
    return parseToml(textOf(bytes));
  } catch (cause) {
    const where = cause instanceof TomlError ? `:${cause.line}:${cause.column}` : "";
    throw new UsageError("CONFIG_INVALID", `${path}${where}: not TOML: ${(cause as Error).message.split("\n")[0]}`, {
      hint: "qsdm-config(5) has a full example",
      cause,
    });
  }
}

function isDuration(value: string): boolean {
  try {
    durationFlag(value);
    return true;
  } catch {
    return false;
  }
}
