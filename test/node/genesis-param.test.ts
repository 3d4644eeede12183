import {readFileSync} from "node:fs";
import {stat} from "node:fs/promises";
import path from "node:path";
import {expect, test} from "vitest";
import {withParam} from "../../src/codecs/chain/genesis-file.js";
import {initNode} from "../../src/commands/node/init.js";
import {readDataDir} from "../../src/node/data-dir.js";
import {NETWORK_PARAMS} from "../../src/node/ledger/params/networks.js";
import {TEST_CHAIN_ID} from "../support/accounts.js";
import {scratchDirectory, VALIDATOR_ACCOUNT} from "../support/chain.js";

const plan = (dataDir: string, params: readonly string[]) => ({
  dataDir,
  network: "dev" as const,
  chainId: TEST_CHAIN_ID,
  validatorAccount: VALIDATOR_ACCOUNT.address,
  allocations: [],
  timeMs: 1_800_000_000_000n,
  params,
});

test("a genesis takes numbers of its own, and the file gives them back", async () => {
  const dataDir = path.join(scratchDirectory(), "node");
  await initNode(
    plan(dataDir, [
      "forkTensorHeight=18446744073709551615",
      "forkTensorHeight=1000",
      "graceBlocks=7",
      "dagEntries=1024",
    ]),
  );
  const {genesis} = await readDataDir(dataDir);
  expect(genesis.params).toEqual({
    ...NETWORK_PARAMS.dev,
    forkTensorHeight: 1_000n,
    graceBlocks: 7n,
    dagEntries: 1_024,
  });
});

test("numbers that make no chain are refused before anything is written", async () => {
  const dataDir = path.join(scratchDirectory(), "node");
  for (const params of [["forkV2Height=5"], ["retargetClamp=1"], ["initialDifficulty=9", "minDifficulty=10"]])
    await expect(initNode(plan(dataDir, params))).rejects.toMatchObject({code: "GENESIS_INVALID"});
  await expect(stat(dataDir)).rejects.toThrow("ENOENT");
});

test.each([
  "",
  "graceBlocks",
  "graceBlocks=",
  "graceBlocks=-1",
  "graceBlocks=1.5",
  "graceBlocks=0x10",
  "grace=1",
  "toString=1",
  "rules=compat",
  "deviceTrust=1",
  "dagEntries=4294967296",
  "graceBlocks=18446744073709551616",
])('"%s" is no parameter of a genesis', (assignment) => {
  expect(() => withParam(NETWORK_PARAMS.dev, assignment)).toThrow(
    expect.objectContaining({code: "GENESIS_PARAM_INVALID", hint: expect.stringContaining("forkTensorHeight")}),
  );
});

test("docs/genesis.md has every number of every network, and no other", () => {
  const page = readFileSync(new URL("../../docs/genesis.md", import.meta.url), "utf8");
  const rows = page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));
  const numbersOf = (name: keyof typeof NETWORK_PARAMS) =>
    Object.entries(NETWORK_PARAMS[name]).flatMap(([key, value]) =>
      typeof value === "number" || typeof value === "bigint" ? [[key, `${value}`]] : [],
    );
  for (const [column, name] of [
    [2, "mainnet"],
    [3, "dev"],
    [4, "compat"],
  ] as const)
    expect(rows.map((row) => [row[1], row[column]])).toEqual(numbersOf(name));
  expect({...NETWORK_PARAMS.mainnet, slashRewardBps: 1_000}).toEqual(NETWORK_PARAMS.testnet);
});
