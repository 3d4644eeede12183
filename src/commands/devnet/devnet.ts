import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import path from "node:path";
import {type Command, Option} from "commander";
import {formatCell} from "../../codecs/amount.js";
import {UnavailableError} from "../../errors.js";
import type {QsdmNode} from "../../node/node.js";
import {defineCommand} from "../define.js";
import {countFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {createLog, LOG_LEVELS, type LogLevel} from "../log.js";
import {
  type Addresses,
  type DevnetPaths,
  type DevnetPorts,
  devnetPaths,
  prepareDevnet,
  startDevnet,
  WALLETS,
} from "./network.js";

/** What the flags ask for. */
interface DevnetPlan {
  /** `null`: a new directory that is gone at the end. */
  readonly directory: string | null;
  readonly port: number | null;
  readonly params: readonly string[];
  readonly tour: boolean;
  /** Whether to end when there is nothing left to show. */
  readonly exit: boolean;
}

async function runDevnet(plan: DevnetPlan, io: Io, ports: DevnetPorts): Promise<void> {
  await inDirectory(plan.directory, async (paths) => {
    const addresses = await prepareDevnet(paths, plan.params, ports);
    const node = await startDevnet(paths, plan.port, ports);
    try {
      await show({plan, io, node, paths, addresses});
    } finally {
      await node.stop();
    }
  });
}

/** Processes that a small machine still runs at once. */
const VALIDATORS_MAX = 7;

async function runSeveral({dir, apiPort, validators, param, exit, logLevel}: SeveralFlags, io: Io): Promise<void> {
  const {runValidators} = await import("./validators.js");
  await inDirectory(dir ?? null, (paths) =>
    runValidators({validators, port: apiPort ?? null, params: param, exit, logLevel}, paths, io),
  );
}

interface SeveralFlags {
  readonly dir?: string;
  readonly apiPort?: number;
  readonly validators: number;
  readonly param: readonly string[];
  readonly exit: boolean;
  readonly logLevel: LogLevel;
}

/** Works in a directory of the user's, or in a new one that is gone at the end. */
async function inDirectory(given: string | null, work: (paths: DevnetPaths) => Promise<void>): Promise<void> {
  const directory = given ?? (await mkdtemp(path.join(tmpdir(), "qsdm-devnet-")));
  try {
    await work(devnetPaths(path.resolve(directory)));
  } finally {
    if (given === null) await rm(directory, {recursive: true, force: true});
  }
}

/** A running devnet and who watches it. */
export interface Stage {
  readonly plan: Pick<DevnetPlan, "exit">;
  readonly io: Io;
  readonly node: QsdmNode;
  readonly paths: DevnetPaths;
  readonly addresses: Addresses;
}

async function show(stage: Stage & {readonly plan: DevnetPlan}): Promise<void> {
  const {plan, node} = stage;
  announce(stage);
  if (plan.tour) await (await import("./tour.js")).playTour(stage);
  if (plan.exit) return;
  suggest(stage);
  const failure = await node.ended;
  if (failure) throw new UnavailableError("NODE_FAILED", `the node stopped: ${failure}`, {cause: failure});
}

function announce({io, node, paths, addresses}: Stage): void {
  const {params} = node.view();
  io.event({event: "started", url: node.url, chain_id: params.chainId, directory: paths.directory}, [
    ["devnet", params.chainId, node.url],
  ]);
  for (const name of WALLETS) {
    const balanceDust = node.view().account(addresses[name])?.balanceDust ?? 0n;
    io.event({event: "wallet", name, address: addresses[name], balance_dust: balanceDust}, [
      ["wallet", name, addresses[name], formatCell(balanceDust)],
    ]);
  }
}

function suggest({io, node, paths}: Stage): void {
  const wallet = `--in ${paths.wallet("alice")} --passphrase-file ${paths.passphraseFile}`;
  io.note(
    [
      "",
      "The network keeps running. In another terminal:",
      `  export QSDM_API_URL=${node.url}/api/v1`,
      "  qsdm status",
      "  qsdm enrollments",
      "  qsdm keygen hmac --out my.hmac && qsdm keygen node --out my.node",
      `  qsdm enroll --node-id my-rig --gpu-uuid GPU-my-card --hmac-key-file my.hmac --node-key-file my.node ${wallet} --wait`,
      `  curl -s ${node.url}/metrics | grep qsdm_`,
      "Ctrl-C ends it.",
    ].join("\n"),
  );
}

export const devnetCommand = (io: Io): Command =>
  defineCommand("devnet", {
    summary: "start a development network on this machine",
    description:
      "Starts an embedded node on loopback with four wallets, three of which hold 1,000 CELL, all under one random " +
      "passphrase that is in a file beside them. Without --dir everything lives in a new temporary directory and is " +
      "removed at the end; with it, a second start goes on where the first one stopped.\n\n" +
      "--validators starts that many nodes instead, each a process of its own with its own key, as localnet export " +
      "writes them and node run runs them. It prints a line for each, and one more when each is connected to all " +
      "others and a block is final; Ctrl-C stops them in order, the last one first. The stake of all is wallet validator's.\n\n" +
      "--tour plays the whole job: two rigs enroll and mine, one of them signs two proofs at one height, a watcher " +
      "catches it and is paid. Each step is the command line that you would type.",
    examples: [
      {does: "watch the whole job, then keep the network", run: "qsdm devnet --tour"},
      {does: "a network that is still there tomorrow", run: "qsdm devnet --dir ./devnet"},
      {does: "four validators that agree, each a process", run: "qsdm devnet --validators 4"},
      {
        does: "the same, with an election every ten blocks",
        run: "qsdm devnet --validators 4 --param validatorEpochBlocks=10",
      },
    ],
    files: {
      "DIR/wallets/*.json": "Keystores of alice, bob, watcher and validator.",
      "DIR/passphrase": "Opens them. Mode 0600.",
      "DIR/node": "The node's data directory.",
      "DIR/validator-N/": "Data directory and config.toml of each node, with --validators.",
    },
    exit: {4: "A port or the folder cannot be used, or a node ended by itself."},
    seeAlso: ["devnet equivocate", "localnet export", "node run", "enroll", "mine", "slash"],
  })
    .option("--dir <dir>", "where the network lives; a temporary directory unless given")
    .option(
      "--api-port <port>",
      "port of the API; 8080 or, when that is taken, a free one unless given",
      countFlag(0, 65_535),
    )
    .addOption(
      new Option("--validators <count>", "run so many validators, each a process, on ports from --api-port on")
        .argParser(countFlag(1, VALIDATORS_MAX))
        .conflicts("tour"),
    )
    .option("--param <name=value>", "one parameter of a new chain's genesis; may be repeated", repeatFlag, [])
    .option("--tour", "play the tour", false)
    .option("--exit", "end when there is nothing left to show", false)
    .addOption(
      new Option("--log-level <level>", "least severe lines of the node to log").choices(LOG_LEVELS).default("warn"),
    )
    .action(async (flags) => {
      if (flags.validators !== undefined) return runSeveral(flags, io);
      const plan: DevnetPlan = {
        directory: flags.dir ?? null,
        port: flags.apiPort ?? null,
        params: flags.param,
        tour: flags.tour,
        exit: flags.exit,
      };
      const {host, signal} = io;
      const log = createLog(flags.logLevel);
      await runDevnet(plan, io, {log, signal, randomBytes: host.randomBytes, now: host.now});
    });
