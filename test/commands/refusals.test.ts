/** Invocations that a command refuses before it does anything. */
import {mkdirSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {expect, test} from "vitest";
import {base64Of} from "../../src/codecs/bytes.js";
import {run} from "../../src/commands/run.js";
import {issue} from "../support/certificates.js";
import {scratchDirectory} from "../support/chain.js";
import {memoryHost} from "./memory-host.js";

async function refusal(line: string, options: Parameters<typeof memoryHost>[0] = {}) {
  const host = memoryHost({...options, argv: [...line.split(" "), "--json"]});
  return {status: await run(host), error: JSON.parse(host.out()).error as {code: string; message: string}, host};
}

test.each([
  ["completion", "COMPLETION_TARGET"],
  ["completion bash --list", "COMPLETION_TARGET"],
  [`node init --data-dir d --chain-id c --validator-account ${"ab".repeat(32)} --allocate b`, "ALLOCATION_INVALID"],
  ["node init --data-dir d --chain-id c", "FLAG_MISSING"],
  ["node init --data-dir d --genesis g.json --param blockTimeSeconds=1", "FLAG_CONFLICT"],
  ["quorum devnet --exit", "TOUR_REQUIRED"],
  ["quorum audit verify --file south.log --roster quorum.roster --checkpoint kept", "FLAG_CONFLICT"],
  ["quorum audit verify --file south.log --roster quorum.roster --out kept", "FLAG_CONFLICT"],
  ["quorum audit verify --file south.log --roster quorum.roster --anchored-by x", "FLAG_CONFLICT"],
  ["quorum audit verify --file south.log --roster quorum.roster --head h", "FLAG_CONFLICT"],
  ["quorum audit verify --roster quorum.roster --key k --head h", "FLAG_CONFLICT"],
  ["quorum audit verify --checkpoint kept", "FLAG_CONFLICT"],
  ["quorum audit verify --out kept", "FLAG_CONFLICT"],
  ["quorum audit verify --anchored-by x", "FLAG_CONFLICT"],
  ["quorum devnet --profile compat --organisation north=alice", "FLAG_CONFLICT"],
  ["quorum devnet --profile compat --approval-organisations 2", "FLAG_CONFLICT"],
  ["quorum devnet --profile compat --coordinators 2", "FLAG_CONFLICT"],
])("qsdm %s", async (line, code) => {
  expect(await refusal(line)).toMatchObject({status: 2, error: {code}});
});

test("what is no genesis is followed by nobody", async () => {
  const ran = await refusal("node init --data-dir d --genesis g.json", {files: {"g.json": "{}"}});
  expect(ran).toMatchObject({status: 3, error: {code: "GENESIS_FILE_INVALID"}});
});

test("a report's chain without the device's certificate has no device", async () => {
  const {certificate} = await issue({name: "alone"});
  const pem = `-----BEGIN CERTIFICATE-----\n${base64Of(certificate.der)}\n-----END CERTIFICATE-----\n`;
  const ran = await refusal("attest gpu-id --report --cert-chain gpu.pem", {files: {"gpu.pem": pem}});
  expect(ran).toMatchObject({status: 2, error: {code: "DEVICE_INVALID"}});
});

test("a devnet whose wallets were not all made is not gone on with", async () => {
  const directory = scratchDirectory();
  mkdirSync(join(directory, "wallets"));
  writeFileSync(join(directory, "passphrase"), "x\n");
  const ran = await refusal(`devnet --dir ${directory}`);
  expect(ran).toMatchObject({status: 2, error: {code: "DEVNET_INCOMPLETE"}});
});

test("two passphrases that differ make no wallet", async () => {
  const host = memoryHost({argv: ["wallet", "create", "--out", "w.json"], terminals: ["stdin"]});
  host.input.write("one passphrase\n");
  const ended = run(host);
  await expect.poll(host.err).toContain("The same again");
  host.input.write("another passphrase\n");
  expect([await ended, host.err()]).toEqual([2, expect.stringContaining("the two passphrases differ")]);
  expect(host.files.size).toBe(0);
});
