/** A rig's file, and the questions of a first run. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {Io} from "../../../src/commands/io.js";
import {withRig} from "../../../src/commands/mine/rig.js";
import {formatRigFile, parseRigFile} from "../../../src/commands/mine/rig-file.js";
import type {MineFlags} from "../../../src/commands/mine/terms.js";
import {testAccount} from "../../support/accounts.js";
import {eventually, initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../../support/node.js";
import {keystoreOf, PASSPHRASE} from "../against-node.js";
import {type MemoryHost, memoryHost} from "../memory-host.js";

const place = {path: "/home/u/.qsdm/miner.toml", home: "/home/u"};
const parse = (text: string) => parseRigFile(utf8(text), place);
const DEFAULTS = {gpuName: "", gpuArch: "", backend: "auto", threads: 2, batchCount: 1, poll: 500, selfTest: false};
const flagsOf = (typed: Partial<MineFlags>) => ({...DEFAULTS, enrollmentPoll: 30_000, ...typed}) as MineFlags;
const IO_FLAGS = {json: false, verbose: false, color: false, input: true, yes: false};

/** Flags of a run with `typed` on its command line. */
const rigOf = (host: MemoryHost, typed: Partial<MineFlags>, io = IO_FLAGS) =>
  withRig(new Io(host, io), flagsOf(typed), (flag) => Object.hasOwn(typed, flag));

describe("a rig's file", () => {
  test("holds the flags of the command, with paths that start at the file", () => {
    const text =
      'node = ["http://a", "http://b"]\nnode_id = "rig1"\nhmac_key_file = "k/rig1.hmac"\nnode_key_file = "~/k"\npoll = "2s"\nthreads = 3';
    expect(parse(text)).toEqual({
      node: ["http://a", "http://b"],
      nodeId: "rig1",
      hmacKeyFile: "/home/u/.qsdm/k/rig1.hmac",
      nodeKeyFile: "/home/u/k",
      poll: 2_000,
      threads: 3,
    });
  });

  test("may be QSDM's own, of which the rig's part is read", () => {
    const text =
      'validator_url = "http://v"\nreward_address = "aa"\nhmac_key_path = "/k"\ncompute_backend = "auto"\nprotocol = "v2"\nplain = true';
    expect(parse(text)).toEqual({node: ["http://v"], address: "aa", hmacKeyFile: "/k", backend: "auto"});
  });

  test("reads back as it was written", () => {
    const written = formatRigFile({node: "http://a", node_id: "rig1", gpu_name: 'RTX "4090"'});
    expect(parseRigFile(written, place)).toEqual({node: ["http://a"], nodeId: "rig1", gpuName: 'RTX "4090"'});
  });

  test.each([
    ["an unknown key", "noed = 1", "unknown key noed"],
    ["another type", "node_id = 1", "node_id: "],
    ["another language", "{", "not TOML"],
    ["no threads", "threads = 0", "from 1 to 1024"],
    ["a time that is none", 'poll = "soon"', "is not a duration"],
    ["no pause between two looks", 'poll = "0s"', "at least 10ms"],
  ])("with %s is refused", (_, text, why) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({code: "RIG_FILE_INVALID", message: expect.stringContaining(why)}),
    );
  });
});

describe("flags", () => {
  const files = {[place.path]: 'node = "http://a"\nnode_id = "rig1"\nbackend = "cpu"\ngpu_arch = "ada"'};

  test("beat the file, and defaults do not", async () => {
    const merged = await rigOf(memoryHost({files}), {gpuArch: "hopper", threads: 7});
    expect(merged).toMatchObject({node: ["http://a"], nodeId: "rig1", backend: "cpu", gpuArch: "hopper", threads: 7});
  });

  test("that name the node by another flag leave the file's nodes out", async () => {
    expect((await rigOf(memoryHost({files}), {apiUrl: "http://b"})).node).toEqual([]);
  });

  test("for another kind of evidence replace the file's", async () => {
    const files = {[place.path]: 'node_id = "rig1"\nhmac_key_file = "/k"\ncert_chain = "gpu.pem"\nreport_exec = "./r"'};
    expect(await rigOf(memoryHost({files}), {})).toMatchObject({hmacKeyFile: "/k", reportExec: "./r"});
    const merged = await rigOf(memoryHost({files}), {deviceKeyFile: "/d"});
    expect(merged).toMatchObject({deviceKeyFile: "/d", certChain: "/home/u/.qsdm/gpu.pem"});
    expect([merged.hmacKeyFile, merged.reportExec]).toEqual([undefined, undefined]);
  });

  test("that name the rig stand alone, unless they name a file too", async () => {
    expect(await rigOf(memoryHost({files}), {nodeId: "other"})).toMatchObject({nodeId: "other", backend: "auto"});
    const both = await rigOf(memoryHost({files}), {nodeId: "other", rigFile: place.path});
    expect(both).toMatchObject({nodeId: "other", backend: "cpu"});
  });

  test("that name a file which is not there are refused", async () => {
    await expect(rigOf(memoryHost(), {rigFile: "/none"})).rejects.toMatchObject({code: "FILE_NOT_FOUND"});
  });

  test.each([
    ["nobody sits at a terminal", [], IO_FLAGS],
    ["--no-input is given", ["stdin"], {...IO_FLAGS, input: false}],
    ["--json is given", ["stdin"], {...IO_FLAGS, json: true}],
  ] as const)("without a rig ask nothing where %s", async (_, terminals, io) => {
    const host = memoryHost({terminals: [...terminals]});
    expect((await rigOf(host, {}, io)).nodeId).toBeUndefined();
    expect(host.err()).toBe("");
  });
});

describe("a first run at a terminal", () => {
  const owner = testAccount("owner");
  let node: RunningNode;
  beforeAll(async () => {
    node = await runTestNode(await initTestNode(nodeGenesis([owner])));
  });
  afterAll(() => node.stop());

  /** Types each answer once its question is there. */
  async function answer(host: MemoryHost, answers: readonly (readonly [question: string, typed: string])[]) {
    let from = 0;
    for (const [question, typed] of answers) {
      await eventually(async () => host.err().includes(question, from)).catch(() => {
        throw new Error(`no question "${question}" in: ${host.err()}`);
      });
      from = host.err().indexOf(question, from) + question.length;
      host.input.write(`${typed}\n`);
    }
  }

  test.each([
    ["rewards", "mining_rewards"],
    ["now", "upfront"],
  ])("makes keys, enrolls with the bond %s, and writes the file that the next run reads", async (bond, bondMode) => {
    const nodeId = `rig-${bond}`;
    const host = memoryHost({
      terminals: ["stdin"],
      env: {PATH: "/nowhere"},
      files: {"/home/u/.qsdm/wallet.json": await keystoreOf("owner")},
    });
    const [flags] = await Promise.all([
      rigOf(host, {}),
      answer(host, [
        ["URL of the node", node.node.url],
        ["Name of the rig", "Not A Name"],
        ["Name of the rig", nodeId],
        ["UUID of the GPU", `GPU-${bond}`],
        ["Model of the GPU", "NVIDIA GeForce RTX 4090"],
        ["Architecture", ""],
        ["Bond:", bond],
        ["Keystore", ""],
        ["Passphrase", PASSPHRASE],
      ]),
    ]);
    expect(host.err()).toContain("1 to 64 of a-z");
    const keys = {hmacKeyFile: `/home/u/.qsdm/rigs/${nodeId}.hmac`, nodeKeyFile: `/home/u/.qsdm/rigs/${nodeId}.key`};
    expect(flags).toMatchObject({nodeId, node: [node.node.url], gpuArch: "ada-lovelace", ...keys});
    expect(await node.client.enrollment({nodeId})).toMatchObject({phase: "active", owner: owner.address, bondMode});
    for (const file of Object.values(keys))
      expect(Buffer.from(host.files.get(file)!).toString()).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await rigOf(host, {})).toEqual(flags);
    expect(host.out()).toBe("");
  });

  test("uses the keys and the record that are there", async () => {
    const nodeId = "rig-now";
    const host = memoryHost({
      terminals: ["stdin"],
      files: {[`/home/u/.qsdm/rigs/${nodeId}.hmac`]: "kept", [`/home/u/.qsdm/rigs/${nodeId}.key`]: "kept"},
    });
    await Promise.all([
      rigOf(host, {}),
      answer(host, [
        ["URL of the node", node.node.url],
        ["Name of the rig", nodeId],
        ["UUID of the GPU", "GPU-now"],
        ["Model of the GPU", "NVIDIA H100"],
        ["Architecture", "hopper"],
      ]),
    ]);
    expect(host.err()).toContain(`${nodeId} is enrolled`);
    expect(Buffer.from(host.files.get(`/home/u/.qsdm/rigs/${nodeId}.key`)!).toString()).toBe("kept");
  });
});
