/** Keys that sign, pay and move from file to file, and never show themselves. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex, hexOf, utf8} from "../../src/codecs/bytes.js";
import {keystore} from "../../src/codecs/keystore.js";
import {openKeystore} from "../../src/node/keys/keystore.js";
import reference from "../node/keys/keystore.vectors.json" with {type: "json"};
import {mlDsa87, testAccount} from "../support/accounts.js";
import {initTestNode, nodeGenesis, type RunningNode, runTestNode} from "../support/node.js";
import {type Desk, deskOf, keystoreOf, PASSPHRASE} from "./against-node.js";

const OWNER = testAccount("owner");
const PAYEE = testAccount("payee").address;
const PASS = "--passphrase-file /pass";

let desk: Desk;
beforeAll(async () => {
  const files = {
    "/new": "another horse\n",
    "/old.json": reference.keystore,
    "/old-pass": reference.passphrase,
    "/m": "hello",
  };
  desk = deskOf("http://127.0.0.1:1", await keystoreOf("owner"), files);
});
const codeOf = (ran: {out: string}): string => JSON.parse(ran.out).error.code;

describe("wallet sign", () => {
  test("the signature of a message in hex verifies under the wallet's key", async () => {
    const ran = await desk.qsdm(`wallet sign --message 00ff ${PASS}`);
    expect(ran.err).toContain(`signed 2 bytes with ${OWNER.address}`);
    expect(mlDsa87.verify(OWNER.publicKey, bytesOfHex("00ff"), bytesOfHex(ran.out.trim()))).toBe(true);
  });

  test("a file is signed as it is", async () => {
    const ran = await desk.qsdm(`wallet sign --message-file /m ${PASS}`);
    expect(mlDsa87.verify(OWNER.publicKey, utf8("hello"), bytesOfHex(ran.out.trim()))).toBe(true);
  });

  for (const [name, line, code] of [
    ["no message", "", "MESSAGE_SOURCE"],
    ["two messages", "--message 00 --message-file /m", "MESSAGE_SOURCE"],
    ["an empty message", "--message=", "MESSAGE_EMPTY"],
    ["a message that is not hex", "--message zz", "HEX_INVALID"],
    ["standard input for two things", "--message-file - --passphrase-file -", "STDIN_TWICE"],
  ] as const)
    test(`${name} is refused`, async () => {
      const ran = await desk.qsdm(`wallet sign ${line} --json`, {input: "x"});
      expect([codeOf(ran), ran.status > 1]).toEqual([code, true]);
    });

  test("a wrong passphrase signs nothing", async () => {
    const ran = await desk.qsdm("wallet sign --message 00 --passphrase-file /new --json");
    expect([ran.status, codeOf(ran)]).toEqual([3, "PASSPHRASE_WRONG"]);
  });
});

describe("wallet export and import", () => {
  test("a copy opens with the same passphrase, is private and has a salt of its own", async () => {
    const ran = await desk.qsdm(`wallet export --out /copy.json ${PASS}`);
    expect(ran.out).toBe(`${OWNER.address}\n`);
    const copy = ran.host.files.get("/copy.json")!;
    expect(ran.host.writes.get("/copy.json")).toMatchObject({mode: 0o600, replace: false});
    expect((await openKeystore(copy, PASSPHRASE, mlDsa87)).address).toBe(OWNER.address);
    const original = keystore.decode(ran.host.files.get("/home/u/.qsdm/wallet.json")!);
    expect(keystore.decode(copy).kdfParams.salt).not.toBe(original.kdfParams.salt);
  });

  test("another passphrase opens the copy, and the old one does not", async () => {
    const ran = await desk.qsdm(`wallet export --out /copy.json ${PASS} --new-passphrase-file /new --json`);
    expect(JSON.parse(ran.out).data).toMatchObject({address: OWNER.address, passphrase_changed: true});
    const copy = ran.host.files.get("/copy.json")!;
    expect((await openKeystore(copy, "another horse", mlDsa87)).address).toBe(OWNER.address);
    await expect(openKeystore(copy, PASSPHRASE, mlDsa87)).rejects.toMatchObject({code: "PASSPHRASE_WRONG"});
  });

  test("neither output nor file shows the key or a passphrase", async () => {
    const ran = await desk.qsdm(`wallet export --out /copy.json ${PASS} --verbose --json`);
    const shown = ran.out + ran.err + Buffer.from(ran.host.files.get("/copy.json")!).toString();
    // The first 32 bytes of the secret key are those of the public one.
    for (const secret of [hexOf(OWNER.secretKey).slice(64, 128), PASSPHRASE]) expect(shown).not.toContain(secret);
  });

  test("a keystore of the reference becomes the wallet", async () => {
    const ran = await desk.qsdm("wallet import --in /old.json --passphrase-file /old-pass --out /mine.json");
    expect(ran.out).toBe(`${reference.address}\n`);
    const mine = await openKeystore(ran.host.files.get("/mine.json")!, reference.passphrase.trimEnd(), mlDsa87);
    expect(mine.address).toBe(reference.address);
  });

  test("a recovery block that does not open stays behind, with a warning", async () => {
    const words = utf8('{"scheme":"x"}');
    const file = keystore.encode({...keystore.decode(await keystoreOf("owner")), recovery: words});
    const run = (more: string) =>
      desk.qsdm(`wallet import --in /w.json --out /mine.json ${PASS} ${more} --json`, {files: {"/w.json": file}});
    for (const ran of [await run(""), await run("--new-passphrase-file /new")]) {
      expect(keystore.decode(ran.host.files.get("/mine.json")!).recovery).toBeNull();
      expect(JSON.parse(ran.out).warnings.length).toBe(1);
    }
  });

  for (const [name, line, code] of [
    ["a wallet that is there already", `import --in /old.json ${PASS}`, "FILE_EXISTS"],
    ["a copy over a file", `export --out /m ${PASS}`, "FILE_EXISTS"],
    ["a wrong passphrase", "export --out /copy.json --passphrase-file /new", "PASSPHRASE_WRONG"],
    ["a file that is no keystore", `import --in /m --out /mine.json ${PASS}`, "KEYSTORE_INVALID"],
    ["an empty new passphrase", `export --out /copy.json ${PASS} --new-passphrase-file /empty`, "PASSPHRASE_EMPTY"],
    ["two ways to a new passphrase", `export --out /c ${PASS} --new-passphrase-file /new --rekey`, "FLAG_CONFLICT"],
    ["a new passphrase that nobody can type", `export --out /c ${PASS} --rekey`, "PASSPHRASE_MISSING"],
    ["one input for two passphrases", "export --out /c --passphrase-file - --new-passphrase-file -", "STDIN_TWICE"],
    ["a file that is not there", `import --in /gone --out /c ${PASS}`, "FILE_NOT_FOUND"],
  ] as const)
    test(`${name} is refused, and nothing is written`, async () => {
      const ran = await desk.qsdm(`wallet ${line} --json`, {files: {"/empty": "\n"}, input: `${PASSPHRASE}\n`});
      expect([codeOf(ran), ran.status > 1, ran.host.writes.size]).toEqual([code, true, 0]);
    });
});

describe("wallet send", () => {
  let node: RunningNode;
  let payer: Desk;
  beforeAll(async () => {
    node = await runTestNode(await initTestNode(nodeGenesis([OWNER])));
    payer = deskOf(node.node.url, await keystoreOf("owner"));
  });
  afterAll(() => node.stop());
  const balanceOf = async (address: string) => (await node.client.balance({address})).balance;

  test("pays exactly the amount, and the fee once", async () => {
    const before = await balanceOf(OWNER.address);
    const ran = await payer.qsdm(`wallet send ${PAYEE} 2.5 --memo rent ${PASS} --wait`);
    expect(ran.status, ran.err).toBe(0);
    expect(ran.err).toContain(`send 2.5 CELL from ${OWNER.address} to ${PAYEE}`);
    expect(await balanceOf(PAYEE)).toBe(250_000_000n);
    expect(await balanceOf(OWNER.address)).toBe(before - 250_001_000n);
  });

  test("asks on a terminal, and a no moves nothing", async () => {
    const ran = await payer.qsdm(`wallet send ${PAYEE} 1 ${PASS}`, {terminals: ["stdin"], input: "n\n"});
    expect(ran.err).toContain(`Send 1 CELL to ${PAYEE}? This cannot be taken back. [y/N]`);
    expect([ran.status, await balanceOf(PAYEE)]).toEqual([2, 250_000_000n]);
  });

  for (const [name, line, code] of [
    ["an amount of nothing", `${PAYEE} 0`, "TRANSFER_ZERO"],
    ["a ninth decimal", `${PAYEE} 0.000000001`, "FLAG_INVALID"],
    ["a negative amount", `${PAYEE} -- -1`, "FLAG_INVALID"],
    ["an address that is none", "somebody 1", "ADDRESS_INVALID"],
    ["more than there is", `${PAYEE} 100000000000`, "INSUFFICIENT_BALANCE"],
    ["a memo that is too long", `${PAYEE} 1 --memo ${"x".repeat(257)}`, "FIELD_INVALID"],
  ] as const)
    test(`${name} is refused before anything is signed`, async () => {
      const ran = await payer.qsdm(`wallet send --json ${line}`);
      expect([codeOf(ran), ran.status > 1]).toEqual([code, true]);
    });
});
