/** Capsules and recovery blocks, against ones that another library sealed after QSDM's source. */
import {beforeAll, describe, expect, test} from "vitest";
import {bytesOfHex, hexOf, utf8} from "../../../src/codecs/bytes.js";
import {type Capsule, capsuleAction, capsule as capsuleCodec} from "../../../src/codecs/envelopes/actions.js";
import {type Keystore, keystore} from "../../../src/codecs/keystore.js";
import {recoveryBlock} from "../../../src/codecs/keystore-recovery.js";
import {loadMlDsa, type MlDsa} from "../../../src/node/compute/ml-dsa.js";
import {openCapsule, sealCapsule} from "../../../src/node/keys/capsule.js";
import {createKeystore, openKey, resealKeystore, withRecovery} from "../../../src/node/keys/keystore.js";
import {openBlock, recoveryOf} from "../../../src/node/keys/recovery-block.js";
import {readCapsuleAction} from "../../../src/node/ledger/recovery/action.js";
import {registration} from "../../support/capsules.js";
import vectors from "./capsule.vectors.json" with {type: "json"};
import reference from "./keystore.vectors.json" with {type: "json"};

let scheme: MlDsa;
beforeAll(async () => {
  scheme = await loadMlDsa(87, "few");
});

const passphrase = reference.passphrase.trimEnd();
const file = keystore.decode(utf8(reference.keystore));
const entropy = bytesOfHex(vectors.entropy);
const theirs = capsuleCodec.readCompat(utf8(JSON.stringify(vectors.capsule)));
const withBlock = (block: string): Keystore => ({...file, recovery: utf8(block)});

describe("a capsule", () => {
  test("that another library sealed opens to the key of its keystore", async () => {
    const pair = await openKey(file, passphrase, scheme);
    expect(openCapsule(theirs, entropy, scheme)).toEqual(pair);
  });

  test("of ours is the same, byte for byte", async () => {
    const pair = await openKey(file, passphrase, scheme);
    const randomBytes = (size: number) => Uint8Array.from({length: size}, (_, at) => at);
    const ours = sealCapsule(pair, entropy, {randomBytes, createdAt: theirs.createdAt});
    expect(ours).toEqual(theirs);
    const action = registration(file.address, {locator: ours.locator, capsule: ours, timestamp: ours.createdAt});
    expect(readCapsuleAction(capsuleAction.encode(action)).record.locator).toBe(vectors.locator);
  });

  const flip = (text: string, at: number): string => {
    const bytes = Buffer.from(text, "base64");
    bytes[at]! ^= 0x80;
    return bytes.toString("base64");
  };
  const changes: readonly [string, Partial<Capsule>, string][] = [
    ["another ciphertext", {ciphertext: flip(theirs.ciphertext, 4_000)}, "CAPSULE_DAMAGED"],
    ["another tag", {ciphertext: flip(theirs.ciphertext, 7_567)}, "CAPSULE_DAMAGED"],
    ["a ciphertext cut short", {ciphertext: theirs.ciphertext.slice(0, 64)}, "CAPSULE_DAMAGED"],
    ["a ciphertext shorter than a tag", {ciphertext: "AAAA"}, "CAPSULE_DAMAGED"],
    ["another nonce", {nonce: flip(theirs.nonce, 0)}, "CAPSULE_DAMAGED"],
    ["another account's name", {address: "a1".repeat(32)}, "CAPSULE_DAMAGED"],
    ["another locator", {locator: "b2".repeat(32)}, "CAPSULE_WORDS_WRONG"],
    ["a nonce of 8 bytes", {nonce: "AAAAAAAAAAA="}, "CAPSULE_INVALID"],
    ["a nonce that is no base64", {nonce: "?"}, "CAPSULE_INVALID"],
    ["another version", {version: 2}, "CAPSULE_INVALID"],
    ["another scheme", {scheme: "qsdm-wallet-recovery-v1"}, "CAPSULE_INVALID"],
    ["another cipher", {cipher: "aes-128-gcm"}, "CAPSULE_INVALID"],
  ];
  test.each(changes)("with %s is refused", (_, change, code) => {
    expect(() => openCapsule({...theirs, ...change}, entropy, scheme)).toThrow(expect.objectContaining({code}));
  });

  test("is not opened by other words", () => {
    const other = entropy.map((byte) => byte ^ 1);
    expect(() => openCapsule(theirs, other, scheme)).toThrow(expect.objectContaining({code: "CAPSULE_WORDS_WRONG"}));
  });

  test("that holds halves of two keys is refused, though its seal is right", async () => {
    const {publicKey} = await openKey(file, passphrase, scheme);
    const {secretKey} = scheme.keygenFromSeed(new Uint8Array(32).fill(1));
    const randomBytes = (size: number) => new Uint8Array(size);
    const spliced = sealCapsule({publicKey, secretKey}, entropy, {randomBytes, createdAt: theirs.createdAt});
    expect(() => openCapsule(spliced, entropy, scheme)).toThrow(expect.objectContaining({code: "CAPSULE_DAMAGED"}));
  });
});

describe("a recovery block", () => {
  test.each([
    ["that names a capsule", vectors.capsule_block, vectors.locator],
    ["of words that the key derives from", vectors.words_block, null],
  ])("%s, sealed by another library, opens under the keystore's passphrase alone", async (_, block, locator) => {
    const opened = await openBlock(withBlock(block), passphrase);
    expect({...opened, entropy: hexOf(opened!.entropy)}).toEqual({entropy: vectors.entropy, locator});
    expect(Buffer.from(recoveryBlock.encode(recoveryBlock.decode(utf8(block)))).toString()).toBe(block);
    await expect(openBlock(withBlock(block), "other")).rejects.toMatchObject({code: "PASSPHRASE_WRONG"});
    const strange = {...withBlock(block), address: "a1".repeat(32)};
    await expect(openBlock(strange, passphrase)).rejects.toMatchObject({code: "PASSPHRASE_WRONG"});
  });

  test("is handed out once it brings this very key back", async () => {
    expect((await recoveryOf(withBlock(vectors.capsule_block), passphrase, scheme)).locator).toBe(vectors.locator);
    const wrong = recoveryOf(withBlock(vectors.words_block), passphrase, scheme);
    await expect(wrong).rejects.toMatchObject({code: "KEYSTORE_RECOVERY_INVALID"});
    await expect(recoveryOf(file, passphrase, scheme)).rejects.toMatchObject({code: "RECOVERY_ABSENT"});
  });

  const block = JSON.parse(vectors.capsule_block);
  test.each([
    ["another scheme", {scheme: "x"}],
    ["twelve words", {words: 12}],
    ["no locator", {locator: ""}],
    ["a locator in capitals", {locator: "AB".repeat(32)}],
    ["a locator for words that need none", {scheme: "qsdm-wallet-recovery-v1"}],
    ["another key derivation", {kdf: "scrypt"}],
    ["99,999 rounds", {kdf_params: {...block.kdf_params, iterations: 99_999}}],
    ["rounds that would take an hour", {kdf_params: {...block.kdf_params, iterations: 10_000_001}}],
    ["a salt of 15 bytes", {kdf_params: {...block.kdf_params, salt: "00".repeat(15)}}],
    ["another cipher", {cipher: "aes-256-cbc"}],
    ["entropy of 16 bytes", {ciphertext: "00".repeat(32)}],
    ["a ciphertext that is no hex", {ciphertext: "zz"}],
    ["text for its words", {words: "24"}],
    ["more than a block", {scheme: "x".repeat(5_000)}],
  ])("with %s is refused", async (_, change) => {
    const opening = openBlock(withBlock(JSON.stringify({...block, ...change})), passphrase);
    await expect(opening).rejects.toMatchObject({code: "KEYSTORE_RECOVERY_INVALID"});
  });
});

describe("a keystore", () => {
  let counter = 0;
  const ports = () => ({scheme, randomBytes: (size: number) => new Uint8Array(size).fill(++counter), now: () => 0});

  test("of words has the key that the words derive, and the words", async () => {
    const made = await createKeystore("p", ports(), entropy);
    const read = keystore.decode(made.file);
    expect(hexOf((await recoveryOf(read, "p", scheme)).entropy)).toBe(vectors.entropy);
    expect((await openKey(read, "p", scheme)).address).toBe(made.signer.address);
  });

  test("keeps its sealed key as it is when it is given words, and takes them along under another passphrase", async () => {
    const given = await withRecovery(
      utf8(reference.keystore),
      {entropy, locator: vectors.locator},
      {passphrase, ...ports()},
    );
    expect({...keystore.decode(given), recovery: null}).toEqual(file);
    const moved = await resealKeystore(given, {current: passphrase, next: "next"}, ports());
    expect(moved.recoveryDropped).toBe(false);
    const {entropy: kept, locator} = await recoveryOf(keystore.decode(moved.file), "next", scheme);
    expect([hexOf(kept), locator]).toEqual([vectors.entropy, vectors.locator]);
  });
});
