import {expect, test} from "vitest";
import {readTelemetryProfile} from "../../../../src/commands/node/telemetry-profile.js";
import {attestWithMac} from "../../../../src/node/mining/attest.js";
import {Catalogue} from "../../../../src/node/mining/telemetry/catalogue.js";
import type {Verdict} from "../../../../src/node/mining/telemetry/check.js";
import {PenaltyWindows} from "../../../../src/node/mining/telemetry/penalty.js";
import {DEFAULT_TELEMETRY_OPTIONS, TelemetryCheck} from "../../../../src/node/mining/telemetry/telemetry.js";
import {signedBy, solved, TEST_NOW_MS, testChallenge, testRig} from "../../../support/mining.js";

const rig = testRig("rig-1");
const odd = {...rig, computeCap: "9.0", driverVer: "bad"};

test("an honest rig matches the baseline, whichever bundle carries its claim", () => {
  const check = new TelemetryCheck(DEFAULT_TELEMETRY_OPTIONS);
  const verdicts: Verdict[] = [];
  check.subscribe((verdict) => verdicts.push(verdict));
  for (const proof of [signedBy(rig, solved(rig)), attestWithMac(solved(rig), rig, testChallenge())])
    check.observe(proof, TEST_NOW_MS);
  const match = {kind: "match", matchedReferences: ["baseline"]};
  expect(verdicts).toMatchObject([match, match]);
  expect(check.anomalies).toEqual([]);
  expect(check.penalty(rig.owner.address)).toMatchObject({windowFilled: 2, matchCount: 2, multiplier: 1});
});

test("an odd claim is remembered, newest first, its fields sorted", () => {
  const check = new TelemetryCheck(DEFAULT_TELEMETRY_OPTIONS);
  for (const height of [8n, 9n, 10n]) check.observe(attestWithMac(solved(odd, {height}), odd, testChallenge()), height);
  expect(check.anomalies.map(({claim}) => claim.height)).toEqual([10n, 9n, 8n]);
  const [{verdict} = {verdict: null}] = check.anomalies;
  expect(verdict?.mismatches.map(({field}) => field)).toEqual(["arch", "compute_cap", "driver_ver_format"]);
});

test("256 anomalies are kept", () => {
  const check = new TelemetryCheck(DEFAULT_TELEMETRY_OPTIONS);
  const proof = attestWithMac(solved(odd), odd, testChallenge());
  for (let n = 0; n < 300; n++) check.observe(proof, BigInt(n));
  expect([check.anomalies.length, check.anomalies[0]!.recordedAtMs]).toEqual([256, 299n]);
});

test("a device's quote makes no claim", () => {
  const check = new TelemetryCheck(DEFAULT_TELEMETRY_OPTIONS);
  const proof = {...solved(rig), attestation: {...solved(rig).attestation, type: "nvidia-cc-v1", bundle: "x"}};
  check.subscribe(() => {
    throw new Error("judged");
  });
  check.observe(proof, 0n);
  expect(check.anomalies).toEqual([]);
});

test("a profile replaces its signer's earlier one, and an older one changes nothing", () => {
  const catalogue = new Catalogue([]);
  const profile = (issuedAt: bigint, ...names: string[]) => ({
    signerId: "a",
    issuedAt,
    gpus: names.map((name) => ({name, computeCap: "8.9"})),
  });
  catalogue.apply(profile(5n, "GPU one", "GPU two"));
  catalogue.apply(profile(4n, "GPU three"));
  expect(catalogue.find(" gpu ONE ")).toHaveLength(1);
  catalogue.apply(profile(5n, "GPU three", " "));
  expect([catalogue.size, catalogue.find("GPU one").length]).toEqual([1, 0]);
  expect(() => catalogue.apply({...profile(9n), signerId: ""})).toThrow("profile has empty signer_id");
});

test("miners are forgotten, the quietest first", () => {
  const windows = new PenaltyWindows(undefined, 2);
  for (const miner of ["a", "b", "a", "c"]) windows.observe(miner, "match", 1n);
  expect([windows.size, windows.snapshot("a").windowFilled, windows.snapshot("b").windowFilled]).toEqual([2, 2, 0]);
});

test("a profile's file is held to its form", async () => {
  const read = (text: string) => readTelemetryProfile({readFile: async () => Buffer.from(text)}, "p.json");
  const good = '{"signer_id":"a","issued_at":7,"gpus":[{"name":"G","compute_capability":"8.9","memory_total_mb":1}]}';
  expect(await read(good)).toEqual({signerId: "a", issuedAt: 7n, gpus: [{name: "G", computeCap: "8.9"}]});
  for (const bad of [
    "",
    "{}",
    '{"signer_id":"","issued_at":7,"gpus":[]}',
    '{"signer_id":"a","issued_at":-1,"gpus":[]}',
  ])
    await expect(read(bad)).rejects.toMatchObject({code: "TELEMETRY_PROFILE_INVALID"});
});
