/**
 * Recorded runs of the reference's client: what it asks a node, the files and evidence it writes, and whether it
 * succeeds are matched. Wording, layout and exit codes are ours.
 */

import {ml_dsa87} from "@noble/post-quantum/ml-dsa.js";
import {describe, expect, test} from "vitest";
import {checkWalletEnvelope, walletEnvelope} from "../../src/codecs/envelopes/wallet.js";
import {run} from "../../src/commands/run.js";
import {type CannedRoute, cannedNode} from "./canned-node.js";
import {memoryHost} from "./memory-host.js";
import vectors from "./qsdmcli.vectors.json" with {type: "json"};

interface Case {
  readonly name: string;
  readonly input: {
    readonly args: readonly string[];
    readonly routes: readonly CannedRoute[];
    readonly files: Readonly<Record<string, number>>;
    readonly stdin: string;
    readonly masks: readonly (readonly [string, string])[];
  };
  readonly expected: {
    readonly exit_code: number;
    readonly stdout: string;
    readonly requests?: readonly {method: string; path: string; body: string; content_type: string | null}[];
    readonly files?: Readonly<Record<string, {hex: string}>>;
  };
}

/** What a node of QSDM says about itself: our commands ask before they write, the reference's never do. */
const STATUS = {
  node_id: "n",
  version: "1",
  git_sha: "",
  build_date: "",
  uptime: "1s",
  chain_tip: 7,
  peers: 0,
  node_role: "validator",
  network: "qsdm",
  coin: {name: "Cell", symbol: "CELL", decimals: 8, smallest_unit: "dust"},
  branding: {name: "QSDM"},
  tokenomics: {
    cap_dust: 9_000_000_000_000_000,
    cap_cell: "90000000.00000000",
    emitted_dust: 0,
    emitted_cell: "0.00000000",
    remaining_dust: 9_000_000_000_000_000,
    block_reward_dust: 356_490_987,
    block_reward_cell: "3.56490987",
    current_epoch: 0,
    next_halving_height: 12_623_040,
    next_halving_eta_seconds: 126_230_330,
    target_block_time_seconds: 10,
    blocks_per_epoch: 12_623_040,
  },
  task_actions_ready: false,
};
const SENDER = "67b59ed3ac1cfd33c2166dfeb170efcac989843ed05bb8518f5b884325d4a7a0";
const TO = "ab".repeat(32);
const AMBIENT: readonly CannedRoute[] = [
  {method: "GET", path: "/api/v1/status", status: 200, body: JSON.stringify(STATUS)},
  {
    method: "GET",
    path: `/api/v1/wallet/nonce?sender=${SENDER}`,
    status: 200,
    body: JSON.stringify({sender: SENDER, nonce: 0, next: 1}),
  },
];

async function play({name, input}: Case) {
  const {args, routes, files, stdin, masks} = input;
  const node = await cannedNode(routes, /^(enroll|unenroll|slash)$/.test(args[0]!) ? AMBIENT : []);
  const host = memoryHost({
    argv: args,
    env: {QSDM_API_URL: node.url},
    files: Object.fromEntries(Object.entries(files).map(([path, at]) => [path, vectors.texts[at]!])),
  });
  host.input.end(stdin);
  const status = await run(host);
  await node.close();
  const masked = (text: string) => masks.reduce((done, [from, to]) => done.replace(new RegExp(from, "g"), to), text);
  const asked = node.asked.map((each) => ({...each, body: masked(each.body)}));
  return {name, status, out: masked(host.out()), err: host.err(), files: host.files, asked};
}

const cases = vectors.cases as unknown as readonly Case[];
const matching = (pattern: RegExp) => cases.filter(({name}) => pattern.test(name));

for (const each of matching(/^helper-/))
  test(`${each.name}: ${each.expected.exit_code === 0 ? "the same bytes" : "refused as well"}`, async () => {
    const ran = await play(each);
    const {exit_code, stdout, files = {}} = each.expected;
    expect(ran.status === 0, ran.err).toBe(exit_code === 0);
    // Where the evidence goes to a file, standard output names the file.
    if (Object.keys(files).length === 0) expect(ran.out).toBe(stdout);
    for (const [path, {hex}] of Object.entries(files))
      expect(Buffer.from(ran.files.get(path)!).toString("hex")).toBe(hex);
  });

for (const each of matching(/^wallet-/))
  test(`${each.name}: ${each.expected.exit_code === 0 ? "done" : "refused"} as well`, async () => {
    const ran = await play(each);
    expect(ran.status === 0, ran.err).toBe(each.expected.exit_code === 0);
    if (each.name.startsWith("wallet-sign")) expect(ran.out).toBe(each.expected.stdout);
  });

/** Where we do something else on purpose: why, the exit status, and how often the node is asked. */
const OTHERWISE: Readonly<Record<string, readonly [why: string, status: number, asked: number]>> = {
  "enroll-short-key-not-checked-locally": ["a key that every node refuses is refused before a fee is at stake", 3, 0],
  "slash-random-id": ["a kind that no node knows is refused here", 2, 0],
  "positional-stops-flags": ["arguments that nobody reads are a mistake", 2, 0],
  "enrollment-status-escape": ["a name that no enrollment can have is refused here", 2, 0],
  "enrollments-all": ["the recorded page is no page, and is not believed", 4, 1],
  "flag-help": ["asking for help is no mistake", 0, 0],
};
/** Recorded answers that are not answers of the route: what is asked is matched, and that we do not believe them. */
const toy = ({input: {routes}}: Case): boolean =>
  routes.some(
    ({method, status, body}) =>
      method === "GET" && status === 200 && !/has_more":(true|false),"t.*_matches"/.test(body),
  );

for (const each of matching(/^(enroll|unenroll|slash|status|get-health|block|receipt|flag|positional)/))
  if (OTHERWISE[each.name] === undefined)
    test(`${each.name}: asks the same of the node`, async () => {
      const ran = await play(each);
      const {exit_code, requests = []} = each.expected;
      const asked = ran.asked.map(({content_type, ...rest}) => ({...rest, content_type}));
      expect(asked, ran.err).toEqual(
        requests.map(({method, path, body, content_type}) => ({method, path, body, content_type})),
      );
      if (!toy(each)) expect(ran.status === 0, ran.err).toBe(exit_code === 0);
    });
  else
    test(`${each.name}: otherwise, because ${OTHERWISE[each.name]![0]}`, async () => {
      const ran = await play(each);
      const [, status, asked] = OTHERWISE[each.name]!;
      expect([ran.status, ran.asked.length]).toEqual([status, asked]);
    });

describe("towards a node of QSDM", () => {
  const wallet = vectors.cases.find(({name}) => name === "enroll")!.input.files as unknown as Record<string, number>;
  const files = Object.fromEntries(Object.entries(wallet).map(([path, at]) => [path, vectors.texts[at]!]));
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
      const node = await cannedNode([], AMBIENT);
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
      const node = await cannedNode([accepted(status, body)], AMBIENT);
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
    const node = await cannedNode([], AMBIENT);
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
