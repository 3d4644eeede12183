/** `qsdm watch proofs` on a real node: each kind of cheat becomes evidence, and true evidence is submitted once. */
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from "vitest";
import type {EventBody} from "../../src/codecs/api/events.js";
import {hexOf, utf8} from "../../src/codecs/bytes.js";
import {encodeProof, type Proof, proofIdOf} from "../../src/codecs/mining/proof.js";
import {doubleMining} from "../../src/codecs/slashing/double-mining.js";
import {run} from "../../src/commands/run.js";
import {Detector, REMEMBERED_BLOCKS} from "../../src/commands/watch/offences/detector.js";
import {EvidenceDir} from "../../src/commands/watch/offences/evidence-dir.js";
import {Slasher} from "../../src/commands/watch/offences/slasher.js";
import {RuleError, UnavailableError} from "../../src/errors.js";
import {attestWithKey, attestWithMac} from "../../src/node/mining/attest.js";
import {mlDsa87, TEST_CHAIN_ID, testAccount} from "../support/accounts.js";
import {enrollmentJson, enrollmentV2, enrollPayload} from "../support/compat.js";
import {
  compatGenesis,
  eventually,
  initTestNode,
  mineOne,
  nodeGenesis,
  type RunningNode,
  rigOf,
  runTestNode,
  solveTip,
} from "../support/node.js";
import {enrollmentPayload, signedEnrollment, signedProof, signedSlash} from "../support/proofs.js";
import {keystoreOf, PASSPHRASE} from "./against-node.js";
import {type MemoryHost, memoryHost} from "./memory-host.js";

const owner = testAccount("owner");
const watcher = testAccount("watcher");
const nodeKey = testAccount("rig key");
const RIG = {nodeId: "rig-1", nodeKey, owner};
const keystore = await keystoreOf("watcher");

type Event = Readonly<Record<string, string>>;

async function enrolled(): Promise<RunningNode> {
  const running = await startEnrolled();
  onTestFinished(() => running.stop());
  return running;
}

async function startEnrolled(): Promise<RunningNode> {
  const running = await runTestNode(await initTestNode(nodeGenesis([owner, watcher])), {
    pace: {intervalMs: 1_000, minIntervalMs: 50},
  });
  const {client} = running;
  await client.enroll({
    body: signedEnrollment(owner, 0n, enrollmentPayload(owner, {nodeId: "rig-1", node: nodeKey})),
  });
  await eventually(() => client.enrollment({nodeId: "rig-1"}));
  return running;
}

function start(url: string, line: string, files: Record<string, string | Uint8Array> = {}) {
  const host = memoryHost({
    argv: ["watch", "proofs", ...line.split(" "), "--json"],
    env: {QSDM_API_URL: url},
    files: {"/home/u/.qsdm/wallet.json": keystore, "/pass": `${PASSPHRASE}\n`, ...files},
  });
  host.input.end();
  const done = run(host);
  const events = (): Event[] =>
    host
      .out()
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => JSON.parse(text));
  const until = (kind: string) => eventually(async () => events().find(({event}) => event === kind));
  const stop = async (): Promise<MemoryHost> => {
    host.signal("SIGINT");
    expect(await done).toBe(0);
    return host;
  };
  return {host, done, events, until, stop};
}
const evidenceIn = (host: MemoryHost): Record<string, string> =>
  Object.fromEntries(
    [...host.files].filter(([path]) => path.endsWith(".evidence")).map(([path, bytes]) => [path, hexOf(bytes)]),
  );

/** Offers the node two proofs for one height; the second is refused. */
async function doubleMine({client}: RunningNode): Promise<readonly [Proof, Proof]> {
  const [a, b] = [await mineOne(client, RIG), await mineOne(client, {...RIG, start: 2})];
  expect(a.height).toBe(b.height);
  expect(await client.submitProof({body: encodeProof(a)})).toMatchObject({accepted: true});
  expect(await client.submitProof({body: encodeProof(b)})).toMatchObject({accepted: false, rejectReason: "duplicate"});
  return [a, b];
}

test("two proofs for one height become evidence, the same bytes by whoever watches", async () => {
  const node = await enrolled();
  const early = start(node.node.url, "--evidence-dir /e");
  const [proofA, proofB] = await doubleMine(node);
  const told = await early.until("offence");
  // One that comes later looks back.
  const late = start(node.node.url, "--evidence-dir /e");
  const name = `/e/double-mining-rig-1-${proofA.epoch}-${proofA.height}.evidence`;
  expect(told).toMatchObject({
    node_id: "rig-1",
    evidence_kind: "double-mining",
    height: `${proofA.height}`,
    evidence_file: name,
    offence_key: `double-mining/rig-1/${proofA.epoch}/${proofA.height}`,
    expected_slash_dust: "1000000000",
  });
  await late.until("offence");
  const files = evidenceIn(await late.stop());
  expect(files).toEqual({[name]: hexOf(doubleMining.encode({proofA: proofB, proofB: proofA, memo: ""}))});
  const other = evidenceIn(await early.stop());
  expect(other).toEqual(files);
  expect((await node.client.enrollment({nodeId: "rig-1"})).phase).toBe("active");
});

describe("--slash", () => {
  test("submits what is found and tells what became of it; the next run finds nothing left to do", async () => {
    const node = await enrolled();
    const line = "--evidence-dir /e --slash --passphrase-file /pass --cursor-file /c --after 0";
    const first = start(node.node.url, line);
    const [a] = await doubleMine(node);
    const sent = await first.until("slash_submitted");
    const resolved = await first.until("slash_resolved");
    expect(resolved).toMatchObject({tx_id: sent!.tx_id, outcome: "applied", slasher: watcher.address});
    const {files} = await first.stop();
    const claim = JSON.parse(Buffer.from(files.get(`/e/double-mining-rig-1-0-${a.height}.slash`)!).toString());
    expect(claim).toMatchObject({tx_id: sent!.tx_id, sender: watcher.address});

    const {chainTip} = await node.client.status();
    const second = start(node.node.url, line, Object.fromEntries(files));
    await eventually(async () => (await node.client.status()).chainTip > chainTip + 1n);
    await second.stop();
    expect(second.events()).toEqual([]);
    expect((await node.client.nonce({sender: watcher.address})).nonce).toBe(1n);
  });

  test("takes up an offence that an earlier run claimed and did not send", async () => {
    const node = await enrolled();
    const [a] = await doubleMine(node);
    const claim = {tx_id: "ab".repeat(32), sender: watcher.address, expires_at_height: "100000"};
    const again = start(node.node.url, "--evidence-dir /e --slash --passphrase-file /pass --after 0", {
      [`/e/double-mining-rig-1-0-${a.height}.slash`]: JSON.stringify(claim),
    });
    expect(await again.until("slash_resolved")).toMatchObject({outcome: "applied"});
    await again.stop();
  });

  test("leaves an offence alone that another wallet has claimed, or that was slashed before", async () => {
    const node = await enrolled();
    const [a, b] = await doubleMine(node);
    const claim = {tx_id: "ab".repeat(32), sender: owner.address, expires_at_height: "100000"};
    const files = {[`/e/double-mining-rig-1-0-${a.height}.slash`]: JSON.stringify(claim)};
    const line = "--evidence-dir /e --slash --passphrase-file /pass --after 0";
    const claimed = start(node.node.url, line, files);
    expect(await claimed.until("slash_left")).toMatchObject({reason: "another watcher has it"});
    await claimed.stop();
    const {txId} = await node.client.slash({body: signedSlash(watcher, {nonce: 0n, nodeId: "rig-1", pair: [a, b]})});
    const {height} = await eventually(() => node.client.slashReceipt({txId}));
    const late = start(node.node.url, line);
    expect(await late.until("slash_left")).toMatchObject({reason: `slashed at height ${height}`});
    await late.stop();
    expect((await node.client.nonce({sender: watcher.address})).nonce).toBe(1n);
  });

  test("comes back to what another wallet claimed, once the claim has expired", async () => {
    const node = await enrolled();
    const {client} = node;
    const waiting = start(node.node.url, "--evidence-dir /e --slash --passphrase-file /pass");
    await eventually(async () => waiting.host.err().includes("submitting slashes"));
    const [a, b] = [await mineOne(client, RIG), await mineOne(client, {...RIG, start: 2})];
    const {chainTip} = await client.status();
    const claim = {tx_id: "ab".repeat(32), sender: owner.address, expires_at_height: `${chainTip + 3n}`};
    waiting.host.files.set(`/e/double-mining-rig-1-0-${a.height}.slash`, utf8(JSON.stringify(claim)));
    for (const proof of [a, b]) await client.submitProof({body: encodeProof(proof)});
    expect(await waiting.until("slash_resolved")).toMatchObject({outcome: "applied", slasher: watcher.address});
    await waiting.stop();
    const told = waiting.events().map(({event}) => event!);
    expect(told.filter((event) => event.startsWith("slash"))).toEqual([
      "slash_left",
      "slash_submitted",
      "slash_resolved",
    ]);
  });

  test("without a directory for the evidence, or without a passphrase, is refused before anything is watched", async () => {
    const node = await enrolled();
    const nowhere = start(node.node.url, "--slash");
    expect(await nowhere.done).toBe(2);
    expect(nowhere.events()[0]).toMatchObject({error: {code: "FLAG_MISSING"}});
    const locked = start(node.node.url, "--slash --evidence-dir /e");
    expect(await locked.done).toBe(2);
    expect(locked.events()[0]).toMatchObject({error: {code: "PASSPHRASE_MISSING"}});
  });
});

/** A proof of the rig around another attestation than `qsdm mine` would make. */
async function attested({client}: RunningNode, change: {hmacKey?: Uint8Array; ageSeconds?: bigint}): Promise<Proof> {
  const solved = await solveTip(client, RIG);
  const {minerAddr, height} = solved;
  const challenge = await client.challenge({minerAddr, nodeId: "rig-1", height});
  const {hmacKey = rigOf("rig-1").hmacKey, ageSeconds = 0n} = change;
  const sign = (message: Uint8Array): Uint8Array => mlDsa87.sign(nodeKey.secretKey, message);
  return attestWithKey(
    solved,
    {...rigOf("rig-1"), hmacKey},
    {
      challenge: {...challenge, issuedAt: challenge.issuedAt - ageSeconds},
      identity: {chainId: TEST_CHAIN_ID, sign},
    },
  );
}

test("a forged attestation that its node signed is evidence; an honest mistake of nobody's is not", async () => {
  const node = await enrolled();
  const forged = await attested(node, {hmacKey: new Uint8Array(32).fill(66)});
  expect(await node.client.submitProof({body: encodeProof(forged)})).toMatchObject({rejectReason: "attestation"});
  const watching = start(node.node.url, "--evidence-dir /e --slash --passphrase-file /pass --after 0");
  expect(await watching.until("slash_resolved")).toMatchObject({
    outcome: "applied",
    evidence_kind: "forged-attestation",
  });
  const name = `/e/forged-attestation-rig-1-${hexOf(proofIdOf(forged)).slice(0, 16)}.evidence`;
  expect(Object.keys(evidenceIn(await watching.stop()))).toEqual([name]);
});

test("a stale attestation is slashed: the header that the proof quotes is certified", async () => {
  const node = await enrolled();
  const stale = await attested(node, {ageSeconds: 300n});
  expect(await node.client.submitProof({body: encodeProof(stale)})).toMatchObject({rejectReason: "attestation"});
  const watching = start(node.node.url, "--evidence-dir /e --slash --passphrase-file /pass --after 0");
  expect(await watching.until("slash_resolved")).toMatchObject({outcome: "applied", evidence_kind: "freshness-cheat"});
  expect(watching.events().find(({event}) => event === "offence")).not.toHaveProperty("lacks");
  const name = `/e/freshness-cheat-rig-1-${hexOf(proofIdOf(stale)).slice(0, 16)}.evidence`;
  expect(Object.keys(evidenceIn(await watching.stop()))).toEqual([name]);
});

test.each(["../x", "a/b", "", ".", "a b", "A", "x".repeat(161)])(
  "a node that tells of %j writes nothing outside of the evidence directory",
  async (name) => {
    const host = memoryHost();
    const dir = new EvidenceDir(host.disk, "/e");
    const claim = {txId: "t", sender: "s", expiresAtHeight: 1n};
    const refused = {code: "OFFENCE_NAME_INVALID"};
    await expect(dir.keep(name, new Uint8Array(1))).rejects.toMatchObject(refused);
    await expect(dir.claim(name, claim)).rejects.toMatchObject(refused);
    await expect(dir.claimOn(name)).rejects.toMatchObject(refused);
    expect(host.files.size).toBe(0);
  },
);

test("on a chain of QSDM's rules two proofs in blocks are found, and convict under the public MAC key", async () => {
  const running = await runTestNode(await initTestNode(compatGenesis([owner, watcher])), {
    profile: "compat",
    pace: {intervalMs: 1_000, minIntervalMs: 50},
  });
  onTestFinished(() => running.stop());
  const {client, node} = running;
  const {hmacKey} = rigOf("rig-1");
  await client.enroll({body: enrollmentJson(enrollmentV2(owner, enrollPayload("rig-1", hmacKey)))});
  await eventually(() => client.enrollment({nodeId: "rig-1"}));
  const solve = async (start: number): Promise<Proof> => {
    const challenge = await client.challenge({minerAddr: null, nodeId: null, height: null});
    return attestWithMac(await solveTip(client, {owner, start}), rigOf("rig-1"), challenge);
  };
  const [a, b] = [await solve(1), await solve(2)];
  expect(a.height).toBe(b.height);
  for (const proof of [a, b])
    expect(await client.submitProof({body: encodeProof(proof)})).toMatchObject({accepted: true});
  const watching = start(node.url, "--evidence-dir /e --slash --passphrase-file /pass --after 0");
  expect(await watching.until("slash_resolved")).toMatchObject({outcome: "applied", node_id: "rig-1"});
  await watching.stop();
});

describe("what a node answers to a slash decides about the claim", () => {
  const refusal = (code: string) => new RuleError(code, "no");
  test.each<[string, readonly unknown[], string, boolean]>([
    ["a slash of somebody else waits", [refusal("SLASH_OFFENCE_WAITING")], "left", true],
    ["the offence was slashed meanwhile", [refusal("SLASH_EVIDENCE_REPLAYED")], "left", true],
    ["a watcher with the same wallet sent the very same transaction", [refusal("POOL_DUPLICATE")], "left", true],
    ["the nonce was taken", [refusal("POOL_NONCE_TAKEN"), refusal("NONCE_USED")], "submitted", true],
    ["the nonce was taken again and again", [1, 2, 3].map(() => refusal("NONCE_USED")), "NONCE_USED", false],
    ["the account is empty", [refusal("BALANCE_TOO_LOW")], "BALANCE_TOO_LOW", false],
    ["the node went away", [new UnavailableError("NODE_TIMEOUT", "no")], "NODE_TIMEOUT", true],
  ])("%s", async (_name, answers, outcome, holds) => {
    const left = [...answers];
    const slash = async () => {
      if (left.length > 0) throw left.shift();
      return {txId: "cd".repeat(32), status: "accepted" as const};
    };
    const files = memoryHost().disk;
    const dir = new EvidenceDir(files, "/e");
    const slasher = new Slasher({...node.client, slash}, signer, dir, {feeDust: null, expiresInBlocks: 10n});
    const got = await slasher.submit(charge).then(
      ({done}) => done,
      ({code}) => code,
    );
    expect([got, left.length]).toEqual([outcome, 0]);
    expect((await dir.claimOn("x"))!.expiresAtHeight > 0n).toBe(holds);
  });

  let node: RunningNode;
  beforeAll(async () => {
    node = await startEnrolled();
  });
  afterAll(() => node.stop());
  const signer = {
    address: watcher.address,
    publicKey: watcher.publicKey,
    sign: (message: Uint8Array) => mlDsa87.sign(watcher.secretKey, message),
  };
  const [proofA, proofB] = [1, 2].map((fill) =>
    signedProof({nodeId: "rig-1", node: nodeKey, owner}, {height: 1n, fill}),
  );
  const evidence = doubleMining.encode({proofA: proofA!, proofB: proofB!, memo: ""});
  const charge = {kind: "double-mining", nodeId: "rig-1", epoch: 0n, height: 1n, name: "x", evidence} as const;
});

describe("the detector", () => {
  const told = (change: Partial<EventBody<"proofs">>): EventBody<"proofs"> => ({
    event: "proof_included",
    height: 10n,
    nodeId: "rig-1",
    proofId: "aa",
    epoch: 0n,
    proofHeight: 9n,
    minerAddr: "m",
    reason: "",
    detail: "",
    proof: new TextDecoder().decode(encodeProof(bare)),
    ...change,
  });
  const bare: Proof = {
    version: 2,
    epoch: 0n,
    height: 9n,
    headerHash: new Uint8Array(32),
    minerAddr: "ab".repeat(32),
    batchRoot: new Uint8Array(32),
    batchCount: 1,
    nonce: new Uint8Array(16),
    mixDigest: new Uint8Array(32),
    attestation: {type: "", bundle: "", gpuArch: "", claimedHashrateHps: 0n, nonce: new Uint8Array(32), issuedAt: 0n},
  };

  test.each<[string, Partial<EventBody<"proofs">>, number]>([
    ["the same proof told twice", {event: "proof_refused", reason: "duplicate"}, 0],
    ["another proof of the node at the height", {proofId: "bb"}, 1],
    ["a proof at another height", {proofId: "bb", proofHeight: 8n}, 0],
    ["a proof in another epoch", {proofId: "bb", epoch: 1n}, 0],
    ["a proof of another node", {proofId: "bb", nodeId: "rig-2"}, 0],
    ["a refused attestation", {proofId: "bb", proofHeight: 8n, event: "proof_refused", reason: "attestation"}, 1],
    ["a proof that came too late", {proofId: "bb", proofHeight: 1n, event: "proof_refused", reason: "too-late"}, 0],
  ])("%s", (_name, second, suspicions) => {
    const detector = new Detector();
    expect(detector.take(told({}))).toEqual([]);
    expect(detector.take(told(second))).toHaveLength(suspicions);
    // What is read again after a restart is suspected again: it may not have been acted on.
    expect(detector.take(told(second))).toHaveLength(suspicions);
  });

  test("remembers as many blocks as a proof can be late, and no more", () => {
    const detector = new Detector();
    for (let height = 0n; height < 2n * REMEMBERED_BLOCKS; height++)
      detector.take(told({height, proofHeight: height, proofId: utf8(`${height}`).join("")}));
    expect(detector.size).toBeLessThanOrEqual(Number(REMEMBERED_BLOCKS) + 1);
  });
});
