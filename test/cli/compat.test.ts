/** A real node under `--profile compat`, spoken to over HTTP in the words of QSDM's clients alone. */
import {type ChildProcess, spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import {encodeProof, type Proof, proofIdOf} from "../../src/codecs/mining/proof.js";
import {doubleMining} from "../../src/codecs/slashing/double-mining.js";
import {slashPayload} from "../../src/codecs/slashing/payload.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {attestWithMac} from "../../src/node/mining/attest.js";
import {testAccount} from "../support/accounts.js";
import {
  enrollmentJson,
  enrollmentV2,
  enrollPayload,
  slashJson,
  slashV2,
  unenrollPayload,
  walletJson,
  walletV2,
} from "../support/compat.js";
import {compatGenesis, eventually, initTestNode, mineOne, nodeGenesis, rigOf, solveTip} from "../support/node.js";
import {BIN, documentIn, qsdm} from "./qsdm.js";

const owner = testAccount("owner");
const watcher = testAccount("watcher");
const stranger = testAccount("stranger");
const RIG = rigOf("rig-1");

let child: ChildProcess;
let url: string;
let client: Client;

beforeAll(async () => {
  const dataDir = await initTestNode(compatGenesis([owner, watcher]));
  const words = ["--profile", "compat", "--api-port", "0", "--rate-limit", "0", "--block-interval", "100ms"];
  child = spawn(process.execPath, [BIN, "node", "run", "--data-dir", dataDir, ...words], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  url = await new Promise((resolve) => createInterface({input: child.stdout!}).once("line", resolve));
  client = createClient({...CLIENT_DEFAULTS, url});
});
afterAll(async () => {
  await client?.close();
  child?.kill("SIGTERM");
});

interface Answer {
  readonly status: number;
  readonly code: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the node answers
  readonly body: any;
}

async function ask(path: string, body?: Uint8Array): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    ...(body === undefined ? {} : {method: "POST", body: new Uint8Array(body)}),
    headers: {"content-type": "application/json"},
  });
  const text = await response.text();
  const json = (response.headers.get("content-type") ?? "").includes("json");
  return {
    status: response.status,
    code: response.headers.get("qsdm-error-code"),
    body: json ? JSON.parse(text) : text,
  };
}

/** Polls until the path answers 200. */
const found = (path: string): Promise<Answer> =>
  eventually(async () => {
    const answer = await ask(path);
    return answer.status === 200 && answer;
  });
/** The nonce of an account as QSDM's clients read it. */
const nonceOf = async ({address}: {address: string}): Promise<bigint> =>
  BigInt((await ask(`/wallet/nonce?sender=${address}`)).body.nonce);
const attested = async (proof: Proof): Promise<Proof> =>
  attestWithMac(proof, RIG, await client.challenge({minerAddr: null, nodeId: null, height: null}));

test("says that it takes both generations of envelopes", async () => {
  const {body} = await ask("/status");
  expect(body.qsdm).toMatchObject({rules: "compat", envelope_versions: [2, 3]});
  expect(body.mining).toMatchObject({
    attestation_types_required: ["nvidia-hmac-v1"],
    enrollment_contract: "qsdm/enroll/v2",
  });
});

test("hands out challenges and work in the reference's members", async () => {
  expect(Object.keys((await ask("/mining/challenge")).body)).toEqual(["nonce", "issued_at", "signer_id", "signature"]);
  expect(Object.keys((await ask("/mining/work")).body)).toEqual([
    "epoch",
    "height",
    "header_hash",
    "difficulty",
    "dag_size",
    "workset_root",
    "workset",
    "batch_count_maximum",
    "blocks_per_epoch",
    // Ours; clients of the reference read past them.
    "mix_version",
    "next_workset_root",
  ]);
});

test("takes a transfer", async () => {
  const envelope = walletV2(watcher, {to: stranger.address, amount: 0.5});
  expect(await ask("/wallet/submit-signed", walletJson(envelope))).toMatchObject({
    status: 202,
    body: {transaction_id: envelope.id, status: "pending", broadcast: "block-pending"},
  });
  expect((await found(`/receipts/${envelope.id}`)).body).toMatchObject({tx_id: envelope.id, status: 1});
  expect((await ask(`/wallet/balance?address=${stranger.address}`)).body.balance).toBe(0.5);
});

test("enrolls, mines, slashes and unenrolls", async () => {
  const enrolled = enrollmentV2(owner, enrollPayload(RIG.nodeId, RIG.hmacKey));
  expect(await ask("/mining/enroll", enrollmentJson(enrolled))).toMatchObject({
    status: 202,
    body: {tx_id: enrolled.id, status: "accepted"},
  });
  expect((await found(`/mining/enrollment/${RIG.nodeId}`)).body).toMatchObject({
    owner: owner.address,
    phase: "active",
    stake_dust: 1_000_000_000,
  });
  expect((await found(`/receipts/${enrolled.id}`)).body).toMatchObject({status: 1, fee: 0});

  // Any address may be named: here one that owns nothing.
  const named = testAccount("named");
  const proof = await attested(await solveTip(client, {owner: named}));
  expect(await ask("/mining/submit", encodeProof(proof))).toEqual({
    status: 200,
    code: null,
    body: {accepted: true, proof_id: hexOf(proofIdOf(proof))},
  });
  await eventually(async () => (await ask(`/wallet/balance?address=${named.address}`)).body.balance > 0);

  const again = await ask("/mining/submit", encodeProof(proof));
  expect(again).toMatchObject({status: 400, body: {accepted: false, reject_reason: "attestation"}});
  expect(again.body.detail).toContain("nonce already used");
  const reattested = await ask("/mining/submit", encodeProof(await attested(proof)));
  expect(reattested).toMatchObject({status: 400, body: {accepted: false, reject_reason: "duplicate"}});

  const solved = await solveTip(client, {owner});
  const other = {...(await solveTip(client, {owner, start: 9})), ...heightOf(solved)};
  const pair = [await attested(solved), await attested(other)] as const;
  const payload = slashPayload.encode({
    nodeId: RIG.nodeId,
    evidenceKind: "double-mining",
    evidence: doubleMining.encode({proofA: pair[0], proofB: pair[1], memo: ""}),
    slashAmountDust: 1_000_000_000n,
    memo: "",
  });
  const before = (await ask(`/wallet/balance?address=${watcher.address}`)).body.balance_dust;
  const slash = slashV2(watcher, payload, {nonce: await nonceOf(watcher)});
  expect(await ask("/mining/slash", slashJson(slash))).toMatchObject({status: 202, body: {tx_id: slash.id}});
  expect((await found(`/mining/slash/${slash.id}`)).body).toMatchObject({
    tx_id: slash.id,
    outcome: "applied",
    node_id: RIG.nodeId,
    slashed_dust: 1_000_000_000,
    rewarded_dust: 250_000_000,
    auto_revoked: true,
  });
  const after = (await ask(`/wallet/balance?address=${watcher.address}`)).body.balance_dust;
  expect(after - before).toBe(250_000_000 - 100_000);

  const gone = enrollmentV2(owner, unenrollPayload(RIG.nodeId), {nonce: await nonceOf(owner)});
  expect(await ask("/mining/unenroll", enrollmentJson(gone))).toMatchObject({status: 202, body: {tx_id: gone.id}});
  expect((await found(`/receipts/${gone.id}`)).body).toMatchObject({status: 0, code: "UNENROLLMENT_ALREADY_REVOKED"});
});

const heightOf = ({height, epoch, headerHash}: Proof) => ({height, epoch, headerHash});

test("a proof that carries a node key is of a type that these rules do not know", async () => {
  const proof = await mineOne(client, {nodeId: "rig-1", nodeKey: testAccount("rig key"), owner});
  const answer = await ask("/mining/submit", encodeProof(proof));
  expect(answer).toMatchObject({status: 400, body: {accepted: false, reject_reason: "attestation"}});
});

test.each<[string, string, () => Uint8Array, number, string]>([
  [
    "a broken signature",
    "/wallet/submit-signed",
    () => walletJson({...walletV2(stranger, {to: owner.address, amount: 0.1}), signature: "00".repeat(4627)}),
    422,
    "ENVELOPE_SIGNATURE_INVALID",
  ],
  [
    "a sender that is not the key's",
    "/wallet/submit-signed",
    () => walletJson(walletV2(watcher, {to: owner.address}, {sender: owner.address, nonce: 40n})),
    400,
    "ENVELOPE_SENDER_MISMATCH",
  ],
  [
    "a fee that nobody can pay",
    "/wallet/submit-signed",
    () => walletJson(walletV2(stranger, {to: owner.address}, {fee: 1e6})),
    402,
    "BALANCE_TOO_LOW",
  ],
  [
    "a nonce far ahead",
    "/wallet/submit-signed",
    () => walletJson(walletV2(stranger, {to: owner.address}, {nonce: 5_000n})),
    409,
    "NONCE_TOO_HIGH",
  ],
  ["an unknown member", "/mining/enroll", () => new TextEncoder().encode('{"who":1}'), 400, "ENVELOPE_INVALID"],
  [
    "a body over the limit",
    "/mining/enroll",
    () => new TextEncoder().encode(`{"id":"${"x".repeat(70_000)}"}`),
    413,
    "ENVELOPE_TOO_LARGE",
  ],
  [
    "an unsigned transfer at the slash door",
    "/mining/slash",
    () => slashJson(slashV2(stranger, new Uint8Array(8), {contractId: "qsdm/wallet-transfer/v1"})),
    400,
    "CONTRACT_UNFIT",
  ],
])("refuses %s", async (_what, path, body, status, code) => {
  expect(await ask(path, body())).toMatchObject({status, code});
});

describe("a profile that is not the chain's", () => {
  const run = async (genesis: Parameters<typeof initTestNode>[0], ...profile: string[]) => {
    const dataDir = await initTestNode(genesis);
    const ran = await qsdm(["node", "run", "--json", "--data-dir", dataDir, "--api-port", "0", ...profile]);
    return {status: ran.status, error: documentIn(ran).error};
  };
  const mismatch = {status: 3, error: {code: "PROFILE_MISMATCH", hint: expect.any(String)}};

  test("a compat chain does not run unasked", async () =>
    expect(await run(compatGenesis([owner]))).toMatchObject(mismatch));
  test("a compat chain does not run as a dev chain", async () =>
    expect(await run(compatGenesis([owner]), "--profile", "dev")).toMatchObject(mismatch));
  test("a strict chain does not run as a compat one", async () =>
    expect(await run(nodeGenesis([owner]), "--profile", "compat")).toMatchObject(mismatch));
  test("a chain of one network does not run as another", async () =>
    expect(await run(nodeGenesis([owner]), "--profile", "mainnet")).toMatchObject(mismatch));
});

test("a directory of a compat chain is made by name", async () => {
  const dataDir = `${await initTestNode(nodeGenesis([owner]))}-new`;
  const words = ["--network", "compat", "--chain-id", "old", "--validator-account", owner.address];
  const {status, stdout} = await qsdm(["node", "init", "--json", "--data-dir", dataDir, ...words]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout).data).toMatchObject({network: "compat"});
});
