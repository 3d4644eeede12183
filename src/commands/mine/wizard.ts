/**
 * The first run: asks a person for what a rig takes, makes its keys, enrolls it if need be, and writes the rig's file, so
 * that it is asked once.
 */
import {join} from "node:path";
import {formatCell} from "../../codecs/amount.js";
import {ML_DSA_SEED_BYTES} from "../../codecs/suite.js";
import {QsdmError, UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {
  formatKeyFile,
  HMAC_KEY_BYTES,
  KEY_FILE_MAX_BYTES,
  parseHmacKeyFile,
  parseSeedFile,
} from "../../node/keys/key-file.js";
import {signerOfSeed} from "../../node/keys/signer.js";
import {type GpuReading, readGpus} from "../../node/mining/gpu-probe.js";
import {withClients} from "../client.js";
import {enrollRig} from "../enroll.js";
import type {Bond} from "../enrollment-order.js";
import type {Io} from "../io.js";
import {loadSettings} from "../settings.js";
import {DEFAULT_WRITE_FLAGS} from "../submit.js";
import {formatRigFile, parseRigFile, type RigValues} from "./rig-file.js";
import type {MineFlags} from "./terms.js";

const NODE_ID = /^[a-z0-9_-]{1,64}$/;

/** What was answered. */
interface Answers {
  readonly url: string;
  readonly nodeId: string;
  readonly gpu: Pick<GpuReading, "uuid" | "name">;
  readonly gpuArch: string;
  readonly hmacKeyFile: string;
  readonly nodeKeyFile: string;
}

/**
 * Sets a rig up and writes its file to `path`.
 * @throws UsageError FILE_EXISTS, and whatever enrolling throws; nothing that was written is taken back
 */
export async function setUpRig(io: Io, flags: MineFlags, path: string): Promise<RigValues> {
  io.note("No rig is named and there is no file of one, so this sets one up. Ctrl-C leaves off.");
  const settings = await loadSettings(io.host, {config: flags.config, api_url: flags.apiUrl ?? flags.validator});
  const url = await ask(io, "URL of the node to mine for", flags.node?.[0] ?? settings.api_url.value!);
  return withClients(io, flags, [url], async ([client]) => {
    const {network, qsdm} = await client!.status();
    io.note(`That is a node of chain ${qsdm?.chainId ?? network}.`);
    const nodeId = await askUntil(io, "Name of the rig (node id)", {
      fallback: "rig1",
      accept: (answer) => NODE_ID.test(answer),
      wrong: "1 to 64 of a-z, 0-9, _ and -",
    });
    const gpu = await askGpu(io);
    const gpuArch = await ask(io, "Architecture (hopper, blackwell, ada-lovelace, ampere or turing)", "ada-lovelace");
    const folder = join(io.host.home, ".qsdm", "rigs");
    const hmacKeyFile = await keyFile(io, join(folder, `${nodeId}.hmac`), HMAC_KEY_BYTES);
    const nodeKeyFile = await keyFile(io, join(folder, `${nodeId}.key`), ML_DSA_SEED_BYTES);
    const answers = {url, nodeId, gpu, gpuArch, hmacKeyFile, nodeKeyFile};
    await enroll(io, client!, {answers, flags});
    return save(io, path, answers);
  });
}

async function save(io: Io, path: string, answers: Answers): Promise<RigValues> {
  const file = formatRigFile({
    node: answers.url,
    node_id: answers.nodeId,
    gpu_uuid: answers.gpu.uuid,
    gpu_name: answers.gpu.name,
    gpu_arch: answers.gpuArch,
    hmac_key_file: answers.hmacKeyFile,
    node_key_file: answers.nodeKeyFile,
  });
  await io.writeFile(path, file, {secret: true});
  io.note(`Wrote ${path}: from now on qsdm mine alone does the same.`);
  return parseRigFile(file, {path, home: io.host.home});
}

/** One of the machine's GPUs, or what is typed. */
async function askGpu(io: Io): Promise<Answers["gpu"]> {
  const gpus = await readGpus();
  for (const [i, {uuid, name}] of gpus.entries()) io.note(`  ${i + 1}  ${name}  ${uuid}`);
  if (gpus.length > 0) {
    const number = await askUntil(io, "Number of the GPU", {
      fallback: "1",
      accept: (answer) => gpus[Number(answer) - 1] !== undefined,
      wrong: `1 to ${gpus.length}`,
    });
    return gpus[Number(number) - 1]!;
  }
  const filled = {fallback: "", accept: (answer: string) => answer !== "", wrong: "it cannot be empty"};
  const uuid = await askUntil(io, "UUID of the GPU, as nvidia-smi -L prints it", filled);
  return {uuid, name: await askUntil(io, "Model of the GPU, as the driver names it", filled)};
}

/** A key's file, made when there is none. */
async function keyFile(io: Io, path: string, bytes: number): Promise<string> {
  if (await io.host.disk.exists(path)) {
    io.note(`Using the key in ${path}.`);
    return path;
  }
  await io.writeFile(path, formatKeyFile(io.host.randomBytes(bytes)), {secret: true});
  io.note(`Made a key: ${path}`);
  return path;
}

/** Enrolls the rig unless the chain has it. */
async function enroll(io: Io, client: Client, {answers, flags}: {answers: Answers; flags: MineFlags}): Promise<void> {
  const {nodeId, gpu, url} = answers;
  if (await isEnrolled(client, nodeId)) return io.note(`${nodeId} is enrolled.`);
  const {qsdm} = await client.status();
  const price = qsdm ? `, ${formatCell((await client.params()).enrollment.bondDust)} CELL` : "";
  const answer = await askUntil(
    io,
    `${nodeId} is not enrolled. Bond: lock it now (now${price}) or from rewards (rewards)`,
    {
      fallback: "rewards",
      accept: (typed) => typed === "now" || typed === "rewards",
      wrong: "now or rewards",
    },
  );
  const bond: Bond = answer === "now" ? {mode: "upfront", stakeDust: null} : {mode: "mining_rewards"};
  const settings = await loadSettings(io.host, {config: flags.config});
  const wallet = await ask(io, "Keystore of the wallet that pays", settings.keystore.value!);
  const read = (path: string, flag: string) => io.readFile(path, {flag, maxBytes: KEY_FILE_MAX_BYTES});
  const seed = parseSeedFile(await read(answers.nodeKeyFile, "--node-key-file"));
  const nodeKey = signerOfSeed(await loadMlDsa(87, "few"), seed);
  const hmacKey = parseHmacKeyFile(await read(answers.hmacKeyFile, "--hmac-key-file"));
  const rig = {nodeId, gpuUuid: gpu.uuid, hmacKey, nodeKey, memo: "", bond};
  const {final} = await enrollRig(
    io,
    {...DEFAULT_WRITE_FLAGS, ...pick(flags), apiUrl: url, in: wallet, wait: true},
    rig,
  );
  if (!final)
    throw new UsageError("ENROLLMENT_PENDING", "no block has decided the enrollment yet", {
      hint: `run qsdm mine again when qsdm enrollment-status ${nodeId} says that it is active`,
    });
}

const pick = ({config, timeout}: MineFlags) => ({
  ...(config === undefined ? {} : {config}),
  ...(timeout === undefined ? {} : {timeout}),
});

async function isEnrolled(client: Client, nodeId: string): Promise<boolean> {
  try {
    await client.enrollment({nodeId});
    return true;
  } catch (error) {
    if (error instanceof QsdmError && error.details.http_status === 404) return false;
    throw error;
  }
}

/** What is typed; nothing typed is `fallback`. */
async function ask(io: Io, label: string, fallback: string): Promise<string> {
  const typed = (await io.line(fallback === "" ? `${label}: ` : `${label} [${fallback}]: `))?.trim();
  return typed ? typed : fallback;
}

interface Accepting {
  readonly fallback: string;
  accept(answer: string): boolean;
  /** What an answer has to be. */
  readonly wrong: string;
}

async function askUntil(io: Io, label: string, {fallback, accept, wrong}: Accepting): Promise<string> {
  for (;;) {
    const answer = await ask(io, label, fallback);
    if (accept(answer)) return answer;
    io.note(`  ${wrong}, please`);
  }
}
