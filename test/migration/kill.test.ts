/** Both ways between a data directory and a cluster, killed as processes at every boundary between two batches. */
import {type ChildProcess, spawn} from "node:child_process";
import path from "node:path";
import {afterAll, expect, test} from "vitest";
import {CqlServer} from "../node/storage/cql/cql-server.js";
import {scratchDirectory} from "../support/chain.js";
import {makeChain, trimChain} from "./made-chain.js";

const PROGRAM = path.resolve("bin/qsdm.js");
/** Three batches of 16 blocks at most, on either way. */
const BLOCKS = 40;
const running = new Set<ChildProcess>();
let server: CqlServer;
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await server.stop();
});

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
}

/** Runs a command; `isBoundary` is asked for each statement that arrives, and the first that is one kills the process. */
function qsdm(words: readonly string[], isBoundary: (text: string) => boolean): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...words, "--json"], {stdio: ["ignore", "pipe", "ignore"]});
  running.add(child);
  server.fault = (text) => {
    if (!isBoundary(text)) return null;
    child.kill("SIGKILL");
    return "gone";
  };
  let out = "";
  child.stdout!.on("data", (part) => {
    out += part;
  });
  return new Promise((resolve) =>
    child.once("close", (_status, signal) => {
      running.delete(child);
      resolve({signal, out});
    }),
  );
}

/** Kills one process after the other, until one ends by itself; then both sides are compared. */
async function killedAtEveryBoundary(words: readonly string[], boundary: () => (text: string) => boolean) {
  for (let kills = 0; ; kills++) {
    const {signal} = await qsdm([...words, "--resume"], boundary());
    if (signal !== null) continue;
    const {out} = await qsdm([...words, "--verify"], () => false);
    return {kills, ...JSON.parse(out).data};
  }
}

test("a history goes to a cluster and comes back the same", async () => {
  server = await CqlServer.start();
  const dataDir = path.join(scratchDirectory(), "node");
  const {databasePath, digest} = await makeChain(dataDir, {blocks: BLOCKS, transactionsPerBlock: 2});
  const place = ["--data-dir", dataDir, "--cql-contact-points", server.contactPoint];
  const flags = [...place, "--cql-datacenter", "dc1", "--cql-tls", "off"];
  const whole = {kills: 2, blocks: 0, verified: {blocks: 41, digest}};
  // One move of the head for each process: it dies at the first row behind that.
  const there = await killedAtEveryBoundary(["migrate", "to-cluster", ...flags], () => {
    let moved = false;
    return (text) => {
      moved ||= text.startsWith("UPDATE head SET height");
      return moved && text.startsWith("INSERT INTO body");
    };
  });
  expect(there).toMatchObject({...whole, height: "40"});
  await trimChain(databasePath);
  // Sixteen bodies for each process: it asks for the next behind its commit, and dies there.
  const back = await killedAtEveryBoundary(["migrate", "from-cluster", ...flags], () => {
    let read = 0;
    return (text) => text.startsWith("SELECT part, value FROM body") && ++read > 16;
  });
  expect(back).toMatchObject({...whole, height: "0"});
});
