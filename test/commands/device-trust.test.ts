import {mkdtempSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {beforeAll, expect, test} from "vitest";
import {base64Of, bytesOfHex} from "../../src/codecs/bytes.js";
import {disk} from "../../src/commands/disk.js";
import {readDeviceTrustFile} from "../../src/commands/node/device-trust.js";
import {initNode} from "../../src/commands/node/init.js";
import {readDataDir} from "../../src/node/data-dir.js";
import {type Issued, issue} from "../support/certificates.js";
import {scratchDirectory, VALIDATOR_ACCOUNT} from "../support/chain.js";

let folder: string;
let roots: readonly Issued[];
beforeAll(async () => {
  folder = mkdtempSync(join(scratchDirectory(), "trust-"));
  roots = await Promise.all(["one", "two"].map((name) => issue({name})));
  const pem = ({certificate: {der}}: Issued) =>
    `-----BEGIN CERTIFICATE-----\n${base64Of(der)}\n-----END CERTIFICATE-----\n`;
  writeFileSync(join(folder, "both.pem"), roots.map(pem).join(""));
  writeFileSync(join(folder, "one.der"), roots[0]!.certificate.der);
});

const read = (text: string) => {
  const path = join(folder, "trust.toml");
  writeFileSync(path, text);
  return readDeviceTrustFile(disk, path);
};

test("a trust file names roots beside itself, and the oldest versions that count", async () => {
  const trust = await read('roots = ["both.pem", "one.der"]\nmin_firmware = "96.00.5E"\nmin_driver = "550"\n');
  const [one, two] = roots.map(({certificate}) => certificate.der);
  expect(trust).toEqual({roots: [one, two, one], minFirmware: "96.00.5E", minDriver: "550", references: []});
});

test("what it says becomes part of the genesis, and is read back from it", async () => {
  const dataDir = join(folder, "node");
  const deviceTrust = await read('roots = ["both.pem"]\nmin_driver = "550.54"\n');
  const plan = {network: "dev", chainId: "trusting", validatorAccount: VALIDATOR_ACCOUNT.address} as const;
  await initNode({...plan, dataDir, allocations: [], deviceTrust, timeMs: 1_800_000_000_000n});
  expect((await readDataDir(dataDir)).genesis.params.deviceTrust).toEqual(deviceTrust);
});

test("a floor that nothing can be compared with makes no chain, and leaves no directory", async () => {
  const dataDir = join(folder, "refused");
  const deviceTrust = await read('roots = ["both.pem"]\nmin_driver = "r550"\n');
  const plan = {network: "dev", chainId: "trusting", validatorAccount: VALIDATOR_ACCOUNT.address} as const;
  const made = initNode({...plan, dataDir, allocations: [], deviceTrust, timeMs: 1_800_000_000_000n});
  await expect(made).rejects.toMatchObject({code: "GENESIS_INVALID"});
  expect(await disk.exists(dataDir)).toBe(false);
});

test("reference measurements stand in the same file, by driver and firmware", async () => {
  const digest = "ab".repeat(48);
  const trust = await read(
    `roots = ["one.der"]\n[[reference]]\ndriver = "550.90.07"\nfirmware = "96.00.9F.00.01"\n` +
      `[reference.measurements]\n2 = ["${digest}"]\n12 = ["00", "01"]\n`,
  );
  const measurements = [
    {index: 2, digests: [bytesOfHex(digest)]},
    {index: 12, digests: [Uint8Array.of(0), Uint8Array.of(1)]},
  ];
  expect(trust.references).toEqual([{driver: "550.90.07", firmware: "96.00.9F.00.01", measurements}]);
});

const reference = (measurements: string) =>
  `roots = ["one.der"]\n[[reference]]\ndriver = "1"\nfirmware = "1"\n[reference.measurements]\n${measurements}\n`;

test.each([
  ["a measurement without a number", reference('x = ["00"]'), "DEVICE_TRUST_INVALID"],
  ["a measurement 255", reference('255 = ["00"]'), "DEVICE_TRUST_INVALID"],
  ["a digest that is not hex", reference('1 = ["zz"]'), "DEVICE_TRUST_INVALID"],
  ["no TOML", "roots =", "DEVICE_TRUST_INVALID"],
  ["no roots", 'min_driver = "1"', "DEVICE_TRUST_INVALID"],
  ["an empty list of roots", "roots = []", "DEVICE_TRUST_INVALID"],
  ["a key that nobody knows", 'roots = ["one.der"]\nmin_drivers = "1"', "DEVICE_TRUST_INVALID"],
  ["a file that is not there", 'roots = ["three.der"]', "FILE_NOT_FOUND"],
  ["a file that is no certificate", 'roots = ["trust.toml"]', "ROOTS_INVALID"],
])("a trust file with %s is refused", async (_what, text, code) => {
  await expect(read(text)).rejects.toMatchObject({code});
});
