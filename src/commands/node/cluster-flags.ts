/** Flags of `qsdm node run` about a cluster, and what they amount to. */
import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {UsageError} from "../../errors.js";
import {type Consistency, type CqlOptions, DEFAULT_CQL_OPTIONS} from "../../node/storage/cql/options.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import type {Settings} from "../settings.js";

export interface ReachFlags {
  readonly cqlContactPoints?: string;
  readonly cqlDatacenter?: string;
  readonly cqlKeyspace?: string;
  readonly cqlConsistency?: string;
  readonly cqlUsername?: string;
  readonly cqlPasswordFile?: string;
  readonly cqlTls?: string;
  readonly cqlCaFile?: string;
  readonly cqlTlsName?: string;
  readonly cqlCertFile?: string;
  readonly cqlKeyFile?: string;
}

export interface ClusterFlags extends ReachFlags {
  readonly store?: string;
  readonly cqlLocalBlocks: number;
}

/** Adds what says how a cluster is reached. */
export const addReachFlags = (command: Command): Command =>
  command
    .optionsGroup("Cluster flags:")
    .option("--cql-contact-points <hosts>", "some of the cluster's machines, HOST[:PORT] separated by commas")
    .option("--cql-datacenter <name>", "the data centre that is near (default: datacenter1)")
    .option("--cql-keyspace <name>", "this node's keyspace, which must exist (default: qsdm)")
    .option("--cql-consistency <level>", "one, local-quorum, quorum or all (default: local-quorum)")
    .option("--cql-username <name>", "who this node is to the cluster")
    .option("--cql-password-file <path>", "file with the password, which is asked for without one")
    .option("--cql-tls <on|off>", "whether to speak TLS (default: on)")
    .option("--cql-ca-file <path>", "PEM of the authorities that vouch for the cluster (default: those of Node)")
    .option("--cql-tls-name <name>", "what the machines' certificates are for (default: the IP address of each)")
    .option("--cql-cert-file <path>", "PEM of a certificate that says who this node is")
    .option("--cql-key-file <path>", "PEM of its key");

export const addClusterFlags = (command: Command): Command =>
  addReachFlags(command)
    .option("--store <kind>", "where the history goes: sqlite, or cql for a cluster (default: sqlite)")
    .option(
      "--cql-local-blocks <count>",
      "blocks whose bodies and receipts stay in the data directory",
      countFlag(1, 0x7fff_ffff),
      DEFAULT_CQL_OPTIONS.localBlocks,
    );

/** What the flags gave of the settings, for `loadSettings`. */
export const clusterSettingFlags = (flags: ClusterFlags) => ({store: flags.store, ...reachSettingFlags(flags)});

/** The same for how a cluster is reached. */
export const reachSettingFlags = (flags: ReachFlags) => ({
  cql_contact_points: flags.cqlContactPoints,
  cql_datacenter: flags.cqlDatacenter,
  cql_keyspace: flags.cqlKeyspace,
  cql_consistency: flags.cqlConsistency,
  cql_username: flags.cqlUsername,
  cql_password_file: flags.cqlPasswordFile,
  cql_tls: flags.cqlTls,
  cql_ca_file: flags.cqlCaFile,
  cql_tls_name: flags.cqlTlsName,
});

/** Null under `--store sqlite`. @throws as `reachOf` */
export async function clusterOptionsOf(io: Io, flags: ClusterFlags, settings: Settings): Promise<CqlOptions | null> {
  if (settings.store.value === "sqlite") return null;
  return {...(await reachOf(io, flags, settings)), localBlocks: flags.cqlLocalBlocks};
}

/** How a cluster is reached. @throws UsageError CQL_CONTACT_POINTS_REQUIRED, CQL_LOGIN_INCOMPLETE, CQL_TLS_INCOMPLETE */
export async function reachOf(io: Io, flags: ReachFlags, settings: Settings): Promise<CqlOptions> {
  const contactPoints = (settings.cql_contact_points.value ?? "").split(",").flatMap((each) => each.trim() || []);
  if (contactPoints.length === 0)
    throw new UsageError("CQL_CONTACT_POINTS_REQUIRED", "there is no cluster without a machine of it", {
      hint: "pass --cql-contact-points HOST[:PORT], or set cql_contact_points",
    });
  return {
    ...DEFAULT_CQL_OPTIONS,
    contactPoints,
    datacenter: settings.cql_datacenter.value!,
    keyspace: settings.cql_keyspace.value!,
    consistency: settings.cql_consistency.value as Consistency,
    login: await loginOf(io, settings),
    tls: await tlsOf(io, flags, settings),
  };
}

async function loginOf(io: Io, settings: Settings): Promise<CqlOptions["login"]> {
  const {cql_username: username, cql_password_file: file} = settings;
  if (username.value === null && file.value === null) return null;
  const password =
    username.value === null
      ? null
      : file.value === null
        ? await io.secret(`Password of ${username.value} at the cluster: `)
        : textOf(await io.readFile(file.value, {flag: "--cql-password-file", maxBytes: 4_096})).replace(/\r?\n$/, "");
  if (username.value === null || !password)
    throw new UsageError("CQL_LOGIN_INCOMPLETE", "a login is a name and a password that is not empty", {
      hint: "set both --cql-username and --cql-password-file, or neither",
    });
  return {username: username.value, password};
}

async function tlsOf(io: Io, flags: ReachFlags, settings: Settings): Promise<CqlOptions["tls"]> {
  const {cqlCertFile: certificate, cqlKeyFile: key} = flags;
  const [ca, name] = [settings.cql_ca_file.value, settings.cql_tls_name.value];
  if (settings.cql_tls.value === "off") {
    if (ca === null && name === null && certificate === undefined && key === undefined) return null;
    throw new UsageError("CQL_TLS_INCOMPLETE", "certificates are for TLS, which --cql-tls off turns off");
  }
  if ((certificate === undefined) !== (key === undefined))
    throw new UsageError("CQL_TLS_INCOMPLETE", "a certificate needs its key", {
      hint: "set both --cql-cert-file and --cql-key-file, or neither",
    });
  const read = (path: string, flag: string): Promise<Uint8Array> => io.readFile(path, {flag});
  return {
    name,
    ca: ca === null ? null : await read(ca, "--cql-ca-file"),
    identity:
      certificate === undefined
        ? null
        : {certificate: await read(certificate, "--cql-cert-file"), key: await read(key!, "--cql-key-file")},
  };
}
