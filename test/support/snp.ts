/** A chip of AMD's with keys that the test holds, and reports as its firmware would sign them. */
import {concat, plain} from "../../src/codecs/bytes.js";
import {type SnpEvidence, snpEvidence} from "../../src/codecs/quorum/strict/attestation.js";
import {SNP_REPORT_BYTES} from "../../src/codecs/quorum/strict/snp-report.js";
import {Extension, type Issued, issue, signAs, type Wish} from "./certificates.js";

export const SNP_MEASUREMENT = new Uint8Array(48).fill(7);
const CHIP = new Uint8Array(64).fill(3);
/** bootloader, TEE, SNP firmware, microcode */
const TCB = [4, 0, 24, 219] as const;
const AMD = "1.3.6.1.4.1.3704.1";

const buffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
const integer = (value: number): Uint8Array => Uint8Array.from(value < 0x80 ? [2, 1, value] : [2, 2, 0, value]);

export interface Chip {
  readonly ark: Issued;
  readonly ask: Issued;
  readonly vcek: Issued;
}

/** @param wishes what else is said of the certificates */
export async function makeChip(wishes: Partial<Record<keyof Chip, Partial<Wish>>> = {}): Promise<Chip> {
  const ark = await issue({name: "ARK-Test", algorithm: "RSA-PSS", ...wishes.ark});
  const ask = await issue({name: "SEV-Test", algorithm: "RSA-PSS", issuer: ark, ...wishes.ask});
  const versions = [1, 2, 3, 8].map((at, i) => new Extension(`${AMD}.3.${at}`, false, buffer(integer(TCB[i]!))));
  const extensions = [...versions, new Extension(`${AMD}.4`, false, buffer(CHIP))];
  const vcek = await issue({name: "SEV-VCEK", issuer: ask, ca: false, extensions, ...wishes.vcek});
  return {ark, ask, vcek};
}

export interface SnpFields {
  readonly userData: Uint8Array;
  readonly measurement?: Uint8Array;
  readonly policy?: number;
  readonly vmpl?: number;
  readonly keys?: number;
  readonly version?: number;
  readonly algorithm?: number;
  readonly family?: number;
  readonly launchTcb?: readonly number[];
  readonly tcb?: readonly number[];
  readonly chip?: Uint8Array;
  readonly signer?: Issued;
}

/** Evidence of the kind, DER and all. */
export function evidenceOf({ark, ask, vcek}: Chip, fields: SnpFields): Uint8Array {
  const report = reportOf(vcek, fields);
  const ders = {vcek: vcek.certificate.der, ask: ask.certificate.der, ark: ark.certificate.der};
  return snpEvidence.encode({report, ...ders} satisfies SnpEvidence);
}

/** Offsets of AMD 56860, table "ATTESTATION_REPORT Structure". */
export function reportOf(vcek: Issued, fields: SnpFields): Uint8Array {
  const {userData, measurement = SNP_MEASUREMENT, policy = 0x3_0000, vmpl = 0, keys = 0, version = 3} = fields;
  const {algorithm = 1, family = 0x19, tcb = TCB, launchTcb = TCB, chip = CHIP, signer = vcek} = fields;
  const bytes = new Uint8Array(SNP_REPORT_BYTES);
  const view = new DataView(bytes.buffer);
  const numbers = [
    [0x00, version],
    [0x08, policy],
    [0x30, vmpl],
    [0x34, algorithm],
    [0x48, keys],
  ] as const;
  for (const [at, value] of numbers) view.setUint32(at, value, true);
  bytes.set(userData, 0x50);
  bytes.set(measurement, 0x90);
  for (const [at, parts] of [
    [0x180, tcb],
    [0x1f0, launchTcb],
  ] as const)
    bytes.set([parts[0]!, parts[1]!, 0, 0, 0, 0, parts[2]!, parts[3]!], at);
  bytes[0x188] = family;
  bytes.set(chip, 0x1a0);
  const signature = signAs(signer, plain(bytes.slice(0, 0x2a0)), {hash: "sha384", form: "raw"});
  const padding = new Uint8Array(24);
  const little = (at: number): Uint8Array => signature.slice(at, at + 48).reverse();
  bytes.set(concat(little(0), padding, little(48)), 0x2a0);
  return bytes;
}
