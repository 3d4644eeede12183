/** Clients: accounts that send each other money, each through one node, in order of nonce. */
import {addressOfKey} from "../../src/codecs/address.js";
import {envelope, signingBytes, type UnsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {TRANSFER_CONTRACT, transfer} from "../../src/codecs/chain/payloads.js";
import type {SimCrypto} from "./crypto.js";
import type {Random} from "./random.js";

export interface Client {
  readonly address: string;
  readonly home: number;
  readonly keys: {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array};
  nonce: bigint;
}

export const clientsOf = (count: number, nodes: number, crypto: SimCrypto): Client[] =>
  Array.from({length: count}, (_, i) => {
    const keys = crypto.transactions.keygen(`client ${i}`);
    return {address: addressOfKey(keys.publicKey), home: i % nodes, keys, nonce: 0n};
  });

/** A signed transfer of `client`, with the nonce that it is at. */
export function transferOf(
  client: Client,
  {to, chainId, crypto, random}: {to: string; chainId: string; crypto: SimCrypto; random: Random},
): Uint8Array {
  const content: UnsignedEnvelope = {
    chainId,
    sender: client.address,
    nonce: client.nonce,
    expiresAtHeight: 5_000n,
    maxFeeDust: 10_000n,
    tipDust: BigInt(random.between(0, 100)),
    contract: TRANSFER_CONTRACT,
    payload: transfer.encode({to, amountDust: BigInt(random.between(1, 1_000)), memo: ""}),
  };
  const signature = crypto.transactions.sign(client.keys.secretKey, signingBytes(content));
  return envelope.encode({content, publicKey: client.keys.publicKey, signature});
}
