/** Strict proofs whose evidence is a device's: certified quotes, and reports in NVIDIA's framing. */
import {beforeAll, describe, expect, test} from "vitest";
import {base64Of, bytesOfHex, concat} from "../../../../src/codecs/bytes.js";
import type {DeviceTrustParams} from "../../../../src/codecs/chain/genesis.js";
import {CC_ATTESTATION, decodeCcBundle, encodeCcBundle} from "../../../../src/codecs/mining/cc-bundle.js";
import {encodeProof, type Proof} from "../../../../src/codecs/mining/proof.js";
import {spdmNonce} from "../../../../src/codecs/mining/spdm-bundle.js";
import {type SpdmReport, spdmReport} from "../../../../src/codecs/mining/spdm-report.js";
import {decodeCertificate} from "../../../../src/codecs/x509/certificate.js";
import {deviceIdOf, gpuUuidOf} from "../../../../src/node/ledger/attestation/cc/device.js";
import {readDeviceTrust} from "../../../../src/node/ledger/attestation/cc/trust.js";
import {checkReportSignature, checkSpdmBelieved} from "../../../../src/node/ledger/attestation/spdm/verify.js";
import type {VerifyContext} from "../../../../src/node/ledger/mining/context.js";
import {ProofRejection} from "../../../../src/node/ledger/mining/rejection.js";
import {verifyProof} from "../../../../src/node/ledger/mining/verify.js";
import {forgeryIn} from "../../../../src/node/ledger/slashing/forged-attestation.js";
import {type SealedEvidence, sealWithKey} from "../../../../src/node/mining/attest.js";
import {type CcDevice, certifiedEvidence} from "../../../../src/node/mining/attest-cc.js";
import {reportedEvidence} from "../../../../src/node/mining/attest-spdm.js";
import h100 from "../../../codecs/mining/spdm-h100.vectors.json" with {type: "json"};
import {mlDsa87, TEST_CHAIN_ID} from "../../../support/accounts.js";
import {type Issued, issue, signAs} from "../../../support/certificates.js";
import {
  STAND_IN_MEASUREMENTS,
  STAND_IN_SOFTWARE,
  type StandInGpu,
  standInGpu,
  standInOpaque,
} from "../../../support/gpu.js";
import {
  bindingOf,
  contextFor,
  recordOf,
  solved,
  TEST_NOW_MS,
  type TestRig,
  testChallenge,
  testRig,
} from "../../../support/mining.js";

const certifiedGpu = ({certificate}: Issued): string => gpuUuidOf(deviceIdOf(certificate));
/** A challenge for the proof that `rig` solves. */
const challengeFor = (rig: TestRig, nowMs = TEST_NOW_MS) => testChallenge(nowMs, bindingOf(rig, solved(rig)));

const sealed = (rig: TestRig, proof: Proof, evidence: SealedEvidence, challenge = challengeFor(rig)): Proof => {
  const sign = (message: Uint8Array) => mlDsa87.sign(rig.keys.secretKey, message);
  return sealWithKey(proof, evidence, {challenge, identity: {chainId: TEST_CHAIN_ID, sign}});
};
const trusting = (params: Partial<DeviceTrustParams> & Pick<DeviceTrustParams, "roots">) =>
  readDeviceTrust({minFirmware: "", minDriver: "", references: [], ...params});

function outcomeOf(proof: Proof, context: VerifyContext): string {
  try {
    verifyProof(encodeProof(proof), context);
    return "accepted";
  } catch (error) {
    if (error instanceof ProofRejection) return `${error.reason}: ${error.detail}`;
    throw error;
  }
}

describe("a certified quote", () => {
  let root: Issued;
  let leaf: Issued;
  let rig: TestRig;
  let device: CcDevice;
  beforeAll(async () => {
    root = await issue({name: "Device Root"});
    leaf = await issue({name: "NVIDIA H100 80GB HBM3", issuer: root, ca: false, curve: "P-256"});
    rig = {...testRig("rig-cc"), gpuUuid: certifiedGpu(leaf)};
    device = deviceOf(leaf);
  });
  const deviceOf = (issued: Issued): CcDevice => ({
    certChain: [issued.certificate.der],
    firmwareVer: "96.00.5E.00.01",
    driverVer: "550.54.14",
    gpuArch: "hopper",
    sign: (message) => signAs(issued, message, {hash: "sha256", form: "der"}),
  });
  const attested = (from = device, challenge = challengeFor(rig), proof = solved(rig)): Proof =>
    sealed(rig, proof, certifiedEvidence(proof, from, {challenge, nodeId: rig.nodeId}), challenge);
  const against = (change: Partial<DeviceTrustParams> = {}, more: Partial<VerifyContext> = {}) =>
    contextFor([rig], {deviceTrust: trusting({roots: [root.certificate.der], ...change}), ...more});

  test("is taken on a chain that pins the device's root, and on no other", async () => {
    expect(outcomeOf(attested(), against({minFirmware: "96.00.5E", minDriver: "550.54"}))).toBe("accepted");
    expect(outcomeOf(attested(), contextFor([rig]))).toMatch(/^attestation: cc: this chain pins no root of devices/);
    const elsewhere = await issue({name: "Device Root"});
    expect(outcomeOf(attested(), against({roots: [elsewhere.certificate.der]}))).toMatch(/unknown authority/);
  });

  test("covers the versions, so that nobody can raise them on the way (Q26)", () => {
    const challenge = challengeFor(rig);
    const {evidence, ...rest} = certifiedEvidence(solved(rig), device, {challenge, nodeId: rig.nodeId});
    const bundle = decodeCcBundle(evidence);
    const raised = encodeCcBundle({...bundle, pcr: {...bundle.pcr, driverVer: "999.0"}});
    const proof = sealed(rig, solved(rig), {evidence: raised, ...rest}, challenge);
    expect(outcomeOf(proof, against())).toMatch(/AIK signature verification failed/);
  });

  test("names the device of its certificate, which is the enrolled GPU (Q27)", async () => {
    const challenge = challengeFor(rig);
    const {evidence, ...rest} = certifiedEvidence(solved(rig), device, {challenge, nodeId: rig.nodeId});
    const renamed = encodeCcBundle({...decodeCcBundle(evidence), deviceUuid: "00".repeat(16)});
    const proof = sealed(rig, solved(rig), {evidence: renamed, ...rest}, challenge);
    expect(outcomeOf(proof, against())).toMatch(/AIK signature verification failed/);
    const another = await issue({name: "NVIDIA H100", issuer: root, ca: false, curve: "P-256"});
    expect(outcomeOf(attested(deviceOf(another)), against())).toMatch(
      /certified device is GPU-.*, the enrolled GPU GPU-/,
    );
  });

  test("of another node is refused", () => {
    const challenge = challengeFor(rig);
    const evidence = certifiedEvidence(solved(rig), device, {challenge, nodeId: "rig-other"});
    const proof = sealed(rig, solved(rig), {...evidence, nodeId: rig.nodeId}, challenge);
    expect(outcomeOf(proof, against())).toMatch(/AIK signature verification failed/);
  });

  test("of a device with old software, or of another architecture, is refused", () => {
    expect(outcomeOf(attested(), against({minFirmware: "96.00.5F"}))).toMatch(/firmware_ver 96\.00\.5E\.00\.01 < min/);
    expect(outcomeOf(attested(), against({minDriver: "550.54.15"}))).toMatch(
      /driver_ver 550\.54\.14 < min 550\.54\.15/,
    );
    expect(outcomeOf(attested({...device, gpuArch: "ampere"}), against())).toMatch(/does not match claimed gpu_arch/);
    expect(outcomeOf(attested({...device, driverVer: "r550"}), against({minDriver: "1"}))).toMatch(/unparseable/);
  });

  test("of a GPU that this node denies is not admitted, and stands in blocks of others", () => {
    expect(outcomeOf(attested(), {...against(), deniedGpus: ["a100", "h100 80gb"]})).toMatch(/on deny-list/);
    expect(outcomeOf(attested(), {...against(), deniedGpus: ["", "a100"]})).toBe("accepted");
  });

  test("is refused when its challenge is old, of the future, or nobody's", () => {
    const old = attested(device, challengeFor(rig, TEST_NOW_MS - 61_000n));
    expect(outcomeOf(old, against())).toMatch(/cc: attestation age 1m1s > window 1m0s/);
    const early = attested(device, challengeFor(rig, TEST_NOW_MS + 7_000n));
    expect(outcomeOf(early, against())).toMatch(/in future/);
    const foreign = attested(device, {...challengeFor(rig), signerId: "validator-other"});
    expect(outcomeOf(foreign, against())).toMatch(/challenge signature: .*not recognised/);
    expect(outcomeOf(foreign, against({}, {challenges: null}))).toBe("accepted");
  });

  test("in a block is certified at the time of the header that the proof quotes", async () => {
    const until = new Date(Number(TEST_NOW_MS) + 5_000).toISOString();
    const short = await issue({name: "NVIDIA H100", issuer: root, ca: false, curve: "P-256", notAfter: until});
    const owner = {...rig, gpuUuid: certifiedGpu(short)};
    const proof = attested(deviceOf(short));
    const later = {nowMs: TEST_NOW_MS + 10_000n, challenges: null};
    const context = (staleAgainst: VerifyContext["staleAgainst"]) =>
      contextFor([owner], {deviceTrust: trusting({roots: [root.certificate.der]}), ...later, staleAgainst});
    expect(outcomeOf(proof, context("quoted-header"))).toBe("accepted");
    expect(outcomeOf(proof, context("now"))).toMatch(/certificate has expired/);
  });

  test("for another solution is an offence; one that ran out, or that no root covers, is none", async () => {
    const challenge = challengeFor(rig);
    const first = certifiedEvidence(solved(rig), device, {challenge, nodeId: rig.nodeId});
    const second = solved(rig, {}, 100);
    const record = {...recordOf(rig), gpuUuid: rig.gpuUuid};
    expect(forgeryIn(sealed(rig, second, first, challenge), record)).toMatch(/AIK signature verification failed/);
    expect(forgeryIn(sealed(rig, solved(rig), first, challenge), record)).toBeNull();
    const expired = await issue({name: "d", ca: false, curve: "P-256", notAfter: "2021-01-01T00:00:00Z"});
    const owner = {...record, gpuUuid: certifiedGpu(expired)};
    expect(forgeryIn(attested(deviceOf(expired)), owner)).toBeNull();
    expect(forgeryIn(attested(), owner)).toMatch(/the enrolled GPU/);
    const unreadable = {evidence: base64Of(Uint8Array.of(1)), evidenceType: CC_ATTESTATION, nodeId: rig.nodeId};
    expect(forgeryIn(sealed(rig, solved(rig), {...unreadable, gpuArch: "hopper"}), record)).toMatch(/json/);
  });
});

describe("a GPU's own report", () => {
  let gpu: StandInGpu;
  let rig: TestRig;
  beforeAll(async () => {
    gpu = await standInGpu();
    rig = {...testRig("rig-spdm"), gpuUuid: certifiedGpu(gpu.device), gpuArch: "hopper"};
  });
  interface Story {
    readonly from?: StandInGpu;
    readonly proof?: Proof;
    readonly askedFor?: Proof;
    readonly change?: Partial<SpdmReport>;
    readonly gpuArch?: string;
    readonly chain?: readonly Uint8Array[];
    readonly edit?: (report: Uint8Array) => Uint8Array;
  }
  function attested(story: Story = {}): Proof {
    const {from = gpu, proof = solved(rig), askedFor = proof, gpuArch = rig.gpuArch, change = {}} = story;
    const challenge = challengeFor(rig);
    const nonce = spdmNonce(askedFor, {nodeId: rig.nodeId, challenge});
    const report = (story.edit ?? ((same) => same))(from.report(nonce, change));
    const certChain = story.chain ?? from.certChain;
    return sealed(
      rig,
      proof,
      reportedEvidence({report, certChain}, {challenge, nodeId: rig.nodeId, gpuArch}),
      challenge,
    );
  }
  const measurements = [...STAND_IN_MEASUREMENTS].map(([index, digest]) => ({index, digests: [digest]}));
  const reference = {...STAND_IN_SOFTWARE, measurements};
  const against = (change: Partial<DeviceTrustParams> = {}) =>
    contextFor([rig], {
      deviceTrust: trusting({roots: [gpu.root.certificate.der], references: [reference], ...change}),
    });

  test("is taken when the chain pins its root and knows its measurements", () => {
    expect(outcomeOf(attested(), against({minDriver: "550.90", minFirmware: "96.00.9F"}))).toBe("accepted");
    expect(outcomeOf(attested(), contextFor([rig]))).toMatch(/spdm: this chain pins no root of devices/);
  });

  test("answers the nonce of this solution alone", () => {
    const stale = attested({askedFor: solved(rig, {}, 100)});
    expect(outcomeOf(stale, against())).toMatch(/answers another nonce/);
    expect(forgeryIn(stale, {...recordOf(rig), gpuUuid: rig.gpuUuid})).toMatch(/answers another nonce/);
  });

  test("is refused with one bit changed", () => {
    for (const at of [5, 60, 120])
      expect(outcomeOf(attested({edit: (raw) => raw.with(at, raw[at]! ^ 1)}), against())).toMatch(
        /signature does not verify|no DMTF|another nonce/,
      );
    const cut = attested({edit: (raw) => concat(raw.subarray(0, -1), Uint8Array.of(raw.at(-1)! ^ 1))});
    expect(outcomeOf(cut, against())).toMatch(/the report's signature does not verify/);
  });

  test("is refused from a device that is not the enrolled one, though NVIDIA's like it", async () => {
    const twin = await standInGpu();
    const both = {roots: [gpu, twin].map(({root}) => root.certificate.der)};
    expect(outcomeOf(attested({from: twin}), against(both))).toMatch(/certified device is GPU-.*, the enrolled GPU/);
    const [leaf] = twin.certChain;
    const mixed = attested({from: twin, chain: [leaf!, gpu.certChain[1]!, twin.certChain[1]!]});
    expect(outcomeOf(mixed, against(both))).toMatch(/the chain is not in order of issue/);
  });

  test("is refused with measurements that the chain does not expect, or lacks", () => {
    const other = [...STAND_IN_MEASUREMENTS.keys()].map((index) => ({index, type: 1, value: new Uint8Array(48)}));
    expect(outcomeOf(attested({change: {measurements: other}}), against())).toMatch(/measurement 1 is not what driver/);
    expect(outcomeOf(attested({change: {measurements: other.slice(1)}}), against())).toMatch(
      /measurement 1 is missing/,
    );
    const either = {
      ...reference,
      measurements: [{index: 1, digests: [new Uint8Array(48), measurements[0]!.digests[0]!]}],
    };
    expect(outcomeOf(attested(), against({references: [either]}))).toBe("accepted");
  });

  test("is refused for software that is too old, unknown, or not said", () => {
    expect(outcomeOf(attested(), against({minDriver: "550.90.08"}))).toMatch(/driver_ver 550\.90\.07 < min/);
    expect(outcomeOf(attested(), against({minFirmware: "96.00.A0"}))).toMatch(/firmware_ver 96\.00\.9F\.00\.01 < min/);
    expect(outcomeOf(attested(), against({references: []}))).toMatch(
      /no reference for driver 550\.90\.07 with firmware/,
    );
    expect(outcomeOf(attested({change: {opaque: new Map()}}), against())).toMatch(/report: .*names no driver/);
  });

  test("is refused when it names another firmware than its certificate", () => {
    const opaque = standInOpaque(new Map([[20, new Uint8Array(48)]]));
    expect(outcomeOf(attested({change: {opaque}}), against())).toMatch(/another firmware than the certificate/);
  });

  test("is refused from a chip that the proof does not claim, or that nobody knows", async () => {
    expect(outcomeOf(attested({gpuArch: "blackwell"}), against())).toMatch(/GH100 T00.* the proof claims "blackwell"/);
    const from = await standInGpu("XX100 T00 GSP");
    const owner = {...rig, gpuUuid: certifiedGpu(from.device)};
    const deviceTrust = trusting({roots: [from.root.certificate.der], references: [reference]});
    expect(outcomeOf(attested({from}), contextFor([owner], {deviceTrust}))).toMatch(/a chip that is not known/);
  });

  test("of a chip that this node denies is not admitted", () => {
    expect(outcomeOf(attested(), {...against(), deniedGpus: ["gh100 t0"]})).toMatch(/spdm: gpu_name .* on deny-list/);
  });

  test("is refused under a key on another curve", async () => {
    const leaf = await issue({name: "GH100", issuer: gpu.device, ca: false, curve: "P-256"});
    const chain = [leaf.certificate.der, gpu.certChain[1]!];
    expect(outcomeOf(attested({chain}), against())).toMatch(/leaf key is on prime256v1, want secp384r1/);
  });
});

describe("what NVIDIA published of a real H100", () => {
  const raw = bytesOfHex(h100.report);
  const certificates = h100.cert_chain.map((text) => decodeCertificate(Buffer.from(text, "base64")));
  const report = spdmReport.decode(raw);
  const challenge = testChallenge();
  const bundle = {certChain: h100.cert_chain.slice(0, -1), challenge, report: raw};
  const [first] = certificates;
  const seen = report.measurements
    .filter(({value}) => value.some((byte) => byte !== 0))
    .map(({index, value}) => ({index, digests: [value]}));
  const trust = trusting({
    roots: [certificates.at(-1)!.der],
    minFirmware: "96.00.9F",
    references: [{driver: h100.driver, firmware: h100.vbios, measurements: seen}],
  });
  const belief = {gpuArch: "hopper", trust, deniedGpus: [], nowMs: TEST_NOW_MS};

  test("is signed by the key of its certificate, up to NVIDIA's root", () => {
    expect(() => checkReportSignature(first!, report, raw)).not.toThrow();
    expect(() => checkSpdmBelieved(bundle, belief)).not.toThrow();
  });

  test("is not believed without NVIDIA's authorities, for another chip, or before its certificates", () => {
    const pinnedDevice = trusting({...trust, roots: [certificates[1]!.der]});
    expect(() => checkSpdmBelieved(bundle, {...belief, trust: pinnedDevice})).not.toThrow();
    expect(() => checkSpdmBelieved(bundle, {...belief, gpuArch: "blackwell"})).toThrow(/the proof claims "blackwell"/);
    expect(() => checkSpdmBelieved(bundle, {...belief, nowMs: 0n})).toThrow(/not yet valid/);
    expect(() => checkReportSignature(certificates[1]!, report, raw)).toThrow(/signature does not verify/);
    expect(() => checkSpdmBelieved({...bundle, certChain: bundle.certChain.slice(0, 2)}, belief)).toThrow(
      /unknown authority/,
    );
  });
});
