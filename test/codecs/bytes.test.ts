import {expect, test} from "vitest";
import {bytesOfHex, textOf} from "../../src/codecs/bytes.js";

test.each([
  ["an overlong slash", [0xc0, 0xaf]],
  ["half of a surrogate pair", [0xed, 0xa0, 0x80]],
  ["a sequence cut short", [0xe2, 0x82]],
  ["a code point beyond the last", [0xf4, 0x90, 0x80, 0x80]],
])("text of %s is refused", (_, bytes) => {
  expect(() => textOf(Uint8Array.from(bytes))).toThrow(expect.objectContaining({code: "UTF8_INVALID"}));
});

test("hex of another size, and what is no hex, are refused", () => {
  expect(() => bytesOfHex("abcd", 1)).toThrow(expect.objectContaining({code: "HEX_SIZE"}));
  for (const text of ["abc", "AB", "0x", " ab"])
    expect(() => bytesOfHex(text)).toThrow(expect.objectContaining({code: "HEX_INVALID"}));
});
