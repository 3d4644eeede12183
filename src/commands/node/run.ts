import {type Command, Option} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {UnavailableError} from "../../errors.js";
import {DEFAULT_RATE_LIMIT, type RateLimitOptions} from "../../node/api/rate-limiter.js";
import type {ExecutionCheck} from "../../node/execution-check.js";
import {NETWORK_PARAMS} from "../../node/ledger/params/networks.js";
import type {TableMemory} from "../../node/mining/dag/memory.js";
import {DEFAULT_REJECTION_OPTIONS, type RejectionOptions} from "../../node/mining/rejections/rejections.js";
import type {TelemetryProfile} from "../../node/mining/telemetry/catalogue.js";
import {DEFAULT_TELEMETRY_OPTIONS, type TelemetryOptions} from "../../node/mining/telemetry/telemetry.js";
import type {TableKind} from "../../node/mining-tables.js";
import {DEFAULT_NODE_OPTIONS, type NodeOptions, QsdmNode} from "../../node/node.js";
import type {Log} from "../../node/service.js";
import type {StorePassphrase} from "../../node/unlock.js";
import {COMMIT, VERSION} from "../build-info.js";
import {COMPUTE_ENVIRONMENT} from "../compute-environment.js";
import {defineCommand} from "../define.js";
import {countFlag, durationFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {createLog, LOG_LEVELS} from "../log.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {storePassphraseOf, storePassphraseSetting} from "../store/passphrase.js";
import {addClusterFlags, clusterOptionsOf, clusterSettingFlags} from "./cluster-flags.js";
import {addNetworkFlags, networkOptionsOf, networkSettingFlags} from "./network-flags.js";
import {addNgcFlags, ngcOptionsOf} from "./ngc-flags.js";
import {retentionOf} from "./retention.js";
import {fastSyncOf, scheduleOf} from "./schedule.js";
import {readTelemetryProfile} from "./telemetry-profile.js";

/**
 * Runs a node until the signal aborts.
 * @throws UnavailableError NODE_FAILED when the node had to stop by itself
 */
export async function runNode(
  options: NodeOptions,
  {
    log,
    signal,
    started,
    storePassphrase,
  }: {log: Log; signal: AbortSignal; started(node: QsdmNode): void; storePassphrase?: StorePassphrase},
): Promise<void> {
  const ports = {log, nowMs: () => Date.now(), version: VERSION, commit: COMMIT};
  const node = await QsdmNode.open(options, {...ports, ...(storePassphrase && {storePassphrase})}, signal);
  await node.start(signal);
  started(node);
  const failure = await node.ended;
  await node.stop();
  if (failure !== null)
    throw new UnavailableError(
      "NODE_FAILED",
      `the node stopped: ${failure instanceof Error ? failure.message : failure}`,
      {
        cause: failure,
        hint: "what was acknowledged is on disk; mend the cause and start it again",
      },
    );
}

export const nodeRunCommand = (io: Io): Command =>
  addClusterFlags(
    addNgcFlags(
      addNetworkFlags(
        addConfigFlag(
          defineCommand("node run", {
            summary: "run the node of a data directory",
            description:
              "Opens the data directory, resumes exactly where it stopped, serves the API and produces blocks. Logs go to " +
              "standard error, one JSON object per line; when the node listens, one line with its URL goes to standard " +
              "output. The first Ctrl-C finishes the block under way; the second ends at once, which loses nothing that was " +
              "acknowledged.\n\n" +
              "Without --listen, --peer, --bootstrap and --mdns the node speaks to no other. Sessions between nodes are " +
              "post-quantum and prove both ends; a node's id is in its line of output and in qsdm peers.\n\n" +
              "A node whose key is not elected follows: it checks and keeps every block, serves the API, passes writes on, and " +
              "votes for nothing. Once qsdm validator join has staked on its key and it is elected, it votes, without a " +
              "restart; with its last epoch it goes back to following.\n\n" +
              "A node keeps every block, which makes it an archive, unless --retain-blocks says how many of the newest it keeps " +
              "whole. Of older blocks it keeps the headers; bodies, votes and receipts are dropped behind the commits, and the " +
              "room goes back to the file system. The API says BLOCK_PRUNED of them, status 410.\n\n" +
              "A store that was made with qsdm node init --encrypt opens with its passphrase, which is asked for on a terminal, or " +
              "read from --store-passphrase-file. The rest of the data directory is not encrypted: its keys are files of mode " +
              "0600, and what else lies there is public.\n\n" +
              "With --snapshot-interval the node writes a snapshot at each multiple of so many blocks: the state after a final " +
              "block with what another node needs to go on from it (qsdm snapshot restore). It is written part by part behind " +
              "the commits; older ones go when --snapshots-kept newer ones are whole.\n\n" +
              "With --fast-sync on a node that has no chain yet asks its peers for a snapshot, takes its parts from all that have it, " +
              "and verifies each: the proof leads from the genesis to the snapshot's block, so that no peer has to be believed. " +
              "Who lies is asked no more. What was brought before a kill is taken up again. Then the node takes newer blocks as " +
              "any other. Where no peer has a snapshot it takes all of them. Where the validators of the genesis have changed " +
              "long ago, --checkpoint names what you trust besides.\n\n" +
              "A chain made with --network compat takes QSDM's own envelopes, unsigned slashes and evidence that anyone can " +
              "make. It runs only under --profile compat, and no other chain does.\n\n" +
              "With --store cql the history goes to a ScyllaDB or Cassandra cluster as well. A block is acknowledged once it is " +
              "in the data directory; the cluster follows, and has what the data directory then lets go. A cluster that is away " +
              "costs nothing until it is 1,000 blocks behind: then no block is made before it is back. One node writes to a " +
              "keyspace, and takes it from the one before.",
            examples: [
              {does: "a node for this machine alone", run: "qsdm node run --data-dir ./node --api-port 8080"},
              {does: "one that keeps a month of blocks", run: "qsdm node run --retain-blocks 10000 --retain-days 30"},
              {
                does: "a follower that is there in minutes",
                run: "qsdm node init --data-dir ./copy --genesis genesis.json\nqsdm node run --data-dir ./copy --fast-sync on --peer PEERID@192.0.2.7:9000",
              },
              {does: "one that new nodes can start from", run: "qsdm node run --snapshot-interval 50000"},
              {
                does: "one that takes sessions of other nodes, and always keeps one to a friend",
                run: "qsdm node run --listen 0.0.0.0:9000 --peer PEER_ID@192.0.2.7:9000",
              },
              {
                does: "one whose history is in a cluster",
                run: "qsdm node run --store cql --cql-contact-points 10.0.0.5,10.0.0.6 --cql-ca-file ca.pem",
              },
              {
                does: "a node that takes what a QSDM node takes",
                run: "qsdm node run --data-dir ./old --profile compat",
              },
            ],
            environment: {
              ...settingsEnvironment(
                "data_dir",
                "store_passphrase_file",
                "mining_table",
                "table_memory",
                "execution_check",
                "verify_on",
                "retain_blocks",
                "retain_days",
                "snapshot_interval",
                "snapshots_kept",
                "store_cache_mib",
                "fast_sync",
                "listen",
                "peers",
                "bootstrap",
                "store",
                "cql_contact_points",
                "cql_datacenter",
                "cql_keyspace",
                "cql_consistency",
                "cql_username",
                "cql_password_file",
                "cql_tls",
                "cql_ca_file",
                "cql_tls_name",
              ),
              ...COMPUTE_ENVIRONMENT,
            },
            files: {
              "DIR/chain.db": "Blocks, state, receipts and what is waiting.",
              "DIR/chain.key": "Key of an encrypted store, under its passphrase. Mode 0600.",
              "DIR/cluster.db": "How far blocks of a node with a cluster were pruned for good.",
              "DIR/validator.signed": "What the voting key signed last. Goes where the key goes.",
              "DIR/rejections.jsonl": "The newest refused claims about GPUs, one JSON object a line. Mode 0600.",
              "DIR/peers.json": "Addresses of other nodes, and the two to come back to first. Mode 0600.",
              "DIR/snapshots/": "What others can start from, in a directory for each height.",
              "DIR/fast-sync/": "Parts of a snapshot that is being brought from peers.",
              "DIR/dag/": "Proof-of-work tables or their checkpoints, which may be removed at any time.",
            },
            exit: {4: "The data directory, the port, the disk or the cluster cannot be used."},
            seeAlso: ["node init", "node status", "peers", "devnet"],
          }),
        )
          .option("--data-dir <dir>", "where the node lives (default: ~/.qsdm/node)")
          .option(
            "--store-passphrase-file <path>",
            "file with the passphrase of an encrypted store; - reads standard input",
          )
          .addOption(
            new Option(
              "--profile <name>",
              "kind of chain that must be in the directory; a compat chain runs only when asked for",
            ).choices(Object.keys(NETWORK_PARAMS)),
          )
          .option("--api-host <address>", "address to serve the API on", "127.0.0.1")
          .option("--api-port <port>", "port of the API; 0 takes a free one", countFlag(0, 65_535), 8080)
          .option(
            "--block-interval <duration>",
            "time between empty blocks; the chain's block time unless given",
            durationFlag,
          )
          .option(
            "--rate-limit <units>",
            "what one address earns back per second, in signature verifications; 0 turns limits off",
            countFlag(0, 1_000_000),
            DEFAULT_RATE_LIMIT.unitsPerSecond,
          )
          .option(
            "--sender-limit <units>",
            "the same for the writes that name one account, from wherever they come; 0 leaves the limit by address alone",
            countFlag(0, 1_000_000),
            DEFAULT_RATE_LIMIT.unitsPerSecond,
          )
          .option(
            "--events-kept <blocks>",
            "blocks whose events can be replayed",
            countFlag(1, 0x7fff_ffff),
            DEFAULT_NODE_OPTIONS.eventBlocksKept,
          )
          .option("--retain-blocks <count>", "newest blocks that are kept whole, or all (default: all)")
          .option("--retain-days <days>", "keep as well what is no older than so many days")
          .option("--snapshot-interval <blocks>", "write a snapshot at each multiple, or off (default: off)")
          .option("--snapshots-kept <count>", "newest snapshots that stay (default: 5)")
          .option("--store-cache-mib <count>", "memory for what was read of the database (default: 128)")
          .option("--fast-sync <whether>", "start an empty node from a snapshot of its peers: on or off (default: off)")
          .option("--checkpoint <path>", "a light client's file that you trust, which that snapshot has to agree with")
          .option("--accept-old", "take the genesis, or the checkpoint, for enough however old it is")
          .option(
            "--mining-table <kind>",
            "verify proofs of work with the whole table (full), or light (default: light)",
          )
          .option("--table-memory <how>", "where a whole table is: auto, mapped or copied (default: auto)")
          .option(
            "--execution-check <which>",
            "blocks that are executed twice: off, sampled or always (default: sampled)",
          )
          .option("--verify-on <where>", "verify large batches of signatures on cpu, cuda or cuda:N (default: cpu)")
          .option("--deny-gpus <path>", "file of GPU names, or parts of them, that are not admitted; one a line")
          .option(
            "--rejection-rate <count>",
            "refused GPU claims of one miner that are logged each second; 0 logs all",
            countFlag(0, 1_000_000),
            DEFAULT_REJECTION_OPTIONS.limits.perSecond,
          )
          .option("--telemetry-check", "hold accepted proofs against a catalogue of GPUs, for advice alone", false)
          .option(
            "--telemetry-profile <path>",
            "JSON file of GPUs that somebody has measured; may be repeated, and turns the check on",
            repeatFlag,
            [],
          )
          .addOption(
            new Option("--log-level <level>", "least severe lines to log").choices(LOG_LEVELS).default("info"),
          ),
      ),
    ),
  ).action(async (flags) => {
    const settings = await loadSettings(io.host, {
      config: flags.config,
      data_dir: flags.dataDir,
      ...storePassphraseSetting(flags),
      mining_table: flags.miningTable,
      table_memory: flags.tableMemory,
      execution_check: flags.executionCheck,
      verify_on: flags.verifyOn,
      retain_blocks: flags.retainBlocks,
      retain_days: flags.retainDays,
      snapshot_interval: flags.snapshotInterval,
      snapshots_kept: flags.snapshotsKept,
      store_cache_mib: flags.storeCacheMib,
      fast_sync: flags.fastSync,
      ...networkSettingFlags(flags),
      ...clusterSettingFlags(flags),
    });
    const intervalMs: number | undefined = flags.blockInterval;
    const options: NodeOptions = {
      ...DEFAULT_NODE_OPTIONS,
      dataDir: settings.data_dir.value!,
      profile: flags.profile ?? null,
      eventBlocksKept: flags.eventsKept,
      retention: retentionOf(settings),
      snapshots: scheduleOf(settings),
      storeCacheBytes: Number(settings.store_cache_mib.value) * 2 ** 20,
      fastSync: await fastSyncOf(io, flags, settings),
      deniedGpus: flags.denyGpus === undefined ? [] : await readDenyList(io, flags.denyGpus),
      rejections: rejectionsAt(flags.rejectionRate),
      ngc: await ngcOptionsOf(io, flags),
      network: await networkOptionsOf(io, flags, settings),
      cluster: await clusterOptionsOf(io, flags, settings),
      telemetry: await telemetryOf(io, flags),
      api: {
        host: flags.apiHost,
        port: flags.apiPort,
        rateLimit: rateLimitOf(flags.rateLimit),
        senderLimit: rateLimitOf(flags.senderLimit),
      },
      tableKind: settings.mining_table.value as TableKind,
      tableMemory: settings.table_memory.value as TableMemory,
      executionCheck: settings.execution_check.value as ExecutionCheck,
      verifyOn: settings.verify_on.value!,
      pace: intervalMs === undefined ? null : {intervalMs, minIntervalMs: Math.min(intervalMs, 250)},
    };
    await runNode(options, {
      storePassphrase: storePassphraseOf(io, settings),
      log: createLog(flags.logLevel),
      signal: io.signal,
      started: (node) =>
        io.event({event: "started", url: node.url, height: node.view().head.height, ...node.networkState()}, node.url),
    });
  });

async function telemetryOf(
  io: Io,
  {telemetryCheck, telemetryProfile: paths}: {telemetryCheck: boolean; telemetryProfile: readonly string[]},
): Promise<TelemetryOptions | null> {
  if (!telemetryCheck && paths.length === 0) return null;
  const profiles: TelemetryProfile[] = [];
  for (const path of paths) profiles.push(await readTelemetryProfile(io, path));
  return {...DEFAULT_TELEMETRY_OPTIONS, profiles};
}

/** Lines of a file without empty ones and those that begin with `#`. */
async function readDenyList(io: Io, path: string): Promise<string[]> {
  const lines = textOf(await io.readFile(path, {flag: "--deny-gpus"})).split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

const rejectionsAt = (perSecond: number): RejectionOptions => ({
  ...DEFAULT_REJECTION_OPTIONS,
  limits: {...DEFAULT_REJECTION_OPTIONS.limits, perSecond},
});

/** Five seconds' worth may be spent at once. */
const rateLimitOf = (unitsPerSecond: number): RateLimitOptions | null =>
  unitsPerSecond === 0 ? null : {...DEFAULT_RATE_LIMIT, unitsPerSecond, burstUnits: unitsPerSecond * 5};
