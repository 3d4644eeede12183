/**
 * Power is cut a second time, while nodes recover from the first: each starts on what that one left of the middle of a
 * commit, and makes blocks again.
 */
import path from "node:path";
import {ALL_KEPT, ALL_LOST, type Cut, type Fate} from "./cuts.js";
import {PageCache, type Pending} from "./disk.js";
import {nodeObserver} from "./node-observer.js";
import {NODE_FOLDER, processOf, recordIn} from "./node-process.js";
import type {Workload} from "./recording.js";
import {Scratch} from "./scratch.js";
import type {TraceOp} from "./trace.js";

const LOG = `${NODE_FOLDER}/chain.db-wal`;
/** Every second sector of 512 bytes arrived, from the first on. */
const TORN: Fate = {sectors: 0x5555_5555_5555_5555n};

/** What the first cut left of what was not synced yet, by the folder of the node that recovers from it. */
const LEFT: Readonly<Record<string, (pending: readonly Pending[]) => Cut>> = {
  kept: () => ALL_KEPT,
  torn: (pending) => ({
    fates: new Map(pending.filter(({op}) => op?.kind === "write").map(({index}) => [index, TORN])),
    others: "kept",
    order: null,
  }),
  lost: () => ALL_LOST,
};
const FOLDERS = Object.keys(LEFT);

/** Blocks that a node makes once it has recovered. */
const BLOCKS = 2;

export const RECOVERY: Workload = {
  async record(library, directory, {blocks}) {
    const cache = new PageCache();
    await recordIn(library, path.join(directory, "first"), async (workplace) => {
      await workplace.init();
      await workplace.runFor(blocks, "SIGKILL");
      const {ops} = workplace;
      for (const [at, op] of ops.slice(0, lastCommit(ops)).entries()) cache.apply(op, at);
      return {};
    });
    const scratch = new Scratch(path.join(directory, "left"));
    return recordIn(library, path.join(directory, "second"), async (workplace) => {
      for (const [folder, cut] of Object.entries(LEFT)) {
        const left = scratch.put(cache.after(cut(cache.pending)), () => true);
        const target = path.join(workplace.root, folder);
        await workplace.runScript(processOf("place-directory.ts"), path.join(left, NODE_FOLDER), target);
      }
      const from = workplace.ops.length;
      for (const folder of FOLDERS)
        await workplace.runFor(BLOCKS, "SIGTERM", "--data-dir", path.join(workplace.root, folder));
      return {from};
    });
  },
  observer() {
    const nodes = FOLDERS.map((folder) => ({folder, ...nodeObserver(folder)}));
    return {
      parts: nodes.flatMap(({folder, parts}) => parts.map((part) => ({...part, name: `${folder} ${part.name}`}))),
      async whole(root, findings) {
        for (const {folder, whole} of nodes) await whole!(root, {keys: findings[`${folder} keys`]!});
      },
    };
  },
};

/** The call that syncs the last commit that wrote several pages. @throws Error where there is none */
function lastCommit(ops: readonly TraceOp[]): number {
  const isOfLog = (op: TraceOp | undefined, kind: TraceOp["kind"]): boolean =>
    op?.kind === kind && "path" in op && op.path === LOG;
  for (let at = ops.length - 1; at >= 0; at--) {
    if (!isOfLog(ops[at], "sync")) continue;
    const before = ops.slice(ops.findLastIndex((op, index) => index < at && isOfLog(op, "sync")) + 1, at);
    if (before.filter((op) => isOfLog(op, "write")).length > 2) return at;
  }
  throw new Error("nothing of several pages was committed");
}
