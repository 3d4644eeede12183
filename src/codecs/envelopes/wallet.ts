/**
 * Wallet envelope v2: a signed transfer as QSDM's wallets send it.
 *
 * J-html JSON, members in the order below; `nonce` is left out when 0, `public_key` when empty, and absent parent cells
 * are `null`, not an empty list. The signature is over the same JSON with an empty signature and no key.
 * Source: node specification, section 2.7. Vectors: canonical.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {addressOfKey} from "../address.js";
import {bytesOfHex, utf8} from "../bytes.js";
import {readStrict} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {goFloat64, goList, goNullable, goText, goUint64} from "../go/types.js";
import {canonicalCodec} from "../json.js";
import {ML_DSA_87, type VerifySignature} from "../suite.js";
import {dustOfCell} from "./amount.js";

/** Contract under which the envelope travels on the ancestor's chain. */
export const WALLET_TRANSFER_CONTRACT = "qsdm/wallet-transfer/v1";
/** Longest envelope, in bytes of JSON: the limit of the route that takes it. */
export const WALLET_ENVELOPE_MAX_BYTES = 65_536;

const envelopeWire = goStruct("wallet.SignedEnvelope", {
  id: member("id", goText()),
  sender: member("sender", goText()),
  recipient: member("recipient", goText()),
  /** In CELL. Signed as the shortest text of a double, so it stays one here; `dustOfCell` leaves floats behind. */
  amount: member("amount", goFloat64),
  /** In CELL, like `amount`. */
  fee: member("fee", goFloat64),
  geotag: member("geotag", goText()),
  parentCells: member("parent_cells", goNullable(goList(goText()))),
  /** One more than the account nonce that the transfer consumes. */
  nonce: optional("nonce", goUint64),
  /** Lowercase hex of an ML-DSA-87 signature. */
  signature: member("signature", goText()),
  /** Lowercase hex of an ML-DSA-87 key. */
  publicKey: optional("public_key", goText()),
  /** RFC 3339, as the wallet wrote it. */
  timestamp: member("timestamp", goText()),
});
export type WalletEnvelope = GoValue<typeof envelopeWire>;

/** @throws DecodeError ENVELOPE_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const walletEnvelope = canonicalCodec<WalletEnvelope>({
  what: "wallet envelope",
  maxBytes: WALLET_ENVELOPE_MAX_BYTES,
  write: (envelope) => envelopeWire.write(envelope, "html"),
  read: (bytes) =>
    readStrict(envelopeWire, bytes, {
      code: "ENVELOPE_INVALID",
      prefix: "envelope: ",
      trailing: "envelope: data after the envelope",
    }),
});

/** Bytes under the signature. @throws DecodeError FLOAT_UNSUPPORTED, FIELD_INVALID */
export const walletSigningBytes = (envelope: WalletEnvelope): Uint8Array =>
  utf8(envelopeWire.write({...envelope, signature: "", publicKey: ""}, "html"));

/** What a checked envelope moves. */
export interface WalletTransfer {
  readonly amountDust: bigint;
  readonly feeDust: bigint;
  /** Account nonce that is consumed. */
  readonly accountNonce: bigint;
}

const refuse = (code: string, message: string): never => {
  throw new DecodeError(code, message);
};

/**
 * The rules that consensus holds an envelope to, and what it moves.
 * @throws DecodeError ENVELOPE_INVALID, ENVELOPE_SENDER_MISMATCH, ENVELOPE_SIGNATURE_INVALID, AMOUNT_INVALID
 */
export function checkWalletEnvelope(envelope: WalletEnvelope, verify: VerifySignature): WalletTransfer {
  const {nonce, amount, fee, sender} = envelope;
  if (nonce === 0n) refuse("ENVELOPE_INVALID", "envelope nonce is 0, must be at least 1");
  const amountDust = dustOfCell(amount);
  if (amountDust === 0n) refuse("ENVELOPE_INVALID", "amount is 0, must be positive");
  const feeDust = dustOfCell(fee);
  const key = sizedHex("public_key", envelope.publicKey, ML_DSA_87.publicKeyBytes);
  const signature = sizedHex("signature", envelope.signature, ML_DSA_87.signatureBytes);
  const address = addressOfKey(key);
  if (address !== sender)
    refuse("ENVELOPE_SENDER_MISMATCH", `sender is ${JSON.stringify(sender)}, the key's address is ${address}`);
  if (!verify(key, walletSigningBytes(envelope), signature))
    refuse("ENVELOPE_SIGNATURE_INVALID", "signature does not fit the envelope and its key");
  return {amountDust, feeDust, accountNonce: nonce - 1n};
}

function sizedHex(name: string, text: string, size: number): Uint8Array {
  if (text.length !== size * 2) refuse("ENVELOPE_INVALID", `${name} is ${text.length} characters, want ${size * 2}`);
  return bytesOfHex(text, size);
}
