/** A validator that is initialised, run under a load of transfers, killed, run again, and taken a snapshot of: the history of its data directory. */
import {existsSync, writeFileSync} from "node:fs";
import path from "node:path";
import {nodeObserver} from "./node-observer.js";
import {NODE_FOLDER, payUntil, recordIn} from "./node-process.js";
import type {Fault} from "./preload.js";
import type {Workload} from "./recording.js";
import type {TraceOp} from "./trace.js";

/** Blocks between two snapshots, the fewest that a node takes. */
const INTERVAL = 10;

export const NODE: Workload = {
  record: (library, directory, {blocks}) =>
    recordIn(library, directory, async (workplace) => {
      await workplace.init();
      await workplace.runFor(blocks, "SIGKILL");
      await workplace.runFor(blocks, "SIGTERM");
      await workplace.run("snapshot", "create", "--data-dir", workplace.dataDir);
      return {};
    }),
  observer: () => nodeObserver(NODE_FOLDER),
};

/** One that takes snapshots while it runs, and keeps the newest alone. */
export const PERIODIC: Workload = {
  record: (library, directory, {blocks}) =>
    recordIn(library, directory, async (workplace) => {
      await workplace.init();
      const flags = ["--snapshot-interval", String(INTERVAL), "--snapshots-kept", "1"];
      await workplace.runFor(Math.max(3 * INTERVAL, blocks), "SIGTERM", ...flags);
      return {};
    }),
  observer() {
    const {parts, ...rest} = nodeObserver(NODE_FOLDER);
    // Answers leave while a snapshot is written, and tell nothing of it.
    return {...rest, parts: parts.map((part) => (part.name === "snapshots" ? {...part, isPromised: false} : part))};
  },
};

/** Bytes of a page of the log are too many for a checkpoint before so many blocks of payments. */
const CHECKPOINT_BLOCKS = 60;
/** Calls around the checkpoint after which power is cut. */
const AROUND = [300, 1_200] as const;

/** The log of the database is brought into its file while a node runs. */
export const CHECKPOINT: Workload = {
  record: (library, directory) =>
    recordIn(library, directory, async (workplace) => {
      await workplace.init();
      await workplace.runFor(1, "SIGTERM");
      const started = workplace.ops.length;
      await workplace.runFor(CHECKPOINT_BLOCKS, "SIGKILL");
      const {ops} = workplace;
      const isBrought = (kind: string, path: string): boolean => kind === "write" && path.endsWith("/chain.db");
      const at = ops.findIndex((op, index) => index > started && "path" in op && isBrought(op.kind, op.path));
      if (at < 0) throw new Error("the log of the database was not brought into its file");
      return {from: at - AROUND[0], to: at + AROUND[1]};
    }),
  observer: () => nodeObserver(NODE_FOLDER),
};

/** Calls around the failure after which power is cut. */
const BEHIND = 1_000;

/**
 * The database file cannot be synced once while the log is brought into it, which SQLite keeps to itself; all that was
 * written to the file before is lost for good, as Linux does it, and later calls succeed.
 */
export const FAILED_CHECKPOINT: Workload = {
  record: (library, directory) =>
    recordIn(library, directory, async (workplace) => {
      await workplace.init();
      await workplace.runFor(1, "SIGTERM");
      const armedBy = path.join(directory, "armed");
      const fault: Fault = {call: "fsync", errno: "EIO", suffix: "chain.db", armedBy};
      const {child, client, ended} = await workplace.start(fault);
      writeFileSync(armedBy, "");
      const failedAt = (): number => workplace.ops.findIndex(({kind}) => kind === "failed");
      await payUntil(client, async () => !existsSync(armedBy));
      const {chainTip} = await client.status();
      await payUntil(client, async () => (await client.status()).chainTip > chainTip + 5n);
      await client.close();
      child.kill("SIGKILL");
      await ended;
      const at = failedAt();
      return {from: at - 100, to: at + BEHIND};
    }),
  changed: forsaken,
  observer: () => nodeObserver(NODE_FOLDER),
};

/** The trace without the writes that a failed sync gave up: no later one brings them to the disk. */
function forsaken(ops: readonly TraceOp[]): readonly TraceOp[] {
  const failed = ops.findIndex(({kind}) => kind === "failed");
  if (failed < 0) return ops;
  const {path: file} = ops[failed] as Extract<TraceOp, {kind: "failed"}>;
  const synced = ops.findLastIndex((op, index) => index < failed && op.kind === "sync" && op.path === file);
  return ops.map((op, index) => {
    const isGone = index > synced && index < failed && op.kind === "write" && op.path === file;
    return isGone ? {kind: "failed", path: file} : op;
  });
}
