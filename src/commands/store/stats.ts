import type {Command} from "commander";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {addStoreFlags, LOCKED, STORE_DOCS, type StoreFlags, withStore} from "./open.js";

export const storeStatsCommand = (io: Io): Command =>
  addStoreFlags(
    defineCommand("store stats", {
      summary: "what a node's store holds, and the room that it takes",
      description:
        "Reads the store of a node that does not run. Prints one line for each table: name, rows, and bytes with indexes. " +
        "Then the lines total and free, with bytes: free is what a later block is written into, and what qsdm store compact " +
        "gives back. --json also has the newest block, up to where blocks and events were pruned, and whether the store is " +
        "encrypted.",
      examples: [
        {does: "the largest table", run: "qsdm store stats | sort -t $'\\t' -k 3 -n | tail -1"},
        {does: "up to which block bodies are gone", run: "qsdm store stats --json | jq -r .data.pruned_height"},
      ],
      ...STORE_DOCS,
      exit: {4: LOCKED},
      seeAlso: ["store compact", "store verify", "node run"],
    }),
  ).action((flags: StoreFlags) =>
    withStore(io, flags, async ({store}) => {
      const {bytes, freeBytes, tables} = store.stats();
      const head = store.head();
      const newest = head && {height: head.header.height, id: head.id, stateRoot: head.stateRoot};
      const pruned = {prunedHeight: store.prunedHeight(), prunedSeq: store.prunedSeq()};
      const {schemaVersion, isEncrypted: encrypted} = store;
      io.result(documentOf({schemaVersion, encrypted, head: newest, ...pruned, bytes, freeBytes, tables}), [
        ...tables.map((each) => [each.name, each.rows, each.bytes]),
        ["total", null, bytes],
        ["free", null, freeBytes],
      ]);
    }),
  );
