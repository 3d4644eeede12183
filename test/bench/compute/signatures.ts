/** P1 and P3: ML-DSA-87 by every implementation that is here, one call for each signature. */
import {guardSizes, ML_DSA_LOADERS, type MlDsa} from "../../../src/node/compute/ml-dsa.js";
import {liboqsMicros} from "./native-peers.js";
import {best, type Print, ratio} from "./rounds.js";

const MESSAGE = new Uint8Array(200).fill(7);
const SEED = new Uint8Array(32).fill(1);
const SIGNATURES = 8;

export async function benchSignatures(print: Print): Promise<void> {
  const suites: MlDsa[] = [];
  for (const [name, load] of Object.entries(ML_DSA_LOADERS)) {
    const backend = await load(87);
    if (backend) suites.push(guardSizes(87, backend));
    else print(`${name}: not in this Node`);
  }
  const {publicKey, secretKey} = suites[0]!.keygenFromSeed(SEED);
  const signed = suites.map((suite) => Array.from({length: SIGNATURES}, () => suite.sign(secretKey, MESSAGE)));
  const accepts = (suite: MlDsa, signature: Uint8Array): boolean => suite.verify(publicKey, MESSAGE, signature);
  for (const suite of suites)
    for (const signature of signed.flat()) {
      const tampered = signature.with(99, signature[99]! ^ 1);
      if (!accepts(suite, signature) || accepts(suite, tampered)) print(`WRONG ANSWER from ${suite.name}`);
    }
  const verify = best(
    Object.fromEntries(
      suites.map((suite) => [suite.name, () => signed[0]!.every((signature) => accepts(suite, signature))]),
    ),
  );
  const sign = best(
    Object.fromEntries(
      suites.map((suite) => [
        suite.name,
        () => {
          for (let i = 0; i < SIGNATURES; i++) suite.sign(secretKey, MESSAGE);
        },
      ]),
    ),
  );
  const table = (title: string, took: Readonly<Record<string, number>>): void => {
    print(title);
    for (const {name} of suites)
      print(
        `  ${name} ${((SIGNATURES * 1e3) / took[name]!).toFixed(0)}/s: ratio to noble ${ratio(took.noble!, took[name]!)}`,
      );
  };
  table("P2 ML-DSA-87 verifications, one key (goal: 100 times noble)", verify);
  table("P3 ML-DSA-87 signatures, hedged (goal: 150 times noble)", sign);
  const native = liboqsMicros("speed_sig", "ML-DSA-87", (line) => print(`  ${line}`));
  if (native)
    for (const [operation, millis] of [
      ["verify", verify],
      ["sign", sign],
    ] as const)
      print(
        `  native liboqs ${operation} ${(1e6 / native[operation]!).toFixed(0)}/s: ours takes ` +
          `${ratio((millis[suites[0]!.name]! / SIGNATURES) * 1e3, native[operation]!)} its time`,
      );
}
