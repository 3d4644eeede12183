import {inspect} from "node:util";
import {beforeAll, expect, test} from "vitest";
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {keystore} from "../../../src/codecs/keystore.js";
import {loadMlDsa, type MlDsa} from "../../../src/node/compute/ml-dsa.js";
import {createKeystore, openKeystore} from "../../../src/node/keys/keystore.js";
import {signerOfSeed} from "../../../src/node/keys/signer.js";
import reference from "./keystore.vectors.json" with {type: "json"};

let scheme: MlDsa;
let counter = 0;
const ports = () => ({
  scheme,
  randomBytes: (size: number) => new Uint8Array(size).fill(++counter),
  now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
});

beforeAll(async () => {
  scheme = await loadMlDsa(87, "few");
});

test("a keystore of the reference opens, and what it signs verifies under its address", async () => {
  const signer = await openKeystore(utf8(reference.keystore), reference.passphrase.trimEnd(), scheme);
  expect(signer.address).toBe(reference.address);
  const message = utf8("hello");
  expect(scheme.verify(signer.publicKey, message, signer.sign(message))).toBe(true);
});

test("a wrong passphrase is refused", async () => {
  const opening = openKeystore(utf8(reference.keystore), "something else", scheme);
  await expect(opening).rejects.toMatchObject({code: "PASSPHRASE_WRONG", exitCode: 3});
});

test("a new keystore is canonical, dated in whole seconds, and opens to the signer that came with it", async () => {
  const {file, signer} = await createKeystore("correct horse", ports());
  expect(keystore.decode(file)).toMatchObject({createdAt: "2026-01-02T03:04:05Z", kdfParams: {iterations: 600_000}});
  const opened = await openKeystore(file, "correct horse", scheme);
  expect(opened.address).toBe(signer.address);
  expect(scheme.verify(signer.publicKey, utf8("m"), opened.sign(utf8("m")))).toBe(true);
});

test("an empty passphrase is refused", async () => {
  await expect(createKeystore("", ports())).rejects.toMatchObject({code: "PASSPHRASE_EMPTY"});
});

test("a header over another wallet's secret is refused (D62)", async () => {
  const mine = keystore.decode((await createKeystore("p", ports())).file);
  const other = keystore.decode((await createKeystore("p", ports())).file);
  const {kdfParams, cipherParams, ciphertext} = other;
  const spliced = keystore.encode({...mine, kdfParams, cipherParams, ciphertext});
  await expect(openKeystore(spliced, "p", scheme)).rejects.toMatchObject({code: "KEYSTORE_KEY_MISMATCH"});
});

test("a secret of another length is refused", async () => {
  const short = keystore.decode(utf8(reference.keystore));
  const {createCipheriv, pbkdf2Sync} = await import("node:crypto");
  const {salt, iterations} = short.kdfParams;
  const key = pbkdf2Sync("p", Buffer.from(salt, "hex"), iterations, 32, "sha256");
  const cipher = createCipheriv("aes-256-gcm", key, Buffer.from(short.cipherParams.nonce, "hex"));
  const sealed = Buffer.concat([cipher.update("just text"), cipher.final(), cipher.getAuthTag()]);
  const file = keystore.encode({...short, ciphertext: hexOf(sealed)});
  await expect(openKeystore(file, "p", scheme)).rejects.toMatchObject({code: "KEYSTORE_KEY_MISMATCH"});
});

test("no text of a signer contains its key", () => {
  const seed = new Uint8Array(32).fill(7);
  const {secretKey} = scheme.keygenFromSeed(seed);
  const signer = signerOfSeed(scheme, seed);
  const shown = inspect(signer, {depth: 5, showHidden: true, maxArrayLength: null}) + JSON.stringify(signer);
  expect(Object.keys(signer).sort()).toEqual(["address", "publicKey", "sign"]);
  expect(shown).not.toContain(hexOf(secretKey.subarray(200, 240)));
  expect(shown).not.toContain([...secretKey.subarray(200, 212)].join(", "));
});
