import type {Command} from "commander";
import {STOCK_MAX} from "../../codecs/quorum/strict/job.js";
import {UsageError} from "../../errors.js";
import {DEFAULT_LOW_WATER} from "../../node/custody/stock-keeper.js";
import {PUBLIC_APPROVAL_KEYS} from "../../node/quorum/custodian/approval.js";
import {startCoordinator} from "../../node/quorum-services.js";
import {defineCommand} from "../define.js";
import {countFlag, durationFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";
import {
  addServiceFlags,
  COMPAT_WARNING,
  checkKeySource,
  processOptions,
  readApprovalKeys,
  type ServiceFlags,
  serve,
  serveMeasured,
} from "./service-flags.js";
import {strictOptions} from "./strict/serve.js";

interface Flags extends ServiceFlags {
  readonly triplesLow: number;
  readonly masksLow: number;
  readonly custodian?: readonly string[];
  readonly maxIdentities: number;
  readonly approvalKeysFile?: string;
  readonly publicApprovalKeys: boolean;
  readonly checkpointInterval: number;
}

const DEFAULT_CUSTODIANS = 3;
const FIRST_CUSTODIAN_PORT = 9100;
const DEFAULT_MAX_IDENTITIES = 100_000;
const DEFAULT_CHECKPOINT_MS = 60_000;

export const quorumCoordinatorCommand = (io: Io): Command =>
  addServiceFlags(
    defineCommand("quorum coordinator", {
      summary: "let evaluations in and orchestrate custodians",
      description:
        "Runs the coordinator: it takes programs and approvals, deals triples, keeps budgets and rates of identities, " +
        "orchestrates evaluations and resharings, and keeps the audit log. State survives restarts. When it listens, " +
        "one line with its address goes to standard output; logs go to standard error.\n\n" +
        "In the strict profile, the default, it carries what clients and custodians signed and sealed, numbers jobs and picks " +
        "who takes part; it sees no value, deals nothing, and nobody takes its word for anything.\n\n" +
        `${COMPAT_WARNING} A coordinator of that profile sees inputs, results and triples.`,
      examples: [
        {
          does: "of a roster",
          run: "qsdm quorum coordinator --roster quorum.roster --key coordinator.key --data-dir ./coordinator",
        },
        {
          does: "for three custodians on this machine",
          run:
            "qsdm quorum coordinator --profile compat --data-dir ./coordinator --public-approval-keys \\\n" +
            "    --custodian http://127.0.0.1:9100 --custodian http://127.0.0.1:9101 --custodian http://127.0.0.1:9102",
        },
      ],
      environment: {
        CUSTODIAN_URL_PREFIX:
          "Suffix of the custodians' host names where no --custodian is given: http://custodian-0SUFFIX:9100 and so on.",
      },
      files: {
        "DIR/strict-coordinator.db": "Strict: programs, approvals and certificates.",
        "DIR/strict-audit.db": "Strict: the audit log, the tree over it, and checkpoints that custodians signed.",
        "DIR/coordinator.db": "Compat: programs, budgets and the audit log.",
        "--key": "The party's key, as qsdm quorum identity create wrote it.",
      },
      exit: {
        3: "Others can read the data directory, or it is of another roster.",
        4: "The data directory or the port cannot be used.",
      },
      seeAlso: ["quorum custodian", "quorum compile"],
    }),
    8000,
  )
    .option(
      "--custodian <url>",
      "compat: URL of a custodian, once for each in order of index (default: three by host name)",
      repeatFlag,
    )
    .option(
      "--max-identities <n>",
      "compat: pairs of program and identity whose budget is tracked; new ones are refused beyond",
      countFlag(1, 100_000_000),
      DEFAULT_MAX_IDENTITIES,
    )
    .option(
      "--approval-keys-file <path>",
      "compat: keys of the custodians' approval tags, one on a line in order of index",
    )
    .option(
      "--checkpoint-interval <duration>",
      "strict: how often custodians sign where the audit log stands (default: 1m)",
      durationFlag,
      DEFAULT_CHECKPOINT_MS,
    )
    .option(
      "--triples-low <n>",
      "strict: below as many triples the custodians make as many more in the background; 0 waits until there are none",
      countFlag(0, STOCK_MAX),
      DEFAULT_LOW_WATER.triple,
    )
    .option("--masks-low <n>", "strict: the same for masks", countFlag(0, STOCK_MAX), DEFAULT_LOW_WATER.mask)
    .option("--public-approval-keys", "compat: use the reference's own keys", false)
    .action(async (flags: Flags) => {
      if (flags.profile === "strict") {
        const options = await strictOptions(io, flags);
        const {startStrictCoordinator} = await import("../../node/quorum-strict.js");
        const {checkpointInterval: checkpointMs, triplesLow: triple, masksLow: mask} = flags;
        const strict = {...options, checkpointMs, lowWater: {triple, mask}};
        return serveMeasured(io, flags, {start: () => startStrictCoordinator(strict)});
      }
      const {approvalKeysFile, publicApprovalKeys, threshold} = flags;
      checkKeySource(approvalKeysFile, publicApprovalKeys, "--approval-keys-file");
      if (publicApprovalKeys) io.warn("approvals are checked with keys that everybody knows");
      const custodians = custodianUrls(flags.custodian ?? [], io.host.env.CUSTODIAN_URL_PREFIX ?? "");
      if (threshold > custodians.length)
        throw new UsageError("THRESHOLD_INVALID", `--threshold ${threshold} with ${custodians.length} custodians`);
      const options = {
        threshold,
        custodians,
        approvalKeys:
          approvalKeysFile === undefined
            ? PUBLIC_APPROVAL_KEYS
            : await readApprovalKeys(io, approvalKeysFile, "--approval-keys-file"),
        maxTracked: flags.maxIdentities,
      };
      await serve(io, startCoordinator(options, processOptions(flags), io.signal), {custodians, threshold});
    });

/** @throws UsageError CUSTODIAN_URL_INVALID */
function custodianUrls(given: readonly string[], suffix: string): readonly string[] {
  for (const url of given)
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new UsageError("CUSTODIAN_URL_INVALID", `"${url}" is not an http or https URL`);
  if (given.length > 0) return given;
  return Array.from(
    {length: DEFAULT_CUSTODIANS},
    (_, index) => `http://custodian-${index}${suffix}:${FIRST_CUSTODIAN_PORT + index}`,
  );
}
