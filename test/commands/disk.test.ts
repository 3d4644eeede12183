import {execFileSync, spawn} from "node:child_process";
import {mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterEach, beforeEach, expect, test} from "vitest";
import {utf8} from "../../src/codecs/bytes.js";
import {disk} from "../../src/commands/disk.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qsdm-disk-"));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));
const at = (name: string): string => join(folder, name);
const code = (expected: string) => expect.objectContaining({code: expected});
const SECRET = {mode: 0o600, replace: false};

test("a secret file is readable by its owner alone, and its new folder too", async () => {
  await disk.write(at("new/key"), utf8("k"), SECRET);
  expect(statSync(at("new/key")).mode & 0o777).toBe(0o600);
  expect(statSync(at("new")).mode & 0o777).toBe(0o700);
});

test("an existing file is refused, and untouched", async () => {
  writeFileSync(at("f"), "old");
  await expect(disk.write(at("f"), utf8("new"), SECRET)).rejects.toThrow(code("FILE_EXISTS"));
  expect(readFileSync(at("f"), "utf8")).toBe("old");
});

test("a link that leads nowhere is refused as well", async () => {
  symlinkSync(at("target"), at("link"));
  await expect(disk.write(at("link"), utf8("x"), SECRET)).rejects.toThrow(code("FILE_EXISTS"));
});

test("replacing swaps the file with its mode and leaves no draft", async () => {
  writeFileSync(at("f"), "old", {mode: 0o644});
  await disk.write(at("f"), utf8("new"), {mode: 0o600, replace: true});
  expect(readFileSync(at("f"), "utf8")).toBe("new");
  expect(statSync(at("f")).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["f"]);
});

test("a failed replacement leaves the old file and no draft", async () => {
  await disk.write(at("d/inner"), utf8("x"), SECRET);
  await expect(disk.write(at("d"), utf8("x"), {mode: 0o600, replace: true})).rejects.toThrow(code("FILE_UNWRITABLE"));
  expect(readdirSync(folder)).toEqual(["d"]);
});

test("a path below a file cannot be written", async () => {
  writeFileSync(at("f"), "x");
  await expect(disk.write(at("f/below"), utf8("x"), SECRET)).rejects.toThrow(code("FILE_UNWRITABLE"));
});

test("missing files, folders and large files are refused", async () => {
  await expect(disk.read(at("none"), 10)).rejects.toThrow(code("FILE_NOT_FOUND"));
  await expect(disk.read(folder, 10)).rejects.toThrow(code("FILE_UNREADABLE"));
  writeFileSync(at("f"), "12345");
  expect(await disk.read(at("f"), 5)).toEqual(utf8("12345"));
  await expect(disk.read(at("f"), 4)).rejects.toThrow(code("INPUT_TOO_LARGE"));
});

test("endless devices stop at the limit", async () => {
  await expect(disk.read("/dev/zero", 1000)).rejects.toThrow(code("INPUT_TOO_LARGE"));
});

test("named pipes and open descriptors are read to their end", async () => {
  execFileSync("mkfifo", [at("pipe")]);
  const reading = disk.read(at("pipe"), 100);
  spawn("sh", ["-c", `printf hello > "${at("pipe")}"`]);
  expect(await reading).toEqual(utf8("hello"));
  writeFileSync(at("f"), "by descriptor");
  expect(await disk.read(openSync(at("f"), "r"), 100)).toEqual(utf8("by descriptor"));
});

test("a descriptor that is not open is refused", async () => {
  await expect(disk.read(9999, 100)).rejects.toThrow(code("FILE_UNREADABLE"));
});
