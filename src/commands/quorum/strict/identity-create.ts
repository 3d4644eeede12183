import type {Command} from "commander";
import {hexOf} from "../../../codecs/bytes.js";
import {cardFile} from "../../../codecs/quorum/strict/roster.js";
import {ML_DSA_SEED_BYTES} from "../../../codecs/suite.js";
import {Party} from "../../../node/custody/party.js";
import {formatKeyFile} from "../../../node/keys/key-file.js";
import {loadPartySuite} from "../../../node/quorum-strict.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";

interface Flags {
  readonly name: string;
  readonly out: string;
  readonly card: string;
  readonly force: boolean;
}

export const quorumIdentityCreateCommand = (io: Io): Command =>
  defineCommand("quorum identity create", {
    summary: "make the key of a party of a quorum",
    description:
      "Writes a new key, 32 bytes as hex, mode 0600, and the card of its public halves: an ML-DSA-87 key that signs, the " +
      "digest of an ML-DSA-44 key that proves the party in sessions, and an ML-KEM-768 key that others seal to. The card " +
      "goes to whoever makes the roster; the key stays where it is.",
    examples: [
      {
        does: "for a custodian",
        run: "qsdm quorum identity create --name custodian-0 --out custodian-0.key --card custodian-0.card",
      },
    ],
    files: {"--out": "The key, mode 0600.", "--card": "The public card, one line of text."},
    seeAlso: ["quorum roster create", "quorum custodian"],
  })
    .requiredOption("--name <name>", "what the party is called: lower case letters, digits and dashes")
    .requiredOption("--out <path>", "file for the key")
    .requiredOption("--card <path>", "file for the card")
    .option("--force", "replace existing files: a key that was there is lost", false)
    .action(async ({name, out, card: cardPath, force}: Flags) => {
      const seed = io.host.randomBytes(ML_DSA_SEED_BYTES);
      const card = new Party(seed, await loadPartySuite()).card(name);
      const file = cardFile.encode(card);
      await io.writeFile(out, formatKeyFile(seed), {force, secret: true});
      await io.writeFile(cardPath, file, {force});
      const channel = hexOf(card.channelId);
      io.result({name, key: out, card: cardPath, channel_id: channel}, channel);
    });
