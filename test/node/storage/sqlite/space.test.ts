/** Whether there is room to write a file anew is asked of every disk that it is written to. */
import {mkdirSync} from "node:fs";
import path from "node:path";
import {afterEach, expect, test, vi} from "vitest";
import {checkRoom, type Disk, temporaryFolder} from "../../../../src/node/storage/sqlite/space.js";
import {scratchDirectory} from "../../../support/chain.js";

afterEach(() => vi.unstubAllEnvs());

const disks = (of: Readonly<Record<string, Disk>>) => (folder: string) => of[folder]!;

test("one disk needs room for the copy and for the log, two need it once each", () => {
  const [near, far] = [
    {device: 1, freeBytes: 150},
    {device: 2, freeBytes: 100},
  ];
  expect(() => checkRoom(75, ["data", "tmp"], disks({data: near, tmp: near}))).not.toThrow();
  expect(() => checkRoom(76, ["data", "tmp"], disks({data: near, tmp: near}))).toThrow(
    expect.objectContaining({code: "DISK_TOO_FULL", message: "tmp needs 152 free bytes, there are 150"}),
  );
  expect(() => checkRoom(100, ["data", "tmp"], disks({data: near, tmp: far}))).not.toThrow();
  expect(() => checkRoom(101, ["data", "tmp"], disks({data: near, tmp: far}))).toThrow(
    expect.objectContaining({code: "DISK_TOO_FULL", message: "tmp needs 101 free bytes, there are 100"}),
  );
  expect(() => checkRoom(101, ["data", "tmp"], disks({data: far, tmp: near}))).toThrow(/^data needs 101/);
});

test("the copy goes where SQLite looks first, and nowhere that is not there", () => {
  const folder = path.join(scratchDirectory(), "tmp");
  vi.stubEnv("SQLITE_TMPDIR", folder);
  vi.stubEnv("TMPDIR", scratchDirectory());
  expect(temporaryFolder()).toBe(process.env.TMPDIR);
  mkdirSync(folder);
  expect(temporaryFolder()).toBe(folder);
});
