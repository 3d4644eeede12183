/** Proofs that `qsdm attest` builds, held against the verifier that nodes run. */
import {beforeAll, describe, expect, test} from "vitest";
import type {OwnStatus} from "../../src/codecs/api/status.js";
import {base64Of, hexOf, utf8} from "../../src/codecs/bytes.js";
import {
  VALIDATOR_ATTEST_CONTRACT,
  validatorAttestation,
  validatorNonce,
} from "../../src/codecs/chain/validator-attestation.js";
import {sha3} from "../../src/codecs/hash.js";
import {challengeCodec} from "../../src/codecs/mining/challenge.js";
import {decodeProof, encodeProof} from "../../src/codecs/mining/proof.js";
import {orderValidatorAttestation} from "../../src/commands/attest/validator.js";
import {run} from "../../src/commands/run.js";
import type {Client} from "../../src/node/api/client.js";
import {deviceIdOf, gpuUuidOf} from "../../src/node/ledger/attestation/cc/device.js";
import {readDeviceTrust} from "../../src/node/ledger/attestation/cc/trust.js";
import {checkCcAttestation} from "../../src/node/ledger/attestation/cc/verify.js";
import {verifyProof} from "../../src/node/ledger/mining/verify.js";
import {attestWithMac} from "../../src/node/mining/attest.js";
import {TEST_CHAIN_ID} from "../support/accounts.js";
import {exportKey, type Issued, issue} from "../support/certificates.js";
import {STAND_IN_MEASUREMENTS, STAND_IN_SOFTWARE, type StandInGpu, standInGpu} from "../support/gpu.js";
import {bindingOf, contextFor, solved, TEST_NOW_MS, testChallenge, testRig} from "../support/mining.js";
import {memoryHost} from "./memory-host.js";

const rig = testRig("rig-1");
const pem = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${base64Of(bytes)}\n-----END ${label}-----\n`;
const chainPem = (chain: readonly Uint8Array[]): string => chain.map((der) => pem("CERTIFICATE", der)).join("");

let root: Issued;
let leaf: Issued;
let gpu: StandInGpu;
beforeAll(async () => {
  root = await issue({name: "Device Root"});
  leaf = await issue({name: "NVIDIA H100 80GB HBM3", issuer: root, ca: false, curve: "P-256"});
  gpu = await standInGpu();
});

const idOf = ({certificate}: Issued): string => gpuUuidOf(deviceIdOf(certificate));
const challenge = testChallenge(TEST_NOW_MS, bindingOf(rig, solved(rig)));
const files = (): Record<string, string | Uint8Array> => ({
  p: encodeProof({...solved(rig), version: 1}),
  c: challengeCodec.encode(challenge),
  hmac: hexOf(rig.hmacKey),
  node: hexOf(sha3(utf8("node rig-1"))),
  chain: chainPem([leaf.certificate.der]),
  gpuchain: chainPem(gpu.certChain),
});

async function qsdm(line: string, more: Record<string, string | Uint8Array> = {}) {
  const host = memoryHost({argv: line.split(" "), files: {...files(), ...more}});
  host.input.end();
  const status = await run(host);
  return {status, out: host.out().trimEnd(), err: host.err()};
}

const SOLUTION = "--proof p --challenge c";
const CLAIM = `--node-id rig-1 --gpu-uuid GPU-rig-1 --gpu-name RTX_4090 --gpu-arch ada --compute-cap 8.9 --cuda-version 12.8 --driver-ver 572.16`;
const KEY = `attest key ${SOLUTION} --chain-id ${TEST_CHAIN_ID} --node-key-file node`;
const trust = () =>
  readDeviceTrust({
    roots: [root, gpu.root].map(({certificate}) => certificate.der),
    minFirmware: "",
    minDriver: "",
    references: [
      {
        ...STAND_IN_SOFTWARE,
        measurements: [...STAND_IN_MEASUREMENTS].map(([index, digest]) => ({index, digests: [digest]})),
      },
    ],
  });
const accepted = (text: string, gpuUuid = rig.gpuUuid) =>
  verifyProof(utf8(text), contextFor([{...rig, gpuUuid}], {deviceTrust: trust()})).proof.attestation.type;

describe("attest hmac", () => {
  test("gives the proof that a miner would send, or its bundle alone", async () => {
    const named = {...rig, gpuName: "RTX_4090", gpuArch: "ada"};
    const expected = attestWithMac(solved(rig), named, challenge);
    const line = `attest hmac ${SOLUTION} ${CLAIM} --hmac-key-file hmac`;
    expect((await qsdm(line)).out).toBe(Buffer.from(encodeProof(expected)).toString());
    expect((await qsdm(`${line} --bundle`)).out).toBe(expected.attestation.bundle);
    expect(JSON.parse((await qsdm(`${line} --json`)).out).data.bundle).toBe(expected.attestation.bundle);
  });

  test("writes a file once, and again only when told to", async () => {
    const line = `attest hmac ${SOLUTION} ${CLAIM} --hmac-key-file hmac --out o`;
    expect(await qsdm(line)).toMatchObject({status: 0, out: "o"});
    expect((await qsdm(line, {o: "x"})).err).toContain("o already exists");
    expect((await qsdm(`${line} --force`, {o: "x"})).status).toBe(0);
  });

  test.each([
    ["no proof", {p: "{"}, 3],
    ["no challenge", {c: "{}"}, 3],
    ["no key", {hmac: "zz"}, 3],
    ["a short key", {hmac: "00"}, 3],
  ])("with %s is refused, and quotes no secret", async (_what, change, status) => {
    const ran = await qsdm(`attest hmac ${SOLUTION} ${CLAIM} --hmac-key-file hmac`, change);
    expect([ran.status, ran.out]).toEqual([status, ""]);
    expect(ran.err).not.toContain(hexOf(rig.hmacKey));
  });
});

describe("attest cc", () => {
  const line = `attest cc ${SOLUTION} --cert-chain chain --device-key-file key --firmware-ver 535.86 --driver-ver 550.54 --gpu-arch hopper`;

  test("gives a proof that a compat chain with the device's root takes", async () => {
    const {out} = await qsdm(line, {key: exportKey(leaf)});
    const limits = {windowSeconds: 60, futureSkewSeconds: 5};
    const ports = {trust: trust(), challenges: null, nonces: null, limits};
    expect(() => checkCcAttestation(ports, decodeProof(utf8(out)), TEST_NOW_MS)).not.toThrow();
  });

  test("is refused with another key, no key, and no chain", async () => {
    const other = await issue({name: "other", ca: false, curve: "P-256"});
    expect((await qsdm(line, {key: exportKey(other)})).err).toContain("not the one of the first certificate");
    const secret = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n";
    const broken = await qsdm(`${line} --verbose`, {key: secret});
    expect([broken.status, broken.err.includes("secret")]).toEqual([3, false]);
    expect((await qsdm(line, {key: exportKey(leaf), chain: "x"})).err).toContain("holds no chain of certificates");
  });
});

describe("attest key", () => {
  test("puts a MAC under the node key, as strict chains take it", async () => {
    const {out, err} = await qsdm(`${KEY} --hmac-key-file hmac ${CLAIM.replace("RTX_4090", "rtx4090l4")}`);
    expect(err).toBe("");
    expect(accepted(out)).toBe("qsdm-key-v1");
  });

  test("puts a certified quote under it", async () => {
    const device = "--device-key-file key --cert-chain chain --firmware-ver 535.86 --driver-ver 550.54";
    const line = `${KEY} --node-id rig-1 --gpu-arch hopper ${device}`;
    const {out} = await qsdm(line, {key: exportKey(leaf)});
    expect(accepted(out, idOf(leaf))).toBe("qsdm-key-v1");
  });

  test("puts a GPU's report under it, asked for with the nonce that attest nonce prints", async () => {
    const nonce = (await qsdm(`attest nonce ${SOLUTION} --node-id rig-1`)).out;
    const report = gpu.report(Buffer.from(nonce, "hex"));
    const line = `${KEY} --node-id rig-1 --gpu-arch hopper --report-file r --cert-chain gpuchain`;
    for (const r of [report, hexOf(report)])
      expect(accepted((await qsdm(line, {r})).out, idOf(gpu.device))).toBe("qsdm-key-v1");
    const stale = await qsdm(line, {r: gpu.report(new Uint8Array(32))});
    expect([stale.status, stale.err]).toEqual([2, expect.stringContaining(`want ${nonce}`)]);
    expect((await qsdm(line, {r: "00"})).status).toBe(3);
  });

  test("asks for exactly one kind of evidence", async () => {
    for (const sources of ["", "--hmac-key-file hmac --report-file r"])
      expect((await qsdm(`${KEY} --node-id rig-1 ${sources}`.trim())).err).toContain("give one of --hmac-key-file");
    expect((await qsdm(`${KEY} --node-id rig-1 --report-file r`, {r: "00"})).err).toContain("--cert-chain is missing");
  });
});

test("attest gpu-id prints the id to enroll with, of the device and not of its firmware", async () => {
  expect((await qsdm("attest gpu-id --cert-chain chain")).out).toBe(idOf(leaf));
  expect((await qsdm("attest gpu-id --cert-chain gpuchain --report")).out).toBe(idOf(gpu.device));
  expect((await qsdm("attest gpu-id --cert-chain chain --report")).status).toBe(2);
});

describe("attest validator", () => {
  const terms = {chainId: "c", height: 9n, blockId: "ab".repeat(32)};
  const sender = "cd".repeat(32);
  const client = {
    validators: async () => ({
      height: 9n,
      validators: [{account: sender, power: 1n, peerId: "ab".repeat(32), attestation: null}],
    }),
    block: async () => ({id: terms.blockId}),
  } as unknown as Pick<Client, "validators" | "block">;
  const order = (nonce: Uint8Array, by = sender) =>
    orderValidatorAttestation(
      {anchorHeight: 9n, gpuArch: "hopper", certChain: gpu.certChain, report: gpu.report(nonce)},
      {client, terms: terms as unknown as OwnStatus, sender: by},
    );

  test("orders what the contract takes", async () => {
    const {contract, payload, question} = await order(validatorNonce(terms.blockId, sender));
    expect([contract, question]).toEqual([VALIDATOR_ATTEST_CONTRACT, null]);
    expect(validatorAttestation.decode(payload)).toMatchObject({anchorHeight: 9n, certChain: gpu.certChain});
  });

  test("refuses before a fee is paid what the chain would refuse", async () => {
    await expect(order(new Uint8Array(32))).rejects.toMatchObject({code: "REPORT_NONCE_OTHER"});
    const nonce = validatorNonce(terms.blockId, sender);
    await expect(order(nonce, "ef".repeat(32))).rejects.toMatchObject({code: "VALIDATOR_ATTESTATION_NOT_VALIDATOR"});
  });
});
