import {type Command, Option} from "commander";
import {RuleError} from "../../errors.js";
import type {OfflineStore} from "../../node/upkeep/offline.js";
import {VERIFY_LEVELS, type VerifyLevel, type VerifyReport} from "../../node/upkeep/verify.js";
import {COMMIT, VERSION} from "../build-info.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {createLog} from "../log.js";
import {Telling} from "../telling.js";
import {addStoreFlags, LOCKED, STORE_DOCS, type StoreFlags, withStore} from "./open.js";

interface VerifyFlags extends StoreFlags {
  readonly level: VerifyLevel;
}

export const storeVerifyCommand = (io: Io): Command =>
  addStoreFlags(
    defineCommand("store verify", {
      summary: "check a node's store, block by block",
      description:
        "Reads the whole store of a node that does not run, and changes nothing but the schema of an earlier version. --level says how much is checked, each " +
        "with what is before it: files, the structure of the database; blocks, every header, body and receipt by its digests, " +
        "and the state by its root; votes, the signatures of more than two thirds of the validators on every block; and " +
        "execute, which runs every transaction again from the genesis. Bodies that were pruned are passed over, and then " +
        "nothing can be executed.\n\n" +
        "Prints one line: height, headers, bodies, and the word whole. What is wrong goes to standard error, one line each.",
      examples: [
        {does: "everything but execution", run: "qsdm store verify --data-dir ./node"},
        {does: "after a power cut, in seconds", run: "qsdm store verify --level files"},
      ],
      ...STORE_DOCS,
      exit: {3: "The store is damaged.", 4: LOCKED},
      seeAlso: ["store stats", "store export", "node run"],
    }),
  )
    .addOption(new Option("--level <level>", "how much is checked").choices(VERIFY_LEVELS).default("votes"))
    .action((flags: VerifyFlags) =>
      withStore(io, flags, async (opened) => {
        const report = await verify(io, opened, flags.level);
        const {height, headers, bodies, findings} = report;
        for (const finding of findings) io.note(finding);
        if (findings.length > 0)
          throw new RuleError("STORE_DAMAGED", `the store is damaged in ${findings.length} places: ${findings[0]}`, {
            hint: "restore the data directory from a copy, or start from an empty one and let peers fill it",
            details: {findings},
          });
        io.result(documentOf({level: flags.level, height, headers, bodies, findings}), [
          [height, headers, bodies, "whole"],
        ]);
      }),
    );

async function verify(io: Io, opened: OfflineStore, level: VerifyLevel): Promise<VerifyReport> {
  const {verifyStore} = await import("../../node/upkeep/verify.js");
  const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
  const {loadHashAll} = await import("../../node/compute/backend.js");
  const {dir, store} = opened;
  const {signal} = io;
  const {verify: verifyVote} = await loadMlDsa(44);
  const hashAll = await loadHashAll();
  const reading = new Telling(io, "checking");
  const checked = (height: bigint, to: bigint): void => reading.tell("blocks", height, to);
  const ports = {store, genesis: dir.genesis, verifyVote, hashAll, signal, checked};
  const report = await verifyStore(level, ports).finally(() => reading.done());
  if (level !== "execute" || report.findings.length > 0) return report;
  const found = await execute(io, opened);
  return found === null ? report : {...report, findings: [found]};
}

async function execute(io: Io, {dir, store}: OfflineStore): Promise<string | null> {
  const {openOfflineChain, openScratchStore} = await import("../../node/upkeep/offline.js");
  const {executeStore} = await import("../../node/upkeep/execute.js");
  const scratch = await openScratchStore(store.isEncrypted);
  try {
    const ports = {log: createLog("error"), signal: io.signal, version: VERSION, commit: COMMIT};
    const chain = await openOfflineChain({dir, store: scratch}, ports);
    const executing = new Telling(io, "executing");
    const checked = (height: bigint, to: bigint): void => executing.tell("blocks", height, to);
    try {
      return await executeStore({...chain, store, scratch, signal: io.signal, checked});
    } finally {
      executing.done();
      chain.close();
    }
  } finally {
    scratch.close();
  }
}
