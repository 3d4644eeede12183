import {describe, expect, test} from "vitest";
import {concat} from "../../../../src/codecs/bytes.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {mlDsaSizes} from "../../../../src/node/compute/ml-dsa.js";
import {SIGNED_FORM} from "../../../../src/node/compute/native/addon.js";
import {standIn} from "../../../support/cuda.js";
import {allCases, type VerifyCase} from "../ml-dsa/cases.js";

const NONE = new Uint8Array();
const verifications = allCases().filter((each): each is VerifyCase => each.kind === "verify");

describe.each([44, 87] as const)("ML-DSA-%d by a thread of a GPU, run by the CPU", (level) => {
  test.for(["pure", "internal", "mu"] as const)(
    "answers ACVP's and Wycheproof's cases of the form %s",
    (form, context) => {
      const {library} = standIn(context);
      const cases = verifications.filter((each) => each.level === level && each.signed.form === form);
      expect(cases.length).toBeGreaterThan(10);
      const messages = cases.map(({signed}) => signed.message);
      const digests = new Uint8Array(32 * cases.length);
      const verdicts = library.verify(
        0,
        level,
        SIGNED_FORM[form],
        cases.map(({publicKey}) => publicKey),
        messages,
        cases.map(({signed}) => (signed.form === "pure" ? signed.context : NONE)),
        cases.map(({signature}) => signature),
        digests,
      );
      for (const [i, {name, group, valid}] of cases.entries())
        expect([group, name, verdicts[i] === 0]).toEqual([group, name, valid]);
      // The digest of a cell that is refused is as good.
      expect(digests).toEqual(concat(...messages.map((message) => sha3(message))));
    },
  );

  test("refuses what has another size, with the others beside it", (context) => {
    const {library} = standIn(context);
    const {publicKey, signature, signed} = verifications.find(
      (each) => each.level === level && each.valid && each.signed.form === "pure",
    )!;
    const {signatureBytes} = mlDsaSizes(level);
    const contextOf = (each: VerifyCase["signed"]): Uint8Array => (each.form === "pure" ? each.context : NONE);
    const long = new Uint8Array(256);
    const verdicts = library.verify(
      ...([0, level, SIGNED_FORM.pure] as const),
      [publicKey.subarray(1), publicKey, publicKey, publicKey],
      new Array(4).fill(signed.message),
      [NONE, NONE, long, contextOf(signed)],
      [signature, signature.subarray(0, signatureBytes - 1), signature, signature],
      NONE,
    );
    expect([...verdicts]).toEqual([1, 2, 3, 0]);
  });

  test("takes nothing at all", (context) => {
    expect(standIn(context).library.verify(0, level, 0, [], [], [], [], NONE)).toEqual(NONE);
  });
});
