/** A program that asks for stake, from its flag to who takes it, and what a custodian is told of the ledger. */
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {formatGenesis} from "../../../src/codecs/chain/genesis-file.js";
import {encodeLightChain, type LightChain} from "../../../src/codecs/chain/light.js";
import {packProgram, programPackage} from "../../../src/codecs/quorum/program-package.js";
import {Io} from "../../../src/commands/io.js";
import {type LedgerFlags, ledgerOptions} from "../../../src/commands/quorum/strict/ledger.js";
import {newestOf} from "../../../src/node/consensus/light/light.js";
import {lightChainOf} from "../../../src/node/light/genesis.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {checkPolicyCompat} from "../../../src/node/quorum/policy/supported.js";
import {nodeGenesis} from "../../support/node.js";
import {deskOf} from "../against-node.js";
import {memoryHost} from "../memory-host.js";

const SOURCE = "input x\nmul a = x x\noutput a\n";
const compiled = async (flags: string) => {
  const desk = deskOf("http://127.0.0.1:1", utf8(""), {"/square.qvm": SOURCE});
  return JSON.parse((await desk.qsdm(`quorum compile /square.qvm --json ${flags}`)).out);
};

describe("--min-stake", () => {
  test("is an amount in CELL, and dust in the package", async () => {
    const {data} = await compiled("--min-stake 1.5");
    expect(data.policy).toMatchObject({min_stake: "150000000"});
    expect(data.package).toContain('"min_stake":150000000');
    expect(programPackage.decode(utf8(`${data.package}\n`)).policy.minStake).toBe(150_000_000n);
  });

  test("leaves packages without it as they were", async () => {
    const {data} = await compiled("");
    expect(data.package).not.toContain("min_stake");
    expect(data.program_id).toBe(packProgram(compile(SOURCE)).programId);
  });

  test.each(["0", "100000000.00000001", "1.123456789", "-1", "some"])("%s is no such amount", async (text) => {
    expect((await compiled(`--min-stake=${text}`)).error.code).toBe("FLAG_INVALID");
  });

  test("is refused by compat services, which would let anybody in", () => {
    const program = packProgram(compile(SOURCE), {policy: {minStake: 1n}});
    expect(() => checkPolicyCompat(program)).toThrow(
      expect.objectContaining({code: "POLICY_UNSUPPORTED", details: {member: "min_stake"}}),
    );
  });
});

describe("a custodian's ledger", () => {
  const genesis = nodeGenesis([]);
  const start = lightChainOf(genesis);
  const flags: LedgerFlags = {ledgerNode: ["http://127.0.0.1:1"], stakeMaxAge: 300_000, stakeCache: 60_000};
  /** The genesis is as old as `ageMs`. */
  const asked = (change: Partial<LedgerFlags>, {ageMs = 0, files = {}}: {ageMs?: number; files?: object} = {}) => {
    const host = memoryHost({files: {"/genesis.json": formatGenesis(genesis), ...files}});
    const now = (): number => Number(genesis.timeMs) + ageMs;
    const io = new Io({...host, now}, {json: false, verbose: false, color: false, input: false, yes: false});
    return ledgerOptions(io, {...flags, ...change}, "/data");
  };

  test("is none where nothing is said of it, and begins from its genesis", async () => {
    expect(await asked({ledgerNode: []})).toBeNull();
    expect(await asked({genesis: "/genesis.json"})).toMatchObject({
      ...{chain: start, nodes: ["http://127.0.0.1:1"], maxAgeMs: 300_000, keepMs: 60_000},
    });
  });

  test("goes on from what was verified before, or from what somebody else verified", async () => {
    const newer: LightChain = {...start, checkpoints: [{...newestOf(start), height: 9n}]};
    const newest: LightChain = {...start, checkpoints: [{...newestOf(start), height: 12n}]};
    const files = {"/data/ledger-light.json": encodeLightChain(newer), "/friend.json": encodeLightChain(newest)};
    expect(await asked({}, {files})).toMatchObject({chain: newer});
    expect(await asked({checkpoint: "/friend.json"}, {files})).toMatchObject({chain: newest});
  });

  test.each<[string, Partial<LedgerFlags>, string]>([
    ["no node is named", {ledgerNode: [], genesis: "/genesis.json"}, "LEDGER_NODE_REQUIRED"],
    ["nothing is there to begin from", {}, "LIGHT_NOT_BEGUN"],
    ["both are", {genesis: "/genesis.json", checkpoint: "/genesis.json"}, "FLAG_CONFLICT"],
    ["proofs are kept when they are too old", {genesis: "/genesis.json", stakeMaxAge: 59_999}, "STAKE_CACHE_TOO_LONG"],
  ])("is refused where %s", async (_what, change, code) => {
    await expect(asked(change)).rejects.toMatchObject({code});
  });

  test("is refused from a block whose votes count no more, with the way to a newer one", async () => {
    const ageMs = start.maxAgeSeconds * 1_000 + 1;
    await expect(asked({genesis: "/genesis.json"}, {ageMs})).rejects.toMatchObject({
      code: "CHECKPOINT_TOO_OLD",
      hint: expect.stringMatching(/--checkpoint FILE/),
    });
  });

  test("of another chain than was kept is refused, with the way out of it", async () => {
    const files = {"/data/ledger-light.json": encodeLightChain({...start, chainId: "another"})};
    await expect(asked({genesis: "/genesis.json"}, {files})).rejects.toMatchObject({
      code: "LIGHT_OTHER_CHAIN",
      hint: expect.stringMatching(/remove \/data\/ledger-light\.json/),
    });
  });

  test("is for the strict profile", async () => {
    const desk = deskOf("http://127.0.0.1:1", utf8(""));
    const line = "quorum custodian --profile compat --data-dir /nowhere --ledger-node http://127.0.0.1:1 --json";
    const {status, out} = await desk.qsdm(line);
    expect([status, JSON.parse(out).error.code]).toEqual([2, "FLAG_CONFLICT"]);
  });
});
