import {expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {formatKeyFile, parseHmacKeyFile, parseSeedFile} from "../../../src/node/keys/key-file.js";

const seed = new Uint8Array(32).map((_, at) => at);
const invalid = expect.objectContaining({code: "KEY_FILE_INVALID"});

test("a key file is hex and a line feed", () => {
  expect(Buffer.from(formatKeyFile(seed)).toString()).toBe(
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
  );
  expect(parseSeedFile(formatKeyFile(seed))).toEqual(seed);
});

test("upper case and white space around the hex are taken", () => {
  expect(parseSeedFile(utf8(`  ${Buffer.from(seed).toString("hex").toUpperCase()}\r\n`))).toEqual(seed);
});

test("a seed has 32 bytes, a MAC key 32 to 128", () => {
  expect(() => parseSeedFile(formatKeyFile(seed.subarray(1)))).toThrow(invalid);
  expect(() => parseSeedFile(formatKeyFile(new Uint8Array(33)))).toThrow(invalid);
  expect(() => parseHmacKeyFile(formatKeyFile(new Uint8Array(31)))).toThrow(invalid);
  expect(parseHmacKeyFile(formatKeyFile(new Uint8Array(128)))).toHaveLength(128);
  expect(() => parseHmacKeyFile(formatKeyFile(new Uint8Array(129)))).toThrow(invalid);
});

test("text that is no hex, bytes that are no text and long files are refused without quoting them", () => {
  for (const file of [utf8("my secret passphrase"), Uint8Array.of(0xff, 0xfe), utf8("ab".repeat(600))]) {
    expect(() => parseSeedFile(file)).toThrow(invalid);
    try {
      parseSeedFile(file);
    } catch (error) {
      expect((error as Error).message).not.toContain("secret");
    }
  }
});
