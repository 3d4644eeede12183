/** A transaction from its terms to its receipt, with the key on a machine that never sees the node. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex, hexOf} from "../../src/codecs/bytes.js";
import {decodeEnvelope, envelope, txIdOf, unsignedEnvelope} from "../../src/codecs/chain/envelope.js";
import {addressOfPolicy, policy as policyCodec, policyOf} from "../../src/codecs/chain/multisig.js";
import {BATCH_TRANSFER_CONTRACT, batchTransfer, transfer} from "../../src/codecs/chain/payloads.js";
import {gasOf} from "../../src/node/ledger/monetary/gas.js";
import {testAccount} from "../support/accounts.js";
import {node as answers, BOB, EMPTY_STORE, serve, TX, view} from "../support/api.js";
import {initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {type Desk, deskOf, keystoreOf} from "./against-node.js";

const OWNER = testAccount("owner");
const OTHER = testAccount("other");
const NOWHERE = "http://127.0.0.1:1";
const SIGN = "tx sign - --passphrase-file /pass";

let node: RunningNode;
let online: Desk;
let offline: Desk;
let stranger: Desk;

beforeAll(async () => {
  node = await runTestNode(await initTestNode(nodeGenesis([OWNER])));
  online = deskOf(node.node.url, await keystoreOf("owner"));
  offline = deskOf(NOWHERE, await keystoreOf("owner"));
  stranger = deskOf(NOWHERE, await keystoreOf("other"));
});
afterAll(() => node.stop());

const codeOf = (ran: {out: string}): string => JSON.parse(ran.out).error.code;
const GIVEN = `--chain-id qsdm-test --sender ${OWNER.address} --nonce 7 --fee 0.001 --expires-at 900`;
const PAY = `--to ${OTHER.address} --amount 2.5`;

/** Hex of a transaction that pays, built from flags alone. */
const built = async (more = ""): Promise<string> =>
  (await offline.qsdm(`tx build ${GIVEN} ${PAY} --hex ${more}`)).out.trim();

describe("with the key on another machine", () => {
  test("terms, build, sign, decode, send and status", async () => {
    const terms = await online.qsdm(`tx terms ${OWNER.address}`);
    expect([terms.status, terms.err]).toEqual([0, ""]);
    expect(JSON.parse(terms.out)).toMatchObject({sender: OWNER.address, nonce: "0", key_known: false});

    const files = {"/terms.json": terms.out};
    const build = await offline.qsdm(`tx build --terms /terms.json ${PAY} --memo rent --hex`, {files});
    expect(build.err).toContain(`pays 2.5 CELL from ${OWNER.address} to ${OTHER.address}, memo "rent"`);
    const content = unsignedEnvelope.decode(bytesOfHex(build.out.trim()));
    // It goes along with a base fee that rises to twice what it is.
    expect(content).toMatchObject({nonce: 0n, maxFeeDust: 2_000n, tipDust: 0n});
    expect(transfer.decode(content.payload)).toEqual({to: OTHER.address, amountDust: 250_000_000n, memo: "rent"});

    const sign = await offline.qsdm(`${SIGN} --hex`, {input: build.out});
    expect(sign.status, sign.err).toBe(0);
    const decode = await offline.qsdm("tx decode - --json", {input: sign.out});
    expect(JSON.parse(decode.out).data).toMatchObject({
      tx_id: txIdOf(content),
      signature: "valid",
      payload_kind: "transfer",
      payload_fields: {to: OTHER.address, amount_dust: "250000000", memo: "rent"},
    });

    const send = await online.qsdm("tx send - --wait", {input: sign.out});
    expect([send.status, send.out], send.err).toEqual([0, `${txIdOf(content)}\n`]);
    const status = await online.qsdm(`tx status ${txIdOf(content)}`);
    expect(status.out).toMatch(new RegExp(`^applied\t\\d+\tqsdm/transfer/v3\t${OWNER.address}\t0\t1000\t-\t-\n$`));
    expect(status.status).toBe(0);
    expect((await online.qsdm(`account ${OTHER.address}`)).out).toBe("2.5\t0\t0\tfalse\n");
    expect((await online.qsdm(`account ${OWNER.address} --json`)).out).toContain('"nonce":"1"');

    const again = await online.qsdm("tx send - --json", {input: sign.out});
    expect([again.status, codeOf(again)]).toEqual([3, "NONCE_USED"]);
  });

  test("once the chain knows the key, the envelope may leave it out", async () => {
    const {out} = await online.qsdm(`tx terms ${OWNER.address}`);
    expect(JSON.parse(out)).toMatchObject({nonce: "1", key_known: true});
    const tx = await offline.qsdm(`tx build --terms /terms.json ${PAY} --hex`, {files: {"/terms.json": out}});
    const signed = await offline.qsdm(`${SIGN} --hex --key-known`, {input: tx.out});
    expect(decodeEnvelope(bytesOfHex(signed.out.trim())).publicKey).toBeNull();
    const decode = await offline.qsdm("tx decode - --json", {input: signed.out});
    expect(JSON.parse(decode.out).data).toMatchObject({signature: "unchecked", carries_key: false});
    expect((await online.qsdm("tx send - --wait", {input: signed.out})).status).toBe(0);
  });

  test("supply adds the books up", async () => {
    const ran = await online.qsdm("supply");
    expect(ran.status).toBe(0);
    const lines = new Map(
      ran.out
        .trim()
        .split("\n")
        .map((line) => line.split("\t") as [string, string]),
    );
    expect([...lines.keys()]).toContain("burned_dust");
    expect(BigInt(lines.get("burned_dust")!)).toBeGreaterThan(0n);
  });
});

describe("tx build", () => {
  test("needs no node and no file where flags say everything", async () => {
    const content = unsignedEnvelope.decode(bytesOfHex(await built("--tip 0.0002")));
    expect(content).toMatchObject({chainId: "qsdm-test", nonce: 7n, expiresAtHeight: 900n, tipDust: 20_000n});
  });

  test("writes raw bytes to a file, and the file reads the same as its hex", async () => {
    const ran = await offline.qsdm(`tx build ${GIVEN} ${PAY} --out /pay.tx`);
    expect(ran.out).toBe("/pay.tx\n");
    const raw = ran.host.files.get("/pay.tx")!;
    expect(hexOf(raw)).toBe(await built());
    const decoded = await offline.qsdm("tx decode /pay.tx", {files: {"/pay.tx": raw}});
    expect(decoded.out).toContain("signature\tunsigned\n");
    expect(decoded.out).toContain(`payload_fields.to\t${OTHER.address}\n`);
  });

  test("makes one batch of a file of payments, and says every one of them", async () => {
    const file = `# wages\n${OTHER.address}\t1.5\tMay\r\n\n${BOB}\t0.25\n`;
    const ran = await offline.qsdm(`tx build ${GIVEN} --payments /wages --hex`, {files: {"/wages": file}});
    expect(ran.err).toContain(
      `pays 1.75 CELL from ${OWNER.address} in 2 payments:\n  1.5 CELL to ${OTHER.address}, memo "May"\n  0.25 CELL to ${BOB}\n`,
    );
    const content = unsignedEnvelope.decode(bytesOfHex(ran.out.trim()));
    expect(batchTransfer.decode(content.payload).payments).toEqual([
      {to: OTHER.address, amountDust: 150_000_000n, memo: "May"},
      {to: BOB, amountDust: 25_000_000n, memo: ""},
    ]);
  });

  test("shows what somebody else wrote on one line, so that it adds none of its own", async () => {
    const {payload: _, ...terms} = unsignedEnvelope.decode(bytesOfHex(await built()));
    const pay = {to: BOB, amountDust: 100n, memo: `"\npays 1 CELL from ${OWNER.address} to ${OTHER.address}`};
    const shown = async (content: {contract: string; payload: Uint8Array}) => {
      const input = hexOf(unsignedEnvelope.encode({...terms, ...content}));
      return (await offline.qsdm(`${SIGN} --hex`, {input})).err.split("\n");
    };
    const memo = JSON.stringify(pay.memo);
    expect((await shown({contract: terms.contract, payload: transfer.encode(pay)}))[0]).toBe(
      `pays 0.000001 CELL from ${OWNER.address} to ${BOB}, memo ${memo}`,
    );
    const batch = await shown({
      contract: BATCH_TRANSFER_CONTRACT,
      payload: batchTransfer.encode({payments: [pay]}),
    });
    expect(batch[1]).toBe(`  0.000001 CELL to ${BOB}, memo ${memo}`);
    const call = await shown({contract: "a\npays nobody", payload: new Uint8Array([1])});
    expect(call[0]).toContain("calls a\\npays nobody for");
  });

  test("takes any contract's payload from a file, and warns of one that it cannot read", async () => {
    const line = `tx build ${GIVEN} --contract qsdm/else/v1 --payload-file /payload --hex`;
    const ran = await offline.qsdm(line, {files: {"/payload": "what is this"}});
    expect(ran.err).toContain("warning: this program cannot read the payload");
    const content = unsignedEnvelope.decode(bytesOfHex(ran.out.trim()));
    expect(content).toMatchObject({contract: "qsdm/else/v1", payload: new Uint8Array(Buffer.from("what is this"))});
  });

  const terms = JSON.stringify({
    form: "qsdm/terms/v1",
    chain_id: "qsdm-test",
    sender: OWNER.address,
    nonce: "18446744073709551615",
    key_known: false,
    height: "18446744073709551600",
    base_fee_dust: "1000",
    record_gas: "600000",
  });
  test("caps the fee as if everybody who is paid were new, and the key as well where the terms lack it", async () => {
    const near = terms.replace("709551600", "709000000");
    const capOf = async (text: string, call: string) => {
      const files = {"/terms": text, "/two": `${OTHER.address}\t1\n${BOB}\t1\n`, "/payload": "a"};
      const ran = await offline.qsdm(`tx build --terms /terms ${call} --hex`, {files});
      return unsignedEnvelope.decode(bytesOfHex(ran.out.trim())).maxFeeDust;
    };
    const known = near.replace("false", "true");
    // Twice 1,000 dust for each 600,000 gas: some 150,000 for a payment, and as many records.
    expect(await capOf(known, PAY)).toBeGreaterThan(2_000n);
    expect(await capOf(known, PAY)).toBeLessThan(4_000n);
    expect((await capOf(near, PAY)) - (await capOf(known, PAY))).toBe(2_000n);
    expect((await capOf(known, "--payments /two")) - (await capOf(known, PAY))).toBeGreaterThanOrEqual(2_000n);
    expect(await capOf(known, "--contract a --payload-file /payload")).toBeGreaterThan(6_000n);
    expect(await capOf(known.replace("600000", "0"), PAY)).toBe(2_000n);
  });

  for (const [name, line, status, code] of [
    ["nothing to do", GIVEN, 2, "CALL_MISSING"],
    ["an amount without a payee", `${GIVEN} --amount 1`, 2, "CALL_MISSING"],
    ["a contract without a payload", `${GIVEN} --contract a`, 2, "CALL_MISSING"],
    ["payments beside another call", `${GIVEN} ${PAY} --payments /x`, 2, "FLAG_CONFLICT"],
    ["a file without a payment", `${GIVEN} --payments /none`, 3, "PAYMENTS_INVALID"],
    ["a file that names no address", `${GIVEN} --payments /x`, 3, "PAYMENTS_INVALID"],
    ["a file with a payment of nothing", `${GIVEN} --payments /zero`, 3, "PAYMENTS_INVALID"],
    ["a file with fields behind the memo", `${GIVEN} --payments /fields`, 3, "PAYMENTS_INVALID"],
    ["a file with too many payments", `${GIVEN} --payments /many`, 3, "PAYMENTS_INVALID"],
    ["two calls at once", `${GIVEN} ${PAY} --contract a --payload-file /x`, 2, "FLAG_CONFLICT"],
    ["a payment of nothing", `${GIVEN} --to ${OTHER.address} --amount 0`, 2, "TRANSFER_ZERO"],
    ["a payee that is no address", `${GIVEN} --to bob --amount 1`, 3, "ADDRESS_INVALID"],
    ["no terms at all", PAY, 2, "TERMS_MISSING"],
    ["a sender that is no address", `${GIVEN.replace(OWNER.address, "me")} ${PAY}`, 3, "ADDRESS_INVALID"],
    ["a chain id that is none", `${GIVEN.replace("qsdm-test", "Q!")} ${PAY}`, 3, "FIELD_INVALID"],
    ["two expiries", `${GIVEN} ${PAY} --expires-in 5`, 2, "FLAG_CONFLICT"],
    ["an expiry beyond any chain", `--terms /terms ${PAY}`, 2, "EXPIRY_INVALID"],
    ["a fee below the base fee", `--terms /terms --fee 0.000009 --expires-at 5 ${PAY}`, 2, "FEE_TOO_LOW"],
    ["terms with a member too many", `--terms /more ${PAY}`, 3, "TERMS_INVALID"],
    ["terms that are no JSON", `--terms /pass ${PAY}`, 3, "TERMS_INVALID"],
    ["a nonce above 64 bits", `--terms /above ${PAY}`, 3, "TERMS_INVALID"],
  ] as const)
    test(`${name} is refused`, async () => {
      const more = terms.replace("{", '{"x":1,');
      const above = terms.replace("709551615", "709551616");
      const one = `${OTHER.address}\t1`;
      const bad = {"/none": "# nobody\n\n", "/zero": `${OTHER.address}\t0\n`, "/fields": `${one}\ta\tb\n`};
      const many = `${one}\n`.repeat(257);
      const files = {"/terms": terms, "/more": more, "/above": above, "/x": "x", ...bad, "/many": many};
      const ran = await offline.qsdm(`tx build ${line} --json`, {files});
      expect([ran.status, codeOf(ran)]).toEqual([status, code]);
    });

  test("raw bytes never go to a terminal", async () => {
    const ran = await offline.qsdm(`tx build ${GIVEN} ${PAY}`, {terminals: ["stdout"]});
    expect([ran.status, ran.out]).toEqual([2, ""]);
    expect(ran.err).toContain("raw bytes");
  });
});

describe("tx sign", () => {
  test("asks on a terminal, after it has said what it would sign", async () => {
    const files = {"/pay.tx": await built()};
    const ran = await offline.qsdm("tx sign /pay.tx --hex --passphrase-file /pass", {
      files,
      terminals: ["stdin"],
      input: "n\n",
    });
    expect([ran.status, ran.out]).toEqual([2, ""]);
    expect(ran.err).toMatch(
      /pays 2\.5 CELL .*\non chain qsdm-test, nonce 7, fee at most 0\.001 CELL .*900\nSign this\?/,
    );
  });

  for (const [name, line, input, status, code] of [
    ["nothing", SIGN, () => "", 3, "TX_EMPTY"],
    ["what is no transaction", SIGN, () => "hello", 3, "CBOR_INVALID"],
    ["a transaction for another chain", `${SIGN} --chain-id other`, built, 2, "CHAIN_MISMATCH"],
  ] as const)
    test(`${name} is refused`, async () => {
      const ran = await offline.qsdm(`${line} --json`, {input: await input()});
      expect([ran.status, codeOf(ran)]).toEqual([status, code]);
    });

  test("another's transaction, and one that is signed already, are refused", async () => {
    const theirs = await stranger.qsdm(`${SIGN} --json`, {input: await built()});
    expect([theirs.status, codeOf(theirs)]).toEqual([2, "SENDER_MISMATCH"]);
    const {out} = await offline.qsdm(`${SIGN} --hex`, {input: await built()});
    const twice = await offline.qsdm(`${SIGN} --json`, {input: out});
    expect([twice.status, codeOf(twice)]).toEqual([3, "TX_SIGNED"]);
  });
});

describe("tx decode", () => {
  /** A signed payment, changed. */
  const forged = async (change: (value: ReturnType<typeof decodeEnvelope>) => object): Promise<string> => {
    const {out} = await offline.qsdm(`${SIGN} --hex`, {input: await built()});
    const value = decodeEnvelope(bytesOfHex(out.trim()));
    return hexOf(envelope.encode({...value, ...change(value)}));
  };
  for (const [name, input, code] of [
    [
      "a signature over other content",
      () => forged(({content}) => ({content: {...content, nonce: 8n}})),
      "SIGNATURE_INVALID",
    ],
    ["a key that is not the sender's", () => forged(() => ({publicKey: OTHER.publicKey})), "SENDER_MISMATCH"],
    ["bytes after the transaction", async () => `${await built()}00`, "CBOR_INVALID"],
  ] as const)
    test(`${name} is refused`, async () => {
      const ran = await offline.qsdm("tx decode - --json", {input: await input()});
      expect([ran.status, codeOf(ran)]).toEqual([3, code]);
    });
});

describe("tx send and tx status", () => {
  test("an unsigned transaction is refused before a node is asked", async () => {
    const ran = await offline.qsdm("tx send - --json", {input: await built()});
    expect([ran.status, codeOf(ran)]).toEqual([3, "FIELD_INVALID"]);
  });

  test("no block in time is exit 5, with the id on standard output", async () => {
    const {url} = await serve();
    const {out: input} = await offline.qsdm(`${SIGN} --hex`, {input: await built()});
    const desk = deskOf(url, new Uint8Array());
    const ran = await desk.qsdm("tx send - --wait --wait-timeout 300ms", {input});
    expect(ran.status).toBe(5);
    expect(ran.out).toMatch(/^[0-9a-f]{64}\n$/);
  });

  const content = {
    chainId: "qsdm-test",
    sender: BOB,
    nonce: 4n,
    expiresAtHeight: 300n,
    maxFeeDust: 2_000n,
    tipDust: 1n,
    contract: "qsdm/transfer/v3",
    payload: new Uint8Array(),
  };
  const receipt = {
    txId: TX,
    height: 9n,
    outcome: "rejected" as const,
    code: "BALANCE_TOO_LOW",
    message: "too low",
    sender: BOB,
    nonce: 4n,
    contract: "qsdm/transfer/v3",
    gasUsed: 152_000n,
    feeDust: 1_000n,
    slash: null,
  };
  test("one that waits is exit 5, and says which nonce it waits for", async () => {
    const account = () => ({balanceDust: 1n, nonce: 3n, keyKnown: true});
    const {url} = await serve({waitingTransaction: () => content, view: () => view({account})});
    const ran = await deskOf(url, new Uint8Array()).qsdm(`tx status ${TX}`);
    expect([ran.status, ran.out]).toEqual([5, `waiting\t-\tqsdm/transfer/v3\t${BOB}\t4\t2000\t300\t-\n`]);
    expect(ran.err).toContain("it waits for nonce 3");
  });

  test("a rejected one is exit 3, with the ledger's code", async () => {
    const {url} = await serve({store: {...EMPTY_STORE, receipt: () => receipt}});
    const ran = await deskOf(url, new Uint8Array()).qsdm(`tx status ${TX}`);
    expect([ran.status, ran.out]).toEqual([3, `rejected\t9\tqsdm/transfer/v3\t${BOB}\t4\t1000\t-\tBALANCE_TOO_LOW\n`]);
  });

  test("an unknown one is refused", async () => {
    const {url} = await serve();
    const ran = await deskOf(url, new Uint8Array()).qsdm(`tx status ${TX} --json`);
    expect([ran.status, codeOf(ran)]).toEqual([3, "TRANSACTION_NOT_FOUND"]);
  });
});

describe("an account that two of three keys control", () => {
  const THIRD = testAccount("third");
  const keys = {"/other.hex": `${hexOf(OTHER.publicKey)}\n`, "/third.hex": hexOf(THIRD.publicKey).toUpperCase()};
  const MAKE = "wallet multisig --key /home/u/.qsdm/wallet.json --key /other.hex --key /third.hex --out /p";

  test("is made, funded, and spent from by two of its members who never meet", async () => {
    const made = await offline.qsdm(`${MAKE} --threshold 2`, {files: keys});
    const shared = made.out.trim();
    expect(shared).toMatch(/^[0-9a-f]{64}$/);
    const policy = made.host.files.get("/p")!;
    expect((await online.qsdm(`wallet send ${shared} 3 --passphrase-file /pass --wait`)).status).toBe(0);

    const terms = await online.qsdm(`tx terms ${shared}`);
    const files = {"/terms": terms.out, "/p": policy};
    const tx = (await offline.qsdm(`tx build --terms /terms --to ${BOB} --amount 1 --hex`, {files})).out;
    const weighed = await online.qsdm("fees estimate --tx - --policy /p --json", {files, input: tx});
    const mine = await offline.qsdm(`${SIGN} --policy /p --hex`, {files, input: tx});
    const theirs = await stranger.qsdm(`${SIGN} --policy /p --hex`, {files, input: tx});
    expect(mine.err).toContain("1 of 2 signatures");

    const alone = await online.qsdm("tx send - --json", {input: mine.out});
    expect([alone.status, codeOf(alone)]).toEqual([3, "THRESHOLD_UNMET"]);
    const part = await offline.qsdm("tx decode - --json", {input: mine.out});
    expect(JSON.parse(part.out).data).toMatchObject({signature: "partial", threshold: 2, members: 3});
    const twice = await offline.qsdm("tx combine /a /a --hex", {files: {"/a": mine.out}});
    expect(twice.err).toContain("1 of 2 signatures; 1 more needed");

    const whole = await offline.qsdm("tx combine /a - --hex", {files: {"/a": theirs.out}, input: mine.out});
    expect(whole.err).toContain(`pays 1 CELL from ${shared} to ${BOB}\n2 of 2 signatures`);
    const decoded = await offline.qsdm("tx decode - --json", {input: whole.out});
    expect(JSON.parse(decoded.out).data).toMatchObject({signature: "valid", sender: shared});
    const sent = await online.qsdm("tx send - --wait", {input: whole.out});
    expect(sent.status).toBe(0);
    const receipt = await online.qsdm(`receipt ${sent.out.trim()} --json`);
    expect(JSON.parse(decoded.out).data.gas).toBe(JSON.parse(receipt.out).data.gas_used);
    expect(JSON.parse(weighed.out).data.gas).toBe(JSON.parse(receipt.out).data.gas_used);
    expect((await online.qsdm(`account ${BOB}`)).out).toBe("1\t0\t0\tfalse\n");

    const outsider = deskOf(NOWHERE, await keystoreOf("nobody"));
    const refused = await outsider.qsdm(`${SIGN} --policy /p --json`, {files, input: tx});
    expect([refused.status, codeOf(refused)]).toEqual([2, "NOT_A_MEMBER"]);
    const elsewhere = await offline.qsdm(`${SIGN} --policy /p --json`, {files, input: await built()});
    expect([elsewhere.status, codeOf(elsewhere)]).toEqual([2, "SENDER_MISMATCH"]);
    const both = await offline.qsdm(`${SIGN} --policy /p --key-known --json`, {files, input: tx});
    expect([both.status, codeOf(both)]).toEqual([2, "FLAG_CONFLICT"]);
    const next = (await offline.qsdm(`tx build --terms /terms --to ${BOB} --amount 2 --hex`, {files})).out;
    const another = await offline.qsdm(`${SIGN} --policy /p --hex`, {files, input: next});
    const mixed = await offline.qsdm("tx combine /a /b --json", {files: {"/a": mine.out, "/b": another.out}});
    expect([mixed.status, codeOf(mixed)]).toEqual([3, "TX_DIFFERS"]);
    const flipped = mine.out.trim().endsWith("0") ? "1" : "0";
    const forged = {"/a": mine.out.trim().slice(0, -1) + flipped, "/b": theirs.out};
    const bad = await offline.qsdm("tx combine /a /b --json", {files: forged});
    expect([bad.status, codeOf(bad)]).toEqual([3, "SIGNATURE_INVALID"]);
    const signedAgain = await offline.qsdm(`${SIGN} --policy /p --json`, {files, input: mine.out});
    expect([signedAgain.status, codeOf(signedAgain)]).toEqual([3, "TX_SIGNED"]);
  });

  for (const [name, line, status, code] of [
    ["a threshold that nobody can meet", `${MAKE} --threshold 4`, 3, "POLICY_INVALID"],
    ["a key twice", `${MAKE} --threshold 2 --key /other.hex`, 3, "POLICY_INVALID"],
    ["a file without a key", `${MAKE} --threshold 2 --key /pass`, 3, undefined],
    ["no threshold", MAKE, 2, undefined],
  ] as const)
    test(`${name} is refused`, async () => {
      const ran = await offline.qsdm(`${line} --json`, {files: keys});
      expect(ran.status).toBe(status);
      if (code) expect(codeOf(ran)).toBe(code);
      expect(ran.host.files.has("/p")).toBe(false);
    });
});

describe("what many keys will sign", () => {
  // A key is 2,592 bytes and a signature 4,627 (FIPS 204, table 2), and a byte takes 16 gas.
  const ALL_BUT_ONE = 15n * 16n * (2_592n + 4_627n);
  const keys = Array.from({length: 16}, (_, at) => testAccount(`member ${at}`).publicKey);
  const all = policyOf(16, keys);
  const files = {"/p": policyCodec.encode(all), "/other": policyCodec.encode(policyOf(1, keys))};
  const terms = JSON.stringify({
    ...{form: "qsdm/terms/v1", chain_id: "qsdm-test", sender: addressOfPolicy(all), nonce: "0", key_known: false},
    ...{height: "1", base_fee_dust: "600000", record_gas: "0"},
  });
  const made = async (more = ""): Promise<string> =>
    (await offline.qsdm(`tx build --terms /terms ${PAY} --hex ${more}`, {files: {...files, "/terms": terms}})).out;
  const gasOfOne = gasOf({
    ...{sender: addressOfPolicy(all), contract: "qsdm/transfer/v3"},
    payload: transfer.encode({to: OTHER.address, amountDust: 250_000_000n, memo: ""}),
  });

  test("is built with a fee for as many signatures as the threshold, and estimated so", async () => {
    const content = unsignedEnvelope.decode(bytesOfHex((await made("--policy /p")).trim()));
    expect(content.maxFeeDust).toBe(2n * (gasOfOne + ALL_BUT_ONE));
    const ran = await online.qsdm("fees estimate --tx - --policy /p --json", {files, input: await made()});
    expect(BigInt(JSON.parse(ran.out).data.gas)).toBe(gasOfOne + ALL_BUT_ONE);
    const named = `tx build --chain-id qsdm-test --nonce 1 --fee 1 --expires-at 9 ${PAY} --policy /p --json`;
    expect(JSON.parse((await offline.qsdm(named, {files})).out).data.sender).toBe(addressOfPolicy(all));
  });

  test.each([
    ["for another account's policy", "--tx /tx --policy /other", "SENDER_MISMATCH"],
    ["without the transaction", "--policy /p", "FLAG_CONFLICT"],
    ["where somebody has signed", "--tx /signed --policy /p", "FLAG_CONFLICT"],
  ])("is not estimated %s", async (_how, flags, code) => {
    const signed = (await offline.qsdm(`${SIGN} --hex`, {input: await built()})).out;
    const ran = await online.qsdm(`fees estimate ${flags} --json`, {
      files: {...files, "/tx": await made(), "/signed": signed},
    });
    expect([ran.status, codeOf(ran)]).toEqual([2, code]);
  });

  test("is not built for another account's policy", async () => {
    const line = `tx build --terms /terms ${PAY} --policy /other --json`;
    const ran = await offline.qsdm(line, {files: {...files, "/terms": terms}});
    expect([ran.status, codeOf(ran)]).toEqual([2, "SENDER_MISMATCH"]);
  });
});

describe("fees estimate", () => {
  // A full block of ordinary transactions that bid twice the base fee.
  const full = Array.from({length: 2_000}, () => ({
    bid: {feeDust: 2_000n, gas: 600_000n, usesGas: 152_000n},
    maxFeeDust: 2_000n,
  }));

  test("is the base fee where nothing waits, and more in proportion for a large transaction", async () => {
    expect((await online.qsdm("fees estimate")).out).toBe("1\t0.00001\n3\t0.00001\n10\t0.00001\n");
    const large = await online.qsdm("fees estimate --gas 1200001");
    expect(large.out).toBe("1\t0.00002001\n3\t0.00002001\n10\t0.00002001\n");
  });

  test("counts what a transaction would add to the state, signed or not", async () => {
    const limits = {...answers().view().params.limits, maxRecords: 400n};
    const records: number[] = [];
    const {url} = await serve({
      view: () => view({params: {...answers().view().params, limits}}),
      addedRecords({authority}) {
        const carried = authority.form === "envelope-v3" && authority.publicKey !== null;
        records.push(carried ? 2 : 1);
        return records.at(-1)!;
      },
    });
    const desk = deskOf(url, new Uint8Array());
    const unsigned = await built();
    const ran = await desk.qsdm("fees estimate --tx - --json", {input: unsigned});
    const {gas, estimates} = JSON.parse(ran.out).data;
    // A record for 1,000,000 gas.
    const content = gasOf(unsignedEnvelope.decode(bytesOfHex(unsigned)));
    expect(BigInt(gas)).toBe(content + 2_000_000n);
    expect(estimates[0].fee_dust).toBe(String((1_000n * (content + 2_000_000n) + 599_999n) / 600_000n));
    const signed = (await offline.qsdm(`${SIGN} --key-known --hex`, {input: unsigned})).out;
    const known = await desk.qsdm("fees estimate --tx - --json", {input: signed});
    expect(BigInt(JSON.parse(known.out).data.gas)).toBe(content + 1_000_000n);
    expect(records).toEqual([2, 1]);
  });

  test.each([
    ["two ways to say how large it is", "fees estimate --gas 1 --tx /a", 2, "FLAG_CONFLICT"],
    ["what is no transaction", "fees estimate --tx /a", 3, "FIELD_INVALID"],
  ])("%s is refused", async (_name, line, status, code) => {
    const ran = await online.qsdm(`${line} --json`, {files: {"/a": new Uint8Array([0x80])}});
    expect([ran.status, codeOf(ran)]).toEqual([status, code]);
  });

  test("is above what fills the next block", async () => {
    const {url} = await serve({waitingBids: () => full});
    const ran = await deskOf(url, new Uint8Array()).qsdm("fees estimate --json");
    const {waiting, estimates} = JSON.parse(ran.out).data;
    expect(waiting).toBe(2_000);
    expect(estimates.map((each: {fee_dust: string}) => each.fee_dust)).toEqual(["2001", "1000", "1000"]);
  });
});

test("books that do not add up are refused", async () => {
  const supply = {...answers().view().supply(), burnedDust: 11n};
  const {url} = await serve({view: () => view({supply: () => supply})});
  const ran = await deskOf(url, new Uint8Array()).qsdm("supply --json");
  expect([ran.status, codeOf(ran)]).toEqual([3, "SUPPLY_UNBALANCED"]);
});
