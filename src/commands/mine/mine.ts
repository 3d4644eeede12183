import {availableParallelism} from "node:os";
import {type Command, Option} from "commander";
import {ALL_BACKEND_NAMES} from "../../node/compute/backend.js";
import {AUTO} from "../../node/mining/choose-backend.js";
import {DEFAULT_LOOK_MS} from "../../node/mining/enrollment-watch.js";
import {DEFAULT_IDLE} from "../../node/mining/idle.js";
import {DEFAULT_POLL_MS} from "../../node/mining/ports.js";
import {withClients} from "../client.js";
import {COMPUTE_ENVIRONMENT} from "../compute-environment.js";
import {defineCommand} from "../define.js";
import {countFlag, durationFlag, pollFlag} from "../flags.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {runSelfTest} from "./equipment.js";
import {listDevices} from "./list-devices.js";
import {withRig} from "./rig.js";
import {DEFAULT_RIG_FILE} from "./rig-file.js";
import {mine} from "./session.js";
import type {MineFlags} from "./terms.js";

/** One more value of a flag that may be given several times. */
const another = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export const mineCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("mine", {
      summary: "mine for an enrolled node, on the CPU or a GPU",
      description:
        "Fetches work, searches with threads, signs what it finds with the node key and submits it. Prints height " +
        "and proof id of each accepted proof; --json prints one event per line, with statistics every ten seconds. A " +
        "terminal shows the rates, the proofs and the devices while it mines.\n\n" +
        "With several --node, work comes from the first that serves any, and from the next when it does not answer. A " +
        "search is left as soon as the node has another tip. The table of the next epoch is built while this one is " +
        "mined.\n\n" +
        "Without --node-id the rig is read from a file, by default ~/.qsdm/miner.toml; one of QSDM's own is read too. Where " +
        "there is none, a person at a terminal is asked: qsdm makes the keys, enrolls the rig, with a bond locked now or " +
        "filled from rewards, and writes the file.\n\n" +
        "A proof says what the GPU is by a MAC (--hmac-key-file), by a quote under a device's certificate " +
        "(--device-key-file with --cert-chain, --firmware-ver and --driver-ver), or by the GPU's own measurement report " +
        "(--report-exec with --cert-chain). For a report the command is run in a shell for each solution: it reads one line of JSON with nonce, node_id and " +
        "height, has 30 seconds, and prints what the GPU signed, as bytes or hex. A height whose report cannot be had in " +
        "a minute is given up.\n\n" +
        "No height is signed twice, not even after a crash: claimed heights are recorded in a directory beside the key " +
        "file. Keep it with the key, because two signed proofs for one height cost the bond.",
      examples: [
        {
          does: "mine until interrupted",
          run: 'qsdm mine --node-id rig1 --gpu-name "NVIDIA GeForce RTX 4090" --gpu-arch ada --hmac-key-file rig1.hmac --node-key-file rig1.key',
        },
        {
          does: "let the GPU report for itself, by a program that asks the driver",
          run: "qsdm mine --node-id rig1 --gpu-arch hopper --report-exec ./gpu-report.sh --cert-chain gpu.pem --node-key-file rig1.key",
        },
        {does: "be asked for a rig, or mine with the one that was set up", run: "qsdm mine"},
        {
          does: "mine for two nodes, with figures for Prometheus",
          run: "qsdm mine --node-id rig1 --node http://a:8080 --node http://b:8080 --metrics 9101 --hmac-key-file rig1.hmac --node-key-file rig1.key",
        },
        {does: "whether this machine mines correctly", run: "qsdm mine --self-test"},
        {does: "what could mine here", run: "qsdm mine --device list"},
      ],
      environment: {...settingsEnvironment("api_url", "timeout", "dag_dir", "table_memory"), ...COMPUTE_ENVIRONMENT},
      files: {
        "~/.qsdm/miner.toml": "The rig: flags of this command with _ for -.",
        "~/.qsdm/rigs/": "Keys that a first run makes.",
        "KEY.signed/": "Heights that the key has signed for, one empty file each.",
        "KEY.totals": "Attempts, proofs and time of all runs, which --json and the next run add to.",
        "~/.cache/qsdm/dag/": "Proof-of-work tables and their checkpoints, which may be removed at any time.",
      },
      exit: {
        3: "The node is not enrolled or no longer, or the work cannot be right.",
        4: "No node answered at the start, or no device or backend can be used.",
        130: "Interrupted before --proofs were accepted.",
      },
      seeAlso: ["enroll", "keygen node", "keygen hmac", "enrollment-status"],
    }),
  )
    .addOption(new Option("--validator <url>", "another name of --api-url").conflicts("apiUrl"))
    .addOption(
      new Option("--node <url>", "a node to mine for; give it again for others to turn to when it does not answer")
        .argParser(another)
        .conflicts(["apiUrl", "validator"]),
    )
    .option("--address <address>", "account to pay (default: the owner of the node)")
    .option("--node-id <id>", "the enrolled node to mine for")
    .option("--gpu-uuid <uuid>", "as nvidia-smi -L prints it (default: the enrolled one)")
    .option("--gpu-name <name>", "model of the GPU as the driver names it", "")
    .option("--gpu-arch <name>", "hopper, blackwell, ada-lovelace, ampere or turing", "")
    .option("--compute-cap <version>", "CUDA compute capability", "")
    .option("--cuda-version <version>", "version of CUDA", "")
    .option("--driver-ver <version>", "version of the GPU driver", "")
    .option("--hmac-key-file <path>", "key of the attestation MAC, as hex; - reads standard input")
    .option("--device-key-file <path>", "instead: private key of a certified device, in PEM")
    .option("--report-exec <command>", "instead: asks the GPU for its own report, with the nonce on standard input")
    .option("--cert-chain <path>", "PEM of the device's certificate and those above it")
    .option("--firmware-ver <version>", "version of the GPU's firmware, for a certified quote")
    .option("--node-key-file <path>", "seed of the key that signs proofs, as hex")
    .option(
      "--backend <name>",
      `what computes: ${[AUTO, ...ALL_BACKEND_NAMES].join(", ")}; auto takes the fastest that computes right`,
      AUTO,
    )
    .addOption(
      new Option(
        "--device <name>",
        "cpu, cpu:N for N threads, cuda for each CUDA device, or cuda:N for one; given again, devices are counted apart; " +
          "list shows what there is (default: cpu)",
      ).argParser(another),
    )
    .option("--threads <count>", "threads that search", countFlag(1, 1_024), availableParallelism())
    .option(
      "--batch-count <count>",
      "batches that each proof claims, cut to what the chain allows",
      countFlag(1, 65_535),
      1,
    )
    .option("--proofs <count>", "end after so many accepted proofs", countFlag(1, 0xffff_ffff))
    .option("--poll <duration>", "time between two looks at the tip, 10ms at least", pollFlag, DEFAULT_POLL_MS)
    .option("--dag-dir <dir>", "where proof-of-work tables are kept (default: ~/.cache/qsdm/dag)")
    .option("--table-memory <how>", "where the table is: auto, mapped or copied (default: auto)")
    .option(
      "--enrollment-poll <duration>",
      "time between two looks at the record; 0s looks never",
      durationFlag,
      DEFAULT_LOOK_MS,
    )
    .option("--idle-only", "mine only while nobody uses the GPUs; what nvidia-smi does not tell pauses nothing", false)
    .option(
      "--idle-threshold <percent>",
      "use below which a GPU counts as idle",
      countFlag(0, 100),
      DEFAULT_IDLE.thresholdPct,
    )
    .option("--idle-grace <duration>", "how long it must stay below", durationFlag, DEFAULT_IDLE.graceMs)
    .option("--idle-poll <duration>", "time between two looks, one second at least", durationFlag, 5_000)
    .option("--metrics <address>", "serve figures for Prometheus on a port, or on HOST:PORT")
    .option("--self-test", "check that this machine mines correctly, and end", false)
    .option("--rig-file <path>", `flags of the rig in a file, made by a first run (default: ${DEFAULT_RIG_FILE})`)
    .action(async (typed: MineFlags, command: Command) => {
      if (typed.device?.includes("list")) return listDevices(io);
      if (typed.selfTest) return runSelfTest(io, typed);
      const flags = await withRig(io, typed, (flag) => command.getOptionValueSource(flag) === "cli");
      const apiUrl = flags.apiUrl ?? flags.validator;
      const given = {...flags, ...(apiUrl === undefined ? {} : {apiUrl})};
      await withClients(io, given, flags.node ?? [], async (clients) => {
        const accepted = await mine(io, flags, clients);
        if (flags.proofs !== undefined && accepted < flags.proofs) io.signal.throwIfAborted();
      });
    });
