/** Why the makers of evidence refuse, and what --node asks. Their bytes are held to the recorded runs. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {run} from "../../src/commands/run.js";
import {checkSlashable} from "../../src/commands/slash-helper/live-registry.js";
import {type CannedNode, cannedNode} from "./canned-node.js";
import {memoryHost} from "./memory-host.js";
import {recordedRuns} from "./recorded-runs.js";

const recorded = (name: string): Readonly<Record<string, string>> =>
  recordedRuns.find((each) => each.name === name)!.input.files;
const FILES = {...recorded("helper-fa-stdout"), ...recorded("helper-fa-bad-bundle-warns")};
const NODE_ID = "ut5__pacx";

async function helper(line: string, files: Record<string, string> = FILES) {
  const host = memoryHost({argv: `slash-helper ${line} --json`.split(" "), files});
  host.input.end();
  const status = await run(host);
  return {status, err: host.err(), ...JSON.parse(host.out())};
}

describe("forged-attestation", () => {
  for (const [name, change, code] of [
    ["an older version", {version: 1}, "EVIDENCE_REFUSED"],
    ["no attestation", {attestation: {type: ""}}, "EVIDENCE_REFUSED"],
    ["no bundle", {attestation: {bundle: ""}}, "EVIDENCE_REFUSED"],
  ] as const)
    test(`a proof with ${name} is refused`, async () => {
      const proof = JSON.parse(FILES["a.json"]!);
      const {attestation, ...rest} = change as {attestation?: object};
      const changed = {...proof, ...rest, attestation: {...proof.attestation, ...attestation}};
      const ran = await helper("forged-attestation --proof a.json", {"a.json": JSON.stringify(changed)});
      expect([ran.status, ran.error.code]).toEqual([3, code]);
    });

  test("an unknown fault class is a usage error that names the known ones", async () => {
    const ran = await helper("forged-attestation --proof a.json --fault-class lying");
    expect([ran.status, ran.error.code]).toEqual([2, "FLAG_INVALID"]);
    expect(ran.error.message).toContain("hmac_mismatch");
  });

  test("a bundle that cannot be read is evidence, with a warning in the document", async () => {
    const ran = await helper("forged-attestation --proof bb.json");
    expect([ran.ok, ran.data.node_id, ran.warnings.length]).toEqual([true, null, 1]);
    expect(Buffer.from(ran.data.evidence_hex, "hex").toString()).toContain('"bundle":"!!"');
  });

  test("raw bytes never go to a terminal", async () => {
    const argv = "slash-helper forged-attestation --proof a.json".split(" ");
    const host = memoryHost({argv, files: FILES, terminals: ["stdout"]});
    expect([await run(host), host.out()]).toEqual([2, ""]);
    expect(host.err()).toContain("refusing to write raw bytes to a terminal");
  });
});

describe("freshness-cheat", () => {
  // The bundle was issued at 1700853960.
  for (const [name, time] of [
    ["at the attestation's own second", "1700853960"],
    ["within the window and its grace", "1700854050"],
    ["more than a year later", "1732389961"],
  ] as const)
    test(`a block ${name} shows no cheat`, async () => {
      const ran = await helper(`freshness-cheat --proof a.json --anchor-height 9 --anchor-block-time ${time}`);
      expect([ran.status, ran.error.code]).toEqual([3, "EVIDENCE_REFUSED"]);
    });

  test("one second past window and grace is stale", async () => {
    const ran = await helper("freshness-cheat --proof a.json --anchor-height 9 --anchor-block-time 1700854051");
    expect(ran.data).toMatchObject({node_id: NODE_ID, staleness_secs: "91", anchor_height: "9"});
  });

  test("an unreadable bundle points to forged attestation", async () => {
    const ran = await helper("freshness-cheat --proof bb.json --anchor-height 9 --anchor-block-time 1700854051");
    expect(ran.error.code).toBe("BUNDLE_INVALID");
    expect(ran.error.hint).toContain("forged-attestation");
  });

  test("evidence against another node than the named one is refused", async () => {
    const line = "freshness-cheat --proof a.json --anchor-height 9 --anchor-block-time 1700854051 --node-id rig-9";
    expect((await helper(line)).error.code).toBe("EVIDENCE_REFUSED");
  });
});

describe("--node", () => {
  const record = {
    node_id: NODE_ID,
    owner: "ab",
    gpu_uuid: "GPU-1",
    stake_dust: 1_000_000_000,
    bond_mode: "upfront",
    required_stake_dust: 1_000_000_000,
    bond_remaining_dust: 0,
    fully_bonded: true,
    enrolled_at_height: 351_966,
    phase: "active",
    slashable: true,
  };
  let node: CannedNode;
  beforeAll(async () => {
    const path = `/api/v1/mining/enrollment/${NODE_ID}`;
    node = await cannedNode([{method: "GET", path, status: 200, body: JSON.stringify(record)}]);
  });
  afterAll(() => node.close());

  test("says what bond the evidence can reach", async () => {
    const ran = await helper(`forged-attestation --proof a.json --node ${node.url}`);
    expect(ran.err).toContain(`${NODE_ID} is active since height 351966, with a bond of 10 CELL`);
    expect(node.asked.map(({path}) => path)).toEqual([`/api/v1/mining/enrollment/${NODE_ID}`]);
  });

  test("a node that knows nobody of that name ends it, and nothing is written", async () => {
    const other = await cannedNode([]);
    const ran = await helper(`forged-attestation --proof a.json --out ev.bin --node ${other.url}`);
    await other.close();
    expect([ran.ok, ran.status === 0]).toEqual([false, false]);
  });

  const registry = (change: object) => ({
    enrollment: async () => ({
      nodeId: NODE_ID,
      owner: "ab",
      gpuUuid: "GPU-1",
      stakeDust: 1_000_000_000n,
      bondMode: "upfront" as const,
      requiredStakeDust: 1_000_000_000n,
      bondRemainingDust: 0n,
      fullyBonded: true,
      enrolledAtHeight: 5n,
      revokedAtHeight: null,
      unbondMaturesAtHeight: null,
      phase: "active" as const,
      slashable: true,
      ...change,
    }),
  });

  test("an empty bond is refused", async () => {
    const gone = registry({phase: "revoked", slashable: false, stakeDust: 0n});
    await expect(checkSlashable({nodeId: NODE_ID, height: 9n}, gone)).rejects.toMatchObject({code: "EVIDENCE_REFUSED"});
  });

  test("a proof from before the enrollment is refused, one from its height is not", async () => {
    const suspect = {nodeId: NODE_ID, height: 4n};
    await expect(checkSlashable(suspect, registry({}))).rejects.toMatchObject({code: "EVIDENCE_REFUSED"});
    await expect(checkSlashable({...suspect, height: 5n}, registry({}))).resolves.toContain("10 CELL");
  });
});
