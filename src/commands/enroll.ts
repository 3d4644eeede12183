import type {Command} from "commander";
import {utf8} from "../codecs/bytes.js";
import {UsageError} from "../errors.js";
import {KEY_FILE_MAX_BYTES, parseHmacKeyFile, parseSeedFile} from "../node/keys/key-file.js";
import {type Signer, signerOfSeed} from "../node/keys/signer.js";
import {defineCommand} from "./define.js";
import {type Bond, type FindWork, orderEnrollment, type Rig, referenceEnrollment} from "./enrollment-order.js";
import {u64Flag} from "./flags.js";
import type {Io} from "./io.js";
import {settingsEnvironment} from "./settings.js";
import {addWriteFlags, type Outcome, placeOrder, submitOrder, type WriteFlags} from "./submit.js";

interface Flags extends WriteFlags {
  readonly nodeId: string;
  readonly gpuUuid: string;
  readonly hmacKey?: string;
  readonly hmacKeyFile?: string;
  readonly nodeKeyFile?: string;
  readonly memo: string;
  readonly stake?: bigint;
  readonly bondFromRewards: boolean;
}

export const enrollCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("enroll", {
      summary: "lock a bond and register one GPU",
      description:
        "Registers one GPU under a node id, with the MAC key of its attestation and the key that will sign its proofs, and " +
        "locks the bond that a proven offence can take. Prints the transaction id.\n\n" +
        "With --bond-from-rewards nothing is locked: a search for a nonce stands in for the bond, and the first rewards of " +
        "the rig fill it before its owner can spend them.\n\n" +
        "Submitted is not applied: a block decides, and charges the fee either way. --wait waits for it.",
      examples: [
        {does: "make the keys of a rig", run: "qsdm keygen hmac --out rig1.hmac && qsdm keygen node --out rig1.key"},
        {
          does: "enroll it and wait",
          run: "qsdm enroll --node-id rig1 --gpu-uuid GPU-8a1f --hmac-key-file rig1.hmac --node-key-file rig1.key --wait",
        },
        {
          does: "enroll without money: the rig earns its bond first",
          run: "qsdm enroll --node-id rig1 --gpu-uuid GPU-8a1f --hmac-key-file rig1.hmac --node-key-file rig1.key --bond-from-rewards",
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
      .option(
        "--bond-from-rewards",
        "lock nothing now: fill the bond from what the rig earns, after a search of seconds",
        false,
      )
      .option("--memo <text>", "note kept with the record, at most 256 bytes", ""),
  ).action(async ({stake, bondFromRewards, nodeId, gpuUuid, memo, ...flags}: Flags) => {
    const read = (path: string, flag: string) => io.readFile(path, {flag, maxBytes: KEY_FILE_MAX_BYTES});
    const {hmacKeyFile, nodeKeyFile} = flags;
    if ((hmacKeyFile === undefined) === (flags.hmacKey === undefined))
      throw new UsageError("HMAC_KEY_SOURCE", "give one of --hmac-key-file and --hmac-key");
    const hmacKey = parseHmacKeyFile(
      hmacKeyFile === undefined ? utf8(flags.hmacKey!) : await read(hmacKeyFile, "--hmac-key-file"),
    );
    const nodeKey = nodeKeyFile === undefined ? null : await nodeKeyOf(await read(nodeKeyFile, "--node-key-file"));
    if (bondFromRewards && stake !== undefined)
      throw new UsageError("FLAG_CONFLICT", "--bond-from-rewards locks no stake, --stake names one");
    const bond: Bond = bondFromRewards ? {mode: "mining_rewards"} : {mode: "upfront", stakeDust: stake ?? null};
    const rig: Rig = {nodeId, gpuUuid, hmacKey, nodeKey, memo, bond};
    const findWork = bondWork(io);
    await submitOrder(io, flags, {
      reference: {signed: true, build: (sender) => referenceEnrollment(rig, sender, findWork)},
      build: (context) => orderEnrollment(rig, {...context, findWork}),
    });
  });

const bondWork =
  (io: Io): FindWork =>
  async (prefix) =>
    (await import("./bond-work.js")).findBondWork(io, prefix);

/** Enrolls a rig for a command that does more than that. */
export const enrollRig = (io: Io, flags: WriteFlags, rig: Rig): Promise<Outcome> =>
  placeOrder(io, flags, (context) => orderEnrollment(rig, {...context, findWork: bondWork(io)}));

async function nodeKeyOf(file: Uint8Array): Promise<Signer> {
  const seed = parseSeedFile(file);
  const {loadMlDsa} = await import("../node/compute/ml-dsa.js");
  return signerOfSeed(await loadMlDsa(87, "few"), seed);
}
