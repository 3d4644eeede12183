import {expect, test} from "vitest";
import {attestWithMac} from "../../../src/node/mining/attest.js";
import {DEFAULT_TELEMETRY_OPTIONS, TelemetryCheck} from "../../../src/node/mining/telemetry/telemetry.js";
import {jsonOf, serve} from "../../support/api.js";
import {solved, TEST_NOW_MS, testChallenge, testRig} from "../../support/mining.js";

const rig = {...testRig("rig-1"), computeCap: "9.0"};
const {address} = rig.owner;

test("a node that checks telemetry shows what looked odd, and how often", async () => {
  const telemetry = new TelemetryCheck(DEFAULT_TELEMETRY_OPTIONS);
  telemetry.observe(attestWithMac(solved(rig), rig, testChallenge()), TEST_NOW_MS);
  const {get, client} = await serve({telemetry});
  expect(await jsonOf(await get("/api/v1/mining/spec-anomalies"))).toMatchObject({
    catalog_size: 23,
    records: [
      {
        node_id: "rig-1",
        miner_addr: address,
        compute_cap: "9.0",
        verdict: {kind: "mismatch", matched_references: ["baseline"]},
      },
    ],
  });
  expect(await client.penalty({miner_addr: address})).toMatchObject({
    mismatchCount: 1,
    mismatchPct: 100,
    multiplier: 1,
  });
  expect((await client.anomalies()).records[0]?.verdict.mismatches).toHaveLength(2);
});

test("a node that does not says so, and how to change it", async () => {
  const {get} = await serve();
  for (const path of ["spec-anomalies", `penalty?miner_addr=${address}`]) {
    const answer = await get(`/api/v1/mining/${path}`);
    expect([answer.status, answer.headers.get("qsdm-error-code")]).toEqual([503, "TELEMETRY_CHECK_OFF"]);
  }
});
