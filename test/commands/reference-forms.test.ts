/** What our write commands send to a node of QSDM, beyond the recorded runs of its own client. */
import {ml_dsa87} from "@noble/post-quantum/ml-dsa.js";
import {describe, expect, test} from "vitest";
import {checkWalletEnvelope, walletEnvelope} from "../../src/codecs/envelopes/wallet.js";
import {run} from "../../src/commands/run.js";
import {type CannedRoute, cannedNode} from "./canned-node.js";
import {memoryHost} from "./memory-host.js";
import {recordedRuns} from "./recorded-runs.js";
import {AMBIENT_ROUTES, SENDER} from "./reference-status.js";

const TO = "ab".repeat(32);

describe("towards a node of QSDM", () => {
  const {files} = recordedRuns.find(({name}) => name === "enroll")!.input;
  const KEYS = "--in=w.json --passphrase-file=p.txt --node-id=rig";

  for (const [name, line, code] of [
    ["--wait", `unenroll ${KEYS} --wait`, "WAIT_UNSUPPORTED"],
    [
      "a slash without an amount",
      "slash --sender=w --node-id=a --evidence-kind=double-mining --evidence-hex=00",
      "AMOUNT_MISSING",
    ],
    ["a slash that names nobody", "slash --sender=w --evidence-hex=00 --amount=1", "EVIDENCE_INVALID"],
    ["a memo, which has no place there", `wallet send ${SENDER} 1 --in=w.json --memo=m`, "MEMO_UNSUPPORTED"],
    ["a payment of nothing", `wallet send ${SENDER} 0 --in=w.json`, "TRANSFER_ZERO"],
    ["a long geotag", `wallet send ${SENDER} 1 --in=w.json --geotag=${"g".repeat(101)}`, "FLAG_INVALID"],
    [
      "a stake beside a bond from rewards",
      `enroll ${KEYS} --gpu-uuid=G --hmac-key=${"ab".repeat(32)} --stake=1 --bond-from-rewards`,
      "FLAG_CONFLICT",
    ],
    ["no MAC key", `enroll ${KEYS} --gpu-uuid=GPU-1`, "HMAC_KEY_SOURCE"],
  ] as const)
    test(`${name} is refused, and nothing is sent`, async () => {
      const node = await cannedNode([], AMBIENT_ROUTES);
      const host = memoryHost({argv: [...line.split(" "), "--json"], env: {QSDM_API_URL: node.url}, files});
      host.input.end();
      const status = await run(host);
      await node.close();
      expect([JSON.parse(host.out()).error.code, status > 1, node.asked]).toEqual([code, true, []]);
    });

  const accepted = (status: number, body: object): CannedRoute => ({
    method: "POST",
    path: "/api/v1/wallet/submit-signed",
    status,
    body: JSON.stringify(body),
  });
  for (const [status, body] of [
    [202, {transaction_id: "p", status: "pending", broadcast: "block-pending"}],
    [200, {transaction_id: "p", status: "accepted", broadcast: "p2p"}],
  ] as const)
    test(`a payment is a wallet envelope that a node of QSDM verifies, answered by ${status}`, async () => {
      const node = await cannedNode([accepted(status, body)], AMBIENT_ROUTES);
      const argv = `wallet send ${TO} 1.5 --in=w.json --passphrase-file=p.txt --id=p --geotag=EU`.split(" ");
      const host = memoryHost({argv, env: {QSDM_API_URL: node.url}, files});
      host.input.end();
      expect(await run(host), host.err()).toBe(0);
      await node.close();
      expect(host.out()).toBe("p\n");
      const envelope = walletEnvelope.decode(new TextEncoder().encode(node.asked[0]!.body));
      expect(envelope).toMatchObject({id: "p", sender: SENDER, recipient: TO, amount: 1.5, fee: 0.001, geotag: "EU"});
      // The account has used no nonce: its first envelope says 1 (node specification, section 2.7).
      expect(
        checkWalletEnvelope(envelope, (key, message, signature) => ml_dsa87.verify(signature, message, key)),
      ).toEqual({amountDust: 150_000_000n, feeDust: 100_000n, accountNonce: 0n});
    });

  test("--dry-run prints what would be signed or sent, and asks for no passphrase", async () => {
    const node = await cannedNode([], AMBIENT_ROUTES);
    const argv = "unenroll --in=w.json --node-id=rig --id=u --dry-run".split(" ");
    const host = memoryHost({argv, env: {QSDM_API_URL: node.url}, files});
    host.input.end();
    expect(await run(host)).toBe(0);
    await node.close();
    expect(Buffer.from(host.out().trim(), "hex").toString()).toMatch(
      /^\{"id":"u","sender":"67b5.*"contract_id":"qsdm\/enroll\/v2","payload_b64":"[^"]+","signature":""\}$/,
    );
    expect(node.asked).toEqual([]);
  });
});
