import type {Command} from "commander";
import {bytesOfHex, hexOf} from "../../../codecs/bytes.js";
import {attestationFile} from "../../../codecs/quorum/strict/attestation.js";
import {rosterFile} from "../../../codecs/quorum/strict/roster.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import {checkAttestation} from "../../../node/quorum/attestation/check.js";
import {Members} from "../../../node/quorum/strict/members.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";
import {ROSTER_MAX_BYTES} from "../strict/files.js";
import {nonceFlag} from "./nonce.js";
import {attestedDocument, attestedRows, warnOf} from "./shown.js";

const EVIDENCE_MAX_BYTES = 256 * 1024;

export const quorumAttestVerifyCommand = (io: Io): Command =>
  defineCommand("quorum attest verify", {
    summary: "check evidence of a custodian's machine against a roster",
    description:
      "Checks that a machine which the roster accepts made a report for the custodian's keys, this roster and your nonce, not " +
      "longer ago than the roster says. Works offline: the certificates are in the evidence, and the roster names the root " +
      "that is believed. No revocation list is read.\n\n" +
      "Without --nonce anybody may have kept the evidence since the time that it names, which is the custodian's word.",
    examples: [
      {
        does: "evidence that was asked for",
        run: "qsdm quorum attest verify custodian-0.attestation --roster quorum.roster --nonce NONCE",
      },
    ],
    exit: {3: "The evidence is not what the roster demands."},
    seeAlso: ["quorum attest collect", "quorum attest status"],
  })
    .argument("<file>", "the evidence; - reads standard input")
    .requiredOption("--roster <path>", "the signed roster")
    .option("--nonce <hex>", "what you asked with, 64 hex digits", nonceFlag)
    .action(async (path: string, {roster, nonce}: {readonly roster: string; readonly nonce?: string}) => {
      const {verify} = await loadMlDsa(87, "few");
      const file = rosterFile.decode(await io.readFile(roster, {flag: "--roster", maxBytes: ROSTER_MAX_BYTES}));
      const members = Members.of(file, verify);
      const signed = attestationFile.decode(await io.readFile(path, {flag: "<file>", maxBytes: EVIDENCE_MAX_BYTES}));
      const {custodian: place, timeMs} = signed.content;
      const attested = checkAttestation(signed, {
        ...{members, place, nowMs: io.host.now(), verify},
        nonce: nonce === undefined ? null : bytesOfHex(nonce),
        session: null,
      });
      const name = members.namesOf([place])[0]!;
      warnOf(io, attested, name);
      if (nonce === undefined) io.warn("no --nonce: when the report was made is the custodian's word alone");
      const time = new Date(Number(timeMs)).toISOString();
      const document = {
        custodian: name,
        ...attestedDocument(attested),
        time,
        nonce: hexOf(signed.content.nonce),
        fresh: nonce !== undefined,
      };
      io.result(document, [["custodian", name], ...attestedRows(attested), ["time", time]]);
    });
