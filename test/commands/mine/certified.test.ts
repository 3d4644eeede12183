/** `qsdm mine` for devices with certificates: a real node, and a GPU that is asked through a real program. */
import {writeFileSync} from "node:fs";
import {createServer} from "node:http";
import type {AddressInfo} from "node:net";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {base64Of, bytesOfHex, hexOf} from "../../../src/codecs/bytes.js";
import {Io} from "../../../src/commands/io.js";
import {attester} from "../../../src/commands/mine/attester.js";
import type {SigningFlags, Terms} from "../../../src/commands/mine/terms.js";
import {cpuBackend} from "../../../src/node/compute/cpu.js";
import {deviceIdOf, gpuUuidOf} from "../../../src/node/ledger/attestation/cc/device.js";
import {readDeviceTrust} from "../../../src/node/ledger/attestation/cc/trust.js";
import {checkCcAttestation} from "../../../src/node/ledger/attestation/cc/verify.js";
import {testAccount} from "../../support/accounts.js";
import {exportKey, type Issued, issue} from "../../support/certificates.js";
import {scratchDirectory} from "../../support/chain.js";
import {STAND_IN_MEASUREMENTS, STAND_IN_SOFTWARE, type StandInGpu, standInGpu} from "../../support/gpu.js";
import {solved, TEST_NOW_MS, testChallenge, testRig} from "../../support/mining.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../../support/node.js";
import {type Desk, deskOf, keystoreOf, seedOf} from "../against-node.js";
import {memoryHost} from "../memory-host.js";

const OWNER = testAccount("owner");
const KEYS = ["quoted", "reported"].map((name) => `${scratchDirectory()}/${name}`) as [string, string];
const IO_FLAGS = {json: false, verbose: false, color: false, input: true, yes: false};
let node: RunningNode;
let owner: Desk;
let gpu: StandInGpu;
let device: Issued;
let roots: Uint8Array[];
let owned: Record<string, string>;
const place = scratchDirectory();
/** The GPU's end of the bus; programs of the tests ask it. */
const bus = createServer(async (request, response) => {
  let line = "";
  for await (const part of request) line += part;
  const {nonce} = JSON.parse(line) as {nonce: string};
  response.end(hexOf(gpu.report(request.url === "/stale" ? new Uint8Array(32) : bytesOfHex(nonce))));
});

const pem = (chain: readonly Uint8Array[]): string =>
  chain.map((der) => `-----BEGIN CERTIFICATE-----\n${base64Of(der)}\n-----END CERTIFICATE-----\n`).join("");

beforeAll(async () => {
  gpu = await standInGpu();
  const root = await issue({name: "Device Root"});
  device = await issue({name: "NVIDIA H100 80GB HBM3", issuer: root, ca: false, curve: "P-256"});
  const measurements = [...STAND_IN_MEASUREMENTS].map(([index, digest]) => ({index, digests: [digest]}));
  const references = [{...STAND_IN_SOFTWARE, measurements}];
  roots = [root, gpu.root].map(({certificate}) => certificate.der);
  const deviceTrust = {roots, minFirmware: "", minDriver: "", references};
  const genesis = nodeGenesis([OWNER]);
  node = await runTestNode(await initTestNode({...genesis, params: {...genesis.params, deviceTrust}}));
  owned = {
    "/hmac": "ab".repeat(32),
    "/device.key": exportKey(device),
    "/device.pem": pem([device.certificate.der]),
    "/gpu.pem": pem(gpu.certChain),
    [KEYS[0]]: hexOf(seedOf("quoted")),
    [KEYS[1]]: hexOf(seedOf("reported")),
  };
  owner = deskOf(node.node.url, await keystoreOf("owner"), owned);
  for (const [i, each] of [device, gpu.device].entries()) {
    const keys = `--hmac-key-file /hmac --node-key-file ${KEYS[i]} --passphrase-file /pass --wait --yes`;
    const id = gpuUuidOf(deviceIdOf(each.certificate));
    expect(await owner.qsdm(`enroll --node-id rig-${i} --gpu-uuid ${id} ${keys}`)).toMatchObject({status: 0});
  }
  await new Promise<void>((listening) => bus.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(bus.address() as AddressInfo).port}`;
  for (const path of ["report", "stale"]) writeFileSync(programOf(path), program(`${url}/${path}`), {mode: 0o755});
});
afterAll(async () => {
  bus.close();
  await node.stop();
});

const programOf = (path: string): string => join(place, path);
const program = (url: string): string =>
  `#!/usr/bin/env node\nprocess.stdout.write(await (await fetch("${url}", {method: "POST", body: process.stdin, duplex: "half"})).text());\n`;
const mine = (rig: string, more = "--proofs 1") =>
  owner.qsdm(`mine ${rig} --gpu-arch Hopper --threads 1 --poll 50ms --json ${more}`);
const QUOTED = `--node-id rig-0 --node-key-file ${KEYS[0]} --cert-chain /device.pem --device-key-file /device.key`;
const VERSIONS = "--firmware-ver 535.86 --driver-ver 550.54";
const REPORTED = `--node-id rig-1 --node-key-file ${KEYS[1]} --cert-chain /gpu.pem`;

test("a proof with a quote under a device's certificate is accepted", async () => {
  expect(await mine(`${QUOTED} ${VERSIONS}`)).toMatchObject({status: 0});
});

test("a proof with the GPU's own report is accepted", async () => {
  expect(await mine(`${REPORTED} --report-exec ${programOf("report")}`)).toMatchObject({status: 0});
});

test("a report for another nonce is never sent, and the miner says why it waits", async () => {
  const host = memoryHost();
  const ended = owner.qsdm(`mine ${REPORTED} --gpu-arch hopper --threads 1 --report-exec ${programOf("stale")}`, {
    onHost: (made) => Object.assign(host, made),
  });
  await eventually(async () => host.err().includes("--report-exec printed no report: the report answers nonce 0000"));
  host.signal("SIGINT");
  expect(await ended).toMatchObject({status: 0, out: ""});
});

describe("mine refuses", () => {
  test.each([
    [
      "a device that is not the enrolled one",
      `${QUOTED.replace("rig-0", "rig-1")} ${VERSIONS}`,
      "is enrolled with GPU-",
    ],
    [
      "a GPU that is not the enrolled one",
      `${REPORTED.replace("rig-1", "rig-0")} --report-exec true`,
      "is enrolled with GPU-",
    ],
    ["a quote without versions", QUOTED, "--firmware-ver is missing"],
    [
      "a report without certificates",
      `${REPORTED.replace("--cert-chain /gpu.pem", "")} --report-exec x`,
      "--cert-chain is missing",
    ],
  ])("%s", async (_, rig, message) => {
    const ran = await mine(rig);
    expect([ran.status, ran.err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("on a compat chain", () => {
  const terms = {strict: false, record: {nodeId: "rig-0", gpuUuid: "GPU-1"}} as Terms;
  const attesterFor = (flags: Partial<SigningFlags>) =>
    attester(
      new Io(memoryHost({files: owned}), IO_FLAGS),
      {gpuName: "", gpuArch: "hopper", ...flags},
      terms,
      cpuBackend,
    );

  test("the quote stands in the proof as it is", async () => {
    const attest = await attesterFor({
      certChain: "/device.pem",
      deviceKeyFile: "/device.key",
      firmwareVer: "535.86",
      driverVer: "550.54",
    });
    const solution = solved(testRig("rig-0"));
    const challenge = testChallenge(TEST_NOW_MS, null);
    const proof = await attest(solution, challenge, new AbortController().signal);
    const trust = readDeviceTrust({roots, minFirmware: "", minDriver: "", references: []});
    const limits = {windowSeconds: 60, futureSkewSeconds: 5};
    const ports = {trust, challenges: null, nonces: null, limits};
    expect(() => checkCcAttestation(ports, proof, TEST_NOW_MS)).not.toThrow();
  });

  test("a GPU's own report is no evidence", async () => {
    await expect(attesterFor({reportExec: "true", certChain: "/gpu.pem"})).rejects.toMatchObject({
      code: "EVIDENCE_STRICT_ONLY",
    });
  });
});
