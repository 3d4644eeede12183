import type {Command} from "commander";
import {bytesOfHex, equalBytes, hexOf, utf8} from "../../../codecs/bytes.js";
import {attestation, attestationFile, USER_DATA_BYTES, userDataOf} from "../../../codecs/quorum/strict/attestation.js";
import {sign} from "../../../codecs/quorum/strict/statement.js";
import {RuleError, UsageError} from "../../../errors.js";
import {loadMlDsa} from "../../../node/compute/ml-dsa.js";
import type {AttestationDriver} from "../../../node/custody/attestation/driver.js";
import {signerOfSeed} from "../../../node/keys/signer.js";
import type {Attested} from "../../../node/quorum/attestation/check.js";
import {verifierOf} from "../../../node/quorum/attestation/verifiers.js";
import {Members} from "../../../node/quorum/strict/members.js";
import {defineCommand} from "../../define.js";
import type {Io} from "../../io.js";
import {
  ATTESTATION_FILES,
  type AttestationFlags,
  addAttestationFlags,
  readDriver,
} from "../strict/attestation-flags.js";
import {policyFileOf} from "../strict/attestation-policy.js";
import {isStrict, type PartyFlags, readParty, type StrictFlags} from "../strict/files.js";
import {nonceFlag} from "./nonce.js";
import {attestedDocument, attestedRows} from "./shown.js";

interface Flags extends AttestationFlags, PartyFlags {
  readonly nonce?: string;
  readonly out?: string;
  readonly policyOut?: string;
  readonly force: boolean;
}

const NONCE_BYTES = 32;

export const quorumAttestCollectCommand = (io: Io): Command =>
  addAttestationFlags(
    defineCommand("quorum attest collect", {
      summary: "show what this machine's hardware says of it",
      description:
        "Has this machine make an attestation report, checks its signature, and prints what it says: the measurement of what was " +
        "launched, the anchor that the signature ends at, and security versions. With --policy-out it writes a policy that " +
        "accepts exactly this, for qsdm quorum roster create --attestation.\n\n" +
        "With --roster and the key of a custodian of it, --out gets evidence that is bound to the custodian's keys, the roster " +
        "and a nonce. Whoever asks draws the nonce and gives it with --nonce; qsdm quorum attest verify checks the file.\n\n" +
        "sev-snp takes a guest of AMD SEV-SNP (Milan or Genoa, with a chip's own key) on Linux with configfs-tsm. Its check is " +
        "tested with a genuine report, and this command with a stand-in for the kernel: it was not run on such hardware. " +
        "insecure-software is a key in a file: for tests, and worth nothing else.",
      examples: [
        {
          does: "what a guest of SEV-SNP runs, as a policy",
          run: "qsdm quorum attest collect --attestation sev-snp --attestation-certs amd.pem --policy-out attestation.toml",
        },
        {
          does: "evidence for somebody's nonce",
          run:
            "qsdm quorum attest collect --attestation sev-snp --attestation-certs amd.pem \\\n" +
            "    --roster quorum.roster --key custodian-0.key --nonce NONCE --out custodian-0.attestation",
        },
      ],
      files: {
        ...ATTESTATION_FILES,
        "--out": "The evidence, one line of text.",
        "--policy-out": "A policy, in TOML.",
      },
      exit: {3: "The report's signature is wrong.", 4: "The machine gives no report."},
      seeAlso: ["quorum attest verify", "quorum attest status", "quorum roster create", "quorum custodian"],
    }),
  )
    .option("--roster <path>", "roster that the evidence is for")
    .option("--key <path>", "key of the custodian whose machine this is")
    .option("--nonce <hex>", "drawn by whoever asks, 64 hex digits; drawn here without it", nonceFlag)
    .option("--out <path>", "file for the evidence, with --roster and --key")
    .option("--policy-out <path>", "file for a policy that accepts this machine")
    .option("--force", "replace existing files", false)
    .action(async (flags: Flags) => {
      const driver = await readDriver(io, flags);
      if (!driver) throw new UsageError("FLAG_MISSING", "which evidence?", {hint: "add --attestation KIND"});
      const nonce = flags.nonce === undefined ? io.host.randomBytes(NONCE_BYTES) : bytesOfHex(flags.nonce);
      const strict = isStrict(flags);
      if (flags.out !== undefined && !strict)
        throw new UsageError("FLAG_CONFLICT", "evidence is of a custodian of a roster", {
          hint: "add --roster FILE and --key FILE, or leave --out",
        });
      const {attested, file} = strict
        ? await evidenceFor(io, driver, {...flags, nonce})
        : {attested: await measure(io, driver), file: null};
      const {out, policyOut, force} = flags;
      if (out !== undefined) await io.writeFile(out, file!, {force});
      if (policyOut !== undefined) await io.writeFile(policyOut, utf8(policyFileOf(attested.kind, attested)), {force});
      const document = {...attestedDocument(attested), ...(strict ? {nonce: hexOf(nonce), evidence: out ?? null} : {})};
      io.result(document, [...attestedRows(attested), ...(strict ? [["nonce", hexOf(nonce)] as const] : [])]);
    });

/** What the machine says for 64 bytes of no meaning. */
async function measure(io: Io, driver: AttestationDriver): Promise<Attested> {
  const userData = io.host.randomBytes(USER_DATA_BYTES);
  return verified(driver, await driver.collect(userData), {userData, nowMs: io.host.now()});
}

async function evidenceFor(
  io: Io,
  driver: AttestationDriver,
  {nonce, ...flags}: StrictFlags & {readonly nonce: Uint8Array},
): Promise<{readonly attested: Attested; readonly file: Uint8Array}> {
  const {seed, roster} = await readParty(io, flags);
  const scheme = await loadMlDsa(87, "few");
  const members = Members.of(roster, scheme.verify);
  const signer = signerOfSeed(scheme, seed);
  const custodian = members.roster.custodians.findIndex(({card}) => equalBytes(card.signingKey, signer.publicKey));
  if (custodian < 0)
    throw new RuleError("KEY_NOT_IN_ROSTER", "the key is of no custodian of the roster", {
      hint: "custodians alone show their machines",
    });
  const nowMs = io.host.now();
  const named = {roster: members.digest, custodian, nonce, session: null, timeMs: BigInt(nowMs)};
  const userData = userDataOf({...named, card: members.custodian(custodian)!.card});
  const report = await driver.collect(userData);
  const attested = await verified(driver, report, {userData, nowMs});
  const signed = sign(attestation, {...named, kind: driver.kind, report}, (message) => signer.sign(message));
  return {attested, file: attestationFile.encode(signed)};
}

async function verified(
  {kind}: AttestationDriver,
  report: Uint8Array,
  {userData, nowMs}: {readonly userData: Uint8Array; readonly nowMs: number},
): Promise<Attested> {
  const {verify} = await loadMlDsa(87, "few");
  return {...verifierOf(kind).verify(report, userData, {verify, nowMs}), kind};
}
