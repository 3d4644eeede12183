/** The commands of recovery words, against a node that behaves and against nodes that do not. */
import {createServer} from "node:http";
import type {AddressInfo} from "node:net";
import {describe, expect, onTestFinished, test} from "vitest";
import {type CapsuleState, capsuleState} from "../../src/codecs/api/capsules.js";
import {parseJson} from "../../src/codecs/api/json.js";
import {bytesOfHex, textOf, utf8} from "../../src/codecs/bytes.js";
import {envelope, txIdOf, type UnsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import type {Receipt} from "../../src/codecs/chain/receipt.js";
import {
  type Capsule,
  type CapsuleAction,
  capsuleAction,
  capsuleSubmission,
} from "../../src/codecs/envelopes/actions.js";
import {keystore} from "../../src/codecs/keystore.js";
import {capsuleLocator} from "../../src/codecs/recovery.js";
import {formatRecoveryWords} from "../../src/codecs/recovery-words.js";
import {sealCapsule} from "../../src/node/keys/capsule.js";
import {openKeystore} from "../../src/node/keys/keystore.js";
import {readCapsuleAction} from "../../src/node/ledger/recovery/action.js";
import sealed from "../node/keys/capsule.vectors.json" with {type: "json"};
import {mlDsa87, testAccount} from "../support/accounts.js";
import {ALICE, BOB, EMPTY_STORE, serve, view} from "../support/api.js";
import {capsuleOf, locatorOf, registration} from "../support/capsules.js";
import {deskOf, keystoreOf} from "./against-node.js";
import type {MemoryHost} from "./memory-host.js";
import {REFERENCE_STATUS} from "./reference-status.js";

const OWNER = testAccount("owner");
const WALLET = "/home/u/.qsdm/wallet.json";
const PASS = "--passphrase-file /pass";
/** What the host's generator gives. */
const ENTROPY = new Uint8Array(32).fill(7);
const WORDS = formatRecoveryWords(ENTROPY).join(" ");

/** Made once: a passphrase takes its time. */
const OWNERS = await keystoreOf("owner");

const shownOf = ({
  sender: owner,
  locator,
  capsule,
  id: actionId,
  timestamp: registeredAt,
}: CapsuleAction): CapsuleState => ({
  ...{owner, locator, actionId, registeredAt},
  capsule: {...capsule!, scheme: "qsdm-legacy-wallet-recovery-v1", cipher: "aes-256-gcm"},
});

const FUNDED = {balanceDust: 10n ** 9n, nonce: 0n, keyKnown: false};

type Lie = (shown: CapsuleState) => CapsuleState | null;
/** A node that puts every capsule into its next block, after `first`; what it shows is what `lie` makes of it. */
async function chain(lie: Lie = (shown) => shown, first: CapsuleState | null = null) {
  let shown = first;
  let sent: {readonly txId: string; readonly content: UnsignedEnvelope}[] = [];
  const receipt = (txId: string): Receipt => {
    const {sender, nonce, contract} = sent.find((each) => each.txId === txId)!.content;
    const applied = {outcome: "applied", code: null, message: null, slash: null} as const;
    return {txId, height: 13n, ...applied, sender, nonce, contract, gasUsed: 1n, feeDust: 1_000n};
  };
  const {url} = await serve({
    view: () =>
      view({capsule: () => shown && lie(shown), account: (address) => (address === OWNER.address ? FUNDED : null)}),
    async submit(bytes) {
      const {content} = envelope.decode(bytes);
      const txId = txIdOf(content);
      sent = [...sent, {txId, content}];
      shown = shownOf(readCapsuleAction(content.payload).action);
      return {txId};
    },
    store: {...EMPTY_STORE, receipt},
  });
  const desk = deskOf(url, OWNERS, {"/new": "battery\n", "/words": `${WORDS}\n`});
  return {...desk, sent: () => sent.length};
}

/** The owner's capsule under `WORDS`, as a node shows it. */
const REGISTERED = shownOf(
  registration(OWNER.address, {
    locator: capsuleLocator(ENTROPY),
    capsule: sealCapsule(OWNER, ENTROPY, {
      randomBytes: (size) => new Uint8Array(size),
      createdAt: "2026-01-01T00:00:00Z",
    }),
  }),
);

const dataOf = (out: string) => JSON.parse(out).data;
const codeOf = (out: string) => JSON.parse(out).error.code;

describe("wallet recovery create", () => {
  test("hands the words over, registers the capsule, and writes the words into the keystore last", async () => {
    const {qsdm} = await chain();
    const ran = await qsdm(`wallet recovery create --recovery-out /w.txt ${PASS} --json`);
    expect([ran.status, ran.err]).toEqual([
      0,
      expect.stringContaining("wrote 24 recovery words to /w.txt (mode 0600)"),
    ]);
    expect(textOf(ran.host.files.get("/w.txt")!)).toBe(`${WORDS}\n`);
    expect(ran.host.writes.get("/w.txt")).toEqual({mode: 0o600, replace: false});
    const {backup, status} = dataOf(ran.out);
    expect([status, backup]).toEqual(["registered", `${WALLET}.pre-recovery-20260102T025725Z.bak`]);
    expect(ran.host.files.get(backup)).toEqual(OWNERS);
    expect(ran.host.writes.get(backup)!.mode).toBe(0o600);
    const kept = keystore.decode(ran.host.files.get(WALLET)!);
    expect({...kept, recovery: null}).toEqual(keystore.decode(OWNERS));
    const shown = ran.out + ran.err + Buffer.from(ran.host.files.get(WALLET)!).toString();
    expect(shown).not.toContain(WORDS.split(" ").slice(0, 3).join(" "));
    const exported = await qsdm(`wallet recovery export --out /again ${PASS}`, {
      files: {[WALLET]: ran.host.files.get(WALLET)!},
    });
    expect(textOf(exported.host.files.get("/again")!)).toBe(`${WORDS}\n`);
  });

  test("writes to a descriptor what it writes to a file", async () => {
    const {qsdm} = await chain();
    const ran = await qsdm(`wallet recovery create --recovery-out-fd 5 ${PASS}`);
    expect([ran.status, textOf(ran.host.files.get("5")!)]).toEqual([0, `${WORDS}\n`]);
  });

  test("goes on with words that were made before, and sends nothing that the chain has", async () => {
    const {qsdm, sent} = await chain();
    const line = `wallet recovery create --reuse --recovery-file /words ${PASS} --json`;
    expect(dataOf((await qsdm(line)).out)).toMatchObject({status: "registered", recovery_out: null});
    const again = await qsdm(line);
    expect([dataOf(again.out).status, again.err]).toEqual(["registered", expect.stringContaining("already")]);
    expect(sent()).toBe(1);
  });

  test("leaves the keystore as it was where no block decides in time", async () => {
    const {url} = await serve({
      view: () => view({account: () => FUNDED}),
      submit: async () => ({txId: "c3".repeat(32)}),
    });
    const {qsdm} = deskOf(url, OWNERS);
    const ran = await qsdm(`wallet recovery create --recovery-out /w.txt ${PASS} --confirm-timeout 1ms --json`);
    expect([ran.status, dataOf(ran.out).status]).toEqual([5, "submitted"]);
    expect([ran.host.files.get(WALLET), ran.host.files.has("/w.txt")]).toEqual([OWNERS, true]);
  });

  test.each([
    ["no node answers", "http://127.0.0.1:1", "NODE_UNREACHABLE"],
    ["the account never held anything", null, "CAPSULE_OWNER_UNKNOWN"],
  ])("makes no words where %s", async (_, deaf, code) => {
    const url = deaf ?? (await serve({view: () => view({account: () => null})})).url;
    const ran = await deskOf(url, OWNERS).qsdm(`wallet recovery create --recovery-out /w.txt ${PASS} --json`);
    expect([codeOf(ran.out), [...ran.host.writes]]).toEqual([code, []]);
  });

  test.each([
    ["shows none", () => null, "CAPSULE_INCONSISTENT"],
    ["shows another account's", (shown: CapsuleState) => ({...shown, owner: ALICE}), "CAPSULE_INCONSISTENT"],
    [
      "shows another one of the account",
      (shown: CapsuleState) => ({...shown, locator: locatorOf("2")}),
      "CAPSULE_INCONSISTENT",
    ],
    [
      "changed its nonce",
      (shown: CapsuleState) => ({...shown, capsule: {...shown.capsule, nonce: "AAAAAAAAAAAAAAAA"}}),
      "CAPSULE_DAMAGED",
    ],
  ] as const)("keeps nothing of a node that says it took the capsule and %s", async (_, lie, code) => {
    const {qsdm} = await chain(lie);
    const ran = await qsdm(`wallet recovery create --recovery-out /w.txt ${PASS} --json`);
    expect([codeOf(ran.out), ran.host.files.get(WALLET)]).toEqual([code, OWNERS]);
  });

  test("is refused where the wallet has words, unless they open a capsule and others are wanted", async () => {
    const {qsdm} = await chain();
    const holding = (block: string) => ({
      [WALLET]: keystore.encode({...keystore.decode(OWNERS), recovery: utf8(block)}),
    });
    const run = (more: string, block: string) =>
      qsdm(`wallet recovery create --recovery-out /w.txt ${PASS} --json ${more}`, {files: holding(block)});
    expect(codeOf((await run("", sealed.capsule_block)).out)).toBe("RECOVERY_PRESENT");
    expect(codeOf((await run("--replace", sealed.words_block)).out)).toBe("RECOVERY_PRESENT");
    expect(dataOf((await run("--replace", sealed.capsule_block)).out).status).toBe("registered");
  });

  test.each([
    ["a taken file", `--recovery-out /words ${PASS}`, "FILE_EXISTS"],
    ["the keystore's own file", `--recovery-out ${WALLET} ${PASS} --force`, "RECOVERY_WORDS_PLACE"],
    ["standard output", `--recovery-out - ${PASS}`, "RECOVERY_WORDS_PLACE"],
    ["no place", PASS, "RECOVERY_WORDS_PLACE"],
    ["two places", `--recovery-out /w --recovery-out-fd 5 ${PASS}`, "FLAG_CONFLICT"],
    ["words without --reuse", `--recovery-file /words ${PASS}`, "FLAG_CONFLICT"],
    ["a place for words of before", `--reuse --recovery-out /w ${PASS}`, "FLAG_CONFLICT"],
    ["two sources", `--reuse --recovery-file /words --recovery-fd 3 ${PASS}`, "FLAG_CONFLICT"],
    ["words that nobody can type", `--reuse ${PASS}`, "RECOVERY_WORDS_MISSING"],
    ["another account's keystore", `--recovery-out /w --expected-address ${BOB} ${PASS}`, "ADDRESS_UNEXPECTED"],
    ["a keystore from a pipe", `--recovery-out /w --in - ${PASS}`, "FLAG_INVALID"],
    ["a wrong passphrase", "--recovery-out /w --passphrase-file /new", "PASSPHRASE_WRONG"],
  ])("%s is refused, and nothing is written", async (_, flags, code) => {
    const {qsdm, sent} = await chain();
    const ran = await qsdm(`wallet recovery create ${flags} --json`);
    expect([codeOf(ran.out), [...ran.host.writes], sent()]).toEqual([code, [], 0]);
  });
});

/** Answers prompts as they come, in order. */
function typist(host: MemoryHost, answer: (prompt: string) => string): void {
  let done = 0;
  const timer = setInterval(() => {
    const said = host.err();
    const prompt = /(?:^|\n)([^\n]*[:.] )$/.exec(said)?.[1];
    if (prompt === undefined || said.length === done) return;
    done = said.length;
    host.input.write(`${answer(prompt)}\r`);
  }, 1);
  onTestFinished(() => clearInterval(timer));
}
const terminals = ["stdin", "stderr"] as const;

describe("on a terminal", () => {
  const numbered = (prompt: string) => WORDS.split(" ")[Number(/Word (\d+)/.exec(prompt)![1]) - 1]!;
  const answer = (prompt: string) => (prompt.startsWith("Press") ? "" : numbered(prompt));

  test("the words are shown once, on a screen that goes away, and asked for", async () => {
    const {qsdm} = await chain();
    const ran = await qsdm(`wallet recovery create ${PASS} --json`, {
      terminals: [...terminals],
      onHost: (host) => typist(host, answer),
    });
    expect(ran.status).toBe(0);
    const [before, screen, after] = ran.err.split(/.\[\?1049[hl]/s);
    for (const [at, word] of WORDS.split(" ").entries()) expect(screen).toMatch(new RegExp(`\\b${at + 1} ${word}\\b`));
    for (const text of [before!, after!, ran.out]) expect(text).not.toContain(WORDS.split(" ")[0]!);
    expect(after!.match(/Word \d+/g)).toEqual(["Word 8", "Word 16", "Word 24"]);
  });

  test("whoever has not written them down goes no further", async () => {
    const {qsdm, sent} = await chain();
    const wrong = (prompt: string) => (prompt.startsWith("Word 16") ? "zoo" : answer(prompt));
    const ran = await qsdm(`wallet recovery create ${PASS} --json`, {
      terminals: [...terminals],
      onHost: (host) => typist(host, wrong),
    });
    expect([codeOf(ran.out), [...ran.host.writes], sent()]).toEqual(["RECOVERY_WORDS_UNCONFIRMED", [], 0]);
  });

  test("words are typed in over several lines, and one that is none is asked for again", async () => {
    const {qsdm} = await chain();
    const lines = [
      WORDS.split(" ").slice(0, 10).join(" "),
      "xyzzy",
      WORDS.split(" ").slice(10).join("  ").toUpperCase(),
    ];
    const onHost = (host: MemoryHost) => typist(host, () => lines.shift()!);
    const ran = await qsdm(`wallet restore --out /k ${PASS} --json`, {terminals: [...terminals], onHost});
    expect([ran.status, ran.err]).toEqual([0, expect.stringContaining("word 11 is not in the list")]);
    expect(ran.err).not.toContain("xyzzy");
  });
});

describe("wallet recovery open", () => {
  const OPEN = `wallet recovery open --recovery-file /words --out /k --passphrase-file /new --json`;
  test("brings the wallet back under another passphrase, from the node or from a copy of the capsule", async () => {
    const {qsdm} = await chain(undefined, REGISTERED);
    const ran = await qsdm(OPEN);
    expect(dataOf(ran.out)).toEqual({address: OWNER.address, path: "/k"});
    expect((await openKeystore(ran.host.files.get("/k")!, "battery", mlDsa87)).address).toBe(OWNER.address);
    const copy = dataOf((await qsdm(`wallet recovery show --owner ${OWNER.address} --json`)).out).recovery.capsule;
    const {qsdm: alone} = deskOf("http://127.0.0.1:1", OWNERS, {"/words": WORDS, "/new": "battery"});
    const offline = await alone(`${OPEN} --capsule-file /c.json`, {files: {"/c.json": JSON.stringify(copy)}});
    expect(dataOf(offline.out).address).toBe(OWNER.address);
  });

  const damaged = (shown: CapsuleState) => ({
    ...shown,
    capsule: {...shown.capsule, ciphertext: capsuleOf(ALICE).ciphertext},
  });
  test.each([
    ["another account's capsule", (shown: CapsuleState) => ({...shown, owner: ALICE}), "CAPSULE_INCONSISTENT", 4],
    [
      "a capsule of another locator",
      (shown: CapsuleState) => ({
        ...shown,
        locator: locatorOf("2"),
        capsule: {...shown.capsule, locator: locatorOf("2")},
      }),
      "CAPSULE_INCONSISTENT",
      4,
    ],
    ["a changed capsule", damaged, "CAPSULE_DAMAGED", 3],
    ["no capsule", () => null, "CAPSULE_NOT_FOUND", 3],
  ] as const)("%s of a lying node is refused", async (_, lie, code, status) => {
    const {qsdm} = await chain(lie, REGISTERED);
    const ran = await qsdm(OPEN);
    expect([codeOf(ran.out), ran.status, [...ran.host.writes]]).toEqual([code, status, []]);
  });

  test.each([
    ["a place that is taken", OPEN.replace("/k", WALLET), "FILE_EXISTS"],
    ["another wallet than was expected", `${OPEN} --expected-address ${BOB}`, "ADDRESS_UNEXPECTED"],
    ["a copy that is none", `${OPEN} --capsule-file /new`, "ACTION_INVALID"],
    ["words of no list", OPEN.replace("/words", "/new"), "RECOVERY_WORDS_COUNT"],
  ])("%s is refused", async (_, line, code) => {
    const {qsdm} = await chain(undefined, REGISTERED);
    const ran = await qsdm(line);
    expect([codeOf(ran.out), [...ran.host.writes]]).toEqual([code, []]);
  });
});

test("a wallet of words is made, restored offline and exported; other words are other wallets", async () => {
  const {qsdm} = deskOf("http://127.0.0.1:1", OWNERS, {"/new": "battery\n"});
  const made = await qsdm(`wallet create --recovery-out /w --out /k ${PASS} --json`);
  const {address} = dataOf(made.out);
  const files = {"/w": made.host.files.get("/w")!, "/made": made.host.files.get("/k")!};
  const back = await qsdm(`wallet restore --recovery-file /w --out /r --passphrase-file /new --json`, {files});
  expect(dataOf(back.out)).toEqual({address, path: "/r"});
  const shown = await qsdm("wallet show --in /made --json", {files});
  expect(dataOf(shown.out)).toMatchObject({recovery_enabled: true, recovery_scheme: "qsdm-wallet-recovery-v1"});
  const wrong = await qsdm(`wallet restore --recovery-file /w --out /r ${PASS} --expected-address ${BOB} --json`, {
    files,
  });
  expect([codeOf(wrong.out), [...wrong.host.writes]]).toEqual(["ADDRESS_UNEXPECTED", []]);
  const none = await qsdm(`wallet recovery export --out /x ${PASS} --json`);
  expect([codeOf(none.out), [...none.host.writes]]).toEqual(["RECOVERY_ABSENT", []]);
  expect((await qsdm(`wallet recovery export ${PASS}`)).err).toContain("hint: pass --out FILE or --out-fd NUMBER");
});

/** The routes of QSDM's node that its own client calls for this, and nothing else of one. */
async function qsdmStandIn() {
  let shown: {action: ReturnType<typeof capsuleAction.decode>} | null = null;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const path = request.url!.replace("/api/v1", "");
    const reply = (value: object) =>
      response.writeHead(200, {"content-type": "application/json"}).end(JSON.stringify(value));
    if (path === "/status") return reply(REFERENCE_STATUS);
    if (path.startsWith("/wallet/recovery/nonce"))
      return reply({runtime: "qsdm-native", source: "chain", sender: OWNER.address, action_nonce: 3, present: true});
    if (path.endsWith("/submit-signed")) {
      const {action, signature, publicKey} = capsuleSubmission.decode(new Uint8Array(Buffer.concat(parts)));
      const isSigned = mlDsa87.verify(bytesOfHex(publicKey), capsuleAction.encode(action), bytesOfHex(signature));
      if (!isSigned || action.nonce !== 3n) return response.writeHead(422).end("refused");
      shown = {action};
      return reply({
        action_id: action.id,
        sender: action.sender,
        locator: action.locator,
        status: "accepted",
        mempool_status: "submitted",
      });
    }
    if (shown === null) return response.writeHead(404).end("not found");
    const {id: action_id, sender: owner, locator, capsule, timestamp: registered_at} = shown.action;
    const {createdAt: created_at, ...members} = capsule as Capsule;
    return reply({
      runtime: "qsdm-native",
      source: "chain",
      state_root: "e5".repeat(32),
      recovery: {owner, locator, capsule: {...members, created_at}, action_id, registered_at},
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a node of QSDM takes the capsule as QSDM's client signs it, under QSDM's names of the commands", async () => {
  const {qsdm} = deskOf(await qsdmStandIn(), OWNERS, {"/new": "battery"});
  const made = await qsdm(`wallet enable-recovery --recovery-out /w ${PASS} --confirm-timeout 100s --json`);
  expect([made.status, dataOf(made.out).status]).toEqual([0, "registered"]);
  const files = {"/w": made.host.files.get("/w")!};
  const back = await qsdm("wallet restore-legacy --recovery-file /w --out /k --passphrase-file /new --json", {files});
  expect(dataOf(back.out)).toEqual({address: OWNER.address, path: "/k"});
});

describe("wallet recovery show", () => {
  const locator = locatorOf("1");
  const {createdAt, ...members} = capsuleOf(ALICE);
  const written = {
    ...{owner: ALICE, locator, capsule: {...members, created_at: createdAt}},
    ...{action_id: "rc-1", registered_at: "2026-01-01T00:00:00Z"},
  };
  const shown = capsuleState.read(parseJson(JSON.stringify(written)), "recovery");

  const desk = async () => {
    const {url} = await serve({
      view: () => view({capsule: (key) => (key.owner === ALICE || key.locator === locator ? shown : null)}),
    });
    return deskOf(url, OWNERS);
  };

  test("a capsule is found by its owner and by its locator", async () => {
    const {qsdm} = await desk();
    const line = `${ALICE}\t${locator}\t2026-01-01T00:00:00Z\trc-1\n`;
    expect((await qsdm(`wallet recovery show --owner ${ALICE}`)).out).toBe(line);
    expect((await qsdm(`wallet recovery show --locator ${locator}`)).out).toBe(line);
    expect(JSON.parse((await qsdm(`wallet recovery show --owner ${ALICE} --json`)).out).data.recovery).toEqual(written);
  });

  test.each([
    [`--owner ${BOB}`, 3],
    ["", 2],
    [`--owner ${ALICE} --locator ${locator}`, 2],
    ["--locator 11", 2],
    ["--owner bob", 3],
  ])("%s exits with %i", async (flags, status) => {
    const {qsdm} = await desk();
    expect((await qsdm(`wallet recovery show ${flags}`.trim())).status).toBe(status);
  });
});
