/** A snapshot of a data directory without a node. */
import {blockIdOf, type Certificate, type Header} from "../../codecs/chain/block.js";
import {SUBTREE_BYTES} from "../../codecs/chain/snapshot.js";
import {promise, uncommittedBlock} from "../../codecs/consensus/promise.js";
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";
import {FinalityDesk} from "../finality.js";
import {hashEach} from "../ledger/state/hashing.js";
import type {LedgerStore} from "../storage/store.js";
import {loadCommitted} from "../stored-chain.js";
import type {OfflineStore} from "../upkeep/offline.js";
import type {SnapshotFiles} from "./files.js";
import {heightsOn, placeOf} from "./shelf.js";
import {type WritePorts, writeSnapshot} from "./write.js";

/**
 * Writes the snapshot of the newest block to the shelf of the data directory.
 * @throws UsageError SNAPSHOT_EXISTS; UnavailableError SNAPSHOT_OF_GENESIS, SNAPSHOT_UNPROVED, and as `writeSnapshot` says
 */
export async function snapshotStore(
  {dir, store}: OfflineStore,
  {signal, wrote}: Pick<WritePorts, "signal" | "wrote">,
): Promise<SnapshotFiles> {
  const head = store.head();
  if (!head || head.header.height === 0n)
    throw new UnavailableError("SNAPSHOT_OF_GENESIS", "the chain here has no block yet: the genesis is all of it", {
      hint: "run the node until there are blocks",
    });
  const {height} = head.header;
  const heights = await heightsOn(dir.snapshotsPath);
  if (heights.includes(height))
    throw new UsageError("SNAPSHOT_EXISTS", `there is a snapshot of block ${height} already`, {
      hint: `it is ${placeOf(dir.snapshotsPath, height)}`,
    });
  const {state, tree} = loadCommitted(store, hashEach);
  const {genesis} = dir;
  const desk = new FinalityDesk({genesis, store, chain: {state, tree}, newest: () => newestOnDisk(store)});
  const older = heights.at(-1);
  return writeSnapshot({height, id: head.id, tree}, placeOf(dir.snapshotsPath, height), {
    genesis,
    store,
    prove: (at) => desk.prove(at).catch((cause) => Promise.reject(unproved(at, cause))),
    older: older === undefined ? null : placeOf(dir.snapshotsPath, older),
    subtreeBytes: SUBTREE_BYTES,
    signal,
    wrote,
  });
}

function unproved(height: bigint, cause: unknown): unknown {
  if (!(cause instanceof QsdmError) || cause.code !== "FINALITY_PENDING") return cause;
  return new UnavailableError("SNAPSHOT_UNPROVED", `what shows block ${height} final is not on this disk`, {
    hint: "a validator that was stopped in order has it: or let the node write snapshots while it runs, with --snapshot-interval",
    cause,
  });
}

/** Headers of the certified branch above the newest final block, as a validator promised them, lowest first. */
export function newestOnDisk(
  store: Pick<LedgerStore, "promise" | "uncommitted">,
): readonly {readonly block: {readonly header: Header}; readonly certificate: Certificate}[] {
  const kept = store.promise();
  if (!kept) return [];
  const rows = new Map(
    store.uncommitted().map(({value}) => {
      const row = uncommittedBlock.decode(value);
      const {header} = "block" in row ? row.block : row.compact;
      return [blockIdOf(header), {header, justify: row.justify}] as const;
    }),
  );
  const branch: {readonly block: {readonly header: Header}; readonly certificate: Certificate}[] = [];
  let certificate = promise.decode(kept).highCertificate;
  for (let row = rows.get(certificate.blockId); row; row = rows.get(certificate.blockId)) {
    branch.unshift({block: {header: row.header}, certificate});
    certificate = row.justify;
  }
  return branch;
}
