/** Whatever the bytes: certificates, paths and signatures answer with errors of this program, or not at all. */
import fc from "fast-check";
import {beforeAll, expect, test} from "vitest";
import {base64Of} from "../../../../../src/codecs/bytes.js";
import {decodeCertificate} from "../../../../../src/codecs/x509/certificate.js";
import {QsdmError} from "../../../../../src/errors.js";
import {findPath} from "../../../../../src/node/ledger/attestation/cc/path.js";
import {readDeviceKey, verifyCertified, verifyEcdsa} from "../../../../../src/node/ledger/attestation/cc/signature.js";
import {readDeviceTrust} from "../../../../../src/node/ledger/attestation/cc/trust.js";
import {checkSpdmBelieved, readSignedReport} from "../../../../../src/node/ledger/attestation/spdm/verify.js";
import {type Issued, issue} from "../../../../support/certificates.js";
import {type StandInGpu, standInGpu} from "../../../../support/gpu.js";

const NOW_MS = BigInt(Date.parse("2026-01-01T00:00:00Z"));
let chains: readonly (readonly Issued[])[];
let gpu: StandInGpu;
beforeAll(async () => {
  const root = await issue({name: "root"});
  const middle = await issue({name: "middle", issuer: root});
  const rsa = await issue({name: "rsa", algorithm: "RSA"});
  const ed = await issue({name: "ed", algorithm: "Ed25519"});
  chains = [
    [await issue({name: "device", issuer: middle, ca: false}), middle, root],
    [await issue({name: "device", issuer: rsa, ca: false}), rsa],
    [await issue({name: "device", issuer: ed, ca: false}), ed],
  ];
  gpu = await standInGpu();
});

/** Only a `QsdmError` may be thrown. */
function expectCalm(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
  }
}

const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), {minLength: 1, maxLength: 3});
const altered = (bytes: Uint8Array, edits: readonly (readonly [number, number])[]): Uint8Array =>
  edits.reduce((made, [at, byte]) => made.with(at % made.length, byte), bytes);

test("altered certificates, in any place of a chain", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), changes, (which, place, edits) => {
      const chain = chains[which % chains.length]!;
      const ders = chain.map(({certificate: {der}}, i) => (i === place % chain.length ? altered(der, edits) : der));
      expectCalm(() => {
        const [leaf, ...others] = ders.map(decodeCertificate);
        findPath(leaf!, others, {roots: [chain.at(-1)!.certificate], nowMs: NOW_MS});
      });
    }),
    {numRuns: 120},
  );
});

test("any signature under any key", () => {
  const algorithms = ["1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11", "1.3.101.112", "1.2.3"];
  fc.assert(
    fc.property(
      fc.uint8Array({maxLength: 300}),
      fc.nat(),
      fc.constantFrom(...algorithms),
      (signature, which, algorithm) => {
        const key = readDeviceKey(chains[which % chains.length]!.at(-1)!.certificate.publicKey)!;
        const message = Uint8Array.of(1);
        expect(verifyCertified(key, algorithm, {message, signature})).toBe(false);
        if (key.kind !== "ec") return;
        expect(verifyEcdsa(key, {hash: "sha384", form: "raw"}, {message, signature})).toBe(false);
        expect(verifyEcdsa(key, {hash: "sha256", form: "der"}, {message, signature})).toBe(false);
      },
    ),
    {numRuns: 120},
  );
});

test("altered reports and their chains", () => {
  const trust = readDeviceTrust({roots: [gpu.root.certificate.der], minFirmware: "", minDriver: "", references: []});
  const report = gpu.report(new Uint8Array(32));
  fc.assert(
    fc.property(changes, changes, fc.boolean(), (inReport, inChain, both) => {
      const ders = gpu.certChain.map((der) => (both ? altered(der, inChain) : der));
      const bundle = {certChain: ders.map((der) => base64Of(der)), report: altered(report, inReport)};
      expectCalm(() => readSignedReport(bundle));
      expectCalm(() => checkSpdmBelieved(bundle, {gpuArch: "hopper", trust, deniedGpus: [], nowMs: NOW_MS}));
    }),
    {numRuns: 80},
  );
});
