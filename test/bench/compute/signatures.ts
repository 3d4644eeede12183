/** P1 to P3: ML-DSA-87 by every implementation that is here, beside OpenSSL of Node 24, liboqs and pqclean. */
import {randomBytes} from "node:crypto";
import {UnavailableError} from "../../../src/errors.js";
import {batchOf, VALID} from "../../../src/node/compute/ml-dsa/native.js";
import {
  guardSizes,
  ML_DSA_LOADERS,
  type MlDsa,
  type MlDsaBackend,
  type SignedMessage,
} from "../../../src/node/compute/ml-dsa.js";
import {bestPath, loadAddon} from "../../../src/node/compute/native/addon.js";
import {opensslMicros, pqclean} from "../peers/peers.js";
import {liboqsMicros} from "./native-peers.js";
import {best, type Print, ratio} from "./rounds.js";

const MESSAGE = new Uint8Array(200).fill(7);
const SIGNATURES = 8;
const BATCH = 64;
/** Rounds of `best`, each of which has keys that nobody has seen. */
const FRESH_BATCHES = 7;
const GOALS = {
  P1: {noble: 100, "Node 24": 9, "native liboqs": 1.5},
  P2: {"native liboqs": 3.5},
  P3: {noble: 150, "Node 24": 17, "native liboqs": 1.8},
} as const;

/** Microseconds of one operation by everybody. */
type Took = Readonly<Record<string, number>>;

export async function benchSignatures(print: Print): Promise<void> {
  const suites: MlDsa[] = [];
  for (const [name, load] of Object.entries(ML_DSA_LOADERS)) {
    const backend = await load(87);
    if (backend) suites.push(guardSizes(87, backend));
    else print(`${name}: not in this Node`);
  }
  const clean = pqclean();
  const {publicKey, secretKey} = suites[0]!.keygenFromSeed(new Uint8Array(randomBytes(32)));
  if (typeof clean === "string") print(`pqclean: not compared; ${clean}`);
  else {
    print(`pqclean: ${clean.form}`);
    suites.push(guardSizes(87, {...clean, name: "pqclean", keygenFromSeed: suites[0]!.keygenFromSeed} as MlDsaBackend));
  }
  const signed = suites.map((suite) => Array.from({length: SIGNATURES}, () => suite.sign(secretKey, MESSAGE)));
  const accepts = (suite: MlDsa, signature: Uint8Array): boolean => suite.verify(publicKey, MESSAGE, signature);
  for (const suite of suites)
    for (const signature of signed.flat()) {
      const tampered = signature.with(99, signature[99]! ^ 1);
      if (!accepts(suite, signature) || accepts(suite, tampered)) print(`WRONG ANSWER from ${suite.name}`);
    }
  const batches = nativeBatches(suites[0]!, {publicKey, secretKey});
  if (batches && !batches.all().every((right) => right)) print("WRONG ANSWER from a batch");
  const verify = micros(
    best<string>({
      ...Object.fromEntries(
        suites.map((suite) => [suite.name, () => signed[0]!.every((each) => accepts(suite, each))]),
      ),
    }),
    SIGNATURES,
  );
  const inBatches = batches ? micros(best<string>({fresh: batches.fresh, known: batches.known}), BATCH) : {};
  const sign = micros(
    best<string>(
      Object.fromEntries(
        suites.map((suite) => {
          const held = suite.hold(secretKey);
          return [suite.name, () => signed[0]!.forEach(() => void held.sign(MESSAGE))];
        }),
      ),
    ),
    SIGNATURES,
  );
  const openssl = opensslMicros();
  if (typeof openssl === "string") print(`OpenSSL of Node 24: not compared; ${openssl}`);
  const liboqs = liboqsMicros("speed_sig", "ML-DSA-87", print);
  const beside = (operation: "verify" | "sign"): Took => ({
    ...(typeof openssl === "string" ? {} : {"Node 24": openssl[operation]}),
    ...(liboqs ? {"native liboqs": liboqs[operation]!} : {}),
  });
  const {native, ...others} = verify;
  const verifiers = {...others, ...beside("verify")};
  if (inBatches.fresh) {
    row(print, `P1 verify, keys not seen before, batches of ${BATCH}`, inBatches.fresh, verifiers, GOALS.P1);
    row(print, `P2 verify, keys that are kept, batches of ${BATCH}`, inBatches.known!, verifiers, GOALS.P2);
  }
  if (native) row(print, "P2 verify, a key that is kept, one call each", native, verifiers, {});
  const {native: signs, ...signers} = sign;
  if (signs) row(print, "P3 sign, hedged, a key that is held", signs, {...signers, ...beside("sign")}, GOALS.P3);
}

const micros = (millis: Took, count: number): Took =>
  Object.fromEntries(Object.entries(millis).map(([name, ms]) => [name, (ms * 1e3) / count]));

function row(print: Print, what: string, ours: number, peers: Took, goals: Took): void {
  const rate = (each: number): string => `${(1e6 / each).toFixed(0)}/s`;
  print(`${what}: ${rate(ours)}`);
  for (const [name, theirs] of Object.entries(peers))
    print(`  ${name} ${rate(theirs)}: ratio ${ratio(theirs, ours)}${name in goals ? ` (goal ${goals[name]})` : ""}`);
}

/** The addon's batches, or null without it. */
function nativeBatches(suite: MlDsa, known: {readonly publicKey: Uint8Array; readonly secretKey: Uint8Array}) {
  try {
    const addon = loadAddon();
    if (suite.name !== "native") return null;
    const batch = (keys: () => typeof known): SignedMessage[] =>
      Array.from({length: BATCH}, () => {
        const {publicKey, secretKey} = keys();
        return {publicKey, message: MESSAGE, signature: suite.sign(secretKey, MESSAGE)};
      });
    const fresh = Array.from({length: FRESH_BATCHES}, () =>
      batch(() => suite.keygenFromSeed(new Uint8Array(randomBytes(32)))),
    );
    const again = batch(() => known);
    const verify = (signatures: readonly SignedMessage[]): Uint8Array =>
      addon.mlDsaVerify(...batchOf(bestPath(addon), 87, signatures));
    let round = 0;
    return {
      fresh: () => verify(fresh[round++ % FRESH_BATCHES]!),
      known: () => verify(again),
      // Not of the fresh ones, which would be known then.
      all: (): boolean[] =>
        [again, again.map((each) => ({...each, message: new Uint8Array(1)}))].map((signatures, at) =>
          verify(signatures).every((verdict) => (verdict === VALID) === (at === 0)),
        ),
    };
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return null;
  }
}
