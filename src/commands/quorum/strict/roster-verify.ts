import type {Command} from "commander";
import {hexOf} from "../../../codecs/bytes.js";
import {rosterFile} from "../../../codecs/quorum/strict/roster.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import {Members} from "../../../node/quorum/strict/members.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";
import {ROSTER_MAX_BYTES} from "./files.js";

export const quorumRosterVerifyCommand = (io: Io): Command =>
  defineCommand("quorum roster verify", {
    summary: "show a roster, and whether all its custodians signed it",
    description:
      "Prints the parties of a roster with their addresses, and its digest, which everything that they sign names. " +
      "Ends with status 3 when a custodian's signature is missing or wrong.",
    examples: [{does: "before signing, and before use", run: "qsdm quorum roster verify quorum.roster"}],
    exit: {3: "A signature is missing or wrong, or no quorum can work by this roster."},
    seeAlso: ["quorum roster sign"],
  })
    .argument("<roster>", "file of the roster")
    .action(async (path: string) => {
      const file = rosterFile.decode(await io.readFile(path, {flag: "<roster>", maxBytes: ROSTER_MAX_BYTES}));
      const {custodians, coordinators, clients, threshold, epoch, previous} = file.content;
      for (const [at, {card, address}] of custodians.entries()) io.note(`custodian ${at}  ${card.name}  ${address}`);
      for (const {card, address} of coordinators) io.note(`coordinator  ${card.name}  ${address}`);
      for (const {name} of clients) io.note(`client  ${name}`);
      const {digest} = Members.of(file, (await loadMlDsa(87, "few")).verify);
      const document = {
        digest: hexOf(digest),
        epoch,
        previous: previous && hexOf(previous),
        approvals: file.approvals.length,
        threshold,
        custodians: custodians.map(({card: {name, channelId}, address}) => ({
          name,
          address,
          channel_id: hexOf(channelId),
        })),
        coordinators: coordinators.map(({card: {name}, address}) => ({name, address})),
        clients: clients.map(({name}) => name),
      };
      io.result(document, hexOf(digest));
    });
