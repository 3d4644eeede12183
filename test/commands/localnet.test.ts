/** `qsdm localnet export`: directories that are a network once each of them runs. */
import {readFile} from "node:fs/promises";
import path from "node:path";
import {expect, test} from "vitest";
import {seatsOf} from "../../src/commands/localnet/export.js";
import {exportLocalnet, type LocalnetPlan} from "../../src/commands/localnet/layout.js";
import {parseConfig} from "../../src/commands/settings.js";
import {readDataDir} from "../../src/node/data-dir.js";
import {parseEndpoint} from "../../src/node/network/address.js";
import {peerIdOf} from "../../src/node/network/session/certificate.js";
import {mlDsa44, testAccount} from "../support/accounts.js";
import {scratchDirectory} from "../support/chain.js";

const {address: account} = testAccount("alice");
const FLAGS = {
  out: "",
  chainId: "net",
  network: "dev",
  validators: 3,
  host: [],
  basePort: 9000,
  validatorAccount: [account],
  allocate: [],
  authority: [],
  vest: [],
  param: [],
} as const;

const plan = (change: Partial<LocalnetPlan> = {}): LocalnetPlan => ({
  directory: path.join(scratchDirectory(), "net"),
  network: "dev",
  chainId: "net",
  seats: seatsOf(FLAGS),
  allocations: [{to: account, amountDust: 5n}],
  params: ["dagEntries=1024"],
  timeMs: 1_800_000_000_000n,
  ...change,
});

test("every directory has the same genesis, a key of its own that votes there, and the addresses of the others", async () => {
  const {genesis, validators} = await exportLocalnet(plan());
  const ids = validators.map(({endpoint}) => endpoint.id);
  expect(new Set(ids).size).toBe(3);
  for (const [i, {directory, configPath}] of validators.entries()) {
    const settings = parseConfig(await readFile(configPath), configPath);
    expect(settings.listen).toBe(`127.0.0.1:${9000 + i}`);
    const peers = settings.peers!.split(",").map(parseEndpoint);
    expect(peers.map(({id}) => id)).toEqual(ids.filter((id) => id !== ids[i]));
    const dir = await readDataDir(path.join(directory, settings.data_dir!));
    expect(dir.genesis).toEqual(genesis);
    const {publicKey} = mlDsa44.keygenFromSeed(dir.validatorSeed);
    expect(genesis.validators[i]!.publicKey).toEqual(publicKey);
    expect(peerIdOf(publicKey)).toBe(ids[i]);
  }
});

test("nothing that is there is overwritten", async () => {
  const again = plan();
  await exportLocalnet(again);
  await expect(exportLocalnet(again)).rejects.toMatchObject({code: "DATA_DIR_EXISTS"});
});

test("hosts and accounts are given for every validator or not at all", () => {
  const host = ["192.0.2.1:1", "192.0.2.2:2", "[2001:db8::3]:3"];
  expect(seatsOf({...FLAGS, host}).map(({host: name, port}) => [name, port])).toEqual([
    ["192.0.2.1", 1],
    ["192.0.2.2", 2],
    ["2001:db8::3", 3],
  ]);
  const mismatch = expect.objectContaining({code: "SEATS_MISMATCH"});
  expect(() => seatsOf({...FLAGS, host: host.slice(1)})).toThrow(mismatch);
  expect(() => seatsOf({...FLAGS, validatorAccount: [account, account]})).toThrow(mismatch);
});
