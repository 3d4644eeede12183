/** Which roster may follow another: as those who hold the secrets agreed, and as many organisations of theirs. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {type SignedRoster, succession} from "../../../../src/codecs/quorum/strict/roster.js";
import {sign} from "../../../../src/codecs/quorum/strict/statement.js";
import {successorsOf} from "../../../../src/node/quorum/strict/succession.js";
import {StrictQuorum} from "../../../support/strict-quorum.js";

const ORGANISATIONS = {"custodian-0": "north", "custodian-1": "north", "custodian-2": "south"};

describe("the roster after one of two organisations", () => {
  let before: StrictQuorum;
  let next: StrictQuorum;
  beforeAll(async () => {
    before = await StrictQuorum.create({n: 3, k: 2, organisations: ORGANISATIONS, approvalOrganisations: 2});
    // It asks for no organisations any more, which is for two to decide.
    next = await StrictQuorum.create({n: 3, k: 2, after: before});
  });
  afterAll(async () => {
    await before.stop();
    await next.stop();
  });

  const agreed = (custodian: number, {by = custodian, from = before.members.digest, to = next.members.digest} = {}) =>
    sign(succession, {from, to, custodian}, (message) => before.parties.custodians[by]!.sign(message));
  const follows = (approvals: SignedRoster["approvals"], change: Partial<SignedRoster["content"]> = {}) => {
    const {verify} = before.parties.custodians[0]!;
    const roster = {...next.roster, content: {...next.roster.content, ...change}, approvals};
    return () => successorsOf(before.members, roster, verify);
  };
  const refused = (message: string) =>
    expect.objectContaining({code: "SUCCESSION_INVALID", message: expect.stringContaining(message)});

  test("is one that K custodians of both agreed to", () => {
    expect(follows([agreed(0), agreed(2)])().digest).toEqual(next.members.digest);
    expect(follows([agreed(2), agreed(1), agreed(0)])().k).toBe(2);
  });

  test("is none that one of them has K custodians for", () => {
    expect(follows([agreed(0), agreed(1)])).toThrow(refused("lacks the word of custodians of 1 organisations"));
  });

  test("is none that fewer than K agreed to, or the same twice", () => {
    expect(follows([])).toThrow(refused("lacks the word of 2 custodians"));
    expect(follows([agreed(2)])).toThrow(refused("lacks the word of 1 custodians"));
    expect(follows([agreed(2), agreed(2)])).toThrow(refused("lacks the word of 1 custodians"));
  });

  test("is none that they agreed to otherwise: by another key, to another roster, or from one", () => {
    const digest = new Uint8Array(32);
    for (const other of [agreed(0, {by: 1}), agreed(0, {to: digest}), agreed(0, {from: digest}), agreed(7, {by: 0})])
      expect(follows([other, agreed(2)])).toThrow(refused("lacks the word of 1 custodians"));
  });

  test("is of the same quorum and the next in number", () => {
    const both = [agreed(0), agreed(2)];
    expect(follows(both, {quorum: new Uint8Array(32)})).toThrow(refused("is of another quorum"));
    expect(follows(both, {epoch: 3})).toThrow(refused("has number 3, after 1"));
    expect(follows(both, {previous: null})).toThrow(refused("names another roster before it"));
    expect(follows(both, {previous: new Uint8Array(32)})).toThrow(refused("names another roster before it"));
  });
});
