import type {Command} from "commander";
import {hexOf} from "../../../codecs/bytes.js";
import {
  type Card,
  cardFile,
  type Roster,
  type RosterService,
  rosterDigest,
  rosterFile,
} from "../../../codecs/quorum/strict/roster.js";
import {UsageError} from "../../../errors.js";
import {checkRoster} from "../../../node/quorum/strict/members.js";
import {defineCommand} from "../../define.js";
import {countFlag, repeatFlag} from "../../flags.js";
import type {Io} from "../../io.js";

interface Flags {
  readonly threshold: number;
  readonly custodian: readonly string[];
  readonly coordinator: readonly string[];
  readonly client?: readonly string[];
  readonly epoch: number;
  readonly out: string;
  readonly force: boolean;
}

const QUORUM_BYTES = 32;
const CARD_MAX_BYTES = 64 * 1024;

export const quorumRosterCreateCommand = (io: Io): Command =>
  defineCommand("quorum roster create", {
    summary: "bind cards to roles and addresses",
    description:
      "Writes a roster that nobody has signed yet: custodians in order of x with the addresses where they listen, " +
      "coordinators, and the clients whose budgets custodians keep. Each custodian signs it: qsdm quorum roster sign. " +
      "Parties of different rosters refuse each other.\n\n" +
      "Of N custodians, K open a value, and fewer than K learn nothing. Without a dealer N must be at least 2K - 1.",
    examples: [
      {
        does: "two of three",
        run:
          "qsdm quorum roster create --threshold 2 --out quorum.roster \\\n" +
          "    --custodian custodian-0.card@10.0.0.1:9200 --custodian custodian-1.card@10.0.0.2:9200 \\\n" +
          "    --custodian custodian-2.card@10.0.0.3:9200 --coordinator coordinator.card@10.0.0.9:9209 --client alice.card",
      },
    ],
    files: {"--out": "The roster, one line of text."},
    exit: {3: "The threshold needs a dealer, or two parties share a name or a key."},
    seeAlso: ["quorum identity create", "quorum roster sign", "quorum roster verify"],
  })
    .requiredOption("--threshold <k>", "custodians that suffice to open a value", countFlag(1, 64))
    .requiredOption("--custodian <card@host:port>", "a custodian, once for each in order of x", repeatFlag)
    .requiredOption("--coordinator <card@host:port>", "a coordinator, once for each", repeatFlag)
    .option("--client <card>", "who may evaluate and deploy, once for each", repeatFlag)
    .option("--epoch <n>", "number of the roster, one more with every change", countFlag(1, 0xffff_ffff), 1)
    .requiredOption("--out <path>", "file for the roster")
    .option("--force", "replace an existing file", false)
    .action(async (flags: Flags) => {
      const {threshold, epoch, out, force} = flags;
      const content: Roster = {
        quorum: io.host.randomBytes(QUORUM_BYTES),
        epoch,
        threshold,
        custodians: await readServices(io, flags.custodian, "--custodian"),
        coordinators: await readServices(io, flags.coordinator, "--coordinator"),
        clients: await Promise.all((flags.client ?? []).map((path) => readCard(io, path, "--client"))),
      };
      checkRoster(content);
      await io.writeFile(out, rosterFile.encode({content, signatures: []}), {force});
      const digest = hexOf(rosterDigest(content));
      io.note(`next: each custodian runs qsdm quorum roster sign ${out} --key KEY`);
      io.result({roster: out, digest, custodians: content.custodians.length, threshold}, digest);
    });

const readCard = async (io: Io, path: string, flag: string): Promise<Card> =>
  cardFile.decode(await io.readFile(path, {flag, maxBytes: CARD_MAX_BYTES}));

async function readServices(io: Io, given: readonly string[], flag: string): Promise<readonly RosterService[]> {
  return Promise.all(
    given.map(async (text) => {
      const at = text.lastIndexOf("@");
      if (at < 1)
        throw new UsageError("FLAG_INVALID", `"${text}" is not CARD@HOST:PORT`, {
          hint: `write ${flag} custodian-0.card@127.0.0.1:9200`,
        });
      return {card: await readCard(io, text.slice(0, at), flag), address: text.slice(at + 1), organisation: ""};
    }),
  );
}
