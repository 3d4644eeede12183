import {expect, test} from "vitest";
import {
  ARCHITECTURES,
  architectureOf,
  checkArchitecture,
  checkCertSubject,
  checkGpuName,
  checkHashrate,
} from "../../../../src/node/ledger/attestation/architecture.js";
import {ProofRejection} from "../../../../src/node/ledger/mining/rejection.js";
import {suspectClaimOf} from "../../../../src/node/ledger/mining/transparency.js";
import {recordOf, solved, testRig} from "../../../support/mining.js";

const refused = expect.objectContaining({code: "ARCHITECTURE_REFUSED"});

test("a name is taken in any case, with space around it, and by its short form", () => {
  for (const name of ARCHITECTURES) expect(architectureOf(`\u00a0${name.toUpperCase()}\t`)).toBe(name);
  expect(architectureOf("Ada")).toBe("ada-lovelace");
  expect(["", "rubin", "ada lovelace", "toString", "__proto__"].map(architectureOf)).toEqual(Array(5).fill(null));
});

test("an unknown name is refused with the list of those that are known", () => {
  expect(() => checkArchitecture("rubin")).toThrow("hopper, blackwell, ada-lovelace, ampere, turing, ada=alias");
  expect(() => checkArchitecture("")).toThrow(/unknown gpu_arch$/);
});

test("a model name must contain a token of its architecture; space and case do not matter", () => {
  expect(() => checkGpuName("ada-lovelace", " nvidia  GeForce\tRTX  4090 ")).not.toThrow();
  expect(() => checkGpuName("hopper", "NVIDIA GeForce RTX 4090")).toThrow(refused);
  expect(() => checkGpuName("hopper", "  ")).toThrow(/empty gpu_name/);
  expect(() => checkGpuName("toString", "x")).toThrow(/has no patterns/);
  // A false friend of the reference (quirk Q23), kept for its sake.
  expect(() => checkGpuName("turing", "NVIDIA RTX 6000 Ada")).not.toThrow();
});

test("a certificate's longest token decides, and none at all passes", () => {
  expect(() => checkCertSubject("ada-lovelace", "NVIDIA RTX 6000 Ada")).not.toThrow();
  expect(() => checkCertSubject("turing", "NVIDIA RTX 6000 Ada")).toThrow(refused);
  expect(() => checkCertSubject("turing", "Acme")).not.toThrow();
});

test("a claimed rate of zero claims nothing; others stay inside the band", () => {
  for (const rate of [0n, 1_000_000n, 200_000_000n]) expect(() => checkHashrate("hopper", rate)).not.toThrow();
  for (const rate of [1n, 999_999n, 200_000_001n]) expect(() => checkHashrate("hopper", rate)).toThrow(refused);
});

test("a suspicious claim goes to the rejection log, other refusals do not", () => {
  const rig = testRig("rig-1");
  const proof = {...solved(rig), attestation: {...solved(rig).attestation, gpuArch: "ADA"}};
  const rejected = (check: () => void): ProofRejection => {
    try {
      check();
    } catch (cause) {
      return new ProofRejection("attestation", (cause as Error).message, null, proof, cause);
    }
    throw new Error("nothing was refused");
  };
  expect(suspectClaimOf(rejected(() => checkGpuName("hopper", "RTX 4090")))).toMatchObject({
    kind: "archspoof_gpu_name_mismatch",
    reason: "gpu_name_mismatch",
    arch: "ADA",
    gpuName: "RTX 4090",
    certSubject: "",
    minerAddr: recordOf(rig).owner,
    height: 10n,
  });
  expect(suspectClaimOf(rejected(() => checkHashrate("ada-lovelace", 1n)))).toMatchObject({
    kind: "hashrate_out_of_band",
    arch: "ada-lovelace",
  });
  expect(suspectClaimOf(rejected(() => checkCertSubject("turing", "H100")))).toMatchObject({certSubject: "H100"});
  expect(suspectClaimOf(new ProofRejection("work", "hash does not meet target", null, proof))).toBeNull();
});
