/** Accounts that call contracts, each through one node, in order of nonce; clients send each other money. */
import {addressOfKey} from "../../src/codecs/address.js";
import {envelope, signingBytes, type UnsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {TRANSFER_CONTRACT, transfer} from "../../src/codecs/chain/payloads.js";
import type {SimCrypto} from "./crypto.js";
import type {Random} from "./random.js";

/** How many clients a run has. */
export const CLIENTS = 8;

export interface Client {
  readonly address: string;
  readonly home: number;
  readonly keys: {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array};
  nonce: bigint;
}

export type Call = Pick<UnsignedEnvelope, "contract" | "payload">;

/** The account of `name`, which asks the node `home`. */
export function clientOf(name: string, home: number, crypto: SimCrypto): Client {
  const keys = crypto.transactions.keygen(name);
  return {address: addressOfKey(keys.publicKey), home, keys, nonce: 0n};
}

export const clientsOf = (count: number, nodes: number, crypto: SimCrypto): Client[] =>
  Array.from({length: count}, (_, i) => clientOf(`client ${i}`, i % nodes, crypto));

interface Signing {
  readonly chainId: string;
  readonly crypto: SimCrypto;
  readonly tipDust: bigint;
}

/** A call that `client` signs, with the nonce that it is at. */
export function signedCall(client: Client, call: Call, {chainId, crypto, tipDust}: Signing): Uint8Array {
  const content: UnsignedEnvelope = {
    chainId,
    sender: client.address,
    nonce: client.nonce,
    expiresAtHeight: 5_000n,
    maxFeeDust: 10_000n,
    tipDust,
    ...call,
  };
  const signature = crypto.transactions.sign(client.keys.secretKey, signingBytes(content));
  return envelope.encode({content, publicKey: client.keys.publicKey, signature});
}

/** A transfer to `to`, and the tip for it. */
export function transferOf(to: string, random: Random): {readonly call: Call; readonly tipDust: bigint} {
  const tipDust = BigInt(random.between(0, 100));
  const payload = transfer.encode({to, amountDust: BigInt(random.between(1, 1_000)), memo: ""});
  return {call: {contract: TRANSFER_CONTRACT, payload}, tipDust};
}
