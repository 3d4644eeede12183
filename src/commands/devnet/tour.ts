/** The whole job, played on a running devnet: enroll, mine, cheat, catch, slash. Every step is a command line. */
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {formatCell} from "../../codecs/amount.js";
import {hexOf} from "../../codecs/bytes.js";
import {sha256} from "../../codecs/hash.js";
import {InvariantError, UnavailableError} from "../../errors.js";
import type {Stage} from "./devnet.js";
import type {WalletName} from "./network.js";
import {quietly, type Shell, show} from "./shell.js";

/** A mining rig of the tour: whose it is and what it claims to be. */
interface Rig {
  readonly nodeId: string;
  readonly owner: WalletName;
  readonly gpu: readonly string[];
}

const RIGS: readonly [Rig, Rig] = [
  {
    nodeId: "rig-1",
    owner: "alice",
    gpu: [
      "--gpu-uuid",
      "GPU-00000000-aaaa-4000-8000-000000000001",
      "--gpu-name",
      "NVIDIA GeForce RTX 4090",
      "--gpu-arch",
      "ada-lovelace",
    ],
  },
  {
    nodeId: "rig-2",
    owner: "bob",
    gpu: [
      "--gpu-uuid",
      "GPU-00000000-bbbb-4000-8000-000000000002",
      "--gpu-name",
      "NVIDIA GeForce RTX 3080",
      "--gpu-arch",
      "ampere",
    ],
  },
];

/** Blocks come every second, and are final three later. */
const FINAL_MS = 60_000;
const LOOK_MS = 100;

/** What the cheat left behind. */
interface Offence {
  readonly height: bigint;
  readonly files: readonly [string, string];
}

/** Plays the tour to its end. */
export async function playTour(stage: Stage): Promise<void> {
  const {io, node, paths} = stage;
  const shell: Shell = {
    io,
    cwd: paths.directory,
    env: {QSDM_API_URL: `${node.url}/api/v1`, QSDM_PASSPHRASE_FILE: paths.passphraseFile, NO_COLOR: "1"},
  };
  for (const rig of RIGS) await enrollRig(stage, shell, rig);
  title(stage, "The registry knows both");
  await show(shell, ["enrollments"]);
  title(stage, "Both mine; each accepted proof earns a share of its block's reward");
  for (const rig of RIGS) await mineWith(stage, shell, rig);
  const {files, height} = await cheat(stage, shell, RIGS[1]);
  const txId = await catchIt(stage, shell, files);
  await account(stage, shell, txId);
  io.event({event: "tour-done", height_of_offence: height, slash_tx_id: txId}, [[""], ["The tour is over."]]);
}

let step = 0;
function title({io}: Stage, text: string): void {
  step++;
  io.event({event: "step", number: step, text}, [[""], [`${step}. ${text}`]]);
}

const keyFiles = ({nodeId}: Rig): string[] => [
  "--hmac-key-file",
  `${nodeId}.hmac`,
  "--node-key-file",
  `${nodeId}.node`,
];

async function enrollRig(stage: Stage, shell: Shell, rig: Rig): Promise<void> {
  const {nodeId, owner, gpu} = rig;
  title(stage, `${owner} makes the keys of ${nodeId} and locks its bond of 10 CELL`);
  await show(shell, ["keygen", "hmac", "--out", `${nodeId}.hmac`]);
  await show(shell, ["keygen", "node", "--out", `${nodeId}.node`]);
  const wallet = ["--in", `wallets/${owner}.json`];
  await show(shell, ["enroll", "--node-id", nodeId, ...gpu.slice(0, 2), ...keyFiles(rig), ...wallet, "--wait"]);
}

async function mineWith(stage: Stage, shell: Shell, rig: Rig): Promise<void> {
  const {addresses, node} = stage;
  const {nodeId, owner, gpu} = rig;
  const balanceDust = (): bigint => node.view().account(addresses[owner])?.balanceDust ?? 0n;
  const beforeDust = balanceDust();
  await show(shell, [
    "mine",
    "--proofs",
    "1",
    "--node-id",
    nodeId,
    "--address",
    addresses[owner],
    ...gpu,
    ...keyFiles(rig),
  ]);
  await until(stage, () => balanceDust() > beforeDust);
  await show(shell, ["wallet", "balance", addresses[owner]]);
}

/** What a command was accepted for is in the state once its block is final. @throws UnavailableError TOUR_STEP_FAILED */
async function until({io}: Stage, holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + FINAL_MS; !holds(); ) {
    if (performance.now() > deadline)
      throw new UnavailableError("TOUR_STEP_FAILED", "no block paid for the proof", {
        hint: "qsdm devnet --log-level info shows what the node does",
      });
    await sleep(LOOK_MS, undefined, {signal: io.signal});
  }
}

/** Bob's rig signs a second solution for a height it already has one for. */
async function cheat(stage: Stage, shell: Shell, rig: Rig): Promise<Offence> {
  const {nodeId, gpu} = rig;
  title(stage, `${nodeId} cheats: it signs two different proofs for one height`);
  const line = await show(shell, ["devnet", "equivocate", "--node-id", nodeId, ...gpu.slice(2), ...keyFiles(rig)]);
  const [height, ...files] = line.split("\t");
  return {height: BigInt(height!), files: [files[0]!, files[1]!]};
}

async function catchIt(stage: Stage, shell: Shell, [a, b]: readonly [string, string]): Promise<string> {
  title(stage, "Two watchers build the evidence, each with the pair in another order");
  const helper = (first: string, second: string): string[] => [
    "slash-helper",
    "double-mining",
    "--proof-a",
    first,
    "--proof-b",
    second,
  ];
  const digests = await Promise.all(
    [helper(a, b), helper(b, a)].map(async (words) => hexOf(sha256(await quietly(shell, words)))),
  );
  if (digests[0] !== digests[1]) throw new InvariantError("the evidence depends on the order of the pair");
  stage.io.event(
    {event: "evidence", sha256: digests},
    digests.map((digest) => ["", "sha256", digest]),
  );
  title(stage, "One of them pipes it on and submits the slash");
  const wallet = ["--in", "wallets/watcher.json"];
  const slash = ["slash", "--evidence-file", "-", "--node-id", "rig-2", "--amount", "1000000000", ...wallet, "--wait"];
  return await show(shell, helper(a, b), slash);
}

async function account(stage: Stage, shell: Shell, txId: string): Promise<void> {
  const {addresses, io, node} = stage;
  title(stage, "The receipt: what was taken, what the watcher got, what burned");
  await show(shell, ["slash-receipt", path.basename(txId)]);
  title(stage, "The bond is drained and the rig is out");
  await show(shell, ["enrollment-status", "rig-2"]);
  await show(shell, ["wallet", "balance", addresses.watcher]);
  title(stage, "Every dust is accounted for");
  const {genesisDust, minedDust, burnedDust, balancesDust, bondsDust, unissuedDust, capDust} = node.view().supply();
  io.event(
    {
      event: "supply",
      genesis_dust: genesisDust,
      mined_dust: minedDust,
      burned_dust: burnedDust,
      balances_dust: balancesDust,
      bonds_dust: bondsDust,
      unissued_dust: unissuedDust,
      cap_dust: capDust,
    },
    [
      ["", `genesis ${formatCell(genesisDust)} + mined ${formatCell(minedDust)} - burned ${formatCell(burnedDust)}`],
      [
        "",
        `= balances ${formatCell(balancesDust)} + bonds ${formatCell(bondsDust)} = ${formatCell(balancesDust + bondsDust)} CELL`,
      ],
      [
        "",
        `genesis + mined + unissued = ${formatCell(genesisDust + minedDust + unissuedDust)} = cap ${formatCell(capDust)} CELL`,
      ],
    ],
  );
}
