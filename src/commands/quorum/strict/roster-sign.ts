import type {Command} from "commander";
import {equalBytes} from "../../../codecs/bytes.js";
import {acceptsInsecure} from "../../../codecs/quorum/strict/attestation-policy.js";
import {roster, rosterDigest, rosterFile, type SignedRoster, succession} from "../../../codecs/quorum/strict/roster.js";
import {sign} from "../../../codecs/quorum/strict/statement.js";
import {RuleError} from "../../../errors.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import {signerOfSeed} from "../../../node/keys/signer.js";
import {checkRoster} from "../../../node/quorum/strict/members.js";
import {agreementMissing} from "../../../node/quorum/strict/succession.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";
import {ROSTER_MAX_BYTES, readParty} from "./files.js";
import {warnInsecure} from "./insecure.js";

export const quorumRosterSignCommand = (io: Io): Command =>
  defineCommand("quorum roster sign", {
    summary: "sign a roster as one of its custodians",
    description:
      "Adds a custodian's signature to a roster file, in place. A roster is used once every custodian of it has signed. With " +
      "--previous the key is of a custodian of the roster before, which agrees to hand its secrets to this one's; with an organisations' rule in that roster, so do as many organisations. " +
      "Look at it first: qsdm quorum roster verify. Copies that were signed apart are brought together by signing one " +
      "after the other.",
    examples: [
      {does: "as one custodian", run: "qsdm quorum roster sign quorum.roster --key custodian-0.key"},
      {
        does: "as a custodian of the roster before",
        run: "qsdm quorum roster sign next.roster --previous quorum.roster --key custodian-0.key",
      },
    ],
    files: {"<roster>": "Read, and written again with the signature."},
    exit: {3: "The key is of no custodian of the roster."},
    seeAlso: ["quorum roster create", "quorum roster verify"],
  })
    .argument("<roster>", "file of the roster")
    .requiredOption("--key <path>", "key of a custodian")
    .option("--previous <roster>", "agree as a custodian of this roster, which the other follows")
    .action(async (path: string, {key, previous}: {key: string; previous?: string}) => {
      const {seed, roster: file} = await readParty(io, {roster: path, key});
      const {content, signatures} = file;
      checkRoster(content);
      if (acceptsInsecure(content.attestation)) warnInsecure(io, "the roster accepts attestation by software");
      if (previous !== undefined) return agree(io, {path, file, seed, previous});
      const signer = signerOfSeed(await loadMlDsa(87, "few"), seed);
      const place = content.custodians.findIndex(({card}) => equalBytes(card.signingKey, signer.publicKey));
      if (place < 0)
        throw new RuleError("KEY_NOT_IN_ROSTER", "the key is of no custodian of the roster", {
          hint: "custodians alone sign it",
        });
      const others = signatures.filter((each) => each.place !== place);
      const signature = {place, signature: signer.sign(roster.encode(content))};
      const all = [...others, signature].sort((a, b) => a.place - b.place);
      await io.writeFile(path, rosterFile.encode({...file, signatures: all}), {force: true});
      const missing = content.custodians.length - all.length;
      io.result({roster: path, custodian: content.custodians[place]!.card.name, missing}, `${missing}`);
    });

/** @throws RuleError KEY_NOT_IN_ROSTER, SUCCESSION_INVALID */
async function agree(
  io: Io,
  {path, file, seed, previous}: {path: string; file: SignedRoster; seed: Uint8Array; previous: string},
): Promise<void> {
  const bytes = await io.readFile(previous, {flag: "--previous", maxBytes: ROSTER_MAX_BYTES});
  const before = rosterFile.decode(bytes).content;
  const from = rosterDigest(before);
  if (!file.content.previous || !equalBytes(file.content.previous, from))
    throw new RuleError("SUCCESSION_INVALID", `${path} does not follow ${previous}`, {
      hint: "qsdm quorum roster create --follows makes one that does",
    });
  const signer = signerOfSeed(await loadMlDsa(87, "few"), seed);
  const custodian = before.custodians.findIndex(({card}) => equalBytes(card.signingKey, signer.publicKey));
  if (custodian < 0)
    throw new RuleError("KEY_NOT_IN_ROSTER", "the key is of no custodian of the roster before", {
      hint: "those who hold the secrets agree to hand them over",
    });
  if (before.attestation && !file.content.attestation)
    io.warn("the next roster demands no attestation: its custodians get the secrets on whatever machines they are");
  const [needed, later] = [before.approvalOrganisations, file.content.approvalOrganisations];
  if (later < needed)
    io.warn(`by the next roster ${later} organisations have to approve a program, and ${needed} by this one`);
  const others = file.approvals.filter(({content}) => content.custodian !== custodian);
  const content = {from, to: rosterDigest(file.content), custodian};
  const approvals = [...others, sign(succession, content, (message) => signer.sign(message))];
  await io.writeFile(path, rosterFile.encode({...file, approvals}), {force: true});
  const places = approvals.map(({content: {custodian: place}}) => place);
  const {custodians: missing, organisations} = agreementMissing(before, places);
  if (organisations > 0) io.note(`organisations of ${previous} that are still to agree: ${organisations}`);
  const still = {missing, organisations_missing: organisations};
  io.result({roster: path, custodian: before.custodians[custodian]!.card.name, ...still}, `${missing}`);
}
