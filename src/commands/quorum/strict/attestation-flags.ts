/** Which evidence of its machine a custodian shows, as commands take it. */
import {type Command, Option} from "commander";
import {bytesOfHex, equalBytes} from "../../../codecs/bytes.js";
import {decodePinnedRoots} from "../../../codecs/mining/cc-roots.js";
import type {SnpEvidence} from "../../../codecs/quorum/strict/attestation.js";
import {
  ATTESTATION_KINDS,
  type AttestationKind,
  MEASUREMENT_MAX_BYTES,
} from "../../../codecs/quorum/strict/attestation-policy.js";
import {decodeCertificate} from "../../../codecs/x509/certificate.js";
import {DecodeError, UsageError} from "../../../errors.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import type {AttestationDriver} from "../../../node/custody/attestation/driver.js";
import {snpDriver} from "../../../node/custody/attestation/snp.js";
import {softwareDriver} from "../../../node/custody/attestation/software.js";
import {KEY_FILE_MAX_BYTES, parseSeedFile} from "../../../node/keys/key-file.js";
import {signerOfSeed} from "../../../node/keys/signer.js";
import {countFlag} from "../../flags.js";
import type {Io} from "../../io.js";
import {warnInsecure} from "./insecure.js";

export interface AttestationFlags {
  readonly attestation?: AttestationKind;
  readonly attestationCerts?: string;
  readonly attestationKey?: string;
  readonly attestationMeasurement?: string;
  readonly attestationVersion: number;
}

const CERTIFICATES_MAX_BYTES = 64 * 1024;
const VERSION_MAX = 2 ** 32 - 1;

export const ATTESTATION_FILES: Readonly<Record<string, string>> = {
  "--attestation-certs":
    "PEM: the chip's certificate (VCEK) at its firmware's present version, AMD's signing key (ASK) and AMD's root (ARK), all from " +
    "AMD's key distribution service.",
};

export const addAttestationFlags = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--attestation <kind>",
        "show this machine to others: sev-snp, or insecure-software, which is for tests and protects nothing",
      ).choices(ATTESTATION_KINDS),
    )
    .option("--attestation-certs <path>", "sev-snp: certificates of the chip, of AMD's signing key and of AMD's root")
    .option(
      "--attestation-key <path>",
      "insecure-software: key that signs whatever is said, as quorum identity create makes one",
    )
    .option("--attestation-measurement <hex>", "insecure-software: what to say that runs here", measurementFlag)
    .option(
      "--attestation-version <n>",
      "insecure-software: version to say (default: 0)",
      countFlag(0, VERSION_MAX),
      0,
    );

function measurementFlag(text: string): string {
  if (/^([0-9a-f]{2})+$/.test(text) && text.length <= 2 * MEASUREMENT_MAX_BYTES) return text;
  throw new UsageError("FLAG_INVALID", `"${text}" is not 1 to ${MEASUREMENT_MAX_BYTES} bytes in lowercase hex`);
}

/**
 * The driver that the flags name, null without any. Warns of one that protects nothing.
 * @throws UsageError FLAG_MISSING, FLAG_CONFLICT; DecodeError CERTIFICATES_INVALID, KEY_FILE_INVALID
 */
export async function readDriver(io: Io, flags: AttestationFlags): Promise<AttestationDriver | null> {
  const {attestation: kind, attestationCerts: certs, attestationKey: key, attestationMeasurement: hex} = flags;
  const software = key !== undefined || hex !== undefined;
  if ((kind !== "sev-snp" && certs !== undefined) || (kind !== "insecure-software" && software))
    throw new UsageError("FLAG_CONFLICT", `an --attestation-... flag belongs to another kind than ${kind ?? "none"}`, {
      hint: "--attestation-certs is of sev-snp; -key, -measurement and -version are of insecure-software",
    });
  if (kind === undefined) return null;
  if (kind === "sev-snp") return snpDriver(await readCertificates(io, certs ?? missing(kind, "--attestation-certs")));
  warnInsecure(io, "this machine's evidence is a key in a file");
  const file = key ?? missing(kind, "--attestation-key");
  const measurement = bytesOfHex(hex ?? missing(kind, "--attestation-measurement"));
  const seed = parseSeedFile(await io.readFile(file, {flag: "--attestation-key", maxBytes: KEY_FILE_MAX_BYTES}));
  const signer = signerOfSeed(await loadMlDsa(87, "few"), seed);
  return softwareDriver(signer, {measurement, version: flags.attestationVersion});
}

function missing(kind: AttestationKind, flag: string): never {
  throw new UsageError("FLAG_MISSING", `--attestation ${kind} needs ${flag}`);
}

/** The three certificates of a file, in whatever order. @throws DecodeError CERTIFICATES_INVALID */
async function readCertificates(io: Io, path: string): Promise<Omit<SnpEvidence, "report">> {
  const bytes = await io.readFile(path, {flag: "--attestation-certs", maxBytes: CERTIFICATES_MAX_BYTES});
  const refuse = (why: string, cause?: unknown): never => {
    throw new DecodeError("CERTIFICATES_INVALID", `${path}: ${why}`, {
      hint: "put the chip's certificate (VCEK), AMD's signing key (ASK) and AMD's root (ARK) into it, in PEM",
      cause,
    });
  };
  try {
    const all = decodePinnedRoots(bytes, path).map(({der}) => decodeCertificate(der));
    const vcek = all.find(({commonName}) => commonName === "SEV-VCEK");
    const ark = all.find(({issuer, subject}) => equalBytes(issuer, subject));
    const ask = all.find((each) => each !== vcek && each !== ark);
    if (all.length !== 3 || !vcek || !ark || !ask) return refuse(`${all.length} certificates, want VCEK, ASK and ARK`);
    return {vcek: vcek.der, ask: ask.der, ark: ark.der};
  } catch (cause) {
    if (!(cause instanceof DecodeError) || cause.code === "CERTIFICATES_INVALID") throw cause;
    return refuse(cause.message, cause);
  }
}
