import {describe, expect, test} from "vitest";
import {nodeIdOfProof} from "../../../src/codecs/mining/attestation.js";
import {decodeKeyBundle} from "../../../src/codecs/mining/key-bundle.js";
import {decodeProof, encodeProof, proofIdOf} from "../../../src/codecs/mining/proof.js";
import {UnavailableError} from "../../../src/errors.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {attestWithKey, attestWithMac} from "../../../src/node/mining/attest.js";
import {selfTest} from "../../../src/node/mining/self-test.js";
import type {Solver} from "../../../src/node/mining/solver.js";
import {solved, testChallenge, testRig} from "../../support/mining.js";

const rig = testRig("rig-1");
const challenge = testChallenge();
const solution = {...solved(rig), version: 1};

describe("an attested solution", () => {
  const signature = new Uint8Array(4_627).fill(1);
  const withKey = attestWithKey(solution, rig, {challenge, identity: {chainId: "c", sign: () => signature}});
  const withMac = attestWithMac(solution, rig, challenge);

  test.each([
    ["qsdm-key-v1", withKey],
    ["nvidia-hmac-v1", withMac],
  ])("of type %s is a canonical version 2 proof of the same id over the same work", (type, proof) => {
    expect(proof).toMatchObject({version: 2, attestation: {type, claimedHashrateHps: 0n, nonce: challenge.nonce}});
    expect(decodeProof(encodeProof(proof))).toEqual(proof);
    expect(nodeIdOfProof(proof)).toBe("rig-1");
    expect(proofIdOf(proof)).toEqual(proofIdOf({...solution, version: 2}));
  });

  test("carries the same evidence in both forms", () => {
    expect(decodeKeyBundle(withKey.attestation.bundle).evidence).toBe(withMac.attestation.bundle);
  });
});

test.each([
  [{nodeId: ""}, {}, {}, "NodeID empty"],
  [{gpuUuid: ""}, {}, {}, "GPUUUID empty"],
  [{hmacKey: new Uint8Array(15)}, {}, {}, "HMACKey < 16 bytes"],
  [{}, {minerAddr: ""}, {}, "MinerAddr empty"],
  [{}, {}, {signerId: ""}, "Challenge.SignerID empty"],
  [{}, {}, {signature: new Uint8Array()}, "Challenge.Signature empty"],
  [{}, {}, {issuedAt: 0n}, "Challenge.IssuedAt non-positive"],
])("nothing is attested with %o %o %o", (rigChange, proofChange, challengeChange, what) => {
  expect(() =>
    attestWithMac({...solution, ...proofChange}, {...rig, ...rigChange}, {...challenge, ...challengeChange}),
  ).toThrow(expect.objectContaining({code: "RIG_INVALID", message: `v2client: ${what}`}));
});

describe("the self-test", () => {
  const solver = (found: Awaited<ReturnType<Solver["search"]>>): Solver => ({
    threads: 1,
    attempts: () => 1,
    takesCheckpoints: false,
    takesMapped: false,
    useTable: () => undefined,
    search: async () => found,
    close: async () => undefined,
  });
  const testOf = (parts: {solver: Solver; backend?: typeof cpuBackend}) =>
    selfTest({backend: cpuBackend, nowMs: () => 0, ...parts}, new AbortController().signal);
  const wrong = {nonce: new Uint8Array(16), mixDigest: new Uint8Array(32)};

  test.each([
    [
      "another digest",
      {solver: solver(wrong), backend: {...cpuBackend, mixDigests: () => [new Uint8Array(32)]}},
      "recorded",
    ],
    ["threads that find nothing", {solver: solver(null)}, "found nothing"],
    ["threads that walk another way", {solver: solver(wrong)}, "walks another way"],
  ])("fails for %s", async (_, parts, why) => {
    const failure = testOf(parts);
    await expect(failure).rejects.toBeInstanceOf(UnavailableError);
    await expect(failure).rejects.toMatchObject({code: "SELF_TEST_FAILED", message: expect.stringContaining(why)});
  });
});
