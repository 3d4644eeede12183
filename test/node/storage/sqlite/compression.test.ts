import * as zlib from "node:zlib";
import {expect, onTestFinished, test, vi} from "vitest";
import {loadCompression} from "../../../../src/node/storage/sqlite/compression.js";

test("a Node without zstd and without its package says how to have it", async (context) => {
  if ("zstdCompressSync" in zlib) return context.skip("needs a Node without zstd");
  onTestFinished(() => void vi.doUnmock("@mongodb-js/zstd"));
  vi.doMock("@mongodb-js/zstd", () => {
    throw new Error("Cannot find module '@mongodb-js/zstd-linux-x64-gnu'");
  });
  await expect(loadCompression()).rejects.toMatchObject({
    code: "ZSTD_UNAVAILABLE",
    exitCode: 4,
    hint: expect.stringContaining("npm install --include=optional"),
  });
});
