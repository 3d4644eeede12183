/** A light client that a service keeps: which nodes it asks, what it takes for new enough, and when it believes nobody. */
import {describe, expect, test} from "vitest";
import {blockIdOf, type Header} from "../../src/codecs/chain/block.js";
import {decodeLightChain, encodeLightChain, type LightChain} from "../../src/codecs/chain/light.js";
import {type RuleError, UnavailableError} from "../../src/errors.js";
import {newestOf} from "../../src/node/consensus/light/light.js";
import {accounts} from "../../src/node/ledger/state/stores.js";
import {LightFollower} from "../../src/node/light/follower.js";
import {lightChainOf} from "../../src/node/light/genesis.js";
import type {LightSource} from "../../src/node/light/source.js";
import {rememberValid} from "../../src/node/signature-cache.js";
import {mlDsa44, testAccount} from "../support/accounts.js";
import {GENESIS, HEADERS, OWNER, sourceAt, TIP} from "../support/epochs.js";
import {deskOver, headersAt} from "../support/finality.js";
import {clusterGenesis} from "./engine/cluster.js";

const start = lightChainOf(GENESIS);
const verify = rememberValid(mlDsa44.verify);
const at = {store: accounts.name, key: OWNER.address};
/** Blocks are a millisecond apart. */
const timeOf = (height: bigint): number => Number(HEADERS[Number(height) - 1]!.timeMs);
const absent = async (): Promise<never> => {
  throw new UnavailableError("NODE_UNREACHABLE", "nobody there");
};
const GONE: LightSource = {name: "gone", tip: absent, finality: absent, epoch: absent, state: absent};
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: RuleError) => error.code,
  );

/** A follower at the time of the chain's tip, with who was asked and what was kept. */
function following(sources: readonly LightSource[], {chain = start, nowMs = timeOf(TIP)} = {}) {
  const asked: string[] = [];
  const saved: LightChain[] = [];
  const noting = sources.map((source) => ({
    ...source,
    state(store: string, key: string) {
      asked.push(source.name);
      return source.state(store, key);
    },
  }));
  const follower = new LightFollower(chain, {
    ...{sources: noting, verify, sleep: async () => undefined, nowMs: () => nowMs, told: () => undefined},
    save: async (kept) => void saved.push(decodeLightChain(encodeLightChain(kept))),
  });
  return {follower, asked, saved};
}

describe("a read", () => {
  test("is of the first node that proves it, over changes of validators, which are kept on the way", async () => {
    const {follower, asked, saved} = following([GONE, sourceAt(TIP), sourceAt(TIP, "other")]);
    const {value, checkpoint} = await follower.read(at, 0);
    expect(accounts.codec.decode(value!).balanceDust).toBe(500n);
    expect(checkpoint.height).toBe(TIP);
    expect(asked).toEqual(["gone", "at 8"]);
    expect(saved.map((each) => newestOf(each).epoch)).toEqual([1n, 2n]);
    // Who answered is asked first from then on.
    asked.length = 0;
    await follower.read({...at, key: testAccount("nobody").address}, 0);
    expect(asked[0]).toBe("at 8");
  });

  test("goes on to another node where the block is too old, and else says how old the best is", async () => {
    const stale = following([sourceAt(5n), sourceAt(TIP)]);
    expect((await stale.follower.read(at, 2)).checkpoint.height).toBe(TIP);
    const all = following([sourceAt(4n), sourceAt(5n)]);
    expect((await all.follower.read(at, 2)).checkpoint.height).toBe(5n);
    // Just young enough: nobody else is asked.
    const young = following([sourceAt(5n), sourceAt(TIP)]);
    expect((await young.follower.read(at, 3)).checkpoint.height).toBe(5n);
  });

  test("fails where no node answers, and where what they say does not hold", async () => {
    expect(await codeOf(following([GONE]).follower.read(at, 0))).toBe("SOURCES_UNAVAILABLE");
    const liar = {
      ...sourceAt(TIP, "liar"),
      state: async (store: string, key: string) => ({...(await sourceAt(TIP).state(store, key)), value: null}),
    };
    expect(await codeOf(following([liar]).follower.read(at, 0))).toBe("SOURCES_LIED");
    expect((await following([liar, sourceAt(TIP)]).follower.read(at, 0)).value).not.toBeNull();
  });

  test("is refused from a checkpoint whose voters may have left", async () => {
    const nowMs = Number(newestOf(start).timeMs) + start.maxAgeSeconds * 1_000 + 1;
    expect(await codeOf(following([sourceAt(TIP)], {nowMs}).follower.read(at, 0))).toBe("CHECKPOINT_TOO_OLD");
  });

  test("reads side by side go one after the other, each from where the one before came to", async () => {
    const {follower} = following([sourceAt(TIP)]);
    const heights = await Promise.all([follower.read(at, 0), follower.read(at, 0), follower.keepUp()]);
    expect(heights.slice(0, 2).map((each) => each!.checkpoint.height)).toEqual([TIP, TIP]);
    expect(follower.newest.height).toBe(TIP);
  });
});

test("keeping up goes to the newest block, and keeps it", async () => {
  const {follower, saved} = following([sourceAt(5n), sourceAt(TIP), GONE]);
  await follower.keepUp();
  expect([follower.newest.height, newestOf(saved.at(-1)!).height]).toEqual([TIP, TIP]);
  expect(await codeOf(following([GONE]).follower.keepUp())).toBe("SOURCES_UNAVAILABLE");
});

test("once two histories were proved, nobody is believed any more", async () => {
  const genesis = clusterGenesis(4);
  const root = newestOf(lightChainOf(genesis)).stateRoot;
  // States stand still, and each header carries the root of genesis.
  const source = (name: string, shiftMs: bigint, tip: bigint): LightSource => {
    const headers: Header[] = [];
    for (const {timeMs, parentId, ...each} of headersAt([1n, 2n, 3n, 4n, 5n], genesis)) {
      const before = headers.at(-1);
      headers.push({
        ...each,
        ...{timeMs: timeMs + shiftMs, parentId: before ? blockIdOf(before) : parentId, parentStateRoot: root},
      });
    }
    const desk = deskOver(headers, tip, genesis);
    return {
      ...GONE,
      ...{name, tip: async () => tip},
      finality: (height) => desk.prove(height),
      state: (store, key) => desk.proveState(store, key),
    };
  };
  const [one, other] = [source("one", 0n, 2n), source("other", 1n, 2n)];
  const {follower} = following([one, other], {chain: lightChainOf(genesis), nowMs: Number(genesis.timeMs)});
  const nothing = {store: accounts.name, key: OWNER.address};
  expect((await follower.read(nothing, 1_000)).checkpoint.height).toBe(2n);
  expect(await codeOf(follower.keepUp())).toBe("CHAIN_FORKED");
  expect(await codeOf(follower.read(nothing, 1_000))).toBe("CHAIN_FORKED");
});
