import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {type Command, Option} from "commander";
import {UsageError} from "../../errors.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {createLog, LOG_LEVELS, type LogLevel} from "../log.js";
import {startCluster} from "./cluster.js";
import type {StrictCluster, StrictClusterOptions} from "./strict/cluster.js";
import {addOrganisationFlags, type OrganisationFlags} from "./strict/organisations.js";
import {tour} from "./tour.js";

interface Flags extends OrganisationFlags {
  readonly profile: "strict" | "compat";
  readonly dir?: string;
  readonly custodians: number;
  readonly coordinators: number;
  readonly threshold: number;
  readonly coordinatorPort: number;
  readonly custodianPort: number;
  readonly tour: boolean;
  readonly exit: boolean;
  readonly logLevel: LogLevel;
}

const MAX_TRACKED = 100_000;

export const quorumDevnetCommand = (io: Io): Command =>
  addOrganisationFlags(
    defineCommand("quorum devnet", {
      summary: "custodians and a coordinator on this machine",
      description:
        "Starts custodians and a coordinator or more in one process, on loopback, and prints where they listen. It makes keys of " +
        "all parties, and of three clients, lender, alice and bob, and a roster that the custodians signed: other quorum " +
        "commands take them with --roster and --key. With --tour it then runs a credit score whose weights and inputs nobody " +
        "else sees: compiled, deployed, approved, evaluated for two applicants, refused above the budget, audited. Runs until " +
        "Ctrl-C unless --exit is given.\n\n" +
        "With --profile compat the services speak the reference's API on the ports that the other quorum commands have for " +
        "defaults, and trust whoever reaches them. For development alone: all keys lie in one place.",
      examples: [
        {does: "see it work, in seconds", run: "qsdm quorum devnet --tour --exit"},
        {does: "services to try things on, kept between starts", run: "qsdm quorum devnet --dir ./quorum"},
        {does: "with a second coordinator to go on to", run: "qsdm quorum devnet --dir ./quorum --coordinators 2"},
        {
          does: "run by two organisations, both of which have to approve a program",
          run:
            "qsdm quorum devnet --dir ./quorum --approval-organisations 2 \\\n" +
            "    --organisation north=custodian-0,lender,alice --organisation south=custodian-1,custodian-2,bob",
        },
      ],
      files: {"--dir": "Keys, roster and state of the services; without it a folder that goes away."},
      exit: {4: "A port or the folder cannot be used."},
      seeAlso: ["quorum deploy", "quorum eval", "quorum coordinator"],
    }),
  )
    .addOption(
      new Option("--profile <name>", "strict, or compat, which is the reference's API")
        .choices(["strict", "compat"])
        .default("strict"),
    )
    .option("--dir <dir>", "keep state here (default: a folder that goes away)")
    .option("--custodians <n>", "how many custodians", countFlag(2, 16), 3)
    .option("--coordinators <n>", "strict: how many coordinators, on ports one after the other", countFlag(1, 8), 1)
    .option("--threshold <k>", "custodians that suffice to open a value", countFlag(2, 16), 2)
    .option("--coordinator-port <port>", "port of the first coordinator; 0 takes free ones", countFlag(0, 65_500), 8000)
    .option("--custodian-port <port>", "port of the first custodian; 0 takes free ones", countFlag(0, 65_500), 9100)
    .option("--tour", "show what it does", false)
    .option("--exit", "end after the tour", false)
    .addOption(new Option("--log-level <level>", "least severe lines to log").choices(LOG_LEVELS).default("error"))
    .action(async (flags: Flags) => {
      const {dir, threshold, custodians} = flags;
      if (flags.exit && !flags.tour)
        throw new UsageError("TOUR_REQUIRED", "--exit ends the tour", {hint: "add --tour"});
      if (flags.profile === "compat" && (flags.organisation || flags.approvalOrganisations > 1))
        throw new UsageError(
          "FLAG_CONFLICT",
          "services of the compat profile have no roster, and know no organisations",
          {
            hint: "leave --profile compat out",
          },
        );
      if (flags.profile === "compat" && flags.coordinators > 1)
        throw new UsageError("FLAG_CONFLICT", "custodians of the compat profile have one coordinator", {
          hint: "leave --profile compat out",
        });
      if (threshold > custodians)
        throw new UsageError("THRESHOLD_INVALID", `--threshold ${threshold} with ${custodians} custodians`);
      if (flags.tour && flags.profile === "compat" && threshold !== 2)
        throw new UsageError("THRESHOLD_INVALID", "the tour shares its weights for a threshold of 2");
      const directory = dir ?? (await mkdtemp(join(tmpdir(), "qsdm-quorum-")));
      try {
        const log = createLog(flags.logLevel);
        const random = (size: number): Uint8Array => io.host.randomBytes(size);
        const options = {...flags, directory, log, random};
        if (flags.profile === "strict") return await runStrictly(io, flags, options);
        const cluster = await startCluster({...options, maxTracked: MAX_TRACKED}, io.signal);
        const next = `next: qsdm quorum deploy PACKAGE --coordinator ${cluster.coordinator}`;
        const running = {...cluster, coordinators: [cluster.coordinator]};
        await runUntilStopped(io, running, {...flags, next, tell: () => tour(io, cluster)});
      } finally {
        if (dir === undefined) await rm(directory, {recursive: true, force: true});
      }
    });

async function runStrictly(io: Io, flags: Flags, options: StrictClusterOptions): Promise<void> {
  const {startStrictCluster} = await import("./strict/cluster.js");
  const cluster = await startStrictCluster(io, options);
  const {roster} = cluster;
  const next = `next: qsdm quorum deploy PACKAGE --roster ${roster} --key ${cluster.keyFile("lender")}`;
  const tell = async (): Promise<void> => (await import("./strict/tour.js")).strictTour(io, cluster);
  await runUntilStopped(io, cluster, {...flags, next, tell});
}

async function runUntilStopped(
  io: Io,
  cluster: Pick<StrictCluster, "coordinators" | "custodians" | "stop">,
  flags: Pick<Flags, "tour" | "exit"> & {readonly next: string; tell(): Promise<void>},
): Promise<void> {
  try {
    const {coordinators, custodians} = cluster;
    io.event({event: "started", coordinator: coordinators[0]!, coordinators, custodians}, [
      ...coordinators.map((url) => ["coordinator", url]),
      ...custodians.map((url) => ["custodian", url]),
    ]);
    if (flags.tour) await flags.tell();
    if (flags.exit) return;
    io.note(flags.next);
    if (!io.signal.aborted)
      await new Promise<void>((resolve) => io.signal.addEventListener("abort", () => resolve(), {once: true}));
  } finally {
    await cluster.stop();
  }
}
