import type {Command} from "commander";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {addStoreFlags, LOCKED, STORE_DOCS, type StoreFlags, withStore} from "./open.js";

export const storeCompactCommand = (io: Io): Command =>
  addStoreFlags(
    defineCommand("store compact", {
      summary: "write a node's store anew, without free space",
      description:
        "Writes the database of a node that does not run anew: without free space, and in the order in which it is read. It " +
        "needs as much room as the store has filled, once beside it and once in SQLite's folder for temporary files " +
        "(SQLITE_TMPDIR, TMPDIR or /var/tmp), and is refused where there is less. A running node gives back by itself what it prunes, unless an earlier version made its store: this makes it one that does.\n\n" +
        "Prints one line: bytes before, and bytes after.",
      examples: [
        {does: "shrink the store of the usual data directory", run: "qsdm store compact"},
        {
          does: "how much it gave back",
          run: "qsdm store compact --json | jq '(.data.bytes_before - .data.bytes_after) / 1e6'",
        },
      ],
      ...STORE_DOCS,
      exit: {4: `${LOCKED} Or the disk has too little room.`},
      seeAlso: ["store stats", "node run"],
    }),
  ).action((flags: StoreFlags) =>
    withStore(io, flags, async ({store}) => {
      const progress = io.progress("writing the store anew");
      const {bytesBefore, bytesAfter} = store.compact();
      progress.done();
      io.result(documentOf({bytesBefore, bytesAfter}), [[bytesBefore, bytesAfter]]);
    }),
  );
