import type {Command} from "commander";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {Telling} from "../telling.js";
import {addStoreFlags, LOCKED, STORE_DOCS, type StoreFlags, withStore} from "./open.js";

interface ExportFlags extends StoreFlags {
  readonly from?: bigint;
  readonly to?: bigint;
  readonly force?: boolean;
}

export const storeExportCommand = (io: Io): Command =>
  addStoreFlags(
    defineCommand("store export", {
      summary: "write a node's blocks to a file, with the votes for them",
      description:
        "Writes the blocks of a node that does not run to a file that qsdm store import takes, and that any program can read: " +
        "a CBOR sequence of byte strings, the first with chain, genesis digest and heights, each other one with a block, its " +
        "votes, its receipts, and what closed its epoch. It is in clear, of an encrypted store too: everything that the chain " +
        "holds can be read. Nothing has to be believed, for whoever has the genesis can verify all of it. The file appears " +
        "once it is whole.\n\n" +
        "Prints one line: first height, last height, bytes.",
      examples: [
        {does: "the whole chain", run: "qsdm store export chain.qsdm"},
        {does: "what came since the last copy", run: "qsdm store export --from 120001 more.qsdm"},
      ],
      ...STORE_DOCS,
      exit: {3: "There are no such blocks, or they were pruned.", 4: LOCKED},
      seeAlso: ["store import", "store verify"],
    }),
  )
    .argument("<file>", "the file to write")
    .option("--from <height>", "first block; 1 unless given", u64Flag)
    .option("--to <height>", "last block; the newest unless given", u64Flag)
    .option("--force", "replace an existing file")
    .action((file: string, flags: ExportFlags) =>
      withStore(io, flags, async ({dir, store}) => {
        const {exportChain, rangeIn} = await import("../../node/upkeep/export.js");
        const {writeParts} = await import("./files.js");
        const range = rangeIn({from: flags.from ?? null, to: flags.to ?? null}, store);
        const writing = new Telling(io, "exporting");
        const {signal} = io;
        const wrote = (height: bigint, to: bigint): void => {
          signal.throwIfAborted();
          writing.tell("blocks", height, to);
        };
        try {
          const parts = exportChain(range, {genesis: dir.genesis, store, wrote});
          const bytes = await writeParts(file, parts, flags.force === true);
          io.result(documentOf({file, ...range, bytes}), [[range.from, range.to, bytes]]);
        } finally {
          writing.done();
        }
      }),
    );
