import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {parseValue} from "../../codecs/quorum/json.js";
import {RuleError} from "../../errors.js";
import {firstBreak, GENESIS_HASH} from "../../node/quorum/audit/chain.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {fetchEntries, readEntries} from "./audit-entries.js";
import {addCoordinatorFlag, type CoordinatorFlags, serviceClient} from "./service-client.js";

interface Flags extends CoordinatorFlags {
  readonly file?: string;
  readonly head?: string;
}

const FILE_MAX_BYTES = 256 * 1024 * 1024;

export const quorumAuditVerifyCommand = (io: Io): Command =>
  addCoordinatorFlag(
    defineCommand("quorum audit verify", {
      summary: "recompute the coordinator's audit log",
      description:
        "Reads the log from the coordinator, or from a file with the same JSON, and recomputes every hash and link here; " +
        "what the coordinator says of it does not count. Prints the number of entries and the last hash. A chain cannot " +
        "show that its end was cut off: keep the hash, and pass it as --head the next time.",
      examples: [
        {does: "the log as it is served", run: "qsdm quorum audit verify"},
        {does: "has anything up to here been taken away?", run: "qsdm quorum audit verify --head HASH"},
      ],
      exit: {3: "The log was changed, or does not contain --head."},
      seeAlso: ["quorum coordinator"],
    }),
  )
    .option("--file <path>", "a saved log; - reads standard input")
    .option("--head <hash>", "hash of an entry that must still be there")
    .action(async ({file, head, coordinator, timeout}: Flags) => {
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
