import {randomBytes} from "node:crypto";
import {availableParallelism} from "node:os";
import {setTimeout as delay} from "node:timers/promises";
import {type Command, Option} from "commander";
import {plain} from "../codecs/bytes.js";
import type {Client} from "../node/api/client.js";
import type {ComputeBackend} from "../node/compute/backend.js";
import {AUTO, chooseBackend} from "../node/mining/choose-backend.js";
import {nodePortsOf} from "../node/mining/client-ports.js";
import {DagBuilder, DEFAULT_DAG_OPTIONS} from "../node/mining/dag/builder.js";
import {DagCache} from "../node/mining/dag/cache.js";
import {openDevices, planDevices} from "../node/mining/devices.js";
import {type Device, Fleet} from "../node/mining/fleet.js";
import {Miner} from "../node/mining/miner.js";
import {DEFAULT_POLL_MS, type MinerPorts, type MinerStats} from "../node/mining/ports.js";
import {selfTest} from "../node/mining/self-test.js";
import {withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {countFlag, durationFlag} from "./flags.js";
import type {Io} from "./io.js";
import {attester, dagDirOf, type MineFlags, payeeOf, required, signedHeightsOf, termsOf} from "./mine-terms.js";
import {createMineView, type MineView} from "./mine-view.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

const nowMs = (): number => performance.now();
const sleep = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, {signal}).catch(() => undefined);

/** Mines until enough proofs are accepted or the command is interrupted. */
async function mine(io: Io, flags: MineFlags, client: Client): Promise<MinerStats> {
  const terms = await termsOf(client, required(flags.nodeId, "--node-id"));
  const address = payeeOf(flags, terms);
  const heights = signedHeightsOf(flags, terms);
  const {backend, devices} = await equipment(io, flags);
  const attest = await attester(io, flags, terms, backend);
  const solver = new Fleet(devices, (device, error) => io.warn(`device ${device}: ${error.message}; the rest go on`));
  const cache = new DagCache(await dagDirOf(io, flags), (message) => io.warn(message));
  let view: MineView | undefined;
  const ports: MinerPorts = {
    ...nodePortsOf(client),
    solver,
    attest,
    claim: (height) => heights.claim(height),
    dag: new DagBuilder({...DEFAULT_DAG_OPTIONS, threads: flags.threads}, {backend, cache, nowMs}),
    randomNonce: () => plain(randomBytes(16)),
    nowMs,
    sleep,
    told: (event) => view?.told(event),
  };
  const {batchCount, poll: pollMs} = flags;
  const {forkTensorHeight} = terms;
  const boundNodeId = terms.strict ? terms.record.nodeId : null;
  const maxProofs = flags.proofs ?? null;
  const miner = new Miner({address, boundNodeId, batchCount, maxProofs, forkTensorHeight, pollMs}, ports);
  view = createMineView(io, () => miner);
  try {
    await miner.run(io.signal);
  } finally {
    view.close(miner.stats());
    await solver.close();
  }
  return miner.stats();
}

/** What computes, checked against the rules; what cannot be used is said in a line each. */
async function equipment(io: Io, flags: MineFlags): Promise<{backend: ComputeBackend; devices: readonly Device[]}> {
  const {plans, refused} = planDevices(flags.device, flags.threads);
  const choice = await chooseBackend(flags.backend);
  for (const {message, hint} of [...choice.refused, ...refused]) io.warn(hint ? `${message}; ${hint}` : message);
  const {backend} = choice;
  return {backend, devices: openDevices(plans, backend.name)};
}

async function runSelfTest(io: Io, flags: MineFlags): Promise<void> {
  const {backend, devices} = await equipment(io, flags);
  const solver = new Fleet(devices, (device, error) => io.warn(`device ${device}: ${error.message}`));
  try {
    const {elapsedMs, ...result} = await selfTest({backend, solver, nowMs: () => performance.now()}, io.signal);
    const elapsed = Math.round(elapsedMs);
    io.result({...result, elapsed_ms: elapsed}, [["ok", result.backend, result.threads, result.attempts, elapsed]]);
  } finally {
    await solver.close();
  }
}

export const mineCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("mine", {
      summary: "mine with the CPU for an enrolled node",
      description:
        "Fetches work, searches with worker threads, signs what it finds with the node key and submits it. Prints height " +
        "and proof id of each accepted proof; --json prints one event per line, with statistics every ten seconds.\n\n" +
        "No height is signed twice, not even after a crash: claimed heights are recorded in a directory beside the key " +
        "file. Keep it with the key, because two signed proofs for one height cost the bond.",
      examples: [
        {
          does: "mine until interrupted",
          run: 'qsdm mine --node-id rig1 --gpu-name "NVIDIA GeForce RTX 4090" --gpu-arch ada --hmac-key-file rig1.hmac --node-key-file rig1.key',
        },
        {does: "whether this machine mines correctly", run: "qsdm mine --self-test"},
      ],
      environment: settingsEnvironment("api_url", "timeout", "dag_dir"),
      files: {
        "KEY.signed/": "Heights that the key has signed for, one empty file each.",
        "~/.cache/qsdm/dag/": "Proof-of-work tables and their checkpoints, which may be removed at any time.",
      },
      exit: {
        3: "The node is not enrolled, or its work cannot be right.",
        130: "Interrupted before --proofs were accepted.",
      },
      seeAlso: ["enroll", "keygen node", "keygen hmac", "enrollment-status"],
    }),
  )
    .addOption(new Option("--validator <url>", "another name of --api-url").conflicts("apiUrl"))
    .option("--address <address>", "account to pay (default: the owner of the node)")
    .option("--node-id <id>", "the enrolled node to mine for")
    .option("--gpu-uuid <uuid>", "as nvidia-smi -L prints it (default: the enrolled one)")
    .option("--gpu-name <name>", "model of the GPU as the driver names it", "")
    .option("--gpu-arch <name>", "hopper, blackwell, ada-lovelace, ampere or turing", "")
    .option("--compute-cap <version>", "CUDA compute capability", "")
    .option("--cuda-version <version>", "version of CUDA", "")
    .option("--driver-ver <version>", "version of the GPU driver", "")
    .option("--hmac-key-file <path>", "key of the attestation MAC, as hex; - reads standard input")
    .option("--node-key-file <path>", "seed of the key that signs proofs, as hex")
    .option("--backend <name>", "what computes: auto, wasm or cpu; auto takes the fastest that computes right", AUTO)
    .option("--device <names...>", "devices to mine with: cpu, or cpu:N for N threads; several are counted apart", [
      "cpu",
    ])
    .option("--threads <count>", "threads that search", countFlag(1, 1_024), availableParallelism())
    .option(
      "--batch-count <count>",
      "batches that each proof claims, cut to what the chain allows",
      countFlag(1, 65_535),
      1,
    )
    .option("--proofs <count>", "end after so many accepted proofs", countFlag(1, 0xffff_ffff))
    .option("--poll <duration>", "time between two looks at the tip", durationFlag, DEFAULT_POLL_MS)
    .option("--dag-dir <dir>", "where proof-of-work tables are kept (default: ~/.cache/qsdm/dag)")
    .option("--self-test", "check that this machine mines correctly, and end", false)
    .action(async (flags: MineFlags) => {
      if (flags.selfTest) return runSelfTest(io, flags);
      const apiUrl = flags.apiUrl ?? flags.validator;
      await withClient(io, {...flags, ...(apiUrl === undefined ? {} : {apiUrl})}, async (client) => {
        const {acceptedProofs} = await mine(io, flags, client);
        if (flags.proofs !== undefined && acceptedProofs < flags.proofs) io.signal.throwIfAborted();
      });
    });
