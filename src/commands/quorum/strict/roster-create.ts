import type {Command} from "commander";
import {hexOf} from "../../../codecs/bytes.js";
import {acceptsInsecure} from "../../../codecs/quorum/strict/attestation-policy.js";
import {type Card, cardFile, type Roster, rosterDigest, rosterFile} from "../../../codecs/quorum/strict/roster.js";
import {UsageError} from "../../../errors.js";
import {checkRoster} from "../../../node/quorum/strict/members.js";
import {defineCommand} from "../../define.js";
import {countFlag, repeatFlag} from "../../flags.js";
import type {Io} from "../../io.js";
import {readPolicyFile} from "./attestation-policy.js";
import {ROSTER_MAX_BYTES} from "./files.js";
import {warnInsecure} from "./insecure.js";
import {addOrganisationFlags, type OrganisationFlags, organisationsByParty} from "./organisations.js";

interface Flags extends OrganisationFlags {
  readonly threshold: number;
  readonly custodian: readonly string[];
  readonly coordinator: readonly string[];
  readonly client?: readonly string[];
  readonly follows?: string;
  readonly attestation?: string;
  readonly out: string;
  readonly force: boolean;
}

const QUORUM_BYTES = 32;
const FIRST_EPOCH = 1;
const CARD_MAX_BYTES = 64 * 1024;

export const quorumRosterCreateCommand = (io: Io): Command =>
  addOrganisationFlags(
    defineCommand("quorum roster create", {
      summary: "bind cards to roles and addresses",
      description:
        "Writes a roster that nobody has signed yet: custodians in order of x with the addresses where they listen, " +
        "coordinators, and the clients whose budgets custodians keep. Each custodian signs it: qsdm quorum roster sign. " +
        "Parties of different rosters refuse each other.\n\n" +
        "Of N custodians, K open a value, and fewer than K learn nothing. Without a dealer N must be at least 2K - 1.\n\n" +
        "With --organisation the roster says who runs which parties. --approval-organisations asks that a program's approvals " +
        "come from so many of them; a custodian of no organisation adds none. Whoever runs K custodians can open every value " +
        "alone, whatever is asked for.\n\n" +
        "With --follows it is the next roster of a quorum, of as many custodians and with whatever threshold. K of the present " +
        "ones have to agree to it, qsdm quorum roster sign --previous, before qsdm quorum rotate hands the secrets over.",
      examples: [
        {
          does: "two of three",
          run:
            "qsdm quorum roster create --threshold 2 --out quorum.roster \\\n" +
            "    --custodian custodian-0.card@10.0.0.1:9200 --custodian custodian-1.card@10.0.0.2:9200 \\\n" +
            "    --custodian custodian-2.card@10.0.0.3:9200 --coordinator coordinator.card@10.0.0.9:9209 --client alice.card",
        },
        {
          does: "of two organisations, neither of which approves a program alone",
          run:
            "qsdm quorum roster create --threshold 2 --approval-organisations 2 --out quorum.roster \\\n" +
            "    --custodian custodian-0.card@10.0.0.1:9200 --custodian custodian-1.card@10.0.0.2:9200 \\\n" +
            "    --custodian custodian-2.card@10.0.0.3:9200 --coordinator coordinator.card@10.0.0.9:9209 --client alice.card \\\n" +
            "    --organisation north=custodian-0,alice --organisation south=custodian-1,custodian-2,coordinator",
        },
        {
          does: "three of five after it",
          run:
            "qsdm quorum roster create --follows quorum.roster --threshold 3 --out next.roster \\\n" +
            "    --custodian a.card@10.0.1.1:9200 --custodian b.card@10.0.1.2:9200 --custodian c.card@10.0.1.3:9200 \\\n" +
            "    --custodian d.card@10.0.1.4:9200 --custodian e.card@10.0.1.5:9200 --coordinator f.card@10.0.1.9:9209",
        },
      ],
      files: {
        "--out": "The roster, one line of text.",
        "--attestation":
          "A policy: max_age_s, how long evidence stands in seconds (3600 unless given), and for each kind that is accepted a " +
          "table [[accept]] with kind, measurements, anchors (SHA-256 of AMD's root certificate, or of a key) and, in " +
          "[accept.least_versions], least security versions.",
      },
      exit: {3: "The threshold needs a dealer, two parties share a name or a key, or too few organisations are there."},
      seeAlso: ["quorum identity create", "quorum roster sign", "quorum roster verify"],
    }),
  )
    .requiredOption("--threshold <k>", "custodians that suffice to open a value", countFlag(1, 64))
    .requiredOption("--custodian <card@host:port>", "a custodian, once for each in order of x", repeatFlag)
    .requiredOption("--coordinator <card@host:port>", "a coordinator, once for each", repeatFlag)
    .option("--client <card>", "who may evaluate and deploy, once for each", repeatFlag)
    .option("--follows <roster>", "the present roster, whose secrets are to be handed to this one's custodians")
    .option("--attestation <path>", "policy of machines that custodians demand of each other, in TOML")
    .requiredOption("--out <path>", "file for the roster")
    .option("--force", "replace an existing file", false)
    .action(async (flags: Flags) => {
      const {threshold, approvalOrganisations, out, force} = flags;
      const [holders, coordinators] = [
        await readServices(io, flags.custodian, "--custodian"),
        await readServices(io, flags.coordinator, "--coordinator"),
      ];
      const clients = await Promise.all((flags.client ?? []).map((path) => readClient(io, path)));
      const parties = [...holders, ...coordinators, ...clients].map(({card}) => card.name);
      const organisation = organisationsByParty(flags.organisation ?? [], parties);
      const within = <T extends {readonly card: Card}>(each: T) => ({
        ...each,
        organisation: organisation(each.card.name),
      });
      const content: Roster = {
        ...(flags.follows === undefined
          ? {quorum: io.host.randomBytes(QUORUM_BYTES), epoch: FIRST_EPOCH, previous: null}
          : await after(io, flags.follows)),
        threshold,
        approvalOrganisations,
        attestation: flags.attestation === undefined ? null : await readPolicyFile(io, flags.attestation),
        custodians: holders.map(within),
        coordinators: coordinators.map(within),
        clients: clients.map(within),
      };
      checkRoster(content);
      if (acceptsInsecure(content.attestation)) warnInsecure(io, "the roster accepts attestation by software");
      await io.writeFile(out, rosterFile.encode({content, signatures: [], approvals: []}), {force});
      const digest = hexOf(rosterDigest(content));
      io.note(`next: each custodian runs qsdm quorum roster sign ${out} --key KEY`);
      io.result({roster: out, digest, custodians: content.custodians.length, threshold}, digest);
    });

/** What a roster has of the one before. */
async function after(io: Io, path: string): Promise<Pick<Roster, "quorum" | "epoch" | "previous">> {
  const {content} = rosterFile.decode(await io.readFile(path, {flag: "--follows", maxBytes: ROSTER_MAX_BYTES}));
  return {quorum: content.quorum, epoch: content.epoch + 1, previous: rosterDigest(content)};
}

const readCard = async (io: Io, path: string, flag: string): Promise<Card> =>
  cardFile.decode(await io.readFile(path, {flag, maxBytes: CARD_MAX_BYTES}));

const readClient = async (io: Io, path: string) => ({card: await readCard(io, path, "--client")});

async function readServices(io: Io, given: readonly string[], flag: string) {
  return Promise.all(
    given.map(async (text) => {
      const at = text.lastIndexOf("@");
      if (at < 1)
        throw new UsageError("FLAG_INVALID", `"${text}" is not CARD@HOST:PORT`, {
          hint: `write ${flag} custodian-0.card@127.0.0.1:9200`,
        });
      return {card: await readCard(io, text.slice(0, at), flag), address: text.slice(at + 1)};
    }),
  );
}
