/**
 * A real node, killed many times while it acknowledges writes, most of them between the first and the last row of a
 * commit. What the client logged as acknowledged has to be there at the end, and the database whole. 25 kills, or as
 * many as QSDM_KILLS says: `npm run test:kills` makes a thousand.
 */
import {type ChildProcess, spawn} from "node:child_process";
import path from "node:path";
import {createInterface} from "node:readline";
import {afterAll, expect, test} from "vitest";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {readTransaction} from "../../src/node/ledger/chain/transaction.js";
import {countDust, expectedDust, supplyOf} from "../../src/node/ledger/monetary/supply.js";
import {signedTransfer, type TestAccount, testAccount} from "../support/accounts.js";
import {openTestChain} from "../support/chain.js";
import {eventually, initTestNode, nodeGenesis} from "../support/node.js";

const KILLS = Number(process.env.QSDM_KILLS ?? 25);
/** At least. Four of five are aimed there; some miss it. */
const INSIDE_COMMIT = Math.floor(KILLS * 0.6);
const MS_OF_KILL = 24_000;
const PROGRAM = path.resolve("bin/qsdm.js");
const accounts = Array.from({length: 4}, (_, i) => testAccount(`kill ${i}`));
const receiver = testAccount("receiver").address;
const genesis = nodeGenesis(accounts);

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

interface Write {
  readonly id: string;
  readonly body: Uint8Array;
}

interface WriteLog {
  /** Ids logged before the write was sent. */
  readonly sent: Set<string>;
  readonly acknowledged: Set<string>;
}

/** How many nonces ahead of its next free one a sender signs. */
const AHEAD = 40n;

/**
 * An account and all that it signed, by nonce. Writes travel beside each other, so a kill can leave the node with one
 * of them and without one of a lower nonce: what was not acknowledged is sent again, as a client would.
 */
class Sender {
  readonly #signed: Write[] = [];

  constructor(private readonly account: TestAccount) {}

  /** Signed before the first is sent, so that nothing but I/O keeps this process from seeing the node's log. */
  async prepare(client: Client, {sent, acknowledged}: WriteLog): Promise<Write[]> {
    const {nonce: spent, nextFree} = await client.nonce({sender: this.account.address});
    for (let nonce = BigInt(this.#signed.length); nonce < nextFree! + AHEAD; nonce++) {
      const body = signedTransfer(this.account, {to: receiver, amountDust: 1n, nonce});
      this.#signed.push({id: readTransaction(body).txId, body});
    }
    const writes = this.#signed.slice(Number(spent)).filter(({id}) => !acknowledged.has(id));
    for (const {id} of writes) sent.add(id);
    return writes;
  }
}

const prepare = async (senders: readonly Sender[], client: Client, log: WriteLog): Promise<Write[]> =>
  (await Promise.all(senders.map((sender) => sender.prepare(client, log)))).flat();

const send = (client: Client, writes: readonly Write[], log: WriteLog): Promise<unknown> =>
  Promise.allSettled(
    writes.map(async ({id, body}) => {
      await client.submit({body});
      log.acknowledged.add(id);
    }),
  );

test(`${KILLS} kills during acknowledged writes lose nothing`, {timeout: KILLS * MS_OF_KILL}, async () => {
  const dataDir = await initTestNode(genesis);
  const senders = accounts.map((account) => new Sender(account));
  const log: WriteLog = {sent: new Set(), acknowledged: new Set()};
  let [kills, inside] = [0, 0];
  // A machine with much else to do shows a commit's first line here only when the commit is over: then more are needed.
  for (; kills < KILLS || inside < INSIDE_COMMIT; kills++) {
    const node = await start(dataDir);
    const client = createClient({...CLIENT_DEFAULTS, url: node.url, timeoutMs: 5_000});
    const before = log.acknowledged.size;
    const isBusy = (): boolean => log.acknowledged.size > before + 8;
    let sending: Promise<unknown>;
    // A second time where nearly all of it was on the node's disk before the last kill.
    do {
      sending = send(client, await prepare(senders, client, log), log);
      await Promise.race([sending, eventually(async () => isBusy())]);
    } while (!isBusy());
    // Four of five are aimed at a commit, the fifth at whatever is going on.
    if (kills % 5 === 4) node.child.kill("SIGKILL");
    else node.killAtCommit();
    if (await ended(node)) inside++;
    await sending;
    await client.close();
  }

  const last = await start(dataDir);
  const client = createClient({...CLIENT_DEFAULTS, url: last.url});
  const owed = [...log.acknowledged];
  const missing = new Set(owed);
  await eventually(async () => {
    // Again and again: what was acknowledged waits for every lower nonce, and a send may fail. What was lost stays a gap.
    await send(client, await prepare(senders, client, log), log);
    for (const txId of missing) if ((await client.receipt({txId}).catch(() => null)) !== null) missing.delete(txId);
    return missing.size === 0;
  });
  await client.close();
  last.child.kill("SIGKILL");
  await ended(last);

  // The same files, opened as a node opens them: every digest is recomputed on the way.
  const {chain, store} = await openTestChain(path.join(dataDir), genesis);
  expect(store.verify()).toEqual([]);
  const held = countDust(chain.state);
  expect(held.balancesDust + held.bondsDust).toBe(expectedDust(supplyOf(chain.state)));
  for (const txId of owed) expect(store.receipt(txId)?.outcome).toBe("applied");
  store.close();
  console.log(`${kills} kills, ${inside} inside a commit, ${owed.length} of ${log.sent.size} writes acknowledged`);
});
