import type {Command} from "commander";
import {formatCell} from "../codecs/amount.js";
import type {EnrollmentView} from "../codecs/api/mining.js";
import {utf8} from "../codecs/bytes.js";
import {ENROLL_V3_CONTRACT, nodeKeyClaim, strictEnrollment} from "../codecs/chain/payloads.js";
import {enrollment} from "../codecs/enrollment.js";
import {checkEnrollment, ENROLLMENT_BOND_DUST} from "../codecs/enrollment-fields.js";
import {QsdmError, RuleError, UsageError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import {KEY_FILE_MAX_BYTES, parseHmacKeyFile, parseSeedFile} from "../node/keys/key-file.js";
import {type Signer, signerOfSeed} from "../node/keys/signer.js";
import {defineCommand} from "./define.js";
import {u64Flag} from "./flags.js";
import type {Io} from "./io.js";
import type {ReferenceOrder} from "./reference.js";
import {settingsEnvironment} from "./settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "./submit.js";

/** What an operator registers. */
export interface Rig {
  readonly nodeId: string;
  readonly gpuUuid: string;
  readonly hmacKey: Uint8Array;
  /** The key that will sign this rig's proofs; a node of QSDM does without. */
  readonly nodeKey: Signer | null;
  readonly memo: string;
  /** `null` locks what the chain asks for. */
  readonly stakeDust: bigint | null;
}

/**
 * The order that enrolls `rig`.
 * @throws UsageError NODE_KEY_MISSING; DecodeError ENROLL_INVALID, ENROLL_STAKE_MISMATCH before anything is signed
 */
export function orderEnrollment(rig: Rig, {terms, sender}: Omit<OrderContext, "client">): Order {
  const {nodeId, gpuUuid, hmacKey, nodeKey, memo} = rig;
  if (nodeKey === null)
    throw new UsageError("NODE_KEY_MISSING", "this chain wants the key that will sign the rig's proofs", {
      hint: "make one with qsdm keygen node, and pass --node-key-file",
    });
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

/** The same for a node of QSDM. @throws DecodeError ENROLL_INVALID, ENROLL_STAKE_MISMATCH */
export function referenceEnrollment({nodeId, gpuUuid, hmacKey, memo, ...rig}: Rig, sender: string): ReferenceOrder {
  const stakeDust = rig.stakeDust ?? ENROLLMENT_BOND_DUST;
  const payload = {kind: "enroll", nodeId, gpuUuid, hmacKey, stakeDust, bondMode: "", workNonce: 0n, memo};
  checkEnrollment(payload, sender);
  return {
    payload: enrollment.encode(payload),
    signed: true,
    summary: {node_id: nodeId, gpu_uuid: gpuUuid, stake_dust: stakeDust},
    announcement: [`enroll ${nodeId} for GPU ${gpuUuid}`, `locks a bond of ${formatCell(stakeDust)} CELL of ${sender}`],
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
  readonly hmacKey?: string;
  readonly hmacKeyFile?: string;
  readonly nodeKeyFile?: string;
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
      .option("--hmac-key-file <path>", "the attestation MAC key as hex; - reads standard input")
      .option("--hmac-key <hex>", "the same in place; the chain shows it to everybody from then on")
      .option(
        "--node-key-file <path>",
        "the seed of the key that signs proofs; - reads standard input (a node of QSDM wants none)",
      )
      .option("--stake <dust>", "bond to lock, in dust (default: what the chain asks for)", u64Flag)
      .option("--memo <text>", "note kept with the record, at most 256 bytes", ""),
  ).action(async ({stake, nodeId, gpuUuid, memo, ...flags}: Flags) => {
    const read = (path: string, flag: string) => io.readFile(path, {flag, maxBytes: KEY_FILE_MAX_BYTES});
    const {hmacKeyFile, nodeKeyFile} = flags;
    if ((hmacKeyFile === undefined) === (flags.hmacKey === undefined))
      throw new UsageError("HMAC_KEY_SOURCE", "give one of --hmac-key-file and --hmac-key");
    const hmacKey = parseHmacKeyFile(
      hmacKeyFile === undefined ? utf8(flags.hmacKey!) : await read(hmacKeyFile, "--hmac-key-file"),
    );
    const nodeKey = nodeKeyFile === undefined ? null : await nodeKeyOf(await read(nodeKeyFile, "--node-key-file"));
    const rig: Rig = {nodeId, gpuUuid, hmacKey, nodeKey, memo, stakeDust: stake ?? null};
    await submitOrder(io, flags, {
      buildReference: (sender) => referenceEnrollment(rig, sender),
      async build(context) {
        const order = orderEnrollment(rig, context);
        await checkEnrollable(rig, context);
        return order;
      },
    });
  });

async function nodeKeyOf(file: Uint8Array): Promise<Signer> {
  const seed = parseSeedFile(file);
  const {loadMlDsa} = await import("../node/compute/ml-dsa.js");
  return signerOfSeed(await loadMlDsa(87, "few"), seed);
}
