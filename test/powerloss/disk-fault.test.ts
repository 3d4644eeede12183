/** A disk that fails under a running node: the node stops, says so, and has acknowledged nothing since. */
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {Client} from "../../src/node/api/client.js";
import {ALL_LOST} from "./cuts.js";
import {PageCache} from "./disk.js";
import {acknowledgedIn, nodeObserver} from "./node-observer.js";
import {type Ended, NODE_FOLDER, pay, Workplace} from "./node-process.js";
import {buildPreload, type Fault, unfit} from "./preload.js";
import {lookAt} from "./recording.js";
import {Scratch} from "./scratch.js";
import type {TraceOp} from "./trace.js";

const reason = unfit();
const title = `a disk that fails${reason === null ? "" : ` (left out: ${reason})`}`;
const scratch = mkdtempSync(path.join(tmpdir(), "qsdm-disk-fault-"));
const workplaces: Workplace[] = [];
afterAll(() => {
  for (const workplace of workplaces) workplace.close();
  rmSync(scratch, {recursive: true, force: true});
});

const sentIn = (ops: readonly TraceOp[]): Uint8Array[] => ops.flatMap((op) => (op.kind === "sent" ? [op.data] : []));

/** Pays until the node has ended. */
async function payUntil(ended: Promise<Ended>, client: Client, from: bigint): Promise<Ended> {
  let isOver = false;
  const paying = (async () => {
    for (let nonce = from; !isOver; nonce++) await pay(client, nonce).catch(() => sleep(5));
  })();
  const result = await ended;
  isOver = true;
  await paying;
  return result;
}

describe.skipIf(reason !== null)(title, () => {
  let library: string;
  beforeAll(() => {
    library = buildPreload(scratch);
  });

  test.concurrent.each<Omit<Fault, "armedBy"> & {readonly told: RegExp}>([
    {call: "fsync", errno: "EIO", suffix: "chain.db-wal", told: /cannot write .*chain\.db: SQLITE_IOERR_FSYNC/},
    {call: "write", errno: "ENOSPC", suffix: "chain.db-wal", told: /cannot write .*chain\.db: SQLITE_FULL/},
    // SQLite keeps to itself that its log cannot be brought into the file.
    {
      call: "fsync",
      errno: "EIO",
      suffix: "chain.db",
      lasts: true,
      told: /cannot write .*chain\.db: SQLITE_IOERR_FSYNC/,
    },
    {call: "fsync", errno: "EIO", suffix: "validator.signed", told: /cannot write .*validator\.signed/},
  ])("stops the node where $call of $suffix gives $errno", {timeout: 480_000}, async ({told, ...kind}) => {
    const directory = path.join(scratch, `${kind.call}-${kind.suffix}`);
    const workplace = new Workplace(library, directory);
    workplaces.push(workplace);
    await workplace.init();
    const armedBy = path.join(directory, "armed");
    const {client, ended} = await workplace.start({...kind, armedBy});
    for (let nonce = 0n; nonce < 3n; nonce++) await pay(client, nonce);
    writeFileSync(armedBy, "");
    const result = await payUntil(ended, client, 3n);
    await client.close();
    expect(result.status).toBe(4);
    expect(result.told).toMatch(told);

    const {ops} = workplace;
    const failed = ops.findLastIndex((op) => op.kind === "failed");
    const observer = nodeObserver(NODE_FOLDER);
    const heard = sentIn(ops);
    expect(acknowledgedIn(heard).length).toBeGreaterThanOrEqual(3);
    // Nobody tries again: a second flush would answer for the first.
    const again = ops.slice(failed).filter((op) => op.kind === "write" && op.path.endsWith(kind.suffix));
    if (!kind.lasts) expect(again).toEqual([]);
    // All that was acknowledged before or since was on the disk for certain when it failed.
    const cache = new PageCache();
    for (const [index, op] of ops.slice(0, failed).entries()) cache.apply(op, index);
    const certain = new Scratch(path.join(directory, "certain")).put(cache.after(ALL_LOST), () => true);
    expect(observer.owed!(heard, await lookAt(observer, certain))).toBeNull();
    // And a restart finds it.
    expect(observer.owed!(heard, await lookAt(observer, workplace.root))).toBeNull();
  });
});
