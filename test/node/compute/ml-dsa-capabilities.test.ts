import {expect, onTestFinished, test, vi} from "vitest";
import {loadMlDsa} from "../../../src/node/compute/ml-dsa.js";
import {mlDsaChoice} from "../../../src/node/compute/ml-dsa-capabilities.js";
import {builtAddon} from "../../support/native.js";

/** FIPS 204 came with OpenSSL 3.5 and Node 24.6. */
const hasOpenssl = Number(process.versions.node.split(".")[0]) >= 24;

test("each implementation is listed in the order of preference, with what it is or why it is not used", async () => {
  const {used, implementations} = await mlDsaChoice();
  expect(implementations.map(({implementation}) => implementation)).toEqual(["native", "openssl", "liboqs", "noble"]);
  expect(implementations.map(({usable}) => usable)).toEqual([builtAddon !== null, hasOpenssl, true, true]);
  expect(implementations[1]!.detail).toBe(
    `OpenSSL ${process.versions.openssl} in this Node${hasOpenssl ? "" : " has no ML-DSA"}`,
  );
  if (builtAddon) expect(implementations[0]!.detail).toMatch(/^verifies with \w+, signs with (scalar|avx2)$/);
  expect(used).toBe(builtAddon ? "native" : hasOpenssl ? "openssl" : "liboqs");
  expect(used).toBe((await loadMlDsa(87)).name);
});

test("QSDM_COMPUTE turns the addon off for signatures too", async (context) => {
  if (!builtAddon) return context.skip("needs the native addon");
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });
  vi.stubEnv("QSDM_COMPUTE", "cpu");
  // Loaded once per process, so by a fresh copy.
  vi.resetModules();
  const fresh = await import("../../../src/node/compute/ml-dsa-capabilities.js");
  const {used, implementations} = await fresh.mlDsaChoice();
  expect(implementations[0]).toEqual({
    implementation: "native",
    usable: false,
    detail: "turned off by QSDM_COMPUTE",
  });
  expect(used).toBe(hasOpenssl ? "openssl" : "liboqs");
});

test("without the addon and liboqs noble signs, and the list says so", async (context) => {
  if (hasOpenssl) return context.skip("needs a Node without ML-DSA");
  onTestFinished(() => {
    vi.doUnmock("@oqs/liboqs-js");
    vi.unstubAllEnvs();
    vi.resetModules();
  });
  vi.stubEnv("QSDM_COMPUTE", "cpu");
  vi.resetModules();
  vi.doMock("@oqs/liboqs-js", () => {
    throw new Error("Cannot find package '@oqs/liboqs-js'");
  });
  const fresh = await import("../../../src/node/compute/ml-dsa-capabilities.js");
  const {used, implementations} = await fresh.mlDsaChoice();
  expect(implementations[2]).toMatchObject({implementation: "liboqs", usable: false});
  expect(used).toBe("noble");
});
