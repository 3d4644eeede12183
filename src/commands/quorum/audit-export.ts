import type {Command} from "commander";
import {LOG_MAX} from "../../node/quorum/audit/tree.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {exportStrictly} from "./strict/audit-export.js";
import {addPartyFlags, type PartyFlags, strictFlags} from "./strict/files.js";

interface Flags extends PartyFlags {
  readonly organisation: string;
  readonly from: number;
  readonly out: string;
  readonly force: boolean;
}

export const quorumAuditExportCommand = (io: Io): Command =>
  addPartyFlags(
    defineCommand("quorum audit export", {
      summary: "take one organisation's entries out of the audit log",
      description:
        "Reads the whole log of the roster's coordinator, holds it to the newest checkpoint as qsdm quorum audit verify does, " +
        "and writes the entries that an organisation's clients and custodians asked for, each with the digests that prove it " +
        "to be in what custodians signed. qsdm quorum audit verify --file checks the file with the roster alone, offline. " +
        "That none is left out follows from reading the whole log, not from the file. With the key of a custodian or a " +
        "coordinator a checkpoint is made first. Prints entries, up to where they were looked for, the root, who signed, and whose log it is.\n\n" +
        "A file holds 16,384 entries; --from goes on behind them. Each coordinator has a log of its own.",
      examples: [
        {
          does: "what north's parties did",
          run:
            "qsdm quorum audit export --organisation north --out north.log \\\n" +
            "    --roster quorum.roster --key alice.key",
        },
        {
          does: "checked by somebody who has the roster and no key",
          run: "qsdm quorum audit verify --file north.log --roster quorum.roster --list",
        },
      ],
      files: {"--out": "The export, one line of text."},
      exit: {
        3: "No party is of the organisation, or the log is not what custodians signed.",
        4: "The coordinator cannot be reached.",
      },
      seeAlso: ["quorum audit verify", "quorum audit prove", "quorum roster verify"],
    }),
  )
    .requiredOption("--organisation <name>", "whose parties' entries")
    .requiredOption("--out <path>", "file for the export")
    .option("--from <index>", "first entry of the log that is looked at", countFlag(0, LOG_MAX - 1), 0)
    .option("--force", "replace an existing file", false)
    .action((flags: Flags) => exportStrictly(io, strictFlags(flags)));
