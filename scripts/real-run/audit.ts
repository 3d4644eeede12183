/** Holds a stopped node's chain to what its own rules say it must have paid. Reads the database, not the node's word. */
import path from "node:path";
import {coinbaseEntry} from "../../src/codecs/chain/block.js";
import {nodeIdOfProof} from "../../src/codecs/mining/attestation.js";
import {decodeProof} from "../../src/codecs/mining/proof.js";
import {readDataDir} from "../../src/node/data-dir.js";
import {sectionRoot} from "../../src/node/ledger/chain/sections.js";
import {blockRewardDust} from "../../src/node/ledger/monetary/emission.js";
import {difficulties} from "../../src/node/ledger/state/stores.js";
import {SqliteStore} from "../../src/node/storage/sqlite/store.js";

/** What the blocks of a run hold. */
export interface Audit {
  readonly blocks: number;
  /** Blocks that paid somebody. */
  readonly paying: number;
  readonly proofs: Readonly<Record<string, number>>;
  /** By account. */
  readonly paidDust: Readonly<Record<string, bigint>>;
  /** Difficulty by the height from which it held. */
  readonly difficulties: Readonly<Record<string, bigint>>;
  /** What does not hold; empty when everything does. */
  readonly faults: readonly string[];
}

/** @param owners account of each rig, by node id */
export async function audit(dataDir: string, owners: ReadonlyMap<string, string>): Promise<Audit> {
  const {genesis} = await readDataDir(dataDir);
  const store = await SqliteStore.open({
    path: path.join(dataDir, "chain.db"),
    slashReceiptsMax: 10_000,
    eventBlocksKept: 100_000,
  });
  const proofs: Record<string, number> = {};
  const paidDust: Record<string, bigint> = {};
  const faults: string[] = [];
  const seen = new Set<string>();
  let paying = 0;
  const {height: tip} = store.head()!.header;
  for (let height = 1n; height <= tip; height++) {
    const {block} = (await store.block(height))!;
    const shares = new Map<string, bigint>();
    for (const raw of block.proofs) {
      const proof = decodeProof(raw);
      const nodeId = nodeIdOfProof(proof);
      const owner = owners.get(nodeId);
      if (owner === undefined) faults.push(`block ${height}: proof of ${nodeId}, which nobody enrolled`);
      else shares.set(owner, (shares.get(owner) ?? 0n) + 1n);
      if (seen.has(`${nodeId} ${proof.height}`))
        faults.push(`block ${height}: a second proof of ${nodeId} at ${proof.height}`);
      seen.add(`${nodeId} ${proof.height}`);
      proofs[nodeId] = (proofs[nodeId] ?? 0) + 1;
    }
    const rewardDust = blockRewardDust(height, genesis.params.blockTimeSeconds);
    const due = [...shares]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([to, count]) => ({to, amountDust: (rewardDust * count) / BigInt(block.proofs.length)}));
    if (sectionRoot(due.map((each) => coinbaseEntry.encode(each))) !== block.header.coinbaseRoot)
      faults.push(`block ${height}: the coinbase does not pay the owners of its proofs`);
    for (const {to, amountDust} of block.coinbase) paidDust[to] = (paidDust[to] ?? 0n) + amountDust;
    if (block.coinbase.length > 0) paying++;
  }
  const rows = [...store.state()].filter(({store: name}) => name === difficulties.name);
  store.close();
  return {
    blocks: Number(tip),
    paying,
    proofs,
    paidDust,
    difficulties: Object.fromEntries(rows.map(({key, value}) => [BigInt(key), difficulties.codec.decode(value).value])),
    faults,
  };
}
