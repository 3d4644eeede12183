/** `wallet recovery` against a node: what it prints of a capsule, and what it refuses. */
import {expect, test} from "vitest";
import {capsuleState} from "../../src/codecs/api/capsules.js";
import {parseJson} from "../../src/codecs/api/json.js";
import {ALICE, BOB, serve, view} from "../support/api.js";
import {capsuleOf, locatorOf} from "../support/capsules.js";
import {deskOf, keystoreOf} from "./against-node.js";

const locator = locatorOf("1");
const {createdAt, ...members} = capsuleOf(ALICE);
const written = {
  ...{owner: ALICE, locator, capsule: {...members, created_at: createdAt}},
  ...{action_id: "rc-1", registered_at: "2026-01-01T00:00:00Z"},
};
const shown = capsuleState.read(parseJson(JSON.stringify(written)), "recovery");

const desk = async () => {
  const {url} = await serve({
    view: () => view({capsule: (key) => (key.owner === ALICE || key.locator === locator ? shown : null)}),
  });
  return deskOf(url, await keystoreOf("owner"));
};

test("a capsule is found by its owner and by its locator", async () => {
  const {qsdm} = await desk();
  const line = `${ALICE}\t${locator}\t2026-01-01T00:00:00Z\trc-1\n`;
  expect((await qsdm(`wallet recovery --owner ${ALICE}`)).out).toBe(line);
  expect((await qsdm(`wallet recovery --locator ${locator}`)).out).toBe(line);
  expect(JSON.parse((await qsdm(`wallet recovery --owner ${ALICE} --json`)).out).data.recovery).toEqual(written);
});

test.each([
  [`--owner ${BOB}`, 3],
  ["", 2],
  [`--owner ${ALICE} --locator ${locator}`, 2],
  ["--locator 11", 2],
  ["--owner bob", 3],
])("%s exits with %i", async (flags, status) => {
  const {qsdm} = await desk();
  expect((await qsdm(`wallet recovery ${flags}`.trim())).status).toBe(status);
});
