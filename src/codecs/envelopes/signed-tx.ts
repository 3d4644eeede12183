/**
 * `SignedTx` v1, the ancestor's first signed transaction: for reading old chains, never taken by ours.
 *
 * The signed text joins its fields with colons and no lengths, so ids that contain a colon are ambiguous (defect D12).
 * Source: node specification, section 2.7. Vectors: signed-tx.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {addressOfKey} from "../address.js";
import {concat, utf8} from "../bytes.js";
import {sha256} from "../hash.js";
import type {VerifySignature} from "../suite.js";

export interface SignedTransaction {
  readonly id: string;
  readonly sender: string;
  readonly recipient: string;
  /** In CELL: the ancestor signs eight decimals of a double. */
  readonly amount: number;
  readonly fee: number;
  readonly gasLimit: bigint;
  readonly nonce: bigint;
  /** Empty when the transaction calls no contract. */
  readonly contractId: string;
  readonly payload: Uint8Array;
}

/** A transaction with what proves it. */
export interface SignatureOfTransaction {
  /** `ed25519` or `ml-dsa`. */
  readonly algorithm: string;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** The 32 bytes that are signed. */
export function signedTxHash(tx: SignedTransaction): Uint8Array {
  const {id, sender, recipient, amount, fee, gasLimit, nonce, contractId, payload} = tx;
  const head = [id, sender, recipient, eightDecimals(amount), eightDecimals(fee), gasLimit, nonce].join(":");
  return sha256(concat(utf8(contractId === "" ? head : `${head}:cid:${contractId}`), payload));
}

/**
 * Eight decimals as Go prints them. Go rounds an exact half to the even digit, `toFixed` up; only odd multiples of
 * 2^-9 are such halves. From 1e21 on, where `toFixed` gives an exponent, every double is an integer.
 */
function eightDecimals(value: number): string {
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.00000000`;
  if (Math.abs((value * 512) % 2) !== 1) return value.toFixed(8);
  const below = (BigInt(Math.abs(value) * 512) * 390_625n - 1n) / 2n;
  const even = below + (below & 1n);
  const digits = even.toString().padStart(9, "0");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

/** Checks of one algorithm: its key size and its verifier. */
export interface SignedTxSuite {
  readonly publicKeyBytes: number;
  readonly verify: VerifySignature;
}

/**
 * Key size, signature, then identity: the sender has to be the digest of the key, in either case.
 * @throws DecodeError TX_ALGORITHM_UNKNOWN, TX_KEY_SIZE, TX_SIGNATURE_INVALID, TX_SENDER_MISMATCH
 */
export function checkSignedTx(
  tx: SignedTransaction,
  {algorithm, publicKey, signature}: SignatureOfTransaction,
  suites: ReadonlyMap<string, SignedTxSuite>,
): void {
  const suite = suites.get(algorithm);
  if (suite === undefined)
    throw new DecodeError("TX_ALGORITHM_UNKNOWN", `signature algorithm ${JSON.stringify(algorithm)} is unknown`);
  if (publicKey.length !== suite.publicKeyBytes)
    throw new DecodeError("TX_KEY_SIZE", `public key is ${publicKey.length} bytes, want ${suite.publicKeyBytes}`);
  if (!suite.verify(publicKey, signedTxHash(tx), signature))
    throw new DecodeError("TX_SIGNATURE_INVALID", "signature does not fit the transaction and its key");
  const address = addressOfKey(publicKey);
  if (tx.sender.toLowerCase() !== address)
    throw new DecodeError("TX_SENDER_MISMATCH", `sender is ${tx.sender}, the key's address is ${address}`);
}
