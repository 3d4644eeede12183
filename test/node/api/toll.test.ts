/** What a caller cannot do to pay less than its share, or to make another pay. */

import {request} from "node:http";
import {describe, expect, test} from "vitest";
import {ENROLL_V3_CONTRACT, TRANSFER_CONTRACT} from "../../../src/codecs/chain/payloads.js";
import {encodeProof, NO_ATTESTATION} from "../../../src/codecs/mining/proof.js";
import {SLASH_CONTRACT} from "../../../src/codecs/slashing/payload.js";
import {RuleError} from "../../../src/errors.js";
import type {AnyRoute} from "../../../src/node/api/route.js";
import {ROUTES} from "../../../src/node/api/route-table.js";
import {
  enrollmentPayer,
  envelopePayer,
  proofPayer,
  slashPayer,
  walletPayer,
} from "../../../src/node/api/routes/payer.js";
import {ALICE, BOB, envelopeBytes, serve} from "../../support/api.js";

const SUBMIT = "/api/v1/wallet/submit";
const WRITE_COST = ROUTES.submit.cost;
const writes = (count: number) => ({unitsPerSecond: 1, burstUnits: WRITE_COST * count, maxAddresses: 100});
const plenty = writes(1_000);
const still = {monotonicMs: () => 5_000};
const fromAlice = envelopeBytes(TRANSFER_CONTRACT);

/** Posts from another address of this machine, which the server sees as another host. */
const postFrom = (
  url: string,
  localAddress: string,
  headers: Record<string, string> = {},
  ports = new Set<number>(),
): Promise<number> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}${SUBMIT}`,
      {method: "POST", localAddress, agent: false, headers: {"content-type": "application/cbor", ...headers}},
      (answer) => {
        ports.add(outgoing.socket?.localPort ?? 0);
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      },
    );
    outgoing.on("error", reject).end(fromAlice);
  });

describe("the limit by IP address", () => {
  const options = {rateLimit: writes(2), senderLimit: null};

  test("cannot be dodged with forged headers", async () => {
    const {url} = await serve({}, {options, ports: still});
    const forged = (n: number) => ({
      "x-forwarded-for": `198.51.100.${n}`,
      "x-real-ip": `198.51.100.${n}`,
      forwarded: `for=198.51.100.${n}`,
      "true-client-ip": `198.51.100.${n}`,
    });
    expect([
      await postFrom(url, "127.0.0.1", forged(1)),
      await postFrom(url, "127.0.0.1", forged(2)),
      await postFrom(url, "127.0.0.1", forged(3)),
    ]).toEqual([202, 202, 429]);
  });

  test("counts every connection, whatever port it comes from", async () => {
    const {url} = await serve({}, {options, ports: still});
    const ports = new Set<number>();
    const statuses: number[] = [];
    for (let n = 0; n < 3; n++) statuses.push(await postFrom(url, "127.0.0.1", {}, ports));
    expect(ports.size).toBe(3);
    expect(statuses).toEqual([202, 202, 429]);
  });

  test("is not widened by a fresh key for each write", async () => {
    const {post} = await serve({}, {options: {rateLimit: writes(2), senderLimit: writes(2)}, ports: still});
    const statuses: number[] = [];
    for (const sender of ["11", "22", "33"])
      statuses.push((await post(SUBMIT, envelopeBytes(TRANSFER_CONTRACT, {sender: sender.repeat(32)}))).status);
    expect(statuses).toEqual([202, 202, 429]);
  });
});

describe("the limit by account", () => {
  const options = {rateLimit: plenty, senderLimit: writes(2)};

  test.runIf(process.platform === "linux")("follows an account from one host to the next", async () => {
    const {url} = await serve({}, {options, ports: still});
    expect([
      await postFrom(url, "127.0.0.1"),
      await postFrom(url, "127.0.0.2"),
      await postFrom(url, "127.0.0.3"),
    ]).toEqual([202, 202, 429]);
  });

  test("answers 429 with the time to wait and leaves other accounts alone", async () => {
    const {post} = await serve({}, {options, ports: still});
    await post(SUBMIT, fromAlice);
    await post(SUBMIT, fromAlice);
    const answer = await post(SUBMIT, fromAlice);
    expect([answer.status, answer.headers.get("qsdm-error-code")]).toEqual([429, "RATE_LIMITED"]);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await answer.text()).toContain(`too many writes of ${ALICE}`);
    expect((await post(SUBMIT, envelopeBytes(TRANSFER_CONTRACT, {sender: BOB}))).status).toBe(202);
  });

  test("is asked before the node looks at the signature", async () => {
    let verified = 0;
    const submit = async () => ({txId: String(++verified)});
    const {post} = await serve({submit}, {options, ports: still});
    for (let n = 0; n < 5; n++) await post(SUBMIT, fromAlice);
    expect(verified).toBe(2);
  });

  test("cannot be used up by whoever names the account without its key", async () => {
    let forged = true;
    const {post} = await serve(
      {
        async submit() {
          if (forged) throw new RuleError("SIGNATURE_INVALID", "the signature does not verify");
          return {txId: "aa".repeat(32)};
        },
      },
      {options, ports: still},
    );
    for (let n = 0; n < 10; n++) expect((await post(SUBMIT, fromAlice)).status).toBe(422);
    forged = false;
    expect((await post(SUBMIT, fromAlice)).status).toBe(202);
  });

  test("is charged for a write that nobody waits for any more, until it is refused", async () => {
    const begun: ((error: Error) => void)[] = [];
    const submit = () => new Promise<never>((_resolve, reject) => void begun.push(reject));
    const {post} = await serve({submit}, {options: {...options, handlerTimeoutMs: 20}, ports: still});
    const send = async () => (await post(SUBMIT, fromAlice)).headers.get("qsdm-error-code");
    expect([await send(), await send(), await send()]).toEqual(["HANDLER_TIMEOUT", "HANDLER_TIMEOUT", "RATE_LIMITED"]);
    begun[0]!(new RuleError("SIGNATURE_INVALID", "the signature does not verify"));
    expect([await send(), await send()]).toEqual(["HANDLER_TIMEOUT", "RATE_LIMITED"]);
  });

  test("charges a miner for the proofs that are taken, and not for those that are refused", async () => {
    let accepted = false;
    const submitProof = async () =>
      accepted
        ? ({accepted, proofId: "f6".repeat(32)} as const)
        : ({accepted, reason: "work", detail: "above the target"} as const);
    const units = {unitsPerSecond: 1, burstUnits: ROUTES.submitProof.cost, maxAddresses: 10};
    const {post} = await serve({submitProof}, {options: {rateLimit: plenty, senderLimit: units}, ports: still});
    const submit = async () => (await post("/api/v1/mining/submit", new Uint8Array(PROOF), "application/json")).status;
    expect([await submit(), await submit()]).toEqual([400, 400]);
    accepted = true;
    expect([await submit(), await submit()]).toEqual([200, 429]);
  });

  test("is off where limits are off", async () => {
    const {post} = await serve({}, {options: {rateLimit: null, senderLimit: writes(1)}, ports: still});
    expect([(await post(SUBMIT, fromAlice)).status, (await post(SUBMIT, fromAlice)).status]).toEqual([202, 202]);
  });
});

const PROOF = encodeProof({
  version: 2,
  epoch: 0n,
  height: 1n,
  headerHash: new Uint8Array(32),
  minerAddr: ALICE,
  batchRoot: new Uint8Array(32),
  batchCount: 1,
  nonce: new Uint8Array(16),
  mixDigest: new Uint8Array(32),
  attestation: NO_ATTESTATION,
});

describe("the account that a write names", () => {
  const utf8 = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

  test("is declared by every route that takes a body, but for the sidecars', which has a secret instead", () => {
    for (const [name, {body, payer, auth}] of Object.entries<AnyRoute>(ROUTES))
      expect(payer !== undefined, name).toBe(body !== null && auth !== "sidecar");
  });

  test("is the sender of a v3 envelope, whatever the route", () => {
    expect(envelopePayer(fromAlice)).toBe(ALICE);
    expect(enrollmentPayer(envelopeBytes(ENROLL_V3_CONTRACT, {sender: BOB}))).toBe(BOB);
    expect(slashPayer(envelopeBytes(SLASH_CONTRACT))).toBe(ALICE);
  });

  test("is the sender that the node itself reads in a QSDM envelope, where members repeat", () => {
    // The reference takes the last of repeated members, in any case of letters.
    const text = `{"sender":"${BOB}","Sender":"${ALICE}"}`;
    const raw = new TextEncoder().encode(text);
    expect(slashPayer(raw)).toBe(ALICE);
    expect(enrollmentPayer(raw)).toBe(ALICE);
    expect(walletPayer(raw)).toBe(ALICE);
  });

  test("is the account that a proof would be paid to", () => expect(proofPayer(PROOF)).toBe(ALICE));

  test("is nobody where the body cannot be read, or names what cannot be an account", () => {
    for (const payer of [envelopePayer, enrollmentPayer, slashPayer, walletPayer, proofPayer])
      for (const raw of [new Uint8Array(0), Uint8Array.of(0x84, 0xff), utf8("x")]) expect(payer(raw)).toBeNull();
    expect(slashPayer(utf8({sender: "a".repeat(129)}))).toBeNull();
  });
});
