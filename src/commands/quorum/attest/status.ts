import type {Command} from "commander";
import {hexOf} from "../../../codecs/bytes.js";
import {isInsecure} from "../../../codecs/quorum/strict/attestation-policy.js";
import type {AttestationStanding, CustodianStatus} from "../../../codecs/quorum/strict/calls.js";
import type {Shown} from "../../../node/custody/attestation/evidence.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";
import {addPartyFlags, atCoordinator, type PartyFlags, strictFlags} from "../strict/files.js";
import {attestedDocument, kindLabel, warnOf} from "./shown.js";

export const quorumAttestStatusCommand = (io: Io): Command =>
  addPartyFlags(
    defineCommand("quorum attest status", {
      summary: "ask every custodian for evidence of its machine",
      description:
        "Draws a nonce, has the coordinator carry it to every custodian, and checks here what comes back; the coordinator can " +
        "keep evidence back and make none. Prints a line for each: name, kind and measurement, or why it is refused. --json has " +
        "beside it what each custodian says that it knows of the others.",
      examples: [{does: "all of them", run: "qsdm quorum attest status --roster quorum.roster --key alice.key"}],
      exit: {3: "The roster demands no attestation.", 4: "No coordinator answers that has K custodians."},
      seeAlso: ["quorum attest verify", "quorum custodian"],
    }),
  ).action(async (flags: PartyFlags) => {
    await atCoordinator(io, strictFlags(flags), async (client) => {
      const shown = await client.evidence.look();
      const {statuses} = await client.call("custodians", {});
      const names = client.namesOf([...shown.keys()]);
      const custodians = shown.map((each, place) => {
        if ("attested" in each) warnOf(io, each.attested, names[place]!);
        return {name: names[place]!, ...standing(each), says: saysOf(statuses[place] ?? null, names)};
      });
      io.result(
        {custodians},
        shown.map((each, place) =>
          "attested" in each
            ? [names[place]!, kindLabel(each.attested.kind), hexOf(each.attested.measurement)]
            : [names[place]!, "refused", each.refusal.message],
        ),
      );
    });
  });

const standing = (shown: Shown) =>
  "attested" in shown
    ? {accepted: true, ...attestedDocument(shown.attested)}
    : {accepted: false, code: shown.refusal.code, refusal: shown.refusal.message};

const saysOf = (status: CustodianStatus | null, names: readonly string[]) =>
  status === null
    ? null
    : status.attestation.map(({custodian, kind, measurement, validUntilMs, refusal}: AttestationStanding) => ({
        of: names[custodian] ?? `${custodian}`,
        kind,
        insecure: kind && isInsecure(kind),
        measurement: kind && hexOf(measurement),
        valid_until: kind && new Date(Number(validUntilMs)).toISOString(),
        refusal: refusal || null,
      }));
