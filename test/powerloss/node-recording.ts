/**
 * A validator that is initialised, run under a load of transfers, killed, and run again, as processes: the history of
 * its data directory.
 */
import {type ChildProcess, spawn} from "node:child_process";
import {once} from "node:events";
import {mkdirSync, readFileSync, realpathSync, rmSync} from "node:fs";
import path from "node:path";
import {createInterface} from "node:readline";
import {CLIENT_DEFAULTS, createClient} from "../../src/node/api/client.js";
import {signedTransfer, TEST_CHAIN_ID, testAccount} from "../support/accounts.js";
import {eventually} from "../support/node.js";
import {nodeObserver} from "./node-observer.js";
import {preloadEnvironment} from "./preload.js";
import type {Recording} from "./recording.js";
import type {Size} from "./recordings.js";
import {decodeTrace} from "./trace.js";

const PROGRAM = path.resolve("bin/qsdm.js");
const FOLDER = "node";
const sender = testAccount("power loss");
const receiver = testAccount("receiver").address;

/** Records into `workplace`, which it empties. */
export async function recordNode(library: string, workplace: string, size: Size): Promise<Recording> {
  rmSync(workplace, {recursive: true, force: true});
  mkdirSync(path.join(workplace, "root"), {recursive: true});
  const root = realpathSync(path.join(workplace, "root"));
  const trace = path.join(workplace, "trace");
  const dataDir = path.join(root, FOLDER);
  const run = (...words: string[]): ChildProcess =>
    spawn(process.execPath, [PROGRAM, "node", ...words, "--data-dir", dataDir], {
      env: preloadEnvironment(library, {root, trace}),
      stdio: ["ignore", "pipe", "pipe"],
    });
  const account = ["--validator-account", receiver, "--allocate", `${sender.address}=1000`];
  await ended(run("init", "--chain-id", TEST_CHAIN_ID, "--param", "dagEntries=1024", ...account));
  let nonce = 0n;
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    const child = run("run", "--api-port", "0", "--block-interval", "100ms", "--log-level", "error");
    try {
      nonce = await loaded(child, nonce, size.blocks);
    } finally {
      child.kill(signal);
    }
    await ended(child, signal);
  }
  const ops = decodeTrace(readFileSync(trace), root);
  return {name: "node", ops, ...nodeObserver(FOLDER, size.startsOneIn)};
}

/** Sends a transfer for each look at the chain until it has grown; returns the next nonce. */
async function loaded(child: ChildProcess, from: bigint, blocks: number): Promise<bigint> {
  const [url] = (await once(createInterface({input: child.stdout!}), "line")) as [string];
  const client = createClient({...CLIENT_DEFAULTS, url});
  let nonce = from;
  try {
    const {chainTip: first} = await client.status();
    await eventually(async () => {
      await client.submit({body: signedTransfer(sender, {to: receiver, amountDust: 1n, nonce})});
      nonce++;
      return (await client.status()).chainTip >= first + BigInt(blocks);
    }, 60_000);
    return nonce;
  } finally {
    await client.close();
  }
}

async function ended(child: ChildProcess, signal?: "SIGKILL" | "SIGTERM"): Promise<void> {
  let told = "";
  child.stdout!.resume();
  child.stderr!.on("data", (part) => {
    told += part;
  });
  const [status] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
  if (status !== 0 && signal !== "SIGKILL")
    throw new Error(`${child.spawnargs.join(" ")} ended with ${status}: ${told}`);
}
