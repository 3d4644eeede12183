import type {Command} from "commander";
import {hexOf} from "../../codecs/bytes.js";
import type {CustodianStatus, ProgramStatus} from "../../codecs/quorum/strict/calls.js";
import {RuleError} from "../../errors.js";
import {heardOf} from "../../node/quorum/strict/heard.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {programIdArgument} from "./service-client.js";
import {addPartyFlags, atCoordinator, type PartyFlags, readParty, strictFlags} from "./strict/files.js";

export const quorumStatusCommand = (io: Io): Command =>
  addPartyFlags(
    defineCommand("quorum status", {
      summary: "show which programs may run, and what they still lack",
      description:
        "Asks the custodians, through the roster's coordinator, what they know of each program. Prints a line for each " +
        "program: id, ACTIVE, PENDING or SUSPENDED, approvals and how many it takes, organisations that are still to approve " +
        "it, custodians that took their word back, custodians that serve it. Then one for each custodian: name, " +
        "organisation, and number of its keys, or that it is away. Each custodian decides for itself what it serves.",
      examples: [
        {does: "all programs", run: "qsdm quorum status --roster quorum.roster --key alice.key"},
        {does: "one of them", run: "qsdm quorum status PROGRAM_ID --roster quorum.roster --key alice.key"},
      ],
      exit: {3: "No custodian has the program.", 4: "The coordinator does not answer."},
      seeAlso: ["quorum approve", "quorum suspend", "quorum pool"],
    }),
  )
    .argument("[program-id]", "64 hex digits", programIdArgument)
    .action(async (programId: string | undefined, given: PartyFlags) => {
      const flags = strictFlags(given);
      const {threshold, custodians: services} = (await readParty(io, flags)).roster.content;
      const {statuses} = await atCoordinator(io, flags, (client) => client.call("custodians", {}));
      const custodians = services.map(({card, organisation}, place) => ({
        name: card.name,
        organisation: organisation || null,
        epoch: statuses[place]?.epoch ?? null,
      }));
      const programs = programsIn(statuses, threshold).filter(
        (each) => (programId ?? each.program_id) === each.program_id,
      );
      if (programId !== undefined && programs.length === 0)
        throw new RuleError("PROGRAM_UNKNOWN", `no custodian has program ${programId}`, {
          hint: "deploy it first: qsdm quorum deploy",
        });
      io.result({programs, custodians}, [
        ...programs.map((each) => [
          ...[each.program_id, each.status, `${each.approvals}/${each.needed}`],
          ...[each.organisations_missing, each.withdrawals, each.serving],
        ]),
        ...custodians.map(({name, organisation, epoch}) => [name, organisation ?? "-", epoch ?? "away"]),
      ]);
    });

function programsIn(statuses: readonly (CustodianStatus | null)[], threshold: number) {
  const known = new Map<string, ProgramStatus[]>();
  for (const each of statuses.flatMap((status) => status?.programs ?? [])) {
    const id = hexOf(each.programId);
    known.set(id, [...(known.get(id) ?? []), each]);
  }
  return [...known].map(([id, said]) => {
    const {approvals, organisationsMissing, withdrawals, active} = heardOf(said, threshold);
    return {
      program_id: id,
      status: active ? "ACTIVE" : withdrawals >= threshold ? "SUSPENDED" : "PENDING",
      ...{approvals, needed: threshold, organisations_missing: organisationsMissing ?? 0, withdrawals},
      serving: said.filter((each) => each.active).length,
    };
  });
}
