import type {Command} from "commander";
import {equalBytes} from "../../../codecs/bytes.js";
import {roster, rosterFile} from "../../../codecs/quorum/strict/roster.js";
import {RuleError} from "../../../errors.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import {signerOfSeed} from "../../../node/keys/signer.js";
import {checkRoster} from "../../../node/quorum/strict/members.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";
import {readParty} from "./files.js";

export const quorumRosterSignCommand = (io: Io): Command =>
  defineCommand("quorum roster sign", {
    summary: "sign a roster as one of its custodians",
    description:
      "Adds a custodian's signature to a roster file, in place. A roster is used once every custodian of it has signed. " +
      "Look at it first: qsdm quorum roster verify. Copies that were signed apart are brought together by signing one " +
      "after the other.",
    examples: [{does: "as one custodian", run: "qsdm quorum roster sign quorum.roster --key custodian-0.key"}],
    files: {"<roster>": "Read, and written again with the signature."},
    exit: {3: "The key is of no custodian of the roster."},
    seeAlso: ["quorum roster create", "quorum roster verify"],
  })
    .argument("<roster>", "file of the roster")
    .requiredOption("--key <path>", "key of a custodian")
    .action(async (path: string, {key}: {key: string}) => {
      const {seed, roster: file} = await readParty(io, {roster: path, key});
      const {content, signatures} = file;
      checkRoster(content);
      const signer = signerOfSeed(await loadMlDsa(87, "few"), seed);
      const place = content.custodians.findIndex(({card}) => equalBytes(card.signingKey, signer.publicKey));
      if (place < 0)
        throw new RuleError("KEY_NOT_IN_ROSTER", "the key is of no custodian of the roster", {
          hint: "custodians alone sign it",
        });
      const others = signatures.filter((each) => each.place !== place);
      const signature = {place, signature: signer.sign(roster.encode(content))};
      const all = [...others, signature].sort((a, b) => a.place - b.place);
      await io.writeFile(path, rosterFile.encode({content, signatures: all}), {force: true});
      const missing = content.custodians.length - all.length;
      io.result({roster: path, custodian: content.custodians[place]!.card.name, missing}, `${missing}`);
    });
