/** A node that begins with a snapshot which a peer has, and goes on with the chain. */
import {spawn} from "node:child_process";
import {once} from "node:events";
import path from "node:path";
import {createInterface} from "node:readline";
import {initDataDir} from "../../src/node/data-dir.js";
import {heightsOn, placeOf} from "../../src/node/snapshots/shelf.js";
import {testAccount} from "../support/accounts.js";
import {eventually, nodeGenesis, VALIDATOR_SEED} from "../support/node.js";
import {NODE_FOLDER, PROGRAM, recordIn} from "./node-process.js";
import type {Workload} from "./recording.js";
import {restoredObserver} from "./upkeep-recordings.js";

const COMMON = ["--api-port", "0", "--block-interval", "200ms", "--no-dht", "--log-level", "error"];

export const FAST_SYNC: Workload = {
  record: (library, directory) =>
    recordIn(library, directory, async (workplace) => {
      const {dataDir} = workplace;
      const peerDir = path.join(directory, "peer");
      const genesis = nodeGenesis([testAccount("fast sync")]);
      await initDataDir(peerDir, {genesis, validatorSeed: VALIDATOR_SEED});
      const words = [
        "node",
        "run",
        "--json",
        "--data-dir",
        peerDir,
        "--snapshot-interval",
        "10",
        "--snapshots-kept",
        "100",
      ];
      const peer = spawn(process.execPath, [PROGRAM, ...words, ...COMMON, "--listen", "127.0.0.1:0"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        const [line] = await once(createInterface({input: peer.stdout}), "line");
        const [listen] = (JSON.parse(line as string) as {listen: readonly [string]}).listen;
        await eventually(async () => (await heightsOn(path.join(peerDir, "snapshots"))).length > 0);
        await workplace.run("node", "init", "--data-dir", dataDir, "--genesis", path.join(peerDir, "genesis.json"));
        const from = workplace.ops.length;
        const follow = ["--fast-sync", "on", "--peer", listen, "--listen", "127.0.0.1:0"];
        const {child, ended} = workplace.spawn(["node", "run", "--data-dir", dataDir, ...COMMON, ...follow]);
        child.stdout!.resume();
        const failed = ended.then(({told}) => {
          throw new Error(`the node ended: ${told}`);
        });
        const shelf = path.join(dataDir, "snapshots");
        const synced = eventually(async () => {
          const heights = await heightsOn(shelf);
          return heights[0];
        });
        const height = (await Promise.race([synced, failed]))!;
        child.kill("SIGTERM");
        await failed.catch(() => {});
        return {from, known: placeOf(path.join(peerDir, "snapshots"), height)};
      } finally {
        peer.kill("SIGKILL");
      }
    }),
  // It acknowledges nothing: what it sends are questions.
  isHeard: false,
  observer: (snapshot) => restoredObserver(NODE_FOLDER, snapshot),
};
