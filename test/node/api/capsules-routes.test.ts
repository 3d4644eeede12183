/** The recovery routes in the reference's shape. */
import {expect, test} from "vitest";
import {capsuleState} from "../../../src/codecs/api/capsules.js";
import {parseJson} from "../../../src/codecs/api/json.js";
import {RuleError} from "../../../src/errors.js";
import {ALICE, BOB, jsonOf, serve, view} from "../../support/api.js";
import {capsuleOf, locatorOf, registration} from "../../support/capsules.js";

const locator = locatorOf("1");
const BASE = "/api/v1/wallet/recovery";
const {createdAt, ...members} = capsuleOf(ALICE);
const written = {
  ...{owner: ALICE, locator, capsule: {...members, created_at: createdAt}},
  ...{action_id: "rc-1", registered_at: "2026-01-01T00:00:00Z"},
};

const shown = capsuleState.read(parseJson(JSON.stringify(written)), "recovery");
const node = {
  view: () => view({capsule: (key) => (key.owner === ALICE || key.locator === locator ? shown : null)}),
};

test("a capsule is shown as the reference shows it, by owner and by locator", async () => {
  const {get} = await serve(node);
  const about = {runtime: "qsdm-native", source: "chain", state_root: "e5".repeat(32)};
  for (const way of [`capsules?owner=${ALICE}`, `capsules?locator=${locator}`, `capsules/${locator}`]) {
    const answer = await get(`${BASE}/${way}`);
    expect(answer.headers.get("cache-control")).toContain("no-store");
    expect(JSON.stringify(await jsonOf(answer))).toBe(JSON.stringify({...about, recovery: written}));
  }
});

test.each([
  ["capsules", 400],
  [`capsules?owner=${ALICE}&locator=${locator}`, 400],
  [`capsules?owner=${ALICE.toUpperCase()}`, 400],
  [`capsules/${locator.slice(2)}`, 400],
  [`capsules?owner=${BOB}`, 404],
  [`capsules/${locatorOf("2")}`, 404],
])("%s answers %i", async (way, status) => {
  const {get} = await serve(node);
  expect((await get(`${BASE}/${way}`)).status).toBe(status);
});

test("the nonce of a registration is the account's own", async () => {
  const {get} = await serve(node);
  const about = {runtime: "qsdm-native", source: "chain"};
  const answer = await jsonOf(await get(`${BASE}/nonce?sender=${ALICE}`));
  expect(answer).toEqual({...about, sender: ALICE, action_nonce: 3, present: true});
});

test("a signed registration is handed on as it came, and its refusals are 422", async () => {
  const {capsule: _, nonce: __, ...action} = registration(ALICE);
  const body = JSON.stringify({
    action: {...action, capsule: written.capsule, nonce: 3},
    ...{signature: "00", public_key: "00"},
  });
  const taken: unknown[] = [];
  const {post} = await serve({
    async submitCompat(door, raw) {
      taken.push([door, new TextDecoder().decode(raw)]);
      return {txId: "rc-1"};
    },
  });
  const path = `${BASE}/capsules/submit-signed`;
  const answer = await post(path, body, "application/json");
  expect([answer.status, await jsonOf(answer)]).toEqual([
    200,
    {action_id: "rc-1", sender: ALICE, locator, status: "accepted", mempool_status: "submitted"},
  ]);
  expect(taken).toEqual([["capsule", body]]);
  const refusal = new RuleError("CAPSULE_LOCATOR_TAKEN", "belongs to another");
  const refusing = await serve({submitCompat: () => Promise.reject(refusal)});
  expect((await refusing.post(path, body, "application/json")).status).toBe(422);
});
