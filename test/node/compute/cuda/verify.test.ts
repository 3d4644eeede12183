import {describe, expect, test} from "vitest";
import {concat} from "../../../../src/codecs/bytes.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {mlDsaSizes} from "../../../../src/node/compute/ml-dsa.js";
import {SIGNED_FORM} from "../../../../src/node/compute/native/addon.js";
import type {CudaVerifier} from "../../../../src/node/compute/native/cuda-library.js";
import {standIn} from "../../../support/cuda.js";
import {addonOf} from "../../../support/native.js";
import {allCases, type VerifyCase} from "../ml-dsa/cases.js";
import {nativeForm} from "../ml-dsa/paths.js";

const NONE = new Uint8Array();
const verifications = allCases().filter((each): each is VerifyCase => each.kind === "verify");

describe.each([44, 87] as const)("ML-DSA-%d by a thread of a GPU, run by the CPU", (level) => {
  test.for(["pure", "internal", "mu", "prehash"] as const)(
    "answers ACVP's and Wycheproof's cases of the form %s",
    (form, context) => {
      const {library} = standIn(context);
      const cases = verifications.filter((each) => each.level === level && each.signed.form === form);
      expect(cases.length).toBeGreaterThan(10);
      const forms = cases.map(({signed}) => nativeForm(signed));
      const messages = forms.map(({message}) => message);
      const digests = new Uint8Array(32 * cases.length);
      const ask = (verifier: CudaVerifier) =>
        library.verify(
          verifier,
          forms[0]!.form,
          cases.map(({publicKey}) => publicKey),
          messages,
          forms.map(({context}) => context),
          cases.map(({signature}) => signature),
          digests,
        );
      // Keys are fresh, then made ready as far as there is room, then found.
      const keeping = library.createVerifier(0, level, 8);
      const [verdicts, ...others] = [library.createVerifier(0, level, 0), keeping, keeping, keeping].map(ask);
      for (const each of others) expect(each).toEqual(verdicts);
      for (const [i, {name, group, valid}] of cases.entries())
        expect([group, name, verdicts![i] === 0]).toEqual([group, name, valid]);
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
      ...([library.createVerifier(0, level, 8), SIGNED_FORM.pure] as const),
      [publicKey.subarray(1), publicKey, publicKey, publicKey],
      new Array(4).fill(signed.message),
      [NONE, NONE, long, contextOf(signed)],
      [signature, signature.subarray(0, signatureBytes - 1), signature, signature],
      NONE,
    );
    expect([...verdicts]).toEqual([1, 2, 3, 0]);
  });

  test("takes nothing at all", (context) => {
    const {library} = standIn(context);
    expect(library.verify(library.createVerifier(0, level, 8), 0, [], [], [], [], NONE)).toEqual(NONE);
  });

  test("answers on a thread of its own as it does here", async (context) => {
    const {library} = standIn(context);
    const verifier = library.createVerifier(0, level, 8);
    const pool = new (addonOf(context).Pool)(1, 4, 2 ** 20);
    const some = verifications.filter((each) => each.level === level && each.signed.form === "internal").slice(0, 9);
    const batch = [
      ...([verifier, SIGNED_FORM.internal] as const),
      some.map(({publicKey}) => publicKey),
      some.map(({signed}) => signed.message),
      some.map(() => NONE),
      some.map(({signature}) => signature),
    ] as const;
    expect(await pool.cudaVerify(1, ...batch)).toEqual(library.verify(...batch, NONE));
    await expect(async () => pool.cudaVerify(2, {} as CudaVerifier, 0, [], [], [], [])).rejects.toMatchObject({
      code: "NATIVE_ARGUMENT",
    });
    await pool.close();
  });
});
