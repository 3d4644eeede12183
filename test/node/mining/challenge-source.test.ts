import {expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {ChallengeSource, fetchChallenge, httpGet} from "../../../src/node/mining/challenge-source.js";

const {signal} = new AbortController();

test("a URL that is none is a usage error, and a network that fails is not", async () => {
  const down = async () => {
    throw new Error("refused");
  };
  await expect(fetchChallenge(down, "nonsense", {signal})).rejects.toMatchObject({code: "CHALLENGE_URL_INVALID"});
  await expect(fetchChallenge(down, "http://n", {signal})).rejects.toThrow("v2client: http error: refused");
});

test("a rotation that is stopped says so, and asks nobody more", async () => {
  const abort = new AbortController();
  const asked: string[] = [];
  const source = new ChallengeSource(
    async (url) => {
      asked.push(url);
      abort.abort(new Error("enough"));
      return {status: 500, body: utf8("x")};
    },
    ["http://a", "http://b"],
  );
  await expect(source.fetch({signal: abort.signal})).rejects.toThrow("v2client: ctx cancelled mid-rotation: enough");
  expect(asked).toHaveLength(1);
});

test("no more of an answer is read than asked for", async () => {
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 1_000;
      controller.enqueue(new Uint8Array(1_000));
    },
  });
  const get = httpGet(async () => new Response(endless));
  const {body} = await get("http://n", {accept: "x", maxBytes: 2_500, signal});
  expect([body.length, sent < 10_000]).toEqual([2_500, true]);
});
