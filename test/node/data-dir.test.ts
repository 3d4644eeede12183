import {chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync} from "node:fs";
import path from "node:path";
import {describe, expect, test} from "vitest";
import {formatGenesis, parseGenesis} from "../../src/codecs/chain/genesis-file.js";
import {initDataDir, newSeed, readDataDir} from "../../src/node/data-dir.js";
import {testAccount} from "../support/accounts.js";
import {scratchDirectory, testGenesis} from "../support/chain.js";

const genesis = testGenesis([{to: testAccount("alice").address, amountDust: 2n ** 49n + 1n}]);
const init = async (): Promise<string> => {
  const directory = path.join(scratchDirectory(), "data");
  await initDataDir(directory, {genesis, validatorSeed: newSeed()});
  return directory;
};

test("what was initialised is read back, and its keys are for the owner's eyes", async () => {
  const directory = path.join(scratchDirectory(), "data");
  const validatorSeed = newSeed();
  await initDataDir(directory, {genesis, validatorSeed});
  const read = await readDataDir(directory);
  expect(read.genesis).toEqual(genesis);
  expect(read.validatorSeed).toEqual(validatorSeed);
  expect(read.challengeKey).toHaveLength(32);
  for (const file of ["validator.seed", "challenge.key"])
    expect(statSync(path.join(directory, file)).mode & 0o777).toBe(0o600);
});

describe("a data directory is refused", () => {
  test("that holds a node already, and the old one stays", async () => {
    const directory = await init();
    const before = readFileSync(path.join(directory, "validator.seed"), "utf8");
    await expect(initDataDir(directory, {genesis, validatorSeed: newSeed()})).rejects.toMatchObject({
      code: "DATA_DIR_EXISTS",
    });
    expect(readFileSync(path.join(directory, "validator.seed"), "utf8")).toBe(before);
  });
  test("that holds none", async () => {
    await expect(readDataDir(scratchDirectory())).rejects.toMatchObject({code: "DATA_DIR_MISSING"});
  });
  test.runIf(process.platform !== "win32")("whose key others can read", async () => {
    const directory = await init();
    chmodSync(path.join(directory, "validator.seed"), 0o644);
    await expect(readDataDir(directory)).rejects.toMatchObject({code: "KEY_FILE_OPEN"});
  });
  test("whose key is missing", async () => {
    const directory = await init();
    rmSync(path.join(directory, "challenge.key"));
    await expect(readDataDir(directory)).rejects.toMatchObject({code: "KEY_FILE_MISSING"});
  });
  test.each(["", "zz", "ab".repeat(31), "AB".repeat(32)])("whose key is %j", async (text) => {
    const directory = await init();
    writeFileSync(path.join(directory, "validator.seed"), text);
    await expect(readDataDir(directory)).rejects.toMatchObject({code: "KEY_FILE_INVALID"});
  });
  test("whose genesis is damaged", async () => {
    const directory = await init();
    writeFileSync(path.join(directory, "genesis.json"), "{");
    await expect(readDataDir(directory)).rejects.toMatchObject({code: "GENESIS_FILE_INVALID"});
    expect(existsSync(path.join(directory, "chain.db"))).toBe(false);
  });
});

describe("a genesis file is refused", () => {
  const text = formatGenesis(genesis);
  test.each<[string, string]>([
    ["with an unknown member", text.replace('"network"', '"extra": 1, "network"')],
    ["without a member", text.replace(/ {2}"network".*\n/, "")],
    ["with an amount as a number", text.replace(/"amountDust": "\d+"/, '"amountDust": 5')],
    ["with an amount that has a sign", text.replace(/"amountDust": "/, '"amountDust": "-')],
    ["with an amount above 64 bits", text.replace(/"amountDust": "\d+"/, '"amountDust": "18446744073709551616"')],
    ["with an address that is none", text.replace(/"to": "..../, '"to": "')],
    ["with a short validator key", text.replace(/"publicKey": "..../, '"publicKey": "')],
    ["with rules that do not exist", text.replace('"strict"', '"lenient"')],
    ["that is not JSON", "genesis"],
  ])("%s", (_what, altered) => {
    expect(altered).not.toBe(text);
    expect(() => parseGenesis(altered)).toThrowError(expect.objectContaining({code: "GENESIS_FILE_INVALID"}));
  });

  test("and a good one keeps amounts that no double can hold", () => {
    expect(parseGenesis(text)).toEqual(genesis);
  });
});
