/** The stream routes in the reference's shape. */
import {expect, test} from "vitest";
import {parseJson} from "../../../src/codecs/api/json.js";
import {streamState} from "../../../src/codecs/api/streams.js";
import {RuleError} from "../../../src/errors.js";
import {ALICE, BOB, jsonOf, serve, view} from "../../support/api.js";
import recorded from "../ledger/streams/streams.vectors.json" with {type: "json"};

const written = recorded.cases[0]!.expect.stream!;
const stream = streamState.read(parseJson(JSON.stringify(written)), "stream");
const node = {view: () => view({stream: (id: string) => (id === "stream-1000" ? stream : null)})};

test("a stream is shown as the reference shows it", async () => {
  const {get} = await serve(node);
  const body = await jsonOf(await get("/api/v1/streams/stream-1000"));
  expect(Object.keys(body)).toEqual(["runtime", "source", "state_root", "stream"]);
  expect(JSON.stringify(body.stream)).toBe(
    JSON.stringify({...written, remaining_budget_dust: 347_246 - 14_843, unsettled_dust: 0}),
  );
  expect((await get("/api/v1/streams/stream-1")).status).toBe(404);
});

test("the nonce of an action is the account's own, and nonce is no stream", async () => {
  const {get} = await serve(node);
  const answer = await get(`/api/v1/streams/nonce?sender=${ALICE}`);
  const about = {runtime: "qsdm-native", source: "chain"};
  expect(await jsonOf(answer)).toEqual({...about, sender: ALICE, action_nonce: 3, present: true});
  const none = await jsonOf(await get(`/api/v1/streams/nonce?sender=${BOB}`));
  expect(none).toMatchObject({action_nonce: 0, present: false});
});

test("a signed action is handed on as it came, and its refusals are 422", async () => {
  const {action} = recorded.cases[0]!.input.ops![0]!;
  const body = JSON.stringify({action, signature: "00", public_key: "00"});
  const taken: unknown[] = [];
  const {post} = await serve({
    async submitCompat(door, raw) {
      taken.push([door, new TextDecoder().decode(raw)]);
      return {txId: action.id};
    },
  });
  const path = "/api/v1/streams/actions/submit-signed";
  const answer = await post(path, body, "application/json");
  expect([answer.status, await jsonOf(answer)]).toEqual([
    200,
    {
      ...{action_id: action.id, stream_id: action.stream_id, action: "open", sender: action.sender},
      ...{status: "accepted", mempool_status: "submitted"},
    },
  ]);
  expect(taken).toEqual([["stream", body]]);
  const refusing = await serve({submitCompat: () => Promise.reject(new RuleError("STREAM_CLOSED", "is closed"))});
  expect((await refusing.post(path, body, "application/json")).status).toBe(422);
});
