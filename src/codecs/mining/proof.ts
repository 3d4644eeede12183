/** A mining proof, versions 1 and 2. */
export interface Attestation {
  /** `nvidia-hmac-v1`, `qsdm-key-v1`, ...; empty when absent. */
  readonly type: string;
  /** Base64 text as carried. */
  readonly bundle: string;
  readonly gpuArch: string;
  readonly claimedHashrateHps: bigint;
  /** 32 bytes; version 2 only. */
  readonly nonce: Uint8Array;
  /** Unix seconds, signed 64-bit; version 2 only. */
  readonly issuedAt: bigint;
}

export interface Proof {
  readonly version: number;
  readonly epoch: bigint;
  readonly height: bigint;
  /** 32 bytes. */
  readonly headerHash: Uint8Array;
  readonly minerAddr: string;
  /** 32 bytes. */
  readonly batchRoot: Uint8Array;
  readonly batchCount: number;
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  /** 32 bytes. */
  readonly mixDigest: Uint8Array;
  readonly attestation: Attestation;
}
