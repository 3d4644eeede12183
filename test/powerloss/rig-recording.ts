/** A rig's claims of heights to sign for, in directories that are not there yet. */
import path from "node:path";
import {SignedHeights} from "../../src/node/mining/signed-heights.js";
import {Workplace} from "./node-process.js";
import type {Recording} from "./recording.js";

const FOLDER = "rig/signed";

/** Records into `directory`, which it empties. */
export async function recordRig(library: string, directory: string): Promise<Recording> {
  const workplace = new Workplace(library, directory);
  try {
    const script = path.resolve(import.meta.dirname, "claim-heights.ts");
    await workplace.runScript(script, path.join(workplace.root, FOLDER));
    return {
      name: "rig",
      ops: workplace.ops,
      async observe(root) {
        const heights = new SignedHeights(path.join(root, FOLDER), "qsdm-test");
        const claimed: string[] = [];
        for (const height of [1n, 2n, 3n]) if (!(await heights.claim(height))) claimed.push(`claimed ${height}`);
        return {claimed: claimed.join()};
      },
    };
  } finally {
    workplace.close();
  }
}
