import type {Command} from "commander";
import {envelope, signingBytes, txIdOf, type UnsignedEnvelope, unsignedEnvelope} from "../../codecs/chain/envelope.js";
import {isMultiEnvelope, multiEnvelope} from "../../codecs/chain/multisig.js";
import {DecodeError, UsageError} from "../../errors.js";
import type {Signer} from "../../node/keys/signer.js";
import {authorshipOf, ONE_KEY} from "../../node/ledger/monetary/gas.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addPassphraseFlags, type PassphraseFlags} from "../passphrase.js";
import {addConfigFlag, loadSettings, settingsEnvironment} from "../settings.js";
import {openWallet} from "../submit.js";
import {documentOfContent, sentenceOf, termsSentence} from "./describe.js";
import {addOutFlags, checkOut, type OutFlags, readTx, writeTx} from "./files.js";
import {checkOwner, policyAt, signAsMember} from "./members.js";

interface Flags extends PassphraseFlags, OutFlags {
  readonly config?: string;
  readonly in?: string;
  readonly chainId?: string;
  readonly keyKnown: boolean;
  readonly policy?: string;
}

/** The signed envelope; the key is left out where the chain knows it. */
export function signContent(content: UnsignedEnvelope, signer: Signer, keyKnown: boolean): Uint8Array {
  const publicKey = keyKnown ? null : signer.publicKey;
  return envelope.encode({content, publicKey, signature: signer.sign(signingBytes(content))});
}

/** @throws DecodeError TX_SIGNED, CBOR_INVALID, FIELD_INVALID */
export function readUnsigned(bytes: Uint8Array): UnsignedEnvelope {
  try {
    return unsignedEnvelope.decode(bytes);
  } catch (error) {
    if (!isMultiEnvelope(bytes) && !isEnvelope(bytes)) throw error;
    throw new DecodeError("TX_SIGNED", "this transaction is signed already", {hint: "send it with qsdm tx send"});
  }
}

function isEnvelope(bytes: Uint8Array): boolean {
  try {
    envelope.decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

export const txSignCommand = (io: Io): Command =>
  addOutFlags(
    addPassphraseFlags(
      addConfigFlag(
        defineCommand("tx sign", {
          summary: "sign a transaction, offline",
          description:
            "Reads the bytes that qsdm tx build wrote, shows in words what they do, and writes the signed envelope. Needs no " +
            "network: this is the step for the machine that has the key. On a terminal it asks before it signs.\n\n" +
            "The envelope carries the public key unless --key-known says that the chain has it already, from the account's " +
            "first transaction; leaving it out saves 2,592 bytes. --chain-id refuses a transaction for another chain.\n\n" +
            "--policy signs as one member of a multi-signature account: the transaction's sender is the policy's address, and " +
            "qsdm tx combine puts the members' signatures together.",
          examples: [
            {does: "sign a file", run: "qsdm tx sign pay.tx --out pay.signed"},
            {
              does: "as hex that can be typed or printed",
              run: "qsdm tx sign pay.tx --hex --chain-id qsdm-mainnet > pay.hex",
            },
          ],
          environment: settingsEnvironment("keystore", "passphrase_file"),
          files: {"~/.qsdm/wallet.json": "The keystore that signs, unless --in names another."},
          exit: {3: "The file is no unsigned transaction, or the passphrase is wrong."},
          seeAlso: ["tx build", "tx send", "tx decode", "tx combine"],
        }),
      ),
    )
      .argument("<file>", "the transaction, raw or as hex; - reads standard input")
      .option("--in <path>", "the keystore that signs (default: ~/.qsdm/wallet.json)")
      .option("--chain-id <id>", "refuse a transaction for any other chain")
      .option("--policy <path>", "sign as a member of this policy, as qsdm wallet multisig wrote it")
      .option("--key-known", "leave the public key out: the chain has it", false),
    "signed transaction",
  ).action(async (file: string, {config, chainId, keyKnown, policy, ...flags}: Flags) => {
    checkOut(io, flags);
    const content = readUnsigned(await readTx(io, file));
    if (chainId !== undefined && chainId !== content.chainId)
      throw new UsageError("CHAIN_MISMATCH", `the transaction is for chain ${content.chainId}, not ${chainId}`);
    if (policy !== undefined && keyKnown)
      throw new UsageError("FLAG_CONFLICT", "--key-known and --policy exclude each other: a policy travels each time");
    const shared = await policyAt(io, policy);
    if (shared !== null) checkOwner(content, shared);
    const owner = shared === null ? {sender: content.sender} : {};
    const wallet = await openWallet(io, {...flags, ...owner}, await loadSettings(io.host, {config}));
    io.note(sentenceOf(content));
    io.note(termsSentence(content));
    if (io.asks) await io.confirm("Sign this?");
    const signer = await wallet.unlock();
    const signed =
      shared === null
        ? signContent(content, signer, keyKnown)
        : multiEnvelope.encode(signAsMember(content, shared, signer));
    if (shared !== null) io.note(`1 of ${shared.threshold} signatures; put them together with qsdm tx combine`);
    const data = {
      tx_id: txIdOf(content),
      carries_key: !keyKnown,
      ...documentOfContent(content, shared === null ? ONE_KEY : authorshipOf(shared)),
    };
    await writeTx(io, signed, {flags, data});
  });
