/** Finality proofs: which ones hold, and that nothing else does. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {blockIdOf} from "../../src/codecs/chain/block.js";
import {FINALITY_HEADERS_MAX, type FinalityProof, finalityProof} from "../../src/codecs/chain/finality.js";
import {DecodeError, type QsdmError, RuleError} from "../../src/errors.js";
import {checkFinality} from "../../src/node/consensus/finality/proof.js";
import {rememberValid} from "../../src/node/signature-cache.js";
import {mlDsa44} from "../support/accounts.js";
import {certify, deskOver, genesisGround, headersAt, proofOver} from "../support/finality.js";
import {clusterGenesis} from "./engine/cluster.js";

const genesis = clusterGenesis(4);
const verify = rememberValid(mlDsa44.verify);
const ground = genesisGround(genesis, verify);
const proof = await proofOver([1n, 2n, 3n]);
const [h1, h2, h3] = proof.headers as [
  FinalityProof["headers"][0],
  FinalityProof["headers"][0],
  FinalityProof["headers"][0],
];
const [c1, c2, c3] = proof.certificates as [
  FinalityProof["certificates"][0],
  FinalityProof["certificates"][0],
  FinalityProof["certificates"][0],
];
const set = proof.validatorSet;

const verdictOf = (value: FinalityProof, on = ground): string => {
  try {
    checkFinality(value, on);
    return "holds";
  } catch (error) {
    if (error instanceof RuleError) return error.code;
    throw error;
  }
};

describe("a proof holds", () => {
  test("over three headers of views without a gap, and names the block and all who vote", () => {
    expect(checkFinality(proof, ground)).toEqual({id: blockIdOf(h1), header: h1, validators: genesis.validators});
  });

  test("over more headers where views were given up after the block", async () => {
    const longer = await proofOver([1n, 2n, 4n, 6n, 7n, 8n]);
    expect(longer.headers.map(({view}) => view)).toEqual([1n, 2n, 4n, 6n, 7n, 8n]);
    expect(longer.certificates.map(({view}) => view)).toEqual([6n, 7n, 8n]);
    expect(checkFinality(longer, ground).id).toBe(blockIdOf(longer.headers[0]!));
  });

  test("of a single validator, which is a quorum of one and all of the set", () => {
    const one = clusterGenesis(1);
    const [a, b, c] = headersAt([1n, 2n, 3n], one);
    return deskOver([a!, b!, c!], 3n, one)
      .prove(1n)
      .then(({validatorSet}) => {
        const certificates = [a!, b!, c!].map((each) => certify(each, [0]));
        expect(verdictOf({headers: [a!, b!, c!], certificates, validatorSet}, genesisGround(one, verify))).toBe(
          "holds",
        );
      });
  });
});

describe("a proof is refused", () => {
  const gap = headersAt([1n, 2n, 4n]);
  const fork = headersAt([1n, 2n, 4n, 5n, 6n]);
  const later = headersAt([2n, 3n, 4n]);
  const member = set.validators[0]!;
  test.each<[string, string, Partial<FinalityProof>]>([
    ["with a gap in its views", "FINALITY_INVALID", {headers: gap, certificates: gap.map((each) => certify(each))}],
    ["with two headers", "FINALITY_INVALID", {headers: [h1, h2], certificates: [c1, c2]}],
    ["without headers", "FINALITY_INVALID", {headers: [], certificates: []}],
    ["with two certificates", "FINALITY_INVALID", {certificates: [c1, c2]}],
    ["with certificates in another order", "FINALITY_INVALID", {certificates: [c2, c1, c3]}],
    ["with a header of another branch", "FINALITY_INVALID", {headers: [h1, later[1]!, h3]}],
    ["of a block that is no ancestor", "FINALITY_INVALID", {headers: [later[0]!, ...fork.slice(1)]}],
    ["that leaves an ancestor out", "FINALITY_INVALID", {headers: [fork[0]!, ...fork.slice(2)]}],
    [
      "with the vote of one missing",
      "CERTIFICATE_INVALID",
      {certificates: [c1, {...c2, votes: c2.votes.slice(1)}, c3]},
    ],
    [
      "with a vote for another block",
      "CERTIFICATE_INVALID",
      {certificates: [{...c1, votes: [...c1.votes.slice(0, 2), c2.votes[2]!]}, c2, c3]},
    ],
    [
      "with a validator left out",
      "VALIDATOR_SET_INVALID",
      {validatorSet: {...set, validators: set.validators.slice(0, 3)}},
    ],
    [
      "with a stranger among the validators",
      "VALIDATOR_SET_INVALID",
      {validatorSet: {...set, validators: [{...member, power: 100n}, ...set.validators.slice(1)]}},
    ],
    [
      "with validators in another order",
      "VALIDATOR_SET_INVALID",
      {validatorSet: {...set, validators: [...set.validators].reverse()}},
    ],
  ])("%s", (_what, code, change) => {
    expect(verdictOf({...proof, ...change})).toBe(code);
  });

  test("with one header or certificate fewer at any place, whichever of them", () => {
    fc.assert(
      fc.property(fc.nat(2), fc.nat(2), fc.nat(2), (at, vote, what) => {
        const without = <T>(items: readonly T[], i: number): T[] => items.filter((_, each) => each !== i);
        const certificates = proof.certificates.map((each, i) =>
          i === at ? {...each, votes: without(each.votes, vote)} : each,
        );
        const changed = [
          {headers: without(proof.headers, at)},
          {certificates: without(proof.certificates, at)},
          {certificates},
        ][what];
        expect(verdictOf({...proof, ...changed})).not.toBe("holds");
      }),
    );
  });

  test("on the ground of another chain, epoch, set or state", async () => {
    expect(verdictOf(proof, {...ground, chainId: "other"})).toBe("FINALITY_INVALID");
    expect(verdictOf(proof, {...ground, epoch: 1n})).toBe("FINALITY_INVALID");
    expect(verdictOf(proof, genesisGround(clusterGenesis(3), verify))).toBe("VALIDATOR_SET_INVALID");
    const richer = clusterGenesis(4, [{to: "ab".repeat(32), amountDust: 1n}]);
    expect(verdictOf(proof, genesisGround(richer, verify))).toBe("VALIDATOR_SET_INVALID");
  });

  test("of block 0", () => {
    const zero = {...h1, height: 0n, view: 0n};
    const headers = [zero];
    for (const view of [1n, 2n]) headers.push({...h1, height: view, view, parentId: blockIdOf(headers.at(-1)!)});
    expect(verdictOf({...proof, headers, certificates: headers.map((each) => certify(each))})).toBe("FINALITY_INVALID");
  });

  test("with any byte altered", () => {
    const bytes = finalityProof.encode(proof);
    const places = fc.record({at: fc.nat(bytes.length - 1), by: fc.integer({min: 1, max: 255})});
    fc.assert(
      fc.property(places, ({at, by}) => {
        const altered = Uint8Array.from(bytes);
        altered[at] = altered[at]! ^ by;
        let verdict = "refused";
        try {
          verdict = verdictOf(finalityProof.decode(altered));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
        expect(verdict).not.toBe("holds");
      }),
      {numRuns: 300},
    );
  });
});

describe("the desk", () => {
  const codeAt = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "proved",
      (error: QsdmError) => error.code,
    );

  test("takes what is not final yet from the certified branch", async () => {
    const headers = headersAt([1n, 2n, 3n, 4n]);
    for (const tip of [1n, 2n, 3n, 4n]) {
      const made = await deskOver(headers, tip).prove(1n);
      expect(made.headers).toEqual(headers.slice(0, 3));
      expect(verdictOf(made)).toBe("holds");
    }
  });

  test("asks for patience while the blocks above are missing", async () => {
    const headers = headersAt([1n, 2n, 4n, 5n]);
    expect(await codeAt(deskOver(headers, 4n).prove(3n))).toBe("FINALITY_PENDING");
    expect(await codeAt(deskOver(headers, 1n).prove(1n))).toBe("FINALITY_PENDING");
  });

  test("has nothing for heights above the tip, and no proof of the genesis", async () => {
    const headers = headersAt([1n, 2n, 3n]);
    expect(await codeAt(deskOver(headers, 1n).prove(2n))).toBe("BLOCK_NOT_FOUND");
    expect(await codeAt(deskOver(headers, 1n).prove(0n))).toBe("FINALITY_OF_GENESIS");
  });

  test("does not go on for ever where every second view was given up", async () => {
    const headers = headersAt(Array.from({length: FINALITY_HEADERS_MAX + 1}, (_, i) => BigInt(2 * i + 1)));
    const tip = BigInt(headers.length);
    expect(await codeAt(deskOver(headers, tip).prove(1n))).toBe("FINALITY_TOO_LONG");
  });
});
