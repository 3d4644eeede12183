import {describe, expect, test} from "vitest";
import {bytesOfBase64, bytesOfHex, hexOf} from "../../../../src/codecs/bytes.js";
import {snpEvidence} from "../../../../src/codecs/quorum/strict/attestation.js";
import {readSnpReport} from "../../../../src/codecs/quorum/strict/snp-report.js";
import {RuleError} from "../../../../src/errors.js";
import {snpVerifier} from "../../../../src/node/quorum/attestation/snp.js";
import {issue} from "../../../support/certificates.js";
import {type Chip, evidenceOf, makeChip, SNP_MEASUREMENT, type SnpFields} from "../../../support/snp.js";
import milan from "./snp-milan.vectors.json" with {type: "json"};

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const NOBODY = {verify: () => false, nowMs: NOW_MS};
const NO_DATA = new Uint8Array(64);
/** `openssl x509 -fingerprint -sha256` of AMD's certificate. */
const ARK_MILAN = "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd";

const genuine = (replaced: Partial<Record<"report" | "vcek" | "ask" | "ark", Uint8Array>> = {}): Uint8Array => {
  const {report, vcek, ask, ark} = milan;
  const of = (text: string): Uint8Array => bytesOfBase64(text);
  return snpEvidence.encode({...{report: of(report), vcek: of(vcek), ask: of(ask), ark: of(ark)}, ...replaced});
};
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

/** The refusal's words. */
function refusal(evidence: Uint8Array, asked: {userData?: Uint8Array; nowMs?: number} = {}): string {
  const {userData = NO_DATA, nowMs = NOW_MS} = asked;
  try {
    snpVerifier.verify(evidence, userData, {...NOBODY, nowMs});
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return (error as Error).message;
  }
  return "accepted";
}

describe("a report of a genuine EPYC Milan", () => {
  test("says what it measured, and ends at AMD's root", () => {
    const {measurement, anchor, versions} = snpVerifier.verify(genuine(), NO_DATA, NOBODY);
    expect(hexOf(measurement)).toBe(milan.facts.measurement);
    expect(versions).toEqual(milan.facts.versions);
    expect(hexOf(anchor)).toBe(ARK_MILAN);
  });

  test("is read as the firmware's manual has it", () => {
    const report = readSnpReport(bytesOfBase64(milan.report));
    expect(report).toMatchObject({version: 3, vmpl: 0, signingKey: 0, chipMasked: false});
    const tcb = {bootloader: 4, tee: 0, snp: 24, microcode: 219};
    expect([report.reportedTcb, report.launchTcb]).toEqual([tcb, tcb]);
    expect(report.policy).toEqual({debug: false, migratable: false});
    expect(hexOf(report.chipId)).toBe(milan.facts.chipId);
  });

  test("with one bit changed is refused, wherever that is", () => {
    const report = bytesOfBase64(milan.report);
    // Guest policy, user data, measurement, host data, reserved bytes, both numbers of the signature.
    for (const at of [0x0b, 0x50, 0x90, 0xc0, 0x240, 0x2a1, 0x2e9])
      expect(refusal(genuine({report: flipped(report, at)}))).toBe("the report's signature does not verify");
    expect(refusal(genuine({report: flipped(report, 0x2a0 + 50)}))).toContain("out of range");
  });

  test("is refused without the certificates that belong to it", () => {
    const of = (text: string): Uint8Array => bytesOfBase64(text);
    expect(refusal(genuine({ark: of(milan.genoaArk)}))).toContain("(ASK) is of another issuer");
    expect(refusal(genuine({ask: of(milan.asvk)}))).toContain("(VCEK) is of another issuer");
    expect(refusal(genuine({vcek: of(milan.vlek), ask: of(milan.asvk)}))).toMatch(/VCEK\) is not valid at this time/);
    const during = {nowMs: Date.parse("2024-01-01T00:00:00Z")};
    expect(refusal(genuine({vcek: of(milan.vlek), ask: of(milan.asvk)}), during)).toContain(
      'a certificate of "SEV-VLEK"',
    );
    expect(refusal(genuine({vcek: of(milan.ask)}))).toContain("(VCEK) is of another issuer");
    expect(refusal(genuine({vcek: flipped(of(milan.vcek), 900)}))).toContain("(VCEK) does not verify");
    expect(refusal(genuine({ark: Uint8Array.of(0x30, 0)}))).toContain("malformed certificate");
  });

  test("is refused before and after its certificates are valid", () => {
    expect(refusal(genuine(), {nowMs: Date.parse("2025-01-23T19:58:09Z")})).toContain("(VCEK) is not valid");
    expect(refusal(genuine(), {nowMs: Date.parse("2032-01-23T19:58:11Z")})).toContain("(VCEK) is not valid");
  });

  test("answers nobody's nonce", () => {
    expect(refusal(genuine(), {userData: new Uint8Array(64).fill(1)})).toContain("another nonce");
  });
});

describe("a report under keys of the test", async () => {
  const chip = await makeChip();
  const userData = bytesOfHex("ab".repeat(64));
  const said = (fields: Partial<SnpFields>, by: Chip = chip): string =>
    refusal(evidenceOf(by, {userData, ...fields}), {userData});

  test("is accepted when nothing is wrong with it", () => {
    const {measurement, versions} = snpVerifier.verify(evidenceOf(chip, {userData}), userData, NOBODY);
    expect(measurement).toEqual(SNP_MEASUREMENT);
    expect(versions).toEqual([4, 0, 24, 219]);
    expect(said({version: 2, family: 0})).toBe("accepted");
  });

  test("has the versions that the guest was launched by, where those are older", () => {
    const launched = evidenceOf(chip, {userData, launchTcb: [4, 0, 23, 220]});
    expect(snpVerifier.verify(launched, userData, NOBODY).versions).toEqual([4, 0, 23, 219]);
  });

  test.each<[string, Partial<SnpFields>, string]>([
    ["debugging", {policy: 0xb_0000}, "lets the host read its memory"],
    ["migration", {policy: 0x7_0000}, "migration agent"],
    ["a lower privilege level", {vmpl: 1}, "privilege level 1"],
    ["a key of a cloud's operator", {keys: 4}, "signed by key 1"],
    ["a masked chip", {keys: 2}, "another chip"],
    ["another chip", {chip: new Uint8Array(64)}, "another chip"],
    ["older firmware than the certificate's", {tcb: [4, 0, 23, 219]}, "another snp version"],
    ["older microcode", {tcb: [4, 0, 24, 218]}, "another microcode version"],
    ["an older bootloader", {tcb: [3, 0, 24, 219]}, "another bootloader version"],
    ["another TEE version", {tcb: [4, 1, 24, 219]}, "another tee version"],
    ["a version that is not known", {version: 1}, "version 1"],
    ["a later family", {family: 0x1a}, "family 1ah"],
    ["another algorithm", {algorithm: 2}, "algorithm 2"],
  ])("is refused for %s", (_, fields, words) => {
    expect(said(fields)).toContain(words);
  });

  test("is refused when somebody else signed it, or a link of the chain is not one", async () => {
    const other = await makeChip();
    expect(said({signer: other.vcek})).toBe("the report's signature does not verify");
    expect(said({}, {...chip, ask: other.ask})).toContain("(VCEK) does not verify");
    expect(said({}, {...chip, ark: other.ark})).toContain("(ASK) does not verify");
    expect(said({}, await makeChip({ask: {ca: false}}))).toContain("(ASK) may not sign certificates");
    expect(said({}, await makeChip({vcek: {curve: "P-256"}}))).toContain("not on P-384");
    expect(said({}, await makeChip({vcek: {extensions: []}}))).toContain("has no extension");
    const plain = await issue({name: "ARK-Test", algorithm: "RSA"});
    expect(said({}, {...chip, ark: plain})).toContain("(ASK) does not verify");
  });

  test("of another size is refused", () => {
    expect(() => readSnpReport(new Uint8Array(1_183))).toThrow("1183 bytes");
  });

  test("is refused by a coded error", () => {
    expect(() => snpVerifier.verify(evidenceOf(chip, {userData, vmpl: 3}), userData, NOBODY)).toThrow(RuleError);
  });
});
