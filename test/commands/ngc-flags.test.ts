/** What `qsdm node run` refuses about the operator's sidecars, before it opens anything. */
import {expect, test} from "vitest";
import {run} from "../../src/commands/run.js";
import {memoryHost} from "./memory-host.js";

const files = {secret: "0123456789abcdef\n", short: "0123456789abcde\n"};

test.each([
  ["a lock that no sidecar can open", "--nvidia-lock", "NVIDIA_LOCK_INCOMPLETE"],
  ["a MAC without a lock", "--ngc-secret-file secret --nvidia-lock-hmac-file secret", "NVIDIA_LOCK_INCOMPLETE"],
  ["nonces without a lock", "--ngc-secret-file secret --nvidia-lock-nonces", "NVIDIA_LOCK_INCOMPLETE"],
  ["peers without a lock", "--ngc-secret-file secret --nvidia-lock-peers", "NVIDIA_LOCK_INCOMPLETE"],
  ["nonces without a MAC", "--ngc-secret-file secret --nvidia-lock --nvidia-lock-nonces", "NVIDIA_LOCK_INCOMPLETE"],
  ["a secret that can be guessed", "--ngc-secret-file short", "SECRET_TOO_SHORT"],
  ["a file that is not there", "--ngc-secret-file nowhere", "FILE_NOT_FOUND"],
  ["no file for the MAC", "--ngc-secret-file secret --nvidia-lock --nvidia-lock-hmac-file nowhere", "FILE_NOT_FOUND"],
])("%s is refused", async (_name, flags, code) => {
  const host = memoryHost({argv: `node run --json --data-dir /nowhere ${flags}`.split(" "), files});
  host.input.end();
  expect(await run(host)).toBe(2);
  expect(JSON.parse(host.out()).error.code).toBe(code);
});
