/** Parties of a roster, what is sealed to them, and what a client makes of their shares. */
import fc from "fast-check";
import {afterAll, describe, expect, test} from "vitest";
import {rosterFile} from "../../../../src/codecs/quorum/strict/roster.js";
import {sealTo} from "../../../../src/node/custody/party.js";
import {add, mul} from "../../../../src/node/quorum/field/field.js";
import {share} from "../../../../src/node/quorum/sharing/shamir.js";
import {Allocation, commonRanges} from "../../../../src/node/quorum/strict/allocation.js";
import {namedBy} from "../../../../src/node/quorum/strict/blame.js";
import {Members} from "../../../../src/node/quorum/strict/members.js";
import {mostGiven, openMasks} from "../../../../src/node/quorum/strict/unmask.js";
import {draw} from "../../../support/quorum-cluster.js";
import {StrictQuorum} from "../../../support/strict-quorum.js";

describe("a roster", async () => {
  const quorum = await StrictQuorum.create({n: 3, k: 2});
  afterAll(() => quorum.stop());
  const {roster: signed, parties} = quorum;
  const {verify} = parties.custodians[0]!;
  const {content, signatures} = signed;
  const code = (file: Pick<typeof signed, "content" | "signatures">): string => {
    try {
      Members.of(file, verify);
      return "";
    } catch (error) {
      return (error as {code: string}).code;
    }
  };

  test("survives its file", () => {
    expect(rosterFile.decode(rosterFile.encode(signed))).toEqual(signed);
    expect(() => rosterFile.decode(rosterFile.encode(signed).subarray(1))).toThrow(
      expect.objectContaining({code: "ARMOR_INVALID"}),
    );
  });

  test("is used when every custodian has signed what it says", () => {
    expect(code(signed)).toBe("");
    expect(code({content, signatures: signatures.slice(1)})).toBe("ROSTER_UNSIGNED");
    expect(code({content: {...content, epoch: 2}, signatures})).toBe("ROSTER_UNSIGNED");
    const swapped = signatures.map(({signature}, at) => ({place: (at + 1) % 3, signature}));
    expect(code({content, signatures: swapped})).toBe("ROSTER_UNSIGNED");
  });

  test("has a threshold that needs no dealer, and everybody once", () => {
    expect(code({content: {...content, threshold: 1}, signatures})).toBe("THRESHOLD_TOO_LOW");
    expect(code({content: {...content, threshold: 3}, signatures})).toBe("THRESHOLD_TOO_HIGH");
    const twice = {...content, clients: [{card: content.custodians[0]!.card, organisation: ""}]};
    expect(code({content: twice, signatures})).toBe("ROSTER_INVALID");
  });

  test("a box opens for whom and for what it was sealed, and for nothing else", () => {
    const [zero, one] = parties.custodians as [(typeof parties.custodians)[0], (typeof parties.custodians)[0]];
    const bound = Uint8Array.of(7);
    const box = sealTo(zero.suite, zero.card("x").sealingKey, {plaintext: Uint8Array.of(1, 2, 3), bound});
    expect(zero.unseal(box, bound)).toEqual(Uint8Array.of(1, 2, 3));
    expect(() => one.unseal(box, bound)).toThrow(expect.objectContaining({code: "BOX_INVALID"}));
    expect(() => zero.unseal(box, Uint8Array.of(8))).toThrow(expect.objectContaining({code: "BOX_INVALID"}));
  });
});

describe("masks", () => {
  const dealt = (n: number, k: number) => {
    const [r, v] = [draw(), draw()];
    const shares = [r, v, mul(r, v)].map((value) => share(value, {n, k}, draw));
    return {r, parts: Array.from({length: n}, (_, place) => ({place, elements: shares.map((each) => each[place]!.y)}))};
  };
  const bent = (elements: readonly bigint[], at: number) => elements.map((y, i) => (i === at ? add(y, 1n) : y));

  test("are right in spite of one wrong share of three, whose sender is named", () => {
    for (const at of [0, 1, 2]) {
      const {r, parts} = dealt(3, 2);
      parts[1] = {place: 1, elements: bent(parts[1]!.elements, at)};
      expect(openMasks(parts, {k: 2, count: 1})).toEqual({values: [r], wrong: [1]});
    }
  });

  test("are those that most custodians gave, each of whom counts once", () => {
    const {parts} = dealt(3, 2);
    const named = (first: bigint, place: number) => ({...parts[place]!, epoch: 1n, first});
    const honest = [named(8n, 1), named(8n, 2)];
    for (const liar of [[named(9n, 0)], [named(9n, 0), named(9n, 0), named(9n, 0)]])
      expect(mostGiven([...liar, ...honest])).toEqual(honest);
    expect(mostGiven([{...named(8n, 0), epoch: 2n}, ...honest])).toEqual(honest);
    expect(mostGiven([])).toEqual([]);
  });

  test("are refused where no k custodians agree", () => {
    const {parts} = dealt(2, 2);
    parts[1] = {place: 1, elements: bent(parts[1]!.elements, 0)};
    expect(() => openMasks(parts, {k: 2, count: 1})).toThrow(expect.objectContaining({code: "MASKS_WRONG"}));
    expect(() => openMasks(parts.slice(1), {k: 2, count: 1})).toThrow(expect.objectContaining({code: "MASKS_WRONG"}));
  });
});

test("who is accused by fewer than k others is not named", () => {
  const accusations = [
    {by: 0, culprits: [2]},
    {by: 1, culprits: [2]},
    {by: 2, culprits: [0, 2]},
  ];
  expect(namedBy(accusations, 2)).toEqual([2]);
  expect(namedBy(accusations.slice(1), 2)).toEqual([]);
});

test("what all hold is found in no more ranges than they name, whatever lies in whatever", () => {
  const wide = Array.from({length: 4_096}, () => ({first: 0n, count: 2 ** 32 - 1}));
  expect(commonRanges([wide, wide, wide, [{first: 5n, count: 3}]])).toEqual([{first: 5n, count: 3}]);
  const ranges = fc.array(fc.record({first: fc.bigInt({min: 0n, max: 30n}), count: fc.nat(6)}), {maxLength: 8});
  fc.assert(
    fc.property(fc.array(ranges, {minLength: 1, maxLength: 4}), (held) => {
      const numbers = (each: readonly {first: bigint; count: number}[]): bigint[] =>
        each.flatMap(({first, count}) => Array.from({length: count}, (_, at) => first + BigInt(at)));
      const all = Array.from({length: 40}, (_, at) => BigInt(at));
      const common = all.filter((number) => held.every((each) => numbers(each).includes(number)));
      expect(numbers(commonRanges(held))).toEqual(common);
    }),
  );
});

test("numbers are handed out once, out of what all hold", () => {
  const held = [
    [{first: 0n, count: 10}],
    [
      {first: 2n, count: 3},
      {first: 6n, count: 10},
    ],
  ];
  const allocation = new Allocation();
  allocation.offer(commonRanges(held));
  expect([allocation.take(4), allocation.take(1), allocation.left]).toEqual([6n, null, 0]);
  allocation.offer(commonRanges(held));
  expect(allocation.take(1)).toBe(null);
});

test("numbers that were given back are handed out again, whatever was handed out since and is in use", () => {
  const allocation = new Allocation();
  const held = [{first: 0n, count: 100}];
  allocation.offer(held);
  expect([10, 10, 10].map((count) => allocation.take(count))).toEqual([0n, 10n, 20n]);
  allocation.giveBack({first: 0n, count: 10});
  expect([allocation.left, allocation.take(1)]).toEqual([0, null]);
  allocation.offer(held);
  expect([allocation.left, allocation.take(4), allocation.take(6), allocation.take(10)]).toEqual([80, 0n, 4n, 30n]);
  // Both that were refused are one again with what lies above.
  allocation.giveBack({first: 20n, count: 10});
  allocation.giveBack({first: 30n, count: 10});
  allocation.offer(held);
  expect([allocation.take(80), allocation.left]).toEqual([20n, 0]);
});
