/** What a node keeps over a restart besides the chain: used challenges, and the log of rejections. */
import {expect, test} from "vitest";
import {encodeProof, type Proof} from "../../src/codecs/mining/proof.js";
import type {Client} from "../../src/node/api/client.js";
import {attestWithMac} from "../../src/node/mining/attest.js";
import {DEFAULT_TELEMETRY_OPTIONS} from "../../src/node/mining/telemetry/telemetry.js";
import {testAccount} from "../support/accounts.js";
import {enrollmentJson, enrollmentV2, enrollPayload} from "../support/compat.js";
import {compatGenesis, eventually, initTestNode, rigOf, runTestNode, solveTip} from "../support/node.js";

const owner = testAccount("owner");
const rig = rigOf("rig-1");
const bearer = {minerAddr: null, nodeId: null, height: null};
const QUERY = {cursor: null, limit: null, kind: null, reason: null, arch: null, since: null};

const submit = async (client: Client, proof: Proof) => await client.submitProof({body: encodeProof(proof)});

test("a used challenge stays used, and refused claims stay listed, over a restart", async () => {
  const dataDir = await initTestNode(compatGenesis([owner]));
  const first = await runTestNode(dataDir, {profile: "compat", telemetry: DEFAULT_TELEMETRY_OPTIONS});
  const {client} = first;
  await client.enroll({body: enrollmentJson(enrollmentV2(owner, enrollPayload(rig.nodeId, rig.hmacKey)))});
  await eventually(() => client.enrollment({nodeId: rig.nodeId}));
  const challenge = await client.challenge(bearer);
  expect(await submit(client, attestWithMac(await solveTip(client, {owner}), rig, challenge))).toMatchObject({
    accepted: true,
  });
  const spoofed = attestWithMac(await solveTip(client, {owner, start: 9}), {...rig, gpuArch: "volta"}, challenge);
  expect((await submit(client, spoofed)).rejectReason).toBe("attestation");
  // Judged are proofs that were taken, and those alone.
  expect(await client.penalty({miner_addr: owner.address})).toMatchObject({windowFilled: 1, matchCount: 1});
  expect(await (await fetch(`${first.node.url}/metrics`)).text()).toContain(
    'qsdm_spec_check_checked_total{verdict="match"} 1',
  );
  const before = await client.rejections(QUERY);
  expect(before.records).toMatchObject([{seq: 1n, kind: "archspoof_unknown_arch", arch: "volta"}]);
  await first.stop();

  const second = await runTestNode(dataDir, {profile: "compat"});
  try {
    const proof = attestWithMac(await eventually(() => solveTip(second.client, {owner, start: 77})), rig, challenge);
    expect(await submit(second.client, proof)).toMatchObject({
      accepted: false,
      rejectReason: "attestation",
      detail: expect.stringContaining('nonce already used by node "rig-1"'),
    });
    expect(await second.client.rejections(QUERY)).toEqual(before);
    const again = attestWithMac(await solveTip(second.client, {owner, start: 5}), {...rig, gpuArch: "x"}, challenge);
    await submit(second.client, again);
    expect((await second.client.rejections({...QUERY, cursor: 1n})).records.map(({seq}) => seq)).toEqual([2n]);
    const metrics = await (await fetch(`${second.node.url}/metrics`)).text();
    expect(metrics).toMatch(/^qsdm_attest_archspoof_rejected_total\{reason="unknown_arch"\} 1$/m);
  } finally {
    await second.stop();
  }
});
