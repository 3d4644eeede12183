/** A custodian and a coordinator with what they keep. */
import {chmodSync, statSync} from "node:fs";
import {expect, test} from "vitest";
import {DEFAULT_QUORUM_SERVER} from "../../src/node/api/quorum/server.js";
import {DEFAULT_CUSTODIAN_LIMITS} from "../../src/node/quorum/custodian/custodian.js";
import {startCoordinator, startCustodian} from "../../src/node/quorum-services.js";
import {scratchDirectory} from "../support/chain.js";

const quiet = () => undefined;
const log = {debug: quiet, info: quiet, warn: quiet, error: quiet} as never;
const site = (dataDir: string) => ({dataDir, server: {...DEFAULT_QUORUM_SERVER, host: "127.0.0.1", port: 0}, log});
const CUSTODIAN = {index: 0, threshold: 2, approvalKey: "k", ...DEFAULT_CUSTODIAN_LIMITS};
const COORDINATOR = {threshold: 2, custodians: [], approvalKeys: [], maxTracked: 1};
const {signal} = new AbortController();

test.each([
  ["custodian", (dataDir: string) => startCustodian(CUSTODIAN, site(dataDir), signal)],
  ["coordinator", (dataDir: string) => startCoordinator(COORDINATOR, site(dataDir), signal)],
])("a %s keeps nothing where others can read it", async (_, start) => {
  const open = scratchDirectory();
  chmodSync(open, 0o750);
  await expect(start(open)).rejects.toMatchObject({code: "DATA_DIR_OPEN", hint: `run: chmod 700 ${open}`});
  const made = `${open}/made`;
  const service = await start(made);
  await service.stop();
  expect(statSync(made).mode & 0o777).toBe(0o700);
});
