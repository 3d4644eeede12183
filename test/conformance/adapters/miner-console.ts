/** QSDM's mining console: keys, nonces and polling are compared; what it prints is ours to word. */
import {hexOf} from "../../../src/codecs/bytes.js";
import {rigOf} from "../../../src/commands/mine/attester.js";
import {panelLines} from "../../../src/commands/mine/panel.js";
import {formatHashrate, formatSpan} from "../../../src/commands/mine/stats-document.js";
import {QsdmError, RuleError, UsageError} from "../../../src/errors.js";
import {CLIENT_DEFAULTS, createClient} from "../../../src/node/api/client.js";
import {KEY_FILE_MAX_BYTES, parseKeyFile} from "../../../src/node/keys/key-file.js";
import {advanceNonce} from "../../../src/node/ledger/mining/pow.js";
import {lookAtEnrollment, lookInterval, type RigPhase, severityOf} from "../../../src/node/mining/enrollment-watch.js";
import {NO_TOTALS} from "../../../src/node/mining/tally.js";
import {cannedNode} from "../../commands/canned-node.js";
import {type Adapters, byOperation, type Input, Ours, type Output} from "../case.js";
import {CONSOLE_AREA} from "../miner-defects.js";

const shown = (text: string): Output => ({text: new Ours(text)});

/** QSDM's words for our reasons; they name the file, which ours leave to whoever opened it. */
const keyFileWords = (path: string, {message}: QsdmError): string => {
  if (message === "key file: empty") return `file ${path} is empty`;
  if (message === "key file: more than one line")
    return `file ${path} contains multiple lines; expected a single hex-encoded key`;
  return `decode hex in ${path}: ${message}`;
};

/** Any key that is one: QSDM looks at its size later. */
function keyIn(input: Input, path: string): Uint8Array {
  try {
    return parseKeyFile(input.bytes("file_hex"), {min: 1, max: KEY_FILE_MAX_BYTES});
  } catch (error) {
    throw error instanceof QsdmError ? new UsageError(error.code, keyFileWords(path, error)) : error;
  }
}

const FLAG_WORDS: Readonly<Record<string, string>> = {
  "--node-id": "--node-id (or node_id in config)",
  "--gpu-uuid": "--gpu-uuid (or gpu_uuid in config)",
  "--hmac-key-file":
    "--hmac-key-path (or hmac_key_path in config) pointing to a file containing the operator HMAC key as hex",
};

/** The rig of a context's settings, made by the code that `qsdm mine` makes it with. */
async function context(input: Input): Promise<Output> {
  // Version 1 attests nothing; ours always does.
  if (input.text("protocol") !== "v2") return {enabled: false};
  const path = input.text("hmac_key_path");
  const missing = ["node-id", "gpu-uuid"].find((flag) => input.text(flag.replace("-", "_")) === "");
  if (missing) throw new UsageError("FLAG_REQUIRED", `v2: protocol=v2 requires ${FLAG_WORDS[`--${missing}`]}`);
  const record = {nodeId: input.text("node_id"), gpuUuid: input.text("gpu_uuid")} as never;
  const flags = {gpuName: "", gpuArch: input.textOr("gpu_arch"), ...(path === "" ? {} : {hmacKeyFile: path})};
  const readFile = async (): Promise<Uint8Array> => {
    if (input.has("file_hex")) return input.bytes("file_hex");
    throw new RuleError("FILE_NOT_FOUND", `open ${path}: open ${path}: no such file or directory`);
  };
  try {
    const {gpuArch, hmacKey} = await rigOf({readFile}, flags, {record});
    return {enabled: true, gpu_arch: gpuArch, key_len: hmacKey.length};
  } catch (error) {
    throw error instanceof QsdmError ? new UsageError(error.code, contextWords(input, path, error)) : error;
  }
}

function contextWords(input: Input, path: string, error: QsdmError): string {
  if (error.code === "FLAG_REQUIRED") return `v2: protocol=v2 requires ${FLAG_WORDS["--hmac-key-file"]}`;
  if (error.code !== "KEY_FILE_INVALID") return `v2: load hmac key: ${error.message}`;
  const size = /holds (\d+) bytes, want (\d+) to (\d+)/.exec(error.message);
  if (!size) return `v2: load hmac key: ${keyFileWords(path, error)}`;
  const length = keyIn(input, path).length;
  const bound = length < Number(size[2]) ? `minimum is ${size[2]}` : `maximum is ${size[3]}`;
  return `v2: hmac key from ${path} is ${length} bytes, ${bound}`;
}

/** One look at a node that answers what was recorded, through the real client. */
async function poll(input: Input): Promise<Output> {
  const nodeId = input.text("node_id");
  const path = `/api/v1/mining/enrollment/${encodeURIComponent(nodeId)}`;
  const node = await cannedNode([{method: "GET", path, status: input.number("status"), body: input.text("body")}]);
  const client = createClient({...CLIENT_DEFAULTS, url: `${node.url}/`});
  try {
    const {phase, record, error} = await lookAtEnrollment(client, nodeId);
    const asked = node.asked[0]?.path ?? "";
    return {
      phase,
      stake_dust: record ? `${record.stakeDust}` : unread(input, "0"),
      required_stake_dust: record ? `${record.requiredStakeDust}` : unread(input, "0"),
      bond_remaining_dust: record ? `${record.bondRemainingDust}` : unread(input, "0"),
      bond_mode: record ? record.bondMode : unread(input, ""),
      fully_bonded: record ? record.fullyBonded : unread(input, false),
      slashable: record ? record.slashable : unread(input, false),
      enrolled_at_height: record ? `${record.enrolledAtHeight}` : unread(input, "0"),
      // There is an error where QSDM has one; a node that is not enrolled is none there.
      last_error: new Ours(error?.message ?? "", (text) => (text === "") === (error === null || phase === "not_found")),
      effective_interval_seconds: lookInterval(input.number("interval_seconds") * 1_000) / 1_000,
      url: `${input.text("base_url").replace(/\/$/, "")}${asked}`,
    };
  } finally {
    await client.close();
    await node.close();
  }
}

/** QSDM shows the members of a record whose phase it does not know; ours reads none of it. */
const unread = (input: Input, value: Output): Output => (input.number("status") === 200 ? new Ours(value) : value);

const phaseOf = (input: Input, name: string): RigPhase => input.text(name) as RigPhase;

export const minerConsoleAdapters: Adapters = {
  [CONSOLE_AREA]: byOperation({
    hashrate: (input) => shown(formatHashrate(input.number("hps"))),
    uptime: (input) => shown(formatSpan(Math.max(0, input.number("seconds")))),
    short_age: (input) => shown(formatSpan(Math.max(0, input.number("seconds")))),
    truncate_addr: (input) => shown(input.text("address")),
    truncate_line: (input) => shown(firstPanelLine(input.text("text"), input.number("max"))),
    stake_dust: (input) => shown(input.text("dust")),
    plain_line: (input) => ({line: new Ours(`${input.text("message")}\n`)}),
    load_hmac_key: (input) => ({key: hexOf(keyIn(input, input.text("path")))}),
    load_v2_context: context,
    severity: (input) => ({severity: severityOf(phaseOf(input, "prev"), phaseOf(input, "next"))}),
    poll,
    increment_nonce_by: (input) => ({nonce: hexOf(advanceNonce(input.bytes("nonce"), input.big("by")))}),
  }),
};

function firstPanelLine(text: string, columns: number): string {
  const nothing = {hashrate10sHps: 0, hashrate60sHps: 0, hashrate15mHps: 0, attempts: 0, uptimeSeconds: 0, threads: 0};
  const work = {source: null, height: null, epoch: null, difficulty: null, devices: [], totals: NO_TOTALS};
  const proofs = {acceptedProofs: 0, rejectedProofs: 0, rejectedByReason: {}};
  return panelLines({...nothing, ...work, ...proofs}, {gpus: [], last: null, busyWith: text, nowMs: 0}, columns)[0]!;
}
