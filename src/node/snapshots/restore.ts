/** Puts a snapshot into a data directory, from which a node then goes on as one that has pruned everything below. */
import {genesisBlock} from "../ledger/chain/genesis.js";
import {RestoringStore} from "../storage/sqlite/restore.js";
import type {SqliteStoreOptions} from "../storage/sqlite/store.js";
import type {SnapshotFiles} from "./files.js";
import {type VerifyPorts, verifySnapshot} from "./verify.js";

/**
 * Verifies the snapshot and restores it. Until all of it is there and verified, no node starts on the database.
 * @throws UnavailableError as `RestoringStore.open`; as `verifySnapshot` says
 */
export async function restoreSnapshot(
  files: SnapshotFiles,
  database: SqliteStoreOptions,
  ports: VerifyPorts,
): Promise<void> {
  const store = await RestoringStore.open(database);
  try {
    const origins: Parameters<RestoringStore["certificate"]>[0][] = [];
    const {receiptsRoot} = await verifySnapshot(
      files,
      {
        epoch({row, certificate}) {
          store.epoch(row);
          origins.push(certificate);
        },
        headers: (headers) => store.headers(headers),
        async block(block, certificate) {
          const zero = genesisBlock(ports.genesis);
          await store.block(zero.block, {epoch: 0n, height: 0n, view: 0n, blockId: zero.id, votes: []});
          await store.block(block, certificate);
          // Of the header chain now, which is whole.
          for (const each of origins) store.certificate(each);
        },
        taken: (epoch, batches) => store.taken(epoch, batches),
        state: (entries) => store.state(entries),
      },
      ports,
    );
    const {height, stateRoot} = files.manifest;
    store.finish({height, stateRoot, receiptsRoot});
  } finally {
    store.close();
  }
}
