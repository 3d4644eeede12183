import {mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {expect, onTestFinished, test} from "vitest";
import {type Addon, addonFile, bestPath, load} from "../../../../src/node/compute/native/addon.js";
import {addonOf} from "../../../support/native.js";

async function fileWith(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "qsdm-addon-"));
  onTestFinished(() => rm(folder, {recursive: true}));
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

test("an addon that was not built is a reason, with what to do", () => {
  expect(load("/does/not/exist.node")).toMatchObject({
    code: "NATIVE_UNAVAILABLE",
    message: "backend native: the addon has not been built",
    hint: expect.stringContaining("npm run build:native"),
  });
});

test("a file that is no addon is a reason too", async () => {
  expect(load(await fileWith("a.node", "not an addon"))).toMatchObject({
    code: "NATIVE_UNAVAILABLE",
    message: expect.stringContaining("backend native: the addon does not load"),
  });
});

test("an addon with another interface is refused, whatever else it has", async () => {
  expect(load(await fileWith("a.cjs", "exports.abi = 0; exports.paths = [];"))).toMatchObject({
    code: "NATIVE_UNAVAILABLE",
    message: expect.stringMatching(/^backend native: the addon's interface has version 0, not [1-9]\d*$/),
  });
});

test("the addon is looked for in the package, wherever this program's module lies", () => {
  const here = (path: string): string => `file:///opt/qsdm/${path}`;
  const wanted = "/opt/qsdm/native/build/Release/qsdm_native.node";
  for (const path of [
    "src/node/compute/native/addon.ts",
    "dist/chunks/native-A.js",
    "dist/quick/version.js",
    "dist/main.js",
  ])
    expect(addonFile(here(path))).toBe(wanted);
});

test("the fastest path that is not missing anything is taken", () => {
  const path = (missing: string | null) => ({name: "", lanes: 1, missing});
  expect(bestPath({paths: [path(null), path(null), path("no vectors")]})).toBe(1);
  expect(bestPath({paths: [path(null), path("no vectors"), path("no vectors")]})).toBe(0);
});

const bytes = (size: number): Uint8Array => new Uint8Array(size);
const refused: Record<string, (addon: Addon) => unknown> = {
  "a path that there is not": (addon) => addon.hash(9, 0, bytes(1), Uint32Array.of(1), bytes(32)),
  "a sponge that there is not": (addon) => addon.hash(0, 3, bytes(1), Uint32Array.of(1), bytes(32)),
  "a message beyond its array": (addon) => addon.hash(0, 0, bytes(1), Uint32Array.of(2), bytes(32)),
  "messages that end backwards": (addon) => addon.hash(0, 0, bytes(9), Uint32Array.of(5, 4), bytes(64)),
  "a short digest": (addon) => addon.hash(0, 0, bytes(1), Uint32Array.of(1), bytes(31)),
  "digests that do not fit": (addon) => addon.hash(0, 2, bytes(2), Uint32Array.of(1, 2), bytes(33)),
  "text for bytes": (addon) => addon.hash(0, 0, "a" as never, Uint32Array.of(1), bytes(32)),
  "bytes for words": (addon) => addon.hash(0, 0, bytes(1), bytes(1) as never, bytes(32)),
  "a run from no entry": (addon) => addon.extend(0, [bytes(31)], [bytes(32)], Uint32Array.of(1)),
  "a run of half an entry": (addon) => addon.extend(0, [bytes(32)], [bytes(16)], Uint32Array.of(1)),
  "a run past the last index": (addon) => addon.extend(0, [bytes(32)], [bytes(64)], Uint32Array.of(0xffff_ffff)),
  "runs without indexes": (addon) => addon.extend(0, [bytes(32)], [bytes(32)], Uint32Array.of()),
  "a run that is no array": (addon) => addon.extend(0, [1 as never], [bytes(32)], Uint32Array.of(1)),
  "a walk over nothing": (addon) => addon.walk(0, bytes(0), 0, 1, 1, bytes(48), bytes(32)),
  "a table of another size": (addon) => addon.walk(0, bytes(64), 3, 1, 1, bytes(48), bytes(32)),
  "checkpoints of another size": (addon) => addon.walk(0, bytes(64), 17, 8, 1, bytes(48), bytes(32)),
  "a mix that there is not": (addon) => addon.walk(0, bytes(64), 2, 1, 3, bytes(48), bytes(32)),
  "no mix": (addon) => addon.walk(0, bytes(64), 2, 1, 0, bytes(48), bytes(32)),
  "a start of another size": (addon) => addon.walk(0, bytes(64), 2, 1, 1, bytes(47), bytes(32)),
  "no room for the digests": (addon) => addon.walk(0, bytes(64), 2, 1, 1, bytes(96), bytes(32)),
  "a search over checkpoints": (addon) =>
    addon.search(0, bytes(64), 16, 8, 1, bytes(64), bytes(32), bytes(16), 1, bytes(48)),
  "a search from a short nonce": (addon) =>
    addon.search(0, bytes(64), 2, 1, 1, bytes(64), bytes(32), bytes(15), 1, bytes(48)),
  "large pages under no bytes": (addon) => addon.preferLargePages(1 as never),
  "a parameter set that there is not": (addon) => addon.mlDsaVerify(0, 65, 0, [], [], [], []),
  "a form that there is not": (addon) => addon.mlDsaVerify(0, 44, 3, [], [], [], []),
  "signatures without messages": (addon) => addon.mlDsaVerify(0, 44, 0, [bytes(1)], [], [bytes(1)], [bytes(1)]),
  "a signature that is no bytes": (addon) =>
    addon.mlDsaVerify(0, 44, 0, [bytes(1)], [bytes(1)], [bytes(1)], ["a" as never]),
  "a short seed": (addon) => addon.mlDsaKeygen(0, 44, bytes(31), bytes(1312), bytes(2560)),
  "no room for a public key": (addon) => addon.mlDsaKeygen(0, 44, bytes(32), bytes(1311), bytes(2560)),
  "a secret key of another level": (addon) => addon.mlDsaSigner(0, 87, bytes(2560)),
  "an object that is no signer": (addon) =>
    addon.mlDsaSign(0, {} as never, 0, bytes(1), bytes(0), bytes(32), bytes(2420)),
  "a short hedge": (addon) =>
    addon.mlDsaSign(0, addon.mlDsaSigner(0, 44, bytes(2560))!, 0, bytes(1), bytes(0), bytes(31), bytes(2420)),
  "no room for a signature": (addon) =>
    addon.mlDsaSign(0, addon.mlDsaSigner(0, 44, bytes(2560))!, 0, bytes(1), bytes(0), bytes(32), bytes(2419)),
  "half an attempt": (addon) => addon.search(0, bytes(64), 2, 1, 1, bytes(64), bytes(32), bytes(16), 0.5, bytes(48)),
};
test.for(Object.entries(refused))("the addon throws a TypeError for %s", ([, call], context) => {
  expect(() => call(addonOf(context))).toThrow(expect.objectContaining({code: "NATIVE_ARGUMENT"}));
});

test("memory of less than a page is left as it is", (context) => {
  const bytes = Uint8Array.from({length: 100}, (_, i) => i);
  expect(addonOf(context).preferLargePages(bytes)).toBe(false);
  expect(bytes).toEqual(Uint8Array.from({length: 100}, (_, i) => i));
});

test("advice about a table's memory changes none of it", (context) => {
  const table = new Uint8Array(new SharedArrayBuffer(2 ** 22)).fill(7);
  addonOf(context).preferLargePages(table);
  expect(table.every((byte) => byte === 7)).toBe(true);
});

test("a key that was forgotten signs no more, and is forgotten once", (context) => {
  const addon = addonOf(context);
  const secretKey = bytes(2560);
  addon.mlDsaKeygen(0, 44, bytes(32), bytes(1312), secretKey);
  const signer = addon.mlDsaSigner(0, 44, secretKey)!;
  const sign = (): number => addon.mlDsaSign(0, signer, 0, bytes(1), bytes(0), bytes(32), bytes(2420));
  expect(sign()).toBe(0);
  addon.mlDsaForget(signer);
  expect(sign).toThrow(expect.objectContaining({code: "NATIVE_CLOSED"}));
  addon.mlDsaForget(signer);
});
