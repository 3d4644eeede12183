/** A light client among honest, lying, late and absent nodes. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {blockIdOf, type Header} from "../../src/codecs/chain/block.js";
import {finalityProof, stateProof} from "../../src/codecs/chain/finality.js";
import {CHECKPOINTS_MAX, decodeLightChain, encodeLightChain, type LightChain} from "../../src/codecs/chain/light.js";
import {DecodeError, type RuleError, UnavailableError} from "../../src/errors.js";
import {checkAge, extended, newestOf} from "../../src/node/consensus/light/light.js";
import {lightChainOf} from "../../src/node/light/genesis.js";
import {readState} from "../../src/node/light/read.js";
import type {LightPorts, LightSource, SourceVerdict} from "../../src/node/light/source.js";
import {syncLight} from "../../src/node/light/sync.js";
import {rememberValid} from "../../src/node/signature-cache.js";
import {mlDsa44, testAccount} from "../support/accounts.js";
import {deskOver, headersAt} from "../support/finality.js";
import {clusterGenesis} from "./engine/cluster.js";

const owner = testAccount("owner");
const genesis = clusterGenesis(4, [{to: owner.address, amountDust: 500n}]);
const start = lightChainOf(genesis);
const VIEWS = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
/** States stand still here, so that every header carries the root of genesis, whose tree the desk has. */
const still = (headers: readonly Header[]): Header[] => {
  const out: Header[] = [];
  for (const each of headers)
    out.push({
      ...each,
      parentStateRoot: newestOf(start).stateRoot,
      parentId: out.length === 0 ? each.parentId : blockIdOf(out.at(-1)!),
    });
  return out;
};
const headers = still(headersAt(VIEWS, genesis));
const idAt = (height: number): string => blockIdOf(headers[height - 1]!);

const honest = (name: string, tip: bigint, over: readonly Header[] = headers): LightSource => {
  const desk = deskOver(over, tip, genesis);
  return {
    name,
    tip: async () => tip,
    finality: async (height) => finalityProof.decode(finalityProof.encode(await desk.prove(height))),
    epoch: async (number) => desk.proveEpoch(number),
    state: async (store, key) => stateProof.decode(stateProof.encode(await desk.proveState(store, key))),
  };
};
const verify = rememberValid(mlDsa44.verify);
const portsOf = (...sources: LightSource[]): LightPorts => ({
  sources,
  verify,
  sleep: async () => undefined,
  told: () => undefined,
  entered: async () => undefined,
});
const byName = (verdicts: readonly SourceVerdict[]) =>
  Object.fromEntries(verdicts.map(({name, verdict, code}) => [name, code === null ? verdict : `${verdict} ${code}`]));
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: RuleError) => error.code,
  );

/** Nodes that say what is not so, each in its way. */
const LIES: Readonly<Record<string, LightSource>> = {
  "another vote": {
    ...honest("another vote", 6n),
    finality: async (height) => {
      const proof = await honest("", 6n).finality(height);
      const [first, ...rest] = proof.certificates;
      const votes = first!.votes.map((each) => ({...each, signature: each.signature.map((byte) => byte ^ 1)}));
      return {...proof, certificates: [{...first!, votes}, ...rest]};
    },
  },
  "too few votes": {
    ...honest("too few votes", 6n),
    finality: async (height) => {
      const proof = await honest("", 6n).finality(height);
      return {...proof, certificates: proof.certificates.map((each) => ({...each, votes: each.votes.slice(1)}))};
    },
  },
  "an old proof as the newest": {
    ...honest("an old proof as the newest", 6n),
    tip: async () => 900n,
    finality: () => honest("", 6n).finality(3n),
  },
  "another chain": honest("another chain", 6n, headersAt(VIEWS, {...genesis, chainId: "other"})),
  "no proof at all": {
    ...honest("no proof at all", 6n),
    finality: async () => finalityProof.decode(new Uint8Array(40)),
  },
};

describe("sync", () => {
  test("goes to the newest block that anybody proves, and keeps the state root that its voters vouch for", async () => {
    const {chain, sources} = await syncLight(start, portsOf(honest("a", 4n), honest("b", 6n)));
    expect(newestOf(chain)).toEqual({
      ...newestOf(start),
      height: 6n,
      blockId: idAt(6),
      timeMs: headers[5]!.timeMs,
      stateRoot: headers[6]!.parentStateRoot,
    });
    expect(byName(sources)).toEqual({a: "verified", b: "verified"});
  });

  for (const [name, liar] of Object.entries(LIES))
    test(`leaves a node that tells of ${name}, by name`, async () => {
      const {chain, sources} = await syncLight(start, portsOf(liar, honest("honest", 5n)));
      expect(newestOf(chain).blockId).toBe(idAt(5));
      expect(byName(sources)).toEqual({[name]: expect.stringMatching(/^lied /), honest: "verified"});
      expect(await codeOf(syncLight(start, portsOf(liar)))).toBe("SOURCES_LIED");
    });

  test("takes a node that is absent or behind for no liar", async () => {
    const absent = async (): Promise<never> => {
      throw new UnavailableError("NODE_UNREACHABLE", "nobody there");
    };
    const gone = {name: "gone", tip: absent, finality: absent, epoch: absent, state: absent};
    const {chain} = await syncLight(start, portsOf(honest("a", 5n)));
    const again = await syncLight(chain, portsOf(gone, honest("late", 3n), honest("level", 5n)));
    expect(byName(again.sources)).toEqual({
      gone: "unavailable NODE_UNREACHABLE",
      late: "behind",
      level: "verified",
    });
    expect(again.chain).toBe(chain);
    expect(await codeOf(syncLight(start, portsOf(gone)))).toBe("SOURCES_UNAVAILABLE");
  });

  test("waits for the blocks that prove the newest one", async () => {
    const late = honest("late", 4n);
    let asked = 0;
    const {chain} = await syncLight(
      start,
      portsOf({
        ...late,
        async finality(height) {
          if (asked++ < 2) throw new UnavailableError("FINALITY_PENDING", "not yet");
          return late.finality(height);
        },
      }),
    );
    expect(newestOf(chain).height).toBe(4n);
  });

  test("names a fork, whichever height the two proofs are of, and trusts neither", async () => {
    const other = still(headersAt(VIEWS, genesis).map((each) => ({...each, timeMs: each.timeMs + 7n})));
    const fork = (tip: bigint) => honest("fork", tip, other);
    expect(await codeOf(syncLight(start, portsOf(honest("a", 5n), fork(5n))))).toBe("CHAIN_FORKED");
    expect(await codeOf(syncLight(start, portsOf(honest("a", 6n), fork(4n))))).toBe("CHAIN_FORKED");
    const {chain} = await syncLight(start, portsOf(honest("a", 5n)));
    expect(await codeOf(syncLight(chain, portsOf(fork(5n))))).toBe("CHAIN_FORKED");
  });

  test("a node's own words cannot raise the alarm of a fork", async () => {
    const crying: LightSource = {
      ...honest("crying", 6n),
      finality: async () => {
        throw new DecodeError("CHAIN_FORKED", "wolf");
      },
    };
    const {sources} = await syncLight(start, portsOf(crying, honest("a", 5n)));
    expect(byName(sources)).toEqual({crying: "lied CHAIN_FORKED", a: "verified"});
  });

  test("ends at the newest honest word, whoever else is asked", async () => {
    const liars = Object.values(LIES);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.bigInt({min: 1n, max: 6n}), {minLength: 1, maxLength: 3}),
        fc.subarray(liars),
        fc.boolean(),
        async (tips, chosen, first) => {
          const good = tips.map((tip, i) => honest(`honest ${i}`, tip));
          const {chain, sources} = await syncLight(
            start,
            portsOf(...(first ? [...chosen, ...good] : [...good, ...chosen])),
          );
          expect(newestOf(chain).height).toBe(tips.reduce((a, b) => (a > b ? a : b)));
          expect(
            sources
              .filter(({verdict}) => verdict === "lied")
              .map(({name}) => name)
              .sort(),
          ).toEqual(chosen.map(({name}) => name).sort());
        },
      ),
      {numRuns: 15},
    );
  });
});

describe("what the state holds", () => {
  const at = (key: string) => ({store: "account", key});
  const holding = (source: LightSource, change: (proof: Awaited<ReturnType<LightSource["state"]>>) => object) => ({
    ...source,
    state: async (store: string, key: string) => {
      const proof = await source.state(store, key);
      return {...proof, ...change(proof)};
    },
  });

  test("is read with its proof, present and absent, and the proof brings the client along", async () => {
    const held = await readState(start, at(owner.address), portsOf(honest("a", 5n)));
    expect(held.value).not.toBeNull();
    expect(newestOf(held.chain).height).toBe(5n);
    const none = await readState(start, at("ab".repeat(32)), portsOf(honest("a", 5n)));
    expect(none.value).toBeNull();
  });

  test("is taken from the next node where one hides it, changes it, or speaks of something else", async () => {
    const a = honest("a", 5n);
    for (const change of [
      () => ({value: null}),
      () => ({value: null, leaf: null}),
      ({value}: {value: Uint8Array | null}) => ({
        value: value!.map((byte, i) => (i === value!.length - 1 ? byte ^ 1 : byte)),
      }),
      () => ({key: "ab".repeat(32)}),
      () => ({store: "key"}),
    ] as const) {
      const liar = holding(honest("liar", 5n), change);
      const read = await readState(start, at(owner.address), portsOf(liar, a));
      expect(byName(read.sources)).toEqual({liar: "lied STATE_PROOF_INVALID", a: "verified"});
      expect(await codeOf(readState(start, at(owner.address), portsOf(liar)))).toBe("SOURCES_LIED");
    }
  });

  test("is not taken from before what was verified already", async () => {
    const {chain} = await syncLight(start, portsOf(honest("a", 5n)));
    const old = readState(chain, at(owner.address), portsOf(honest("old", 4n)));
    expect(await codeOf(old)).toBe("SOURCES_UNAVAILABLE");
  });

  test("of a store that there is not is refused by the node", async () => {
    expect(await codeOf(deskOver(headers, 5n, genesis).proveState("money", "x"))).toBe("STATE_STORE_UNKNOWN");
  });
});

describe("what is kept", () => {
  test("a checkpoint is good until the unbond window has passed, to the millisecond", () => {
    const {timeMs} = newestOf(start);
    const {validatorUnbondSeconds, validatorEpochBlocks, blockTimeSeconds} = genesis.params;
    const window = (BigInt(validatorUnbondSeconds) - validatorEpochBlocks * BigInt(blockTimeSeconds)) * 1_000n;
    checkAge(start, timeMs + window);
    expect(() => checkAge(start, timeMs + window + 1n)).toThrow(expect.objectContaining({code: "CHECKPOINT_TOO_OLD"}));
  });

  test("the newest checkpoints are kept, each above the one before", () => {
    let chain: LightChain = start;
    const first = newestOf(start);
    for (let height = 1n; height <= 100n; height++) chain = extended(chain, {...first, height});
    expect(extended(chain, {...first, height: 100n})).toBe(chain);
    expect(chain.checkpoints.map(({height}) => height)).toEqual(
      Array.from({length: CHECKPOINTS_MAX}, (_, i) => BigInt(101 - CHECKPOINTS_MAX + i)),
    );
    expect(decodeLightChain(encodeLightChain(chain))).toEqual(chain);
  });

  test("a file that is none is refused", () => {
    const text = new TextDecoder().decode(encodeLightChain(start));
    const refused = (changed: string): void => {
      expect(() => decodeLightChain(new TextEncoder().encode(changed)), changed).toThrow(
        expect.objectContaining({code: "CHECKPOINT_INVALID"}),
      );
    };
    refused("");
    refused("{}");
    refused(text.replace('"schema":1', '"schema":2'));
    refused(text.replace(/"checkpoints":\[.*\]/, '"checkpoints":[]'));
    refused(text.replace(/"checkpoints":\[(.*)\]/, '"checkpoints":[$1,$1]'));
    refused(text.replace(newestOf(start).blockId, "zz".repeat(32)));
    refused(text.replace(newestOf(start).blockId, "ab"));
    refused(text.replace("above-two-thirds", "half"));
  });
});
