/** What must be true when the load has ended: asked of the running validators, and read from their databases. */
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {QsdmError} from "../../src/errors.js";
import {NETWORK_PARAMS} from "../../src/node/ledger/params/networks.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";
import type {Acknowledged} from "./load.js";
import type {Validator} from "./validators.js";

const POLL_MS = 500;

/** Acknowledged transactions without a receipt on some validator, after at most `withinMs`. */
export async function lostOn(
  validator: Validator,
  acknowledged: readonly Acknowledged[],
  withinMs: number,
): Promise<readonly string[]> {
  const left = new Set(
    await unapplied(
      validator,
      acknowledged.map(({txId}) => txId),
      withinMs,
    ),
  );
  return acknowledged
    .filter(({txId}) => left.has(txId))
    .map(
      ({txId, by, atMs}) =>
        `validator ${validator.index} has no receipt of ${txId}, acknowledged by ${by} at ${isoOf(atMs)}`,
    );
}

/** Slashes with proof that a validator has not applied, after at most `withinMs`. */
export const slashesMissingOn = async (
  validator: Validator,
  slashes: readonly string[],
  withinMs: number,
): Promise<readonly string[]> =>
  (await unapplied(validator, slashes, withinMs)).map(
    (txId) => `validator ${validator.index} has not applied slash ${txId}`,
  );

async function unapplied({client}: Validator, txIds: readonly string[], withinMs: number): Promise<readonly string[]> {
  const endMs = Date.now() + withinMs;
  let left = txIds;
  for (;;) {
    const open: string[] = [];
    for (const txId of left) if (!(await hasReceipt(client, txId))) open.push(txId);
    left = open;
    if (left.length === 0 || Date.now() > endMs) return left;
    await sleep(POLL_MS);
  }
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

async function hasReceipt(client: Validator["client"], txId: string): Promise<boolean> {
  try {
    return (await client.receipt({txId})).outcome === "applied";
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    return false;
  }
}

/** What is wrong with a validator's books; null when they are right. */
export async function supplyFault({index, client}: Validator): Promise<string | null> {
  const {height, supply} = await client.supply();
  const {genesisDust, minedDust, burnedDust, balancesDust, bondsDust, unissuedDust, capDust} = supply;
  const isWhole = genesisDust + minedDust - burnedDust === balancesDust + bondsDust;
  if (isWhole && genesisDust + minedDust + unissuedDust === capDust) return null;
  return `validator ${index}, block ${height}: the supply equation does not hold`;
}

/**
 * Where governed parameters stand once nothing that was voted on waits any more: the same on all validators, and not as
 * the genesis had them, or nothing was ever promoted.
 */
export async function governedApart(validators: readonly Validator[], withinMs: number): Promise<readonly string[]> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const all = await Promise.all(validators.map(({client}) => client.governance()));
    const standing = all.map(({active}) => [...active].map(([name, value]) => `${name}=${value}`).join(" "));
    const settled = all.every(({pending}) => pending.length === 0) && new Set(standing).size === 1;
    if (settled) {
      const moved = all[0]!.active.get("reward_bps") !== BigInt(NETWORK_PARAMS.dev.slashRewardBps);
      return moved ? [] : ["no change that the authorities voted for has come to hold"];
    }
    if (Date.now() > endMs) return standing.map((each, i) => `validator ${i} is governed by ${each}`);
    await sleep(POLL_MS);
  }
}

/** Holds the databases of stopped validators against each other, block by block. */
export async function chainFaults(
  validators: readonly Validator[],
): Promise<{readonly blocks: bigint; readonly faults: readonly string[]}> {
  const options = {slashReceiptsMax: 10_000, eventBlocksKept: 100_000};
  const stores = await Promise.all(
    validators.map(({dataDir}) => SqliteStore.open({...options, path: path.join(dataDir, "chain.db")})),
  );
  const faults: string[] = [];
  const tips = stores.map((store) => store.head()!.header.height);
  const shared = tips.reduce((a, b) => (a < b ? a : b));
  for (let height = 1n; height <= shared; height++) {
    const parents = new Set(stores.map((store) => store.header(height)!.parentId));
    if (parents.size > 1) faults.push(`the databases differ below height ${height}`);
  }
  for (const store of stores) store.close();
  return {blocks: shared, faults};
}
