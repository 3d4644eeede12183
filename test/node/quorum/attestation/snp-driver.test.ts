/** The kernel's side is a stand-in; what it does is in Linux's Documentation/ABI/testing/configfs-tsm-report. */
import {expect, test} from "vitest";
import {equalBytes, utf8} from "../../../../src/codecs/bytes.js";
import {snpEvidence} from "../../../../src/codecs/quorum/strict/attestation.js";
import {type ReportFiles, snpDriver} from "../../../../src/node/custody/attestation/snp.js";
import {snpVerifier} from "../../../../src/node/quorum/attestation/snp.js";
import {makeChip, reportOf, SNP_MEASUREMENT} from "../../../support/snp.js";

const chip = await makeChip();
const der = ({certificate}: {readonly certificate: {readonly der: Uint8Array}}): Uint8Array => certificate.der;
const certificates = {vcek: der(chip.vcek), ask: der(chip.ask), ark: der(chip.ark)};
const USER_DATA = new Uint8Array(64).fill(0xcd);

/** A kernel that makes reports; `disturbed` has somebody else write between two reads. */
function kernel({provider = "sev_guest\n", disturbed = false} = {}) {
  const requests = new Map<string, {inblob: Uint8Array | null; generation: number}>();
  const split = (path: string) => ({
    at: path.slice(0, path.lastIndexOf("/")),
    name: path.slice(path.lastIndexOf("/") + 1),
  });
  const files: ReportFiles = {
    async mkdir(path) {
      if (!path.startsWith("/tsm/")) throw new Error("ENOENT: no such file or directory");
      requests.set(path, {inblob: null, generation: 0});
    },
    async rmdir(path) {
      requests.delete(path);
    },
    async write(path, bytes) {
      const {at, name} = split(path);
      const request = requests.get(at)!;
      if (name === "inblob") requests.set(at, {inblob: bytes, generation: request.generation + 1});
    },
    async read(path) {
      const {at, name} = split(path);
      const request = requests.get(at)!;
      if (name === "provider") return utf8(provider);
      if (name === "generation") return utf8(`${disturbed ? request.generation++ : request.generation}\n`);
      if (!request.inblob) throw new Error("EINVAL: invalid argument");
      return reportOf(chip.vcek, {userData: request.inblob});
    },
  };
  return {files, requests};
}

test("a report is asked for over the bytes, with its certificates beside it, and the request is taken away", async () => {
  const {files, requests} = kernel();
  const evidence = await snpDriver(certificates, files, "/tsm").collect(USER_DATA);
  expect(equalBytes(snpEvidence.decode(evidence).ask, certificates.ask)).toBe(true);
  const measured = snpVerifier.verify(evidence, USER_DATA, {verify: () => false, nowMs: Date.parse("2026-01-01")});
  expect(measured.measurement).toEqual(SNP_MEASUREMENT);
  expect(requests.size).toBe(0);
});

test("a machine that gives no such report is unavailable, and nothing stays behind", async () => {
  const unavailable = (words: string) =>
    expect.objectContaining({code: "ATTESTATION_UNAVAILABLE", message: expect.stringContaining(words)});
  const collect = (made: ReturnType<typeof kernel>, folder = "/tsm") =>
    snpDriver(certificates, made.files, folder).collect(USER_DATA);
  await expect(collect(kernel(), "/elsewhere")).rejects.toThrow(unavailable("takes no request"));
  const tdx = kernel({provider: "tdx_guest\n"});
  await expect(collect(tdx)).rejects.toThrow(unavailable("by tdx_guest"));
  expect(tdx.requests.size).toBe(0);
  await expect(collect(kernel({disturbed: true}))).rejects.toThrow(unavailable("somebody else wrote"));
  const silent = kernel();
  const files = {...silent.files, write: async () => undefined};
  await expect(snpDriver(certificates, files, "/tsm").collect(USER_DATA)).rejects.toThrow(
    unavailable("gave no report"),
  );
});
