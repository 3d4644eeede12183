/** What `qsdm mine` has to know before it mines: what the chain asks for, what the rig says, how it signs. */

import {U64_MAX} from "../../codecs/amount.js";
import type {EnrollmentView} from "../../codecs/api/mining.js";
import type {Status} from "../../codecs/api/status.js";
import {RuleError, UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import type {TableMemory} from "../../node/mining/dag/memory.js";
import {SignedHeights} from "../../node/mining/signed-heights.js";
import type {ClientFlags} from "../client.js";
import type {Io} from "../io.js";
import {loadSettings} from "../settings.js";

/** What a rig says of itself and signs with, as commander gives it. */
export interface SigningFlags {
  readonly nodeId?: string;
  readonly gpuUuid?: string;
  readonly gpuName: string;
  readonly gpuArch: string;
  readonly computeCap?: string;
  readonly cudaVersion?: string;
  readonly driverVer?: string;
  readonly firmwareVer?: string;
  readonly hmacKeyFile?: string;
  readonly deviceKeyFile?: string;
  readonly reportExec?: string;
  readonly certChain?: string;
  readonly nodeKeyFile?: string;
}

/** Flags of the command, as commander gives them. */
export interface MineFlags extends ClientFlags, SigningFlags {
  readonly validator?: string;
  readonly node?: readonly string[];
  readonly enrollmentPoll: number;
  readonly metrics?: string;
  readonly rigFile?: string;
  readonly idleOnly: boolean;
  readonly idleThreshold: number;
  readonly idleGrace: number;
  readonly idlePoll: number;
  readonly address?: string;
  readonly backend: string;
  readonly device?: readonly string[];
  readonly threads: number;
  readonly batchCount: number;
  readonly proofs?: number;
  readonly poll: number;
  readonly dagDir?: string;
  readonly tableMemory?: string;
  readonly selfTest: boolean;
}

/** What the chain says about the rig, and what it asks of its proofs. */
export interface Terms {
  readonly chainId: string;
  /** Whether proofs must be signed with the node key. */
  readonly strict: boolean;
  readonly forkTensorHeight: bigint;
  readonly record: EnrollmentView;
}

/** Asks the node what it wants from this rig. @throws RuleError MINER_NOT_ACTIVE, ENROLLMENT_NOT_FOUND */
export async function termsOf(client: Client, nodeId: string): Promise<Terms> {
  const [status, record] = await Promise.all([client.status(), client.enrollment({nodeId})]);
  if (record.phase !== "active")
    throw new RuleError("MINER_NOT_ACTIVE", `node ${nodeId} is ${record.phase}: its proofs would be refused`, {
      hint: "enroll again once the old bond has been returned",
    });
  return {...chainTerms(status), record};
}

const chainTerms = ({qsdm, mining, network}: Status): Omit<Terms, "record"> => ({
  chainId: qsdm?.chainId ?? network,
  strict: qsdm?.rules === "strict",
  forkTensorHeight: mining?.forkTensorHeight ?? U64_MAX,
});

/** Account to pay. @throws UsageError MINER_ADDRESS_NOT_OWNER */
export function payeeOf({address}: MineFlags, {strict, record}: Terms): string {
  const payee = address ?? record.owner;
  if (strict && payee !== record.owner)
    throw new UsageError("MINER_ADDRESS_NOT_OWNER", `node ${record.nodeId} belongs to ${record.owner}`, {
      hint: "leave --address out: this chain pays the owner of the node",
    });
  return payee;
}

export function required(value: string | undefined, flag: string): string {
  if (value !== undefined && value !== "") return value;
  throw new UsageError("FLAG_REQUIRED", `${flag} is missing`, {
    hint: "qsdm mine --help lists what a rig must say; on a terminal, qsdm mine alone asks for it",
  });
}

/** Where tables are kept between runs, and where they are while they are walked. */
export async function tableSettingsOf(io: Io, flags: MineFlags): Promise<{dagDir: string; memory: TableMemory}> {
  const {config, dagDir, tableMemory} = flags;
  const settings = await loadSettings(io.host, {config, dag_dir: dagDir, table_memory: tableMemory});
  return {dagDir: settings.dag_dir.value!, memory: settings.table_memory.value as TableMemory};
}

/** The flag that each kind of evidence is named by. */
export const MINE_SOURCES = {
  hmacKeyFile: "--hmac-key-file",
  deviceKeyFile: "--device-key-file",
  reportExec: "--report-exec",
} as const;

/** The file of the key that signs; what a miner keeps between runs lies beside it. @throws UsageError KEY_FILE_NEEDED */
export function signingKeyPath(flags: MineFlags, {strict}: Terms): string {
  const [file, flag] = strict
    ? [flags.nodeKeyFile, "--node-key-file"]
    : flags.deviceKeyFile === undefined
      ? [flags.hmacKeyFile, "--hmac-key-file"]
      : [flags.deviceKeyFile, "--device-key-file"];
  const key = required(file, flag);
  if (key === "-")
    throw new UsageError("KEY_FILE_NEEDED", "the signing key cannot come from standard input", {
      hint: "heights that were signed are recorded beside the key's file, so that no restart signs twice",
    });
  return key;
}

/** The record of signed heights. @throws UsageError KEY_FILE_NEEDED */
export const signedHeightsOf = (flags: MineFlags, terms: Terms): SignedHeights =>
  new SignedHeights(`${signingKeyPath(flags, terms)}.signed`, terms.chainId);
