import {writeFileSync} from "node:fs";
import path from "node:path";
import {describe, expect, test} from "vitest";
import {loadCompression} from "../../../../src/node/storage/sqlite/compression.js";
import {openSqlite} from "../../../../src/node/storage/sqlite/driver.js";
import {SqliteStore} from "../../../../src/node/storage/sqlite/store.js";
import {scratchDirectory} from "../../../support/chain.js";

const scratchFile = (): string => path.join(scratchDirectory(), "chain.db");
const open = (file: string) => SqliteStore.open({path: file, slashReceiptsMax: 3});

describe("a file that cannot be used is refused with its reason", () => {
  test.each<[string, (file: string) => void]>([
    ["DATABASE_FOREIGN", (file) => openSqlite(file).exec("CREATE TABLE other (x)").close()],
    [
      "DATABASE_NEWER",
      (file) =>
        openSqlite(file)
          .exec("CREATE TABLE x (y); PRAGMA application_id = 1903387757; PRAGMA user_version = 99")
          .close(),
    ],
    [
      "DATABASE_OLDER",
      (file) =>
        openSqlite(file)
          .exec("CREATE TABLE x (y); PRAGMA application_id = 1903387757; PRAGMA user_version = 0")
          .close(),
    ],
    [
      "DATABASE_CORRUPT",
      (file) => writeFileSync(file, "this is not a database, it only looks like a file\n".repeat(100)),
    ],
  ])("%s", async (code, prepare) => {
    const file = scratchFile();
    prepare(file);
    await expect(open(file)).rejects.toMatchObject({code});
  });

  test("DATA_DIR_LOCKED while another store has it open, and not afterwards", async () => {
    const file = scratchFile();
    const first = await open(file);
    await expect(open(file)).rejects.toMatchObject({code: "DATA_DIR_LOCKED"});
    first.close();
    (await open(file)).close();
  });
});

test("waiting rows survive a reopen in order of arrival, once each", async () => {
  const file = scratchFile();
  const first = await open(file);
  const row = (id: string, kind: "transaction" | "proof") => ({kind, id: id.repeat(32), value: Uint8Array.of(1)});
  first.keepWaiting([row("bb", "transaction"), row("aa", "proof")]);
  first.keepWaiting([row("bb", "transaction"), row("cc", "transaction")]);
  first.dropWaiting(["aa".repeat(32)]);
  first.close();
  const second = await open(file);
  expect(second.waiting()).toEqual([row("bb", "transaction"), row("cc", "transaction")]);
  expect(second.verify()).toEqual([]);
});

describe("compression", () => {
  test.each([0, 1, 255, 256, 100_000])("gives %s bytes back", async (size) => {
    const {pack, unpack} = await loadCompression();
    const row = Uint8Array.from({length: size}, (_, i) => i % 7);
    const packed = await pack(row);
    expect(packed.length).toBeLessThanOrEqual(size + 1);
    expect(await unpack(packed)).toEqual(row);
  });

  test("refuses a row in a form it does not know", async () => {
    const {unpack} = await loadCompression();
    await expect(unpack(Uint8Array.of(9, 1))).rejects.toMatchObject({code: "ROW_INVALID"});
  });
});
