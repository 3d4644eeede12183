import type {Command} from "commander";
import {addressOfKey} from "../../codecs/address.js";
import {textOf} from "../../codecs/bytes.js";
import {readHex} from "../../codecs/go/hex.js";
import {ML_DSA_87} from "../../codecs/suite.js";
import {DecodeError, RuleError, UsageError} from "../../errors.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {readMessage} from "./message.js";

interface Flags {
  readonly publicKey?: string;
  readonly publicKeyFile?: string;
  readonly signature?: string;
  readonly signatureFile?: string;
  readonly message?: string;
  readonly messageFile?: string;
}

export const walletVerifyCommand = (io: Io): Command =>
  defineCommand("wallet verify", {
    summary: "check a signature of a message",
    description:
      "Checks an ML-DSA-87 signature, made with an empty context, over the bytes of a message, and prints the address of the " +
      "key that made it. Works offline and needs no keystore.",
    examples: [
      {
        does: "check what wallet sign made",
        run: "qsdm wallet verify --public-key-file pk.hex --signature-file statement.sig --message-file statement.txt",
      },
    ],
    exit: {3: "The signature does not verify, or an input is not what it should be."},
    seeAlso: ["wallet sign", "wallet show"],
  })
    .option("--public-key <hex>", "the public key as hex")
    .option("--public-key-file <path>", "file with it; - reads standard input")
    .option("--signature <hex>", "the signature as hex")
    .option("--signature-file <path>", "file with it; - reads standard input")
    .option("--message <hex>", "the message as hex")
    .option("--message-file <path>", "file with the message as it is; - reads standard input")
    .action(async (flags: Flags) => {
      const {publicKeyBytes, signatureBytes} = ML_DSA_87;
      const key = await readSized(io, "public-key", {
        hex: flags.publicKey,
        file: flags.publicKeyFile,
        size: publicKeyBytes,
      });
      const signature = await readSized(io, "signature", {
        hex: flags.signature,
        file: flags.signatureFile,
        size: signatureBytes,
      });
      const message = await readMessage(io, flags);
      const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
      if (!(await loadMlDsa(87, "few")).verify(key, message, signature))
        throw new RuleError("SIGNATURE_INVALID", "the signature does not verify under this key for this message");
      const address = addressOfKey(key);
      io.result({valid: true, address, message_bytes: message.length}, address);
    });

interface Source {
  readonly hex: string | undefined;
  readonly file: string | undefined;
  readonly size: number;
}

/** @throws UsageError INPUT_SOURCE; DecodeError HEX_INVALID, SIZE_WRONG */
async function readSized(io: Io, name: string, {hex, file, size}: Source): Promise<Uint8Array> {
  if ((hex === undefined) === (file === undefined))
    throw new UsageError("INPUT_SOURCE", `give one of --${name} and --${name}-file`);
  // Room for white space around the digits.
  const maxBytes = 2 * size + 64;
  const text = hex ?? textOf(await io.readFile(file!, {flag: `--${name}-file`, maxBytes}));
  const bytes = readHex(text.trim());
  if (bytes.length !== size)
    throw new DecodeError("SIZE_WRONG", `--${name} is ${bytes.length} bytes, an ML-DSA-87 one has ${size}`);
  return bytes;
}
