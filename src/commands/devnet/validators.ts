/** A devnet of several validators: the layout of `localnet export` on loopback, and a process for each of them. */
import {existsSync} from "node:fs";
import {readdir} from "node:fs/promises";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {formatCell} from "../../codecs/amount.js";
import {UnavailableError, UsageError} from "../../errors.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../node/api/client.js";
import type {Io} from "../io.js";
import {exportLocalnet} from "../localnet/layout.js";
import type {LogLevel} from "../log.js";
import {freePorts} from "./free-ports.js";
import {type Addresses, type DevnetPaths, prepareDevnet, WALLETS} from "./network.js";
import {type NodeProcess, startNodeProcess} from "./processes.js";

/** Until all know each other and a block is final: start-up of seven on a small machine, and some views. */
const READY_MS = 120_000;
const POLL_MS = 100;
const LOOPBACK = "127.0.0.1";

export interface ValidatorsPlan {
  readonly validators: number;
  /** API port of the first, the others on the ports after it; null takes free ones. */
  readonly port: number | null;
  readonly params: readonly string[];
  readonly exit: boolean;
  readonly logLevel: LogLevel;
}

/**
 * Runs them until Ctrl-C, or until they are ready.
 * @throws UsageError DEVNET_MISMATCH, DEVNET_INCOMPLETE; UnavailableError NODE_FAILED, DEVNET_NOT_READY
 */
export async function runValidators(plan: ValidatorsPlan, paths: DevnetPaths, io: Io): Promise<void> {
  const addresses = await prepareValidators(plan, paths, io);
  const nodes: NodeProcess[] = [];
  try {
    for (let i = 0; i < plan.validators; i++) {
      io.signal.throwIfAborted();
      const node = await startNodeProcess({
        name: `validator-${i}`,
        configPath: path.join(paths.directory, `validator-${i}`, "config.toml"),
        apiPort: plan.port === null || plan.port === 0 ? 0 : plan.port + i,
        logLevel: plan.logLevel,
        log: (line) => io.note(line),
      });
      nodes.push(node);
      const {url, pid, peerId} = node;
      io.event({event: "validator", index: i, url, pid, peer_id: peerId}, [["validator", i, url]]);
    }
    await Promise.race([untilReady({nodes, addresses, io}), ...nodes.map(failed)]);
    if (plan.exit) return;
    io.note(
      `The network keeps running. In another terminal:\n  export QSDM_API_URL=${nodes[0]!.url}/api/v1\n  qsdm peers\nCtrl-C ends it.`,
    );
    await Promise.race([aborted(io.signal), ...nodes.map(failed)]);
  } finally {
    for (const node of nodes.reverse()) await node.stop();
  }
}

const failed = async ({gone}: NodeProcess): Promise<never> => {
  throw await gone;
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), {once: true});
  });

/** Wallets and directories of a new network, or those of an earlier start. */
async function prepareValidators({validators, params}: ValidatorsPlan, paths: DevnetPaths, io: Io): Promise<Addresses> {
  const {directory} = paths;
  const {host} = io;
  const isNew = !existsSync(paths.passphraseFile);
  const random = {randomBytes: host.randomBytes, now: host.now};
  const addresses = await prepareDevnet(paths, params, random, async (chain) => {
    const ports = await freePorts(validators);
    const seats = ports.map((port) => ({account: chain.validatorAccount, host: LOOPBACK, port}));
    await exportLocalnet({...chain, directory, seats});
  });
  const there = (await readdir(directory)).filter((name) => /^validator-[0-9]+$/.test(name)).length;
  if (!isNew && there !== validators)
    throw new UsageError("DEVNET_MISMATCH", `${directory} holds a devnet of ${there || "no"} validators`, {
      hint:
        there > 0 ? `give --validators ${there}, or another --dir` : "leave --validators out, or give another --dir",
    });
  return addresses;
}

/** Returns when each has a session with every other and a block is final on all of them. */
async function untilReady({
  nodes,
  addresses,
  io,
}: {
  nodes: readonly NodeProcess[];
  addresses: Addresses;
  io: Io;
}): Promise<void> {
  const clients = nodes.map(({url}) => createClient({...CLIENT_DEFAULTS, url, signal: io.signal}));
  const end = Date.now() + READY_MS;
  try {
    while (!(await Promise.all(clients.map((each) => isReady(each, nodes.length - 1)))).every(Boolean)) {
      if (Date.now() > end)
        throw new UnavailableError("DEVNET_NOT_READY", "the validators did not agree on a block in time", {
          hint: "--log-level info shows what each of them does",
        });
      await sleep(POLL_MS, undefined, {signal: io.signal});
    }
    const [first] = clients;
    const {network, chainTip} = await first!.status();
    for (const name of WALLETS) {
      const {balanceDust} = await first!.balance({address: addresses[name]});
      io.event({event: "wallet", name, address: addresses[name], balance_dust: balanceDust}, [
        ["wallet", name, addresses[name], formatCell(balanceDust ?? 0n)],
      ]);
    }
    io.event({event: "ready", chain_id: network, height: chainTip, validators: nodes.length}, [
      ["ready", network, chainTip],
    ]);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

const isReady = async (client: Client, others: number): Promise<boolean> => {
  const {peers, chainTip} = await client.status();
  return peers >= others && chainTip > 0n;
};
