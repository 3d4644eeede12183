/** A validator that is initialised, run under a load of transfers, killed, and run again: the history of its data directory. */
import {eventually} from "../support/node.js";
import {nodeObserver} from "./node-observer.js";
import {NODE_FOLDER, pay, Workplace} from "./node-process.js";
import type {Recording} from "./recording.js";
import type {Size} from "./recordings.js";

/** Records into `directory`, which it empties. */
export async function recordNode(library: string, directory: string, size: Size): Promise<Recording> {
  const workplace = new Workplace(library, directory);
  try {
    await workplace.init();
    let nonce = 0n;
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      const {child, client, ended} = await workplace.start();
      const {chainTip: first} = await client.status();
      await eventually(async () => {
        await pay(client, nonce++);
        return (await client.status()).chainTip >= first + BigInt(size.blocks);
      }, 60_000);
      await client.close();
      child.kill(signal);
      const {status, told} = await ended;
      if (signal === "SIGTERM" && status !== 0) throw new Error(`the node ended with ${status}: ${told}`);
    }
    return {name: "node", ops: workplace.ops, ...nodeObserver(NODE_FOLDER, size.startsOneIn)};
  } finally {
    workplace.close();
  }
}
