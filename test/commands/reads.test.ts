/** What the commands do with a node that is slow, ill, odd or away; the node is made of object literals. */
import fc from "fast-check";
import {beforeAll, describe, expect, test} from "vitest";
import type {EnrollmentView} from "../../src/codecs/api/mining.js";
import {decodeEnvelope, txIdOf} from "../../src/codecs/chain/envelope.js";
import {listEnrollments} from "../../src/commands/enrollments.js";
import {RuleError} from "../../src/errors.js";
import {BOB, NOW_MS, RECORD, serve, TX, view} from "../support/api.js";
import {type Desk, deskOf, keystoreOf} from "./against-node.js";

let keystore: Uint8Array;
beforeAll(async () => {
  keystore = await keystoreOf("owner");
});
const files = {"/hmac": "ab".repeat(32), "/node": "cd".repeat(32)};
const ENROLL =
  "enroll --node-id rig-2 --gpu-uuid GPU-2 --hmac-key-file /hmac --node-key-file /node --passphrase-file /pass";

/** A desk before a node whose every account is rich. */
async function desk(ports: Parameters<typeof serve>[0] = {}): Promise<Desk> {
  const rich = () => ({balanceDust: 50_000_000_000n, nonce: 3n, keyKnown: true});
  const submit = async (raw: Uint8Array) => ({txId: txIdOf(decodeEnvelope(raw).content)});
  const {url} = await serve({view: () => view({account: rich}), submit, ...ports});
  return deskOf(url, keystore, files);
}

describe("status and health", () => {
  test("status is one line of fields", async () => {
    const ran = await (await desk()).qsdm("status");
    expect(ran.out).toBe(`qsdm-test\t12\t${"d4".repeat(32)}\tstrict\t2\t0\t1m30s\t1.2.3\tvalidator-0\tfollowing\n`);
    expect(ran.status).toBe(0);
  });

  test("status --json gives amounts and heights as text", async () => {
    const {data} = JSON.parse((await (await desk()).qsdm("status --json")).out);
    expect(data).toMatchObject({chain_tip: "12", qsdm: {base_fee_dust: "1000", supply: {bonds_dust: "20"}}});
  });

  test("monetary says that mining alone issues", async () => {
    expect((await (await desk()).qsdm("monetary")).out).toBe("height\t12\nmode\toff\nepoch_fees_dust\t0\n");
  });

  test("a healthy node prints healthy", async () => {
    expect(await (await desk()).qsdm("health")).toMatchObject({status: 0, out: "healthy\n", err: ""});
  });

  test("a degraded node ends with 4 and prints nothing as a result", async () => {
    const {url} = await serve({}, {ports: {healthy: () => false}});
    const ran = await deskOf(url, keystore).qsdm("health");
    expect([ran.status, ran.out]).toEqual([4, ""]);
    expect(ran.err).toContain("the node calls itself degraded");
  });

  for (const command of [
    "status",
    "health",
    "validators",
    "enrollments",
    "enrollment-status rig-1",
    `slash-receipt ${TX}`,
  ])
    test(`${command} ends with 4, one error line and one hint when there is no node`, async () => {
      const ran = await deskOf("http://127.0.0.1:1", keystore).qsdm(command);
      expect([ran.status, ran.out]).toEqual([4, ""]);
      expect(ran.err.split("\n").map((line) => line.slice(0, 12))).toEqual(["qsdm: error:", "qsdm: hint: ", ""]);
      const json = await deskOf("http://127.0.0.1:1", keystore).qsdm(`${command} --json`);
      expect(JSON.parse(json.out)).toMatchObject({schema: 1, ok: false, error: {code: "NODE_UNREACHABLE"}});
    });
});

describe("validators", () => {
  // SHA3-256 of 1,312 zero bytes, by: head -c 1312 /dev/zero | openssl dgst -sha3-256
  const PEER = "bf80174179038d98eb5f2d31029dc67a9f94cd5b1b5bc3b596234089d87efcf7";
  const gpu = {deviceId: "ab", gpuArch: "hopper", driver: "550", firmware: "96", attestedAtHeight: 3n};
  const seats = () =>
    [null, {...gpu, expiresAtHeight: 12n}, {...gpu, expiresAtHeight: 13n}].map((attestation, i) => ({
      account: BOB,
      power: BigInt(i + 1),
      publicKey: new Uint8Array(1312),
      attestation,
    }));

  test("each is a line, with its GPU while that counts", async () => {
    const ran = await (await desk({view: () => view({validators: seats})})).qsdm("validators");
    const line = (index: number, arch: string) => `${index}\t${index + 1}\t${BOB}\t${PEER}\t${arch}\n`;
    expect(ran).toMatchObject({status: 0, out: line(0, "-") + line(1, "-") + line(2, "hopper")});
  });

  test("--json has index, height and the attestation whole", async () => {
    const ran = await (await desk({view: () => view({validators: seats})})).qsdm("validators --json");
    const {height, validators} = JSON.parse(ran.out).data;
    expect(height).toBe("12");
    expect(validators[0]).toEqual({index: 0, account: BOB, power: "1", peer_id: PEER, attestation: null});
    expect(validators[1].attestation).toMatchObject({device_id: "ab", active: false, expires_at_height: "12"});
  });
});

describe("waiting", () => {
  test("submitted but not decided in time is exit 5, with the id on standard output", async () => {
    const ran = await (await desk()).qsdm(`${ENROLL} --wait --wait-timeout 300ms`);
    expect(ran.status).toBe(5);
    expect(ran.out).toMatch(/^[0-9a-f]{64}\n$/);
    expect(ran.err).toMatch(/no block has decided .* within 300ms; check with: qsdm enrollment-status rig-2/);
    const json = await (await desk()).qsdm(`${ENROLL} --wait --wait-timeout 300ms --json`);
    expect(JSON.parse(json.out)).toMatchObject({ok: true, data: {status: "submitted", tx_id: expect.any(String)}});
  });

  test("without --wait the word is submitted, never applied", async () => {
    const ran = await (await desk()).qsdm(ENROLL);
    expect(ran.status).toBe(0);
    expect(ran.err).toContain(`submitted ${ran.out.trim()}, not yet applied`);
  });

  test("a node that names another transaction is not believed", async () => {
    const ran = await (await desk({submit: async () => ({txId: TX})})).qsdm(ENROLL);
    expect(ran.err).toContain(`warning: the node calls the transaction ${TX}`);
    expect(ran.out).not.toContain(TX);
  });

  test("a transaction whose expiry has passed is refused as expired", async () => {
    let height = 12n;
    const head = () => ({
      height: height++,
      blockId: "d4".repeat(32),
      timeMs: BigInt(NOW_MS),
      stateRoot: "e5".repeat(32),
    });
    const account = () => ({balanceDust: 50_000_000_000n, nonce: 3n, keyKnown: true});
    const at = await desk({view: () => view({head: head(), account})});
    const ran = await at.qsdm(`${ENROLL} --wait --expires-in 2 --json`);
    expect(ran.status).toBe(3);
    expect(JSON.parse(ran.out).error).toMatchObject({
      code: "EXPIRED",
      details: {tx_id: expect.stringMatching(/^[0-9a-f]{64}$/)},
    });
  });
});

describe("writing", () => {
  test("the node's refusal keeps its code", async () => {
    const at = await desk({submit: () => Promise.reject(new RuleError("POOL_FULL", "the pool is full"))});
    const ran = await at.qsdm(`${ENROLL} --json`);
    expect(ran.status).toBe(4);
    expect(JSON.parse(ran.out).error).toMatchObject({code: "POOL_FULL", message: "the pool is full"});
  });

  for (const [name, flags, code, status] of [
    ["a sender that is not the keystore's", `--sender ${"a1".repeat(32)}`, "SENDER_MISMATCH", 2],
    ["a fee below the base fee", "--fee 0.000001", "FEE_TOO_LOW", 2],
    ["a fee that is no amount", "--fee NaN", "FLAG_INVALID", 2],
    ["another bond than the chain's", "--stake 5", "ENROLL_STAKE_MISMATCH", 3],
    ["a memo that is too long", `--memo ${"x".repeat(257)}`, "ENROLL_INVALID", 3],
    ["a missing keystore", "--in /nowhere", "FILE_NOT_FOUND", 2],
    ["a missing key file", "--hmac-key-file /nowhere", "FILE_NOT_FOUND", 2],
    ["a key file that holds no key", "--node-key-file /pass", "KEY_FILE_INVALID", 3],
    ["a wrong passphrase", "--passphrase-file /hmac", "PASSPHRASE_WRONG", 3],
    ["standard input asked for twice", "--hmac-key-file - --passphrase-file -", "STDIN_TWICE", 2],
    ["a node id with capitals", "--node-id RIG", "ENROLL_INVALID", 3],
  ] as const)
    test(`${name} is refused and nothing is submitted`, async () => {
      const at = await desk({submit: () => Promise.reject(new Error("must not be reached"))});
      const ran = await at.qsdm(`${ENROLL} ${flags} --json`, {input: "ab".repeat(32)});
      expect([ran.status, JSON.parse(ran.out).error.code]).toEqual([status, code]);
    });

  test("a short balance is told before anything is signed", async () => {
    const {url} = await serve();
    const ran = await deskOf(url, keystore, files).qsdm(`${ENROLL} --json`);
    expect(JSON.parse(ran.out).error).toMatchObject({code: "ENROLLMENT_INSUFFICIENT_BALANCE"});
  });

  test("no secret of the rig or the wallet is printed, not even with --verbose", async () => {
    const ran = await (await desk()).qsdm(`${ENROLL} --verbose --json --dry-run`);
    expect(ran.out + ran.err).not.toContain("cd".repeat(32));
    expect(ran.out + ran.err).not.toContain("correct horse");
  });
});

describe("listing", () => {
  const record = (nodeId: string): EnrollmentView => ({
    ...RECORD,
    nodeId,
    bondRemainingDust: 0n,
    fullyBonded: true,
    phase: "active",
    slashable: true,
  });
  const page = (records: EnrollmentView[], nextCursor: string) => ({
    records,
    nextCursor,
    hasMore: nextCursor !== "",
    totalMatches: 2,
    phase: "",
  });
  const listing = {phase: null, limit: null, cursor: null};

  test("--all follows the cursor to the end", async () => {
    const client = {
      enrollments: async ({cursor}: {cursor: string | null}) =>
        cursor === null ? page([record("a")], "a") : page([record("b")], ""),
    };
    const listed = await listEnrollments(listing, {client, all: true});
    expect(listed.records.map((each) => each.nodeId)).toEqual(["a", "b"]);
    expect(listed).toMatchObject({nextCursor: null, pages: 2});
  });

  test("without --all one page comes, and where to go on", async () => {
    const client = {enrollments: async () => page([record("a")], "a")};
    expect(await listEnrollments(listing, {client, all: false})).toMatchObject({nextCursor: "a", pages: 1});
  });

  test("a node whose cursor does not move is not asked for ever", async () => {
    const client = {enrollments: async () => page([record("a")], "a")};
    await expect(listEnrollments(listing, {client, all: true})).rejects.toMatchObject({code: "PAGING_BROKEN"});
  });

  test("says more, but not where: an error rather than a short list", async () => {
    const client = {enrollments: async () => ({...page([], ""), hasMore: true})};
    await expect(listEnrollments(listing, {client, all: true})).rejects.toMatchObject({code: "PAGING_BROKEN"});
  });

  test("whatever the page size, every record comes once and in order", async () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,6}$/), {maxLength: 40});
    await fc.assert(
      fc.asyncProperty(ids, fc.integer({min: 1, max: 7}), async (names, size) => {
        const sorted = [...names].sort();
        const client = {
          enrollments: async ({cursor}: {cursor: string | null}) => {
            const rest = sorted.filter((name) => cursor === null || name > cursor);
            return page(rest.slice(0, size).map(record), rest.length > size ? rest[size - 1]! : "");
          },
        };
        const listed = await listEnrollments(listing, {client, all: true});
        expect(listed.records.map((each) => each.nodeId)).toEqual(sorted);
      }),
    );
  });
});
