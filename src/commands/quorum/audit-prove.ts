import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import {LOG_MAX} from "../../node/quorum/audit/tree.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {fieldsOf, keptCheckpoint} from "./strict/audit.js";
import {addPartyFlags, atCoordinator, type PartyFlags, strictFlags} from "./strict/files.js";

interface Flags extends PartyFlags {
  readonly checkpoint?: string;
}

export const quorumAuditProveCommand = (io: Io): Command =>
  addPartyFlags(
    defineCommand("quorum audit prove", {
      summary: "prove one entry of the audit log",
      description:
        "Asks the coordinator for one entry of its log and for the digests beside the way from it to the root, and checks " +
        "here that the newest checkpoint that enough custodians signed is of a log with that entry (RFC 6962). With the key " +
        "of a custodian or a coordinator a checkpoint is made first. Takes a few digests where quorum audit verify reads " +
        "the whole log. Prints the entry, the size and root of the log, who signed, and the digests of the proof.",
      examples: [
        {does: "the fifth entry", run: "qsdm quorum audit prove 4 --roster quorum.roster --key alice.key"},
        {
          does: "and that nothing was rewritten since a checkpoint that was kept",
          run: "qsdm quorum audit prove 4 --roster quorum.roster --key alice.key --checkpoint kept.checkpoint",
        },
      ],
      exit: {
        3: "The entry is not in what was signed, or the log does not go on from --checkpoint.",
        4: "The coordinator cannot be reached.",
      },
      seeAlso: ["quorum audit verify", "quorum audit anchor"],
    }),
  )
    .argument("<index>", "number of the entry, from 0; quorum audit verify --list has them", countFlag(0, LOG_MAX - 1))
    .option("--checkpoint <path>", "a checkpoint that the log must go on from")
    .action(async (index: number, flags: Flags) => {
      await atCoordinator(io, strictFlags(flags), async (client) => {
        const kept = flags.checkpoint === undefined ? null : await keptCheckpoint(io, client, flags.checkpoint);
        const {proveEntry} = await import("../../node/custody/log-proof.js");
        const {entry, head, digests} = await proveEntry(client, index, kept);
        const proof = {
          ...{entries: head.size, root: hexOf(head.root), digests},
          signed_by: client.namesOf(head.signers),
        };
        const fields = fieldsOf(entry);
        io.result({entry: fields, ...proof}, [
          Object.values(fields),
          [proof.entries, proof.root, proof.signed_by.join(","), proof.digests],
        ]);
      });
    });
