import type {Command} from "commander";
import {ARCHITECTURES} from "../../node/ledger/attestation/architecture.js";
import {choiceFlag} from "../flags.js";
import type {Io} from "../io.js";
import {type RejectionFilter, rejectionOfStream, rejectionPoller} from "./rejection-events.js";
import type {Subject} from "./subject.js";
import {defineWatch, type WatchFlags, watch} from "./watch.js";

export const REASONS = ["unknown_arch", "gpu_name_mismatch", "cc_subject_mismatch"] as const;
/** Names that the reference knows, and those that do occur. */
export const ARCHS = [
  ...new Set(["ada", "hopper", "blackwell", "blackwell_ultra", "rubin", "rubin_ultra", "unknown", ...ARCHITECTURES]),
];

/** A list apart by commas, each of `choices`. */
export const listOf = (choices: readonly string[]) => (text: string) =>
  text
    .split(",")
    .filter((each) => each !== "")
    .map(choiceFlag(choices));

export interface RejectionFlags extends WatchFlags {
  readonly reason?: readonly string[];
  readonly arch?: readonly string[];
  readonly includeExisting: boolean;
}

export const filterOf = ({reason = [], arch = []}: RejectionFlags): RejectionFilter => ({reasons: reason, archs: arch});

export const addRejectionFlags = (command: Command): Command =>
  command
    .option("--reason <reasons>", `only these, apart by commas: ${REASONS.join(", ")}`, listOf(REASONS))
    .option("--arch <names>", "only proofs that claim these architectures, apart by commas", listOf(ARCHS))
    .option("--include-existing", "tell of what the node remembers already, first", false);

export const watchRejectionsCommand = (io: Io): Command =>
  addRejectionFlags(
    defineWatch("rejections", {
      summary: "follow proofs whose GPU cannot be what they claim",
      description:
        "Tells of each proof that the node refused because what it says of its GPU does not hang together: kind, reason, " +
        "claimed architecture, miner, GPU and what was wrong. Every value is the sender's own word.",
      examples: [
        {does: "from now on", run: "qsdm watch rejections"},
        {
          does: "all that the node remembers, and no more",
          run: "qsdm watch rejections --include-existing --once --json",
        },
      ],
      seeAlso: ["watch archspoof", "watch proofs"],
    }),
  ).action(async (flags: RejectionFlags) => {
    const filter = filterOf(flags);
    await watch(
      io,
      flags,
      (client): Subject<Log> => ({
        name: "rejections",
        poller: rejectionPoller(client, filter, "rejection"),
        tellsExisting: flags.includeExisting,
        streamed: {
          topics: ["rejections"],
          convert: ({seq, topic, body}) => (topic === "rejections" ? rejectionOfStream(seq, body, filter) : null),
        },
      }),
    );
  });
type Log = Awaited<ReturnType<ReturnType<typeof rejectionPoller>["snapshot"]>>;
