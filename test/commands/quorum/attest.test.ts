/** `qsdm quorum attest`, and the policy of a roster. */
import {beforeAll, describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {cardFile, rosterFile} from "../../../src/codecs/quorum/strict/roster.js";
import {run} from "../../../src/commands/run.js";
import {Party} from "../../../src/node/custody/party.js";
import {loadPartySuite} from "../../../src/node/quorum-strict.js";
import milan from "../../node/quorum/attestation/snp-milan.vectors.json" with {type: "json"};
import {memoryHost} from "../memory-host.js";

const suite = await loadPartySuite();
const NAMES = ["custodian-0", "custodian-1", "custodian-2", "coordinator", "alice"];
const pem = (...ders: string[]): string =>
  ders.map((der) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`).join("");
const files: Record<string, string | Uint8Array> = {
  ...Object.fromEntries(
    NAMES.flatMap((name, at) => {
      const seed = new Uint8Array(32).fill(at + 1);
      return [
        [`/${name}.card`, cardFile.encode(new Party(seed, suite).card(name))],
        [`/${name}.key`, `${hexOf(seed)}\n`],
      ];
    }),
  ),
  "/machine.key": `${"0a".repeat(32)}\n`,
  "/amd.pem": pem(milan.ark, milan.vcek, milan.ask),
  "/short.pem": pem(milan.vcek, milan.ask),
  "/no.pem": "nothing\n",
};

async function qsdm(line: string, {json = true} = {}) {
  const host = memoryHost({argv: [...line.trim().split(/\s+/), ...(json ? ["--json"] : [])], files});
  const status = await run(host);
  for (const [path, bytes] of host.files) files[path] = bytes;
  const {data, error, warnings} = json ? JSON.parse(host.out()) : {data: host.out(), error: null, warnings: []};
  return {status, data, code: error?.code, message: error?.message, warnings, err: host.err()};
}

const MACHINE = `--attestation insecure-software --attestation-key /machine.key --attestation-measurement ${"11".repeat(32)}
  --attestation-version 4`;
const CREATE = `quorum roster create --threshold 2 --force
  --custodian /custodian-0.card@10.0.0.1:9200 --custodian /custodian-1.card@10.0.0.2:9200
  --custodian /custodian-2.card@10.0.0.3:9200 --coordinator /coordinator.card@10.0.0.9:9209 --client /alice.card`;
const NONCE = "5a".repeat(32);
const COLLECT = `quorum attest collect ${MACHINE}`;
const EVIDENCE = `${COLLECT} --roster /roster --key /custodian-1.key --nonce ${NONCE} --out /evidence --force`;
const INSECURE = expect.arrayContaining([expect.stringMatching(/^INSECURE: /)]);

async function signed(path: string, warnings: unknown = []): Promise<void> {
  for (const at of [0, 1, 2])
    expect(await qsdm(`quorum roster sign ${path} --key /custodian-${at}.key`)).toMatchObject({status: 0, warnings});
}

beforeAll(async () => {
  expect(await qsdm(`${COLLECT} --policy-out /policy.toml`)).toMatchObject({status: 0, warnings: INSECURE});
  expect(await qsdm(`${CREATE} --attestation /policy.toml --out /roster`)).toMatchObject({
    status: 0,
    warnings: INSECURE,
  });
  await signed("/roster", INSECURE);
});

describe("a machine", () => {
  test("says what it measures, and that software is insecure wherever it is shown", async () => {
    const {data, err} = await qsdm(COLLECT, {json: false});
    expect(data).toMatch(
      /^kind\tinsecure-software \(INSECURE\)\nmeasurement\t(11){32}\nanchor\t[0-9a-f]{64}\nversions\tversion 4\n$/,
    );
    expect(err).toContain("INSECURE: this machine's evidence is a key in a file");
    expect((await qsdm(COLLECT)).data).toMatchObject({
      kind: "insecure-software",
      insecure: true,
      versions: {version: 4},
    });
  });

  test("that is no guest of SEV-SNP says so", async () => {
    const line = "quorum attest collect --attestation sev-snp --attestation-certs";
    expect(await qsdm(`${line} /amd.pem`)).toMatchObject({status: 4, code: "ATTESTATION_UNAVAILABLE"});
    expect(await qsdm(`${line} /short.pem`)).toMatchObject({status: 3, code: "CERTIFICATES_INVALID"});
    expect(await qsdm(`${line} /no.pem`)).toMatchObject({status: 3, code: "CERTIFICATES_INVALID"});
  });

  test.each([
    ["quorum attest collect", "FLAG_MISSING"],
    ["quorum attest collect --attestation sev-snp", "FLAG_MISSING"],
    ["quorum attest collect --attestation insecure-software --attestation-key /machine.key", "FLAG_MISSING"],
    ["quorum attest collect --attestation sev-snp --attestation-key /machine.key", "FLAG_CONFLICT"],
    ["quorum attest collect --attestation insecure-software --attestation-certs /amd.pem", "FLAG_CONFLICT"],
    ["quorum attest collect --attestation-certs /amd.pem", "FLAG_CONFLICT"],
    [`${COLLECT} --attestation-measurement zz`, "FLAG_INVALID"],
    [`${COLLECT} --out /evidence`, "FLAG_CONFLICT"],
    [`${COLLECT} --nonce 5a`, "FLAG_INVALID"],
  ])("%s is %s", async (line, code) => {
    expect(await qsdm(line)).toMatchObject({status: 2, code});
  });
});

describe("a roster's policy", () => {
  test("is shown with the roster", async () => {
    const {data, err, warnings} = await qsdm("quorum roster verify /roster");
    expect(data.attestation).toMatchObject({
      max_age_s: 3_600,
      accept: [
        {kind: "insecure-software", insecure: true, measurements: ["11".repeat(32)], least_versions: {version: 4}},
      ],
    });
    expect(err).toContain(`attestation  insecure-software (INSECURE)  ${"11".repeat(32)}  by `);
    expect(warnings).toEqual(INSECURE);
  });

  test("may name several kinds, and measurements of each", async () => {
    files["/two.toml"] = `max_age_s = 600
[[accept]]
kind = "sev-snp"
measurements = ["${"aa".repeat(48)}", "${"bb".repeat(48)}"]
anchors = ["${"cc".repeat(32)}"]
[accept.least_versions]
microcode = 219
[[accept]]
kind = "insecure-software"
measurements = ["11"]
anchors = ["${"dd".repeat(32)}"]
`;
    expect(await qsdm(`${CREATE} --attestation /two.toml --out /two`)).toMatchObject({status: 0, warnings: INSECURE});
    const {attestation} = rosterFile.decode(new Uint8Array(files["/two"] as Uint8Array)).content;
    expect(attestation!.accept.map(({kind, leastVersions}) => [kind, leastVersions])).toEqual([
      ["sev-snp", [0, 0, 0, 219]],
      ["insecure-software", [0]],
    ]);
    expect((await qsdm("quorum roster verify /roster")).data.attestation.accept).toHaveLength(1);
  });

  test.each([
    ["accept = 1", "ATTESTATION_POLICY_INVALID"],
    ["[[accept]]\nkind = 'tdx'\nmeasurements = ['11']\nanchors = []", "ATTESTATION_POLICY_INVALID"],
    ["[[accept]]\nkind = 'sev-snp'\nmeasurements = ['1']\nanchors = []", "ATTESTATION_POLICY_INVALID"],
    ["[[accept]]\nkind = 'sev-snp'\nmeasurements = ['11']\nanchors = ['11']", "ATTESTATION_POLICY_INVALID"],
    [
      "[[accept]]\nkind='sev-snp'\nmeasurements=['11']\nanchors=[]\nleast_versions={guest=1}",
      "ATTESTATION_POLICY_INVALID",
    ],
    ["more = 1\naccept = []", "ATTESTATION_POLICY_INVALID"],
    ["accept = []", "ROSTER_INVALID"],
  ])("%s is refused", async (text, code) => {
    files["/bad.toml"] = text;
    expect(await qsdm(`${CREATE} --attestation /bad.toml --out /bad`)).toMatchObject({code});
  });

  test("that the next roster drops is spoken of when that one is agreed to", async () => {
    expect(await qsdm(`${CREATE} --follows /roster --out /next`)).toMatchObject({status: 0});
    const {warnings} = await qsdm("quorum roster sign /next --previous /roster --key /custodian-0.key");
    expect(warnings).toEqual([expect.stringContaining("the next roster demands no attestation")]);
  });
});

describe("evidence in a file", () => {
  const verify = (more = `--nonce ${NONCE}`) => qsdm(`quorum attest verify /evidence --roster /roster ${more}`);
  beforeAll(async () => {
    expect(await qsdm(EVIDENCE)).toMatchObject({status: 0, data: {nonce: NONCE, evidence: "/evidence"}});
  });

  test("is checked offline, for the nonce that it was asked with", async () => {
    const {status, data, warnings} = await verify();
    expect([status, data]).toMatchObject([0, {custodian: "custodian-1", insecure: true, fresh: true, nonce: NONCE}]);
    expect(warnings).toEqual([expect.stringContaining("INSECURE: custodian-1 is attested by software")]);
    expect(await verify(`--nonce ${"00".repeat(32)}`)).toMatchObject({status: 3, code: "ATTESTATION_REJECTED"});
  });

  test("without a nonce is not called fresh", async () => {
    const {data, warnings} = await verify("");
    expect(data).toMatchObject({fresh: false});
    expect(warnings).toContainEqual(expect.stringContaining("the custodian's word alone"));
  });

  test("is of a custodian, and for a roster that asks for it", async () => {
    expect(await qsdm(EVIDENCE.replace("custodian-1.key", "alice.key"))).toMatchObject({code: "KEY_NOT_IN_ROSTER"});
    expect(await qsdm(`${CREATE} --out /plain`)).toMatchObject({status: 0});
    await signed("/plain");
    const plain = "quorum attest verify /evidence --roster /plain";
    expect(await qsdm(plain)).toMatchObject({status: 3, code: "ROSTER_WITHOUT_ATTESTATION"});
  });
});

test("a custodian wants a driver that the roster accepts before it does anything", async () => {
  const line = "quorum custodian --roster /roster --key /custodian-0.key --data-dir /nowhere";
  expect(await qsdm(`${line} --attestation sev-snp`)).toMatchObject({status: 2, code: "FLAG_MISSING"});
  const compat = "quorum custodian --profile compat --data-dir /nowhere --public-approval-keys";
  expect(await qsdm(`${compat} --attestation sev-snp`)).toMatchObject({status: 2, code: "FLAG_CONFLICT"});
});
