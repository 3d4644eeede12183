/** A rig's claims of heights to sign for, in directories that are not there yet. */
import path from "node:path";
import {SignedHeights} from "../../src/node/mining/signed-heights.js";
import {processOf, recordIn} from "./node-process.js";
import type {Workload} from "./recording.js";

const FOLDER = "rig/signed";

export const RIG: Workload = {
  record: (library, directory) =>
    recordIn(library, directory, async (workplace) => {
      await workplace.runScript(processOf("claim-heights.ts"), path.join(workplace.root, FOLDER));
      return {};
    }),
  observer: () => ({parts: [{name: "claimed", owns: (file) => file.startsWith("rig/"), look: claimedIn}]}),
};

async function claimedIn(root: string): Promise<string> {
  const heights = new SignedHeights(path.join(root, FOLDER), "qsdm-test");
  const claimed: string[] = [];
  for (const height of [1n, 2n, 3n]) if (!(await heights.claim(height))) claimed.push(`claimed ${height}`);
  return claimed.join();
}
