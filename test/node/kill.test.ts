/**
 * A real node, killed 50 times while it acknowledges writes, at least 30 of them between the first and the last row of
 * a commit. What the client logged as acknowledged has to be there at the end, and the database whole.
 */
import {type ChildProcess, spawn} from "node:child_process";
import path from "node:path";
import {createInterface} from "node:readline";
import {afterAll, expect, test} from "vitest";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {readTransaction} from "../../src/node/ledger/chain/transaction.js";
import {countDust, expectedDust, supplyOf} from "../../src/node/ledger/monetary/supply.js";
import {signedTransfer, testAccount} from "../support/accounts.js";
import {openTestChain} from "../support/chain.js";
import {eventually, initTestNode, nodeGenesis} from "../support/node.js";

const KILLS = 50;
const INSIDE_COMMIT = 30;
const PROGRAM = path.resolve("bin/qsdm.js");
const senders = Array.from({length: 4}, (_, i) => testAccount(`kill ${i}`));
const receiver = testAccount("receiver").address;
const genesis = nodeGenesis(senders);

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  /** Kills at the next line of the log that says a commit begins, in the very turn that reads it. */
  killAtCommit(): void;
  /** Whether the last line about commits says that one began. */
  insideCommit(): boolean;
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

const ARGUMENTS = ["--api-port", "0", "--rate-limit", "0", "--block-interval", "100ms", "--log-level", "debug"];

function start(dataDir: string): Promise<Running> {
  const words = [PROGRAM, "node", "run", "--data-dir", dataDir, ...ARGUMENTS];
  const child = spawn(process.execPath, words, {stdio: ["ignore", "pipe", "pipe"]});
  running.add(child);
  let log = "";
  let armed = false;
  child.stderr!.on("data", (part) => {
    log += part;
    if (armed && insideCommit()) child.kill("SIGKILL");
  });
  const insideCommit = (): boolean => log.lastIndexOf('"commit begins"') > log.lastIndexOf('"commit ends"');
  return new Promise((resolve, reject) => {
    child.once("exit", (status) => reject(new Error(`the node ended with ${status}: ${log.slice(-500)}`)));
    createInterface({input: child.stdout!}).once("line", (url) => {
      const killAtCommit = (): void => {
        armed = true;
      };
      resolve({child, url, killAtCommit, insideCommit});
    });
  });
}

async function ended({child, insideCommit}: Running): Promise<boolean> {
  await new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("close", () => resolve());
  });
  running.delete(child);
  return insideCommit();
}

interface WriteLog {
  /** Ids logged before the write was sent. */
  readonly sent: Set<string>;
  readonly acknowledged: Set<string>;
}
const PER_SENDER = 40;

/** Writes signed before the first is sent, so that nothing but I/O keeps this process from seeing the log. */
async function prepare(client: Client, log: WriteLog): Promise<{id: string; body: Uint8Array}[]> {
  const writes: {id: string; body: Uint8Array}[] = [];
  for (const sender of senders) {
    const {nextFree, next} = await client.nonce({sender: sender.address});
    for (let i = 0n; i < PER_SENDER; i++) {
      const nonce = (nextFree ?? next) + i;
      const body = signedTransfer(sender, {to: receiver, amountDust: 1n, nonce});
      writes.push({id: readTransaction(body).txId, body});
    }
  }
  for (const {id} of writes) log.sent.add(id);
  return writes;
}

/** Sends until the node is gone. */
const send = (client: Client, writes: readonly {id: string; body: Uint8Array}[], log: WriteLog): Promise<unknown> =>
  Promise.allSettled(
    writes.map(async ({id, body}) => {
      await client.submit({body});
      log.acknowledged.add(id);
    }),
  );

test(`${KILLS} kills during acknowledged writes lose nothing`, {timeout: 300_000}, async () => {
  const dataDir = await initTestNode(genesis);
  const log: WriteLog = {sent: new Set(), acknowledged: new Set()};
  let inside = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    const node = await start(dataDir);
    const client = createClient({...CLIENT_DEFAULTS, url: node.url, timeoutMs: 5_000});
    const writes = await prepare(client, log);
    const before = log.acknowledged.size;
    const sending = send(client, writes, log);
    await eventually(async () => log.acknowledged.size > before + 8);
    // Four of five are aimed at a commit, the fifth at whatever is going on.
    if (kills % 5 === 4) node.child.kill("SIGKILL");
    else node.killAtCommit();
    if (await ended(node)) inside++;
    await sending;
    await client.close();
  }

  const last = await start(dataDir);
  const client = createClient({...CLIENT_DEFAULTS, url: last.url});
  const missing = new Set(log.acknowledged);
  await eventually(async () => {
    for (const txId of missing) if ((await client.receipt({txId}).catch(() => null)) !== null) missing.delete(txId);
    return missing.size === 0;
  }, 60_000);
  await client.close();
  last.child.kill("SIGKILL");
  await ended(last);

  // The same files, opened as a node opens them: every digest is recomputed on the way.
  const {chain, store} = await openTestChain(path.join(dataDir), genesis);
  expect(store.verify()).toEqual([]);
  const held = countDust(chain.state);
  expect(held.balancesDust + held.bondsDust).toBe(expectedDust(supplyOf(chain.state)));
  for (const txId of log.acknowledged) expect(store.receipt(txId)?.outcome).toBe("applied");
  store.close();
  console.log(
    `${KILLS} kills, ${inside} inside a commit, ${log.acknowledged.size} of ${log.sent.size} writes acknowledged`,
  );
  expect(inside).toBeGreaterThanOrEqual(INSIDE_COMMIT);
});
