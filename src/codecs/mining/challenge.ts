/** Challenge of the mining protocol: nonce, time and signer, MACed by the node that issued it. */
export interface Challenge {
  /** 32 random bytes. */
  readonly nonce: Uint8Array;
  /** Unix seconds. */
  readonly issuedAt: bigint;
  readonly signerId: string;
  readonly signature: Uint8Array;
}
