import type {Command} from "commander";
import {hexOf} from "../../../codecs/bytes.js";
import {acceptsInsecure} from "../../../codecs/quorum/strict/attestation-policy.js";
import {type RosterService, rosterFile} from "../../../codecs/quorum/strict/roster.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import {Members} from "../../../node/quorum/strict/members.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";
import {kindLabel} from "../attest/shown.js";
import {policyDocument} from "./attestation-policy.js";
import {ROSTER_MAX_BYTES} from "./files.js";
import {warnInsecure} from "./insecure.js";

export const quorumRosterVerifyCommand = (io: Io): Command =>
  defineCommand("quorum roster verify", {
    summary: "show a roster, and whether all its custodians signed it",
    description:
      "Prints the parties of a roster with their addresses and organisations, and its digest, which everything that they " +
      "sign names. Warns of an organisation that runs enough custodians to open every value alone. " +
      "Ends with status 3 when a custodian's signature is missing or wrong.",
    examples: [{does: "before signing, and before use", run: "qsdm quorum roster verify quorum.roster"}],
    exit: {3: "A signature is missing or wrong, or no quorum can work by this roster."},
    seeAlso: ["quorum roster sign"],
  })
    .argument("<roster>", "file of the roster")
    .action(async (path: string) => {
      const file = rosterFile.decode(await io.readFile(path, {flag: "<roster>", maxBytes: ROSTER_MAX_BYTES}));
      const {custodians, coordinators, clients, threshold, approvalOrganisations, epoch, previous, attestation} =
        file.content;
      const line = (...columns: string[]): void => io.note(columns.filter((each) => each !== "").join("  "));
      for (const [at, each] of custodians.entries())
        line(`custodian ${at}`, each.card.name, each.address, each.organisation);
      for (const {card, address, organisation} of coordinators) line("coordinator", card.name, address, organisation);
      for (const {card, organisation} of clients) line("client", card.name, organisation);
      for (const {kind, measurements, anchors} of attestation?.accept ?? [])
        line("attestation", kindLabel(kind), `${measurements.map(hexOf)}`, `by ${anchors.map(hexOf)}`);
      const {digest} = Members.of(file, (await loadMlDsa(87, "few")).verify);
      const document = {
        digest: hexOf(digest),
        epoch,
        previous: previous && hexOf(previous),
        approvals: file.approvals.length,
        threshold,
        approval_organisations: approvalOrganisations,
        attestation: policyDocument(attestation),
        custodians: custodians.map(({card: {name, channelId}, address, organisation}) => ({
          name,
          address,
          organisation: organisation || null,
          channel_id: hexOf(channelId),
        })),
        coordinators: coordinators.map(({card: {name}, address, organisation}) => ({
          name,
          address,
          organisation: organisation || null,
        })),
        clients: clients.map(({card: {name}, organisation}) => ({name, organisation: organisation || null})),
      };
      if (acceptsInsecure(attestation)) warnInsecure(io, "the roster accepts attestation by software");
      for (const [organisation, count] of counts(custodians))
        if (count >= threshold) io.warn(`${organisation} runs ${count} custodians: it can open every value alone`);
      io.result(document, hexOf(digest));
    });

/** Custodians of each organisation that the roster names. */
function counts(custodians: readonly RosterService[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const {organisation} of custodians)
    if (organisation !== "") found.set(organisation, (found.get(organisation) ?? 0) + 1);
  return found;
}
