import type {Command} from "commander";
import {COMMIT, VERSION} from "../build-info.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {createLog} from "../log.js";
import {Telling} from "../telling.js";
import {addStoreFlags, LOCKED, STORE_DOCS, type StoreFlags, withStore} from "./open.js";

interface ImportFlags extends StoreFlags {
  readonly trustEnd?: boolean;
}

export const storeImportCommand = (io: Io): Command =>
  addStoreFlags(
    defineCommand("store import", {
      summary: "take blocks from a file, verifying every one",
      description:
        "Puts the blocks of a file of qsdm store export on the chain of a data directory, which qsdm node init --genesis made. " +
        "Each block is held to the votes of the validators and executed, as if a peer had sent it, so the file may come from " +
        "anybody. Blocks that are there are compared and passed over: an import that was stopped goes on where it was.\n\n" +
        "A block is final by the votes for the blocks behind it. The last blocks of a file, mostly two, are therefore left to " +
        "the node's peers; --trust-end takes them too, on the word of whoever made the file.\n\n" +
        "Prints one line: blocks that were there, blocks that came, blocks that were left, and the height.",
      examples: [
        {
          does: "a new follower from a file instead of the network",
          run: "qsdm node init --data-dir ./copy --genesis genesis.json\nqsdm store import --data-dir ./copy chain.qsdm",
        },
        {does: "a copy of one's own", run: "qsdm store import --data-dir ./copy --trust-end chain.qsdm"},
      ],
      ...STORE_DOCS,
      exit: {
        3: "The file is cut, of another chain, or a block in it is not valid; what came before it stays.",
        4: LOCKED,
      },
      seeAlso: ["store export", "node init"],
    }),
  )
    .argument("<file>", "a file of qsdm store export")
    .option("--trust-end", "take the blocks at the end as well, which the file does not show to be final")
    .action((file: string, flags: ImportFlags) =>
      withStore(
        io,
        flags,
        async (opened) => {
          const {openOfflineChain} = await import("../../node/upkeep/offline.js");
          const {importChain} = await import("../../node/upkeep/import.js");
          const {framesIn} = await import("../../codecs/chain/chain-file.js");
          const {readParts} = await import("./files.js");
          const {signal} = io;
          const {dir, store} = opened;
          const chain = await openOfflineChain(opened, {
            log: createLog("error"),
            signal,
            version: VERSION,
            commit: COMMIT,
          });
          const reading = new Telling(io, "importing");
          try {
            const took = (height: bigint, to: bigint): void => reading.tell("blocks", height, to);
            const ports = {...chain, genesis: dir.genesis, store, signal, took};
            const frames = framesIn(readParts(file));
            const report = await importChain(frames, {trustEnd: flags.trustEnd === true}, ports);
            const {known, imported, left, height} = report;
            io.result(documentOf(report), [[known, imported, left, height]]);
          } finally {
            reading.done();
            chain.close();
          }
        },
        {create: true},
      ),
    );
