import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import path from "node:path";
import {type Command, Option} from "commander";
import {formatCell} from "../../codecs/amount.js";
import {UnavailableError} from "../../errors.js";
import type {QsdmNode} from "../../node/node.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {createLog, LOG_LEVELS} from "../log.js";
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
  readonly tour: boolean;
  /** Whether to end when there is nothing left to show. */
  readonly exit: boolean;
}

async function runDevnet(plan: DevnetPlan, io: Io, ports: DevnetPorts): Promise<void> {
  const directory = plan.directory ?? (await mkdtemp(path.join(tmpdir(), "qsdm-devnet-")));
  try {
    const paths = devnetPaths(path.resolve(directory));
    const addresses = await prepareDevnet(paths, ports);
    const node = await startDevnet(paths, plan.port, ports);
    try {
      await show({plan, io, node, paths, addresses});
    } finally {
      await node.stop();
    }
  } finally {
    if (plan.directory === null) await rm(directory, {recursive: true, force: true});
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
      "--tour plays the whole job: two rigs enroll and mine, one of them signs two proofs at one height, a watcher " +
      "catches it and is paid. Each step is the command line that you would type.",
    examples: [
      {does: "watch the whole job, then keep the network", run: "qsdm devnet --tour"},
      {does: "a network that is still there tomorrow", run: "qsdm devnet --dir ./devnet"},
    ],
    files: {
      "DIR/wallets/*.json": "Keystores of alice, bob, watcher and validator.",
      "DIR/passphrase": "Opens them. Mode 0600.",
      "DIR/node": "The node's data directory.",
    },
    seeAlso: ["devnet equivocate", "node run", "enroll", "mine", "slash"],
  })
    .option("--dir <dir>", "where the network lives; a temporary directory unless given")
    .option(
      "--api-port <port>",
      "port of the API; 8080 or, when that is taken, a free one unless given",
      countFlag(0, 65_535),
    )
    .option("--tour", "play the tour", false)
    .option("--exit", "end when there is nothing left to show", false)
    .addOption(
      new Option("--log-level <level>", "least severe lines of the node to log").choices(LOG_LEVELS).default("warn"),
    )
    .action(async (flags) => {
      const plan: DevnetPlan = {
        directory: flags.dir ?? null,
        port: flags.apiPort ?? null,
        tour: flags.tour,
        exit: flags.exit,
      };
      const {host, signal} = io;
      const log = createLog(flags.logLevel);
      await runDevnet(plan, io, {log, signal, randomBytes: host.randomBytes, now: host.now});
    });
