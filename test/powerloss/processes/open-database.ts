/** Opens a database as a node does, and closes it: `open-database.ts FILE`. */
import {SqliteStore} from "../../../src/node/storage/sqlite/store.js";
import {STORE} from "../node-observer.js";

const store = await SqliteStore.open({...STORE, path: process.argv[2]!});
process.stdout.write(`version ${store.schemaVersion}\n`);
store.close();
