/** A light client on a chain whose voters change, among nodes that lie about it. */
import {describe, expect, test} from "vitest";
import {blockIdOf} from "../../src/codecs/chain/block.js";
import {decodeLightChain, encodeLightChain, type LightChain} from "../../src/codecs/chain/light.js";
import {type RuleError, UnavailableError} from "../../src/errors.js";
import {checkNewest, checkpointOf, enterEpoch, extended, newestOf} from "../../src/node/consensus/light/light.js";
import {genesisTree} from "../../src/node/ledger/chain/genesis.js";
import {pathOf} from "../../src/node/ledger/state/state.js";
import {accounts, EPOCH_KEY, epochs} from "../../src/node/ledger/state/stores.js";
import {proveLeaf} from "../../src/node/ledger/state/tree.js";
import {lightChainOf} from "../../src/node/light/genesis.js";
import {readState} from "../../src/node/light/read.js";
import type {LightPorts, LightSource} from "../../src/node/light/source.js";
import {syncLight} from "../../src/node/light/sync.js";
import {rememberValid} from "../../src/node/signature-cache.js";
import {mlDsa44} from "../support/accounts.js";
import {
  CLOSING,
  certifyBy,
  deskAt,
  GENESIS,
  HEADERS,
  headersOn,
  idAt,
  ORIGINS,
  OWNER,
  rootAt,
  sourceAt,
  TIP,
} from "../support/epochs.js";

const start = lightChainOf(GENESIS);
const verify = rememberValid(mlDsa44.verify);

/** Ports on `sources`, with what was kept on the way. */
function portsOn(...sources: LightSource[]): LightPorts & {readonly kept: LightChain[]} {
  const kept: LightChain[] = [];
  return {
    sources,
    verify,
    sleep: async () => undefined,
    told: () => undefined,
    async entered(chain) {
      kept.push(decodeLightChain(encodeLightChain(chain)));
    },
    kept,
  };
}
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: RuleError) => error.code,
  );
const codeIn = (work: () => unknown): string => {
  try {
    work();
    return "done";
  } catch (error) {
    return (error as RuleError).code;
  }
};
const verdictsOf = async (...sources: LightSource[]) =>
  Object.fromEntries(
    (await syncLight(start, portsOn(...sources))).sources.map(({name, verdict, code}) => [
      name,
      code === null ? verdict : `${verdict} ${code}`,
    ]),
  );
const synced = async (tip: bigint): Promise<LightChain> => (await syncLight(start, portsOn(sourceAt(tip)))).chain;

describe("across epochs", () => {
  test("sync goes from one set of validators to another that shares none of them", async () => {
    const ports = portsOn(sourceAt(TIP));
    const {chain} = await syncLight(start, ports);
    expect(newestOf(chain)).toMatchObject({
      height: TIP,
      blockId: idAt(TIP),
      epoch: 2n,
      epochRoot: rootAt(2),
      stateRoot: rootAt(2),
    });
    expect(chain.checkpoints.map(({height, epoch}) => [height, epoch])).toEqual([
      [0n, 0n],
      [3n, 1n],
      [6n, 2n],
      [8n, 2n],
    ]);
    expect(ports.kept.map((each) => newestOf(each).epoch)).toEqual([1n, 2n]);
    expect(decodeLightChain(encodeLightChain(chain))).toEqual(chain);
  });

  test("a node is no liar for being in another epoch, at the end of one, or before it", async () => {
    const tips = [2n, 3n, 5n, 6n, TIP];
    const verdicts = await verdictsOf(...tips.map((tip) => sourceAt(tip)));
    expect(verdicts).toEqual(Object.fromEntries(tips.map((tip) => [`at ${tip}`, "verified"])));
    for (const known of tips) {
      const chain = await synced(known);
      for (const tip of tips) {
        const {sources, chain: next} = await syncLight(chain, portsOn(sourceAt(tip)));
        expect(sources[0]!.verdict, `${tip} asked by one at ${known}`).toBe(tip < known ? "behind" : "verified");
        expect(newestOf(next).height).toBe(tip < known ? known : tip);
      }
    }
  });

  test("the end of an epoch is entered once it is passed, whatever was verified of the block before", async () => {
    const end = await synced(ORIGINS[0]);
    expect(newestOf(end)).toMatchObject({height: 3n, epoch: 0n, stateRoot: rootAt(1)});
    const {chain} = await syncLight(end, portsOn(sourceAt(5n)));
    expect(chain.checkpoints.map(({height, epoch}) => [height, epoch])).toEqual([
      [0n, 0n],
      [3n, 1n],
      [5n, 1n],
    ]);
    // Known by its id where the voters of its epoch were forgotten.
    const entered = {...chain, checkpoints: [chain.checkpoints[1]!]};
    const again = await syncLight(entered, portsOn(sourceAt(ORIGINS[0])));
    expect([again.chain, again.sources[0]!.verdict]).toEqual([entered, "verified"]);
  });

  test("who was stopped half way goes on from there", async () => {
    const broken: LightSource = {
      ...sourceAt(TIP),
      epoch: async (number) => {
        if (number === 1n) return sourceAt(TIP).epoch(number);
        throw new UnavailableError("NODE_UNREACHABLE", "the line is cut");
      },
    };
    const ports = portsOn(broken);
    expect(await codeOf(syncLight(start, ports))).toBe("SOURCES_UNAVAILABLE");
    const [kept] = ports.kept;
    expect(newestOf(kept!)).toMatchObject({height: 3n, epoch: 1n});
    const asked: bigint[] = [];
    const whole = sourceAt(TIP);
    const watched = {
      ...whole,
      epoch: (number: bigint) => {
        asked.push(number);
        return whole.epoch(number);
      },
    };
    expect(newestOf((await syncLight(kept!, portsOn(watched))).chain).height).toBe(TIP);
    expect(asked).toEqual([2n]);
  });

  test("a balance is read behind both changes, from a genesis alone", async () => {
    const ports = portsOn(sourceAt(TIP));
    const at = {store: accounts.name, key: OWNER.address};
    const {chain, value, checkpoint} = await readState(start, at, ports);
    expect(accounts.codec.decode(value!)).toMatchObject({balanceDust: 500n});
    expect(checkpoint).toMatchObject({height: TIP, epoch: 2n});
    expect(newestOf(chain)).toEqual(checkpoint);
    expect(ports.kept).toHaveLength(2);
    // What a source proved on the way stays proved, also where it fails later: nothing from before it is read.
    const gone: LightSource = {...sourceAt(TIP), name: "gone", epoch: async (number) => sourceAt(5n).epoch(number)};
    expect(await codeOf(readState(start, at, portsOn(gone, sourceAt(2n))))).toBe("SOURCES_LIED");
    const late = await readState(chain, at, portsOn(sourceAt(2n), sourceAt(TIP)));
    expect(late.sources.map(({verdict}) => verdict)).toEqual(["behind", "verified"]);
  });
});

const honest = sourceAt(TIP, "honest");
const {state: stateBefore, tree: treeBefore} = genesisTree(GENESIS);
/** Answers about the first change that are not so. */
const LIES: Readonly<Record<string, (step: Awaited<ReturnType<LightSource["epoch"]>>) => Promise<object> | object>> = {
  "other voters of the old epoch": async ({finality}) => ({
    finality: {...finality, validatorSet: (await deskAt(TIP).prove(5n)).validatorSet},
  }),
  "another block as its end": async () => ({finality: await deskAt(TIP).prove(2n)}),
  "a later change": () => deskAt(TIP).proveEpoch(2n),
  "another number": () => ({value: epochs.codec.encode({number: 2n, originHeight: 3n})}),
  "another origin": () => ({value: epochs.codec.encode({number: 1n, originHeight: 2n})}),
  "no record": () => ({value: null}),
  "a record of the account": () => ({store: accounts.name, key: OWNER.address}),
  "a block that ends nothing": async () => ({
    value: epochs.codec.encode(stateBefore.get(epochs, EPOCH_KEY)!),
    ...proveLeaf(treeBefore, pathOf(epochs.name, EPOCH_KEY)),
    finality: await deskAt(TIP).prove(1n),
  }),
  "votes that nobody cast": ({finality}) => ({
    finality: {
      ...finality,
      certificates: finality.certificates.map((each) => ({
        ...each,
        votes: each.votes.map((vote) => ({...vote, signature: vote.signature.map((byte) => byte ^ 1)})),
      })),
    },
  }),
};

describe("a step is refused", () => {
  for (const [what, change] of Object.entries(LIES))
    test(`that shows ${what}`, async () => {
      const liar: LightSource = {
        ...honest,
        name: "liar",
        epoch: async (number) => {
          const step = await honest.epoch(number);
          return number === 1n ? {...step, ...(await change(step))} : step;
        },
      };
      const ports = portsOn(liar);
      expect(await codeOf(syncLight(start, ports))).toBe("SOURCES_LIED");
      expect(ports.kept).toEqual([]);
      expect(await verdictsOf(liar, honest)).toEqual({liar: expect.stringMatching(/^lied /), honest: "verified"});
      const at = {store: accounts.name, key: OWNER.address};
      expect(await codeOf(readState(start, at, portsOn(liar)))).toBe("SOURCES_LIED");
    });

  test("that was gone already", async () => {
    const chain = await synced(5n);
    const step = await honest.epoch(1n);
    expect(codeIn(() => enterEpoch(chain, step, verify))).toBe("EPOCH_STEP_INVALID");
  });
});

describe("what the voters of an epoch that is over certified", () => {
  const proofOf = async (headers: readonly (typeof HEADERS)[number][]) => ({
    headers: headers.slice(0, 3),
    certificates: headers.slice(0, 3).map((each) => certifyBy(each)),
    validatorSet: (await deskAt(2n).prove(1n)).validatorSet,
  });

  test("to close it is not final, although three of its blocks follow each other", async () => {
    const closing = await proofOf(CLOSING[0]);
    expect(codeIn(() => checkpointOf(start, closing, verify))).toBe("FINALITY_INVALID");
    const liar = {...sourceAt(3n, "liar"), tip: async () => 4n, finality: async () => closing};
    expect(await verdictsOf(liar, honest)).toEqual({liar: "lied FINALITY_INVALID", honest: "verified"});
  });

  test("beyond its end is refused by who knows the end, and a fork to who is shown both", async () => {
    const beyond = await proofOf(headersOn(HEADERS[2]!, {epoch: 0, views: [5n, 6n, 7n], root: rootAt(1)}));
    expect(codeIn(() => checkpointOf(start, beyond, verify))).toBe("done");
    const entered = extended(start, enterEpoch(start, await honest.epoch(1n), verify));
    expect(codeIn(() => checkpointOf(entered, beyond, verify))).toBe("FINALITY_INVALID");
    const forger = {...sourceAt(3n, "forger"), tip: async () => 4n, finality: async () => beyond};
    expect(await codeOf(syncLight(start, portsOn(forger, honest)))).toBe("CHAIN_FORKED");
    const misled = extended(start, checkpointOf(start, beyond, verify));
    expect(await codeOf(syncLight(misled, portsOn(honest)))).toBe("CHAIN_FORKED");
  });

  test("before its end is still checked, while its voters are known", async () => {
    const chain = await synced(TIP);
    const old = await honest.finality(2n);
    expect(checkpointOf(chain, old, verify)).toMatchObject({height: 2n, blockId: idAt(2n), epoch: 0n});
    const {checkpoints} = chain;
    const forgetful = {...chain, checkpoints: checkpoints.filter(({epoch}) => epoch > 0n)};
    expect(codeIn(() => checkpointOf(forgetful, old, verify))).toBe("EPOCH_OVER");
  });
});

test("a proof of an epoch that was not entered is refused, with a word on what is missing", async () => {
  const proof = await honest.finality(7n);
  expect(codeIn(() => checkNewest(start, proof, verify))).toBe("EPOCH_UNPROVED");
  expect(codeIn(() => checkpointOf(start, proof, verify))).toBe("EPOCH_UNPROVED");
  expect(blockIdOf(proof.headers[0]!)).toBe(idAt(7n));
});

test("a desk has no step into an epoch that did not begin", async () => {
  for (const number of [0n, 3n, 2n ** 64n - 1n])
    expect(await codeOf(deskAt(TIP).proveEpoch(number))).toBe("EPOCH_NOT_FOUND");
});
