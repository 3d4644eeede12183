/** Accounts with real keys, and what they sign, for tests that need true signatures. */
import {addressOfKey} from "../../src/codecs/address.js";
import {type Envelope, envelope, signingBytes, type UnsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {TRANSFER_CONTRACT, transfer} from "../../src/codecs/chain/payloads.js";
import {sha3} from "../../src/codecs/hash.js";
import {type KeyPair, loadMlDsa, type MlDsa} from "../../src/node/compute/ml-dsa.js";

/** ML-DSA-87 and ML-DSA-44 as a node has them. */
export const mlDsa87: MlDsa = await loadMlDsa(87);
export const mlDsa44: MlDsa = await loadMlDsa(44);

/** A test account: its keys derive from its name. */
export interface TestAccount extends KeyPair {
  readonly address: string;
}

export function testAccount(name: string): TestAccount {
  const keys = mlDsa87.keygenFromSeed(sha3(new TextEncoder().encode(`account ${name}`)));
  return {...keys, address: addressOfKey(keys.publicKey)};
}

export const TEST_CHAIN_ID = "qsdm-test";

/** Content with defaults that a test chain accepts. */
export const contentOf = (sender: TestAccount, change: Partial<UnsignedEnvelope> = {}): UnsignedEnvelope => ({
  chainId: TEST_CHAIN_ID,
  sender: sender.address,
  nonce: 0n,
  expiresAtHeight: 5_000n,
  maxFeeDust: 1_000n,
  tipDust: 0n,
  contract: TRANSFER_CONTRACT,
  payload: new Uint8Array(),
  ...change,
});

/** Signs content; the key is carried unless `byReference`. */
export function signed(sender: TestAccount, content: UnsignedEnvelope, {byReference = false} = {}): Uint8Array {
  const signature = mlDsa87.sign(sender.secretKey, signingBytes(content));
  const value: Envelope = {content, publicKey: byReference ? null : sender.publicKey, signature};
  return envelope.encode(value);
}

/** A signed transfer. */
export const signedTransfer = (
  sender: TestAccount,
  move: {to: string; amountDust: bigint; nonce?: bigint},
  options?: {byReference?: boolean},
): Uint8Array =>
  signed(
    sender,
    contentOf(sender, {
      nonce: move.nonce ?? 0n,
      payload: transfer.encode({to: move.to, amountDust: move.amountDust, memo: ""}),
    }),
    options,
  );
