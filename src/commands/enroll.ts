import type {Command} from "commander";
import {formatCell} from "../codecs/amount.js";
import type {EnrollmentView} from "../codecs/api/mining.js";
import {ENROLL_V3_CONTRACT, nodeKeyClaim, strictEnrollment} from "../codecs/chain/payloads.js";
import {enrollment} from "../codecs/enrollment.js";
import {checkEnrollment} from "../codecs/enrollment-fields.js";
import {QsdmError, RuleError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import {KEY_FILE_MAX_BYTES, parseHmacKeyFile, parseSeedFile} from "../node/keys/key-file.js";
import {type Signer, signerOfSeed} from "../node/keys/signer.js";
import {defineCommand} from "./define.js";
import {u64Flag} from "./flags.js";
import type {Io} from "./io.js";
import {settingsEnvironment} from "./settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "./submit.js";

/** What an operator registers. */
export interface Rig {
  readonly nodeId: string;
  readonly gpuUuid: string;
  readonly hmacKey: Uint8Array;
  /** The key that will sign this rig's proofs. */
  readonly nodeKey: Signer;
  readonly memo: string;
  /** `null` locks what the chain asks for. */
  readonly stakeDust: bigint | null;
}

/**
 * The order that enrolls `rig`.
 * @throws DecodeError ENROLL_INVALID, ENROLL_STAKE_MISMATCH before anything is signed
 */
export function orderEnrollment(rig: Rig, {terms, sender}: Omit<OrderContext, "client">): Order {
  const {nodeId, gpuUuid, hmacKey, nodeKey, memo} = rig;
  const stakeDust = rig.stakeDust ?? terms.bondDust;
  const inner = {kind: "enroll", nodeId, gpuUuid, hmacKey, stakeDust, bondMode: "", workNonce: 0n, memo};
  checkEnrollment(inner, sender, {bondDust: terms.bondDust});
  const possession = nodeKey.sign(nodeKeyClaim(terms.chainId, sender, nodeId, nodeKey.publicKey));
  return {
    contract: ENROLL_V3_CONTRACT,
    payload: strictEnrollment.encode({payload: enrollment.encode(inner), nodeKey: nodeKey.publicKey, possession}),
    summary: {node_id: nodeId, gpu_uuid: gpuUuid, stake_dust: stakeDust, node_key_id: nodeKey.address},
    announcement: [
      `enroll ${nodeId} for GPU ${gpuUuid} on ${terms.chainId}`,
      `locks a bond of ${formatCell(stakeDust)} CELL of ${sender}; it comes back ${terms.unbondBlocks} blocks after the end`,
    ],
    question: null,
    submit: (client, body) => client.enroll({body}),
    checkWith: `qsdm enrollment-status ${nodeId}`,
  };
}

/**
 * Refuses what a block would refuse for a fee.
 * @throws RuleError ENROLLMENT_NODE_ID_BOUND, ENROLLMENT_INSUFFICIENT_BALANCE
 */
export async function checkEnrollable(
  {nodeId, stakeDust}: Pick<Rig, "nodeId" | "stakeDust">,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "enrollment" | "balance">},
): Promise<void> {
  const taken = await recordOf(nodeId, client);
  if (taken)
    throw new RuleError(
      "ENROLLMENT_NODE_ID_BOUND",
      `node id ${nodeId} is enrolled since height ${taken.enrolledAtHeight}`,
      {
        hint: taken.phase === "active" ? "choose another --node-id" : "wait until the old bond has been returned",
      },
    );
  const {balance} = await client.balance({address: sender});
  const neededDust = (stakeDust ?? terms.bondDust) + terms.baseFeeDust;
  if (balance < neededDust)
    throw new RuleError(
      "ENROLLMENT_INSUFFICIENT_BALANCE",
      `bond and fee are ${formatCell(neededDust)} CELL, ${sender} has ${formatCell(balance)}`,
      {details: {balance_dust: balance, needed_dust: neededDust}},
    );
}

async function recordOf(nodeId: string, client: Pick<Client, "enrollment">): Promise<EnrollmentView | null> {
  try {
    return await client.enrollment({nodeId});
  } catch (error) {
    if (error instanceof QsdmError && error.code === "ENROLLMENT_NOT_FOUND") return null;
    throw error;
  }
}

interface Flags extends WriteFlags {
  readonly nodeId: string;
  readonly gpuUuid: string;
  readonly hmacKeyFile: string;
  readonly nodeKeyFile: string;
  readonly memo: string;
  readonly stake?: bigint;
}

export const enrollCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("enroll", {
      summary: "lock a bond and register one GPU",
      description:
        "Registers one GPU under a node id, with the MAC key of its attestation and the key that will sign its proofs, and " +
        "locks the bond that a proven offence can take. Prints the transaction id.\n\n" +
        "Submitted is not applied: a block decides, and charges the fee either way. --wait waits for it.",
      examples: [
        {does: "make the keys of a rig", run: "qsdm keygen hmac --out rig1.hmac && qsdm keygen node --out rig1.key"},
        {
          does: "enroll it and wait",
          run: "qsdm enroll --node-id rig1 --gpu-uuid GPU-8a1f --hmac-key-file rig1.hmac --node-key-file rig1.key --wait",
        },
        {
          does: "see what would be signed",
          run: "qsdm enroll --node-id rig1 --gpu-uuid GPU-8a1f --hmac-key-file rig1.hmac --node-key-file rig1.key --dry-run --json",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {"~/.qsdm/wallet.json": "The keystore that pays and signs, unless --in names another."},
      exit: {3: "The ledger refused the enrollment.", 5: "--wait ended before a block decided."},
      seeAlso: ["keygen node", "keygen hmac", "enrollment-status", "enrollments", "mine"],
    })
      .requiredOption("--node-id <id>", "your handle for this GPU, 1 to 64 of a-z, 0-9, _ and -")
      .requiredOption("--gpu-uuid <uuid>", "as nvidia-smi -L prints it")
      .requiredOption("--hmac-key-file <path>", "the attestation MAC key as hex; - reads standard input")
      .requiredOption("--node-key-file <path>", "the seed of the key that signs proofs; - reads standard input")
      .option("--stake <dust>", "bond to lock, in dust (default: what the chain asks for)", u64Flag)
      .option("--memo <text>", "note kept with the record, at most 256 bytes", ""),
  ).action(async ({stake, nodeId, gpuUuid, memo, ...flags}: Flags) => {
    const read = (path: string, flag: string) => io.readFile(path, {flag, maxBytes: KEY_FILE_MAX_BYTES});
    const hmacKey = parseHmacKeyFile(await read(flags.hmacKeyFile, "--hmac-key-file"));
    const seed = parseSeedFile(await read(flags.nodeKeyFile, "--node-key-file"));
    const {loadMlDsa} = await import("../node/compute/ml-dsa.js");
    const nodeKey = signerOfSeed(await loadMlDsa(87, "few"), seed);
    const rig: Rig = {nodeId, gpuUuid, hmacKey, nodeKey, memo, stakeDust: stake ?? null};
    await submitOrder(io, flags, async (context) => {
      const order = orderEnrollment(rig, context);
      await checkEnrollable(rig, context);
      return order;
    });
  });
