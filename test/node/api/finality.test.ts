import {expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {blockIdOf} from "../../../src/codecs/chain/block.js";
import {finalityProof, stateProof} from "../../../src/codecs/chain/finality.js";
import {jsonOf, serve} from "../../support/api.js";
import {deskAt, idAt, ORIGINS, TIP} from "../../support/epochs.js";
import {deskOver, headersAt} from "../../support/finality.js";

test("a proof is served as hex with the block that it is of", async () => {
  const headers = headersAt([1n, 2n, 3n]);
  const {get, client} = await serve({finality: deskOver(headers, 1n)});
  const answer = await jsonOf(await get("/api/v1/chain/finality/1"));
  expect(answer).toMatchObject({height: 1, block_id: blockIdOf(headers[0]!)});
  const {proof} = await client.finality({height: 1n});
  expect(hexOf(proof).length).toBe(answer.proof.length);
  expect(finalityProof.decode(proof).headers).toEqual(headers);
});

test("what has no proof, not yet or never, says so", async () => {
  const {get} = await serve({finality: deskOver(headersAt([1n, 2n]), 1n)});
  const told = async (height: string) => {
    const answer = await get(`/api/v1/chain/finality/${height}`);
    return [answer.status, (await jsonOf(answer)).error.code];
  };
  expect(await told("1")).toEqual([503, "FINALITY_PENDING"]);
  expect(await told("2")).toEqual([404, "BLOCK_NOT_FOUND"]);
  expect(await told("0")).toEqual([400, "FINALITY_OF_GENESIS"]);
  expect(await told("x")).toEqual([400, "PARAMETER_INVALID"]);
});

test("the step into an epoch is served, and none into an epoch that did not begin", async () => {
  const {get, client} = await serve({finality: deskAt(TIP)});
  const {height, blockId, proof} = await client.epochStep({number: 2n});
  expect([height, blockId]).toEqual([ORIGINS[1], idAt(ORIGINS[1])]);
  expect(stateProof.decode(proof)).toMatchObject({store: "epoch", key: "current"});
  for (const [number, status, code] of [
    ["0", 404, "EPOCH_NOT_FOUND"],
    ["3", 404, "EPOCH_NOT_FOUND"],
    ["-1", 400, "PARAMETER_INVALID"],
  ]) {
    const answer = await get(`/api/v1/chain/epochs/${number}`);
    expect([answer.status, (await jsonOf(answer)).error.code]).toEqual([status, code]);
  }
});
