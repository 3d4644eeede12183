import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {parseValue} from "../../codecs/quorum/json.js";
import {RuleError, UsageError} from "../../errors.js";
import {firstBreak, GENESIS_HASH} from "../../node/quorum/audit/chain.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {fetchEntries, readEntries} from "./audit-entries.js";
import {addCoordinatorFlag, type CoordinatorFlags, serviceClient} from "./service-client.js";
import {auditStrictly} from "./strict/audit.js";
import {verifyExport} from "./strict/audit-export.js";
import {addPartyFlags, isStrict, type PartyFlags} from "./strict/files.js";

interface Flags extends CoordinatorFlags, PartyFlags {
  readonly file?: string;
  readonly head?: string;
  readonly checkpoint?: string;
  readonly out?: string;
  readonly force: boolean;
  readonly list: boolean;
  readonly anchoredBy?: string;
  readonly apiUrl?: string;
}

const FILE_MAX_BYTES = 256 * 1024 * 1024;

export const quorumAuditVerifyCommand = (io: Io): Command =>
  addPartyFlags(
    addCoordinatorFlag(
      defineCommand("quorum audit verify", {
        summary: "recompute the coordinator's audit log",
        description:
          "Reads the log from the coordinator, or from a file with the same JSON, and recomputes every hash and link here; " +
          "what the coordinator says of it does not count. Prints the number of entries and the last hash. A chain cannot " +
          "show that its end was cut off: keep the hash, and pass it as --head the next time.\n\n" +
          "With --roster and a party's key it reads the log of the roster's coordinator, and holds it to the newest checkpoint: " +
          "where the log stood when enough custodians signed it, each of whom has read every entry and found there what it was " +
          "asked for. Prints entries, root of their tree (RFC 6962), how many are signed for, by whom, and how many are on the ledger. --out keeps the " +
          "checkpoint, --checkpoint asks whether the log still goes on from one that was kept.\n\n" +
          "With --roster and --file it checks what qsdm quorum audit export wrote, offline and without a key.",
        examples: [
          {does: "the log as it is served", run: "qsdm quorum audit verify"},
          {does: "has anything up to here been taken away?", run: "qsdm quorum audit verify --head HASH"},
          {
            does: "a log that custodians sign, with what they signed kept for the next time",
            run: "qsdm quorum audit verify --roster quorum.roster --key alice.key --out newest.checkpoint",
          },
        ],
        exit: {3: "The log was changed, or does not contain --head or go on from --checkpoint."},
        seeAlso: ["quorum audit prove", "quorum audit export", "quorum audit anchor", "quorum coordinator"],
      }),
    ),
  )
    .option("--file <path>", "a saved log, or with --roster an export; - reads standard input")
    .option("--head <hash>", "hash of an entry that must still be there")
    .option("--checkpoint <path>", "with --roster, a checkpoint that the log must go on from")
    .option("--out <path>", "with --roster, where the newest checkpoint is kept")
    .option("--force", "replace an existing file", false)
    .option("--anchored-by <address>", "with --roster, an account whose anchor on the ledger the log must go on from")
    .option("--api-url <url>", "with --anchored-by, the node that is asked; it is believed")
    .option("--list", "with --roster, print each entry", false)
    .action(async (flags: Flags) => {
      checkFlags(flags);
      if (flags.file !== undefined && flags.roster !== undefined)
        return verifyExport(io, {file: flags.file, roster: flags.roster, list: flags.list});
      if (isStrict(flags)) return auditStrictly(io, flags);
      const {file, head, coordinator, timeout} = flags;
      const entries =
        file === undefined
          ? await fetchEntries(serviceClient(io, coordinator, timeout))
          : readEntries(parseValue(textOf(await io.readFile(file, {flag: "--file", maxBytes: FILE_MAX_BYTES}))));
      const broken = firstBreak(entries);
      if (broken !== null)
        throw new RuleError("AUDIT_CHAIN_BROKEN", `entry ${broken} of ${entries.length} is not what its hash says`, {
          hint: "entries before it are as they were written",
          details: {entry: broken},
        });
      if (head !== undefined && head !== GENESIS_HASH && !entries.some(({entryHash}) => entryHash === head))
        throw new RuleError("AUDIT_HEAD_MISSING", `no entry has hash ${head}`, {
          hint: "the log was cut or rewritten since you noted that hash",
        });
      const last = entries.at(-1)?.entryHash ?? GENESIS_HASH;
      io.result({entries: entries.length, head: last}, [[entries.length, last]]);
    });

/** What is asked for and would not be looked at is refused. @throws UsageError FLAG_CONFLICT */
function checkFlags({file, roster, key, head, checkpoint, out, anchoredBy}: Flags): void {
  const hasRoster = roster !== undefined || key !== undefined;
  if (hasRoster && head !== undefined)
    throw new UsageError("FLAG_CONFLICT", "--head is a hash of a log without a roster", {
      hint: "with --roster a --checkpoint says where the log was",
    });
  if ((checkpoint ?? out ?? anchoredBy) === undefined) return;
  if (!hasRoster)
    throw new UsageError("FLAG_CONFLICT", "--checkpoint, --out and --anchored-by are for a log that custodians sign", {
      hint: "add --roster and --key",
    });
  if (file !== undefined)
    throw new UsageError("FLAG_CONFLICT", "--file is checked with the roster alone", {
      hint: "leave --file out: the coordinator's log is held to --checkpoint and --anchored-by",
    });
}
