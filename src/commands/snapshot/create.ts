import type {Command} from "commander";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addStoreFlags, LOCKED, STORE_DOCS, type StoreFlags, withStore} from "../store/open.js";
import {reportOf} from "./report.js";

export const snapshotCreateCommand = (io: Io): Command =>
  addStoreFlags(
    defineCommand("snapshot create", {
      summary: "write what another node needs to go on from the newest block",
      description:
        "Writes a snapshot of a node that does not run: the state after its newest final block, every header, and the proof " +
        "that the block is final. Another node goes on from there without the blocks below. Two nodes write the same parts " +
        "for one height, byte for byte; only the votes beside them may be of other validators. A node that runs writes " +
        "snapshots by itself with --snapshot-interval.\n\n" +
        "A block is final by the votes for the two behind it. A validator that was stopped in order has them on its disk; another node " +
        "may not, and is told so.\n\n" +
        "Prints one line: height, root of the snapshot, bytes, directory.",
      examples: [
        {does: "a snapshot of the usual data directory", run: "qsdm snapshot create"},
        {
          does: "and one file of it",
          run: 'tar -C ~/.qsdm/node/snapshots -cf snapshot.tar "$(qsdm snapshot list | tail -1 | cut -f 1)"',
        },
      ],
      ...STORE_DOCS,
      files: {"DIR/snapshots/HEIGHT/": "One snapshot: manifest, proof, and a file for each part."},
      exit: {4: `${LOCKED} Or what proves the newest block final is not on the disk, or was pruned.`},
      seeAlso: ["snapshot list", "snapshot restore", "node run"],
    }),
  ).action((flags: StoreFlags) =>
    withStore(io, flags, async (opened) => {
      const {snapshotStore} = await import("../../node/snapshots/offline.js");
      const progress = io.progress("writing");
      try {
        const wrote = (chunks: number): void => progress.tick(`writing: part ${chunks}`);
        const {document, line} = await reportOf(await snapshotStore(opened, {signal: io.signal, wrote}));
        io.result(document, [line]);
      } finally {
        progress.done();
      }
    }),
  );
