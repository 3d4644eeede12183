import {expect, test} from "vitest";
import {utf8} from "../../src/codecs/bytes.js";
import {parseMonetaryFile} from "../../src/commands/node/monetary-file.js";

const [T, I, C] = ["aa", "bb", "cc"].map((each) => each.repeat(32)) as [string, string, string];
const ACCOUNTS = `treasury = "${T}"\ninsurance = "${I}"\ncommunity = "${C}"\n`;
const read = (text: string) => parseMonetaryFile(utf8(text), "m.toml");

test("three accounts are enough: the rest has values that hold", () => {
  expect(read(ACCOUNTS)).toEqual({
    ...{mode: "shadow", epochBlocks: 60n, validatorsBps: 8_200, insuranceBps: 400, communityBps: 200},
    ...{treasury: T, insurance: I, community: C},
  });
  expect(read(`mode = "active"\nepoch_blocks = 6\n${ACCOUNTS}`)).toMatchObject({mode: "active", epochBlocks: 6n});
});

test.each([
  ["what is no TOML", "mode ="],
  ["a mode that there is not", `mode = "on"\n${ACCOUNTS}`],
  ["an account that is missing", `treasury = "${T}"\n`],
  ["what is no account", ACCOUNTS.replace(C, "cc")],
  ["a name that it does not know", `${ACCOUNTS}rate = 1\n`],
  ["a fraction of a block", `epoch_blocks = 0.5\n${ACCOUNTS}`],
])("the file is refused for %s", (_what, text) => {
  expect(() => read(text)).toThrowError(expect.objectContaining({code: "MONETARY_FILE_INVALID"}));
});
