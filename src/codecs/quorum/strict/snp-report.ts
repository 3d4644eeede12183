/**
 * Attestation report of AMD SEV-SNP, as the firmware signs it: 1,184 bytes, numbers little endian.
 *
 * Source: AMD 56860, SEV-SNP firmware ABI, tables "ATTESTATION_REPORT Structure", "TCB_VERSION" and "Guest Policy". Versions 2
 * and 3 are read, of Milan and Genoa (family 19h): later families order TCB_VERSION otherwise.
 */
import {DecodeError} from "../../../errors.js";

export const SNP_REPORT_BYTES = 1_184;
/** All before it is signed. */
const SIGNATURE_AT = 0x2a0;
/** A number of the signature is little endian and padded to 72 bytes; of P-384 it has 48. */
const NUMBER_BYTES = 48;
const NUMBER_STRIDE = 72;
/** Family 19h, by report version: version 2 names none, and is older than the next family. */
const FAMILY = 0x19;
const VERSIONS: readonly number[] = [2, 3];

/** Security versions of the parts that a machine is trusted with, all of which a chip's key belongs to. */
export interface Tcb {
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

export interface SnpReport {
  readonly version: number;
  readonly policy: {readonly debug: boolean; readonly migratable: boolean};
  /** Privilege level in the guest of who asked, 0 the highest. */
  readonly vmpl: number;
  /** 0: the chip's own key (VCEK). */
  readonly signingKey: number;
  /** The chip's identity is left out. */
  readonly chipMasked: boolean;
  readonly userData: Uint8Array;
  readonly measurement: Uint8Array;
  /** What the signing key is of. */
  readonly reportedTcb: Tcb;
  /** What the guest was launched by: firmware may be replaced under a guest that runs. */
  readonly launchTcb: Tcb;
  readonly chipId: Uint8Array;
  readonly signed: Uint8Array;
  /** r and s of ECDSA P-384, big endian, side by side. */
  readonly signature: Uint8Array;
}

const refuse = (why: string): never => {
  throw new DecodeError("REPORT_INVALID", `SEV-SNP report: ${why}`);
};

/** @throws DecodeError REPORT_INVALID */
export function readSnpReport(bytes: Uint8Array): SnpReport {
  if (bytes.length !== SNP_REPORT_BYTES) return refuse(`${bytes.length} bytes, want ${SNP_REPORT_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u32 = (at: number): number => view.getUint32(at, true);
  const part = (at: number, size: number): Uint8Array => bytes.slice(at, at + size);
  const version = u32(0);
  if (!VERSIONS.includes(version)) refuse(`version ${version}, want one of ${VERSIONS.join(", ")}`);
  if (version > 2 && bytes[0x188] !== FAMILY) refuse(`a processor of family ${bytes[0x188]!.toString(16)}h, want 19h`);
  const algorithm = u32(0x34);
  if (algorithm !== 1) refuse(`signed by algorithm ${algorithm}, want 1, ECDSA P-384 with SHA-384`);
  const policy = u32(0x08);
  const keys = u32(0x48);
  return {
    version,
    policy: {debug: (policy & (1 << 19)) !== 0, migratable: (policy & (1 << 18)) !== 0},
    vmpl: u32(0x30),
    signingKey: (keys >>> 2) & 7,
    chipMasked: (keys & 2) !== 0,
    userData: part(0x50, 64),
    measurement: part(0x90, 48),
    reportedTcb: tcbOf(part(0x180, 8)),
    launchTcb: tcbOf(part(0x1f0, 8)),
    chipId: part(0x1a0, 64),
    signed: part(0, SIGNATURE_AT),
    signature: signatureOf(bytes),
  };
}

const tcbOf = (bytes: Uint8Array): Tcb => ({
  bootloader: bytes[0]!,
  tee: bytes[1]!,
  snp: bytes[6]!,
  microcode: bytes[7]!,
});

function signatureOf(bytes: Uint8Array): Uint8Array {
  const signature = new Uint8Array(2 * NUMBER_BYTES);
  for (const number of [0, 1]) {
    const at = SIGNATURE_AT + number * NUMBER_STRIDE;
    if (bytes.subarray(at + NUMBER_BYTES, at + NUMBER_STRIDE).some((byte) => byte !== 0))
      refuse("its signature is out of range");
    signature.set(bytes.slice(at, at + NUMBER_BYTES).reverse(), number * NUMBER_BYTES);
  }
  return signature;
}
