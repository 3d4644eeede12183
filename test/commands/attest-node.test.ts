/** A GPU that reports for itself, from enrollment to reward, and beside a validator: over a real node, by commands. */
import {afterAll, beforeAll, expect, test} from "vitest";
import {base64Of, bytesOfHex, hexOf} from "../../src/codecs/bytes.js";
import {challengeCodec} from "../../src/codecs/mining/challenge.js";
import {encodeProof} from "../../src/codecs/mining/proof.js";
import {TEST_CHAIN_ID, testAccount} from "../support/accounts.js";
import {VALIDATOR_ACCOUNT} from "../support/chain.js";
import {STAND_IN_MEASUREMENTS, STAND_IN_SOFTWARE, type StandInGpu, standInGpu} from "../support/gpu.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode, solveTip} from "../support/node.js";
import {type Desk, deskOf, keystoreOf, seedOf} from "./against-node.js";

const OWNER = testAccount("owner");
let gpu: StandInGpu;
let node: RunningNode;
let owner: Desk;
let validator: Desk;

beforeAll(async () => {
  gpu = await standInGpu();
  const chain = gpu.certChain.map(
    (der) => `-----BEGIN CERTIFICATE-----\n${base64Of(der)}\n-----END CERTIFICATE-----\n`,
  );
  const measurements = [...STAND_IN_MEASUREMENTS].map(([index, digest]) => ({index, digests: [digest]}));
  const references = [{...STAND_IN_SOFTWARE, measurements}];
  const deviceTrust = {roots: [gpu.root.certificate.der], minFirmware: "", minDriver: "550", references};
  const genesis = nodeGenesis([OWNER, VALIDATOR_ACCOUNT]);
  node = await runTestNode(await initTestNode({...genesis, params: {...genesis.params, deviceTrust}}));
  const files = {"/hmac": "ab".repeat(32), "/node": hexOf(seedOf("rig")), "/gpu.pem": chain.join("")};
  owner = deskOf(node.node.url, await keystoreOf("owner"), files);
  validator = deskOf(node.node.url, await keystoreOf("validator"), files);
});
afterAll(() => node.stop());

/** What a command prints; it must succeed. */
async function done(desk: Desk, line: string, files: Record<string, string | Uint8Array> = {}): Promise<string> {
  const {status, out, err} = await desk.qsdm(line, {files});
  expect([status, err]).toEqual([0, expect.anything()]);
  return out.trimEnd();
}

test("a rig whose GPU reports for itself is enrolled under its key, and paid for its proof", async () => {
  const gpuUuid = await done(owner, "attest gpu-id --report --cert-chain /gpu.pem");
  const keys = "--hmac-key-file /hmac --node-key-file /node --passphrase-file /pass --wait --yes";
  await done(owner, `enroll --node-id rig-1 --gpu-uuid ${gpuUuid} ${keys}`);
  const before = (await node.client.balance({address: OWNER.address})).balance;

  const solved = await solveTip(node.client, {owner: OWNER, nodeId: "rig-1"});
  const {minerAddr, height} = solved;
  const challenge = await node.client.challenge({minerAddr, nodeId: "rig-1", height});
  const files = {"/p": encodeProof({...solved, version: 1}), "/c": challengeCodec.encode(challenge)};
  const nonce = await done(owner, "attest nonce --proof /p --challenge /c --node-id rig-1", files);
  const report = gpu.report(bytesOfHex(nonce));
  const proof = await done(
    owner,
    `attest key --proof /p --challenge /c --chain-id ${TEST_CHAIN_ID} --node-id rig-1 --node-key-file /node ` +
      "--report-file /r --cert-chain /gpu.pem --gpu-arch hopper",
    {...files, "/r": report},
  );
  const answer = await node.client.submitProof({body: Buffer.from(proof)});
  expect(answer).toMatchObject({accepted: true, detail: ""});
  await eventually(async () => (await node.client.balance({address: OWNER.address})).balance > before);
});

test("a validator attests the GPU beside it, and everybody can see until when", async () => {
  const [nonce, height] = (
    await done(validator, `attest validator-nonce --account ${VALIDATOR_ACCOUNT.address}`)
  ).split("\t");
  const flags = `--report-file /r --cert-chain /gpu.pem --gpu-arch hopper --anchor-height ${height}`;
  const files = {"/r": gpu.report(bytesOfHex(nonce!))};
  await done(validator, `attest validator ${flags} --passphrase-file /pass --wait --yes`, files);
  const [listed] = (await node.client.validators()).validators;
  expect(listed).toMatchObject({account: VALIDATOR_ACCOUNT.address, attestation: {active: true, gpuArch: "hopper"}});
  const stranger = await owner.qsdm(`attest validator ${flags} --passphrase-file /pass --yes`, {files});
  expect([stranger.status, stranger.err]).toEqual([3, expect.stringContaining("is no validator's account")]);
});
