/** P22: Shamir's sharing, 34 of 50, of many secrets at once. */
import {randomBytes, randomFillSync} from "node:crypto";
import {combine} from "shamir-secret-sharing";
import {equalBytes} from "../../../src/codecs/bytes.js";
import {bigintField, type FieldBatches} from "../../../src/node/compute/field.js";
import {ELEMENT_BYTES, packElements, unpackElements} from "../../../src/node/quorum/field/bytes.js";
import {lagrangeWeights, reconstruct} from "../../../src/node/quorum/sharing/shamir.js";
import {best, type Print} from "./rounds.js";

const HOLDERS = 34;
const SECRETS = 4_096;
const FEW = 8;
/** Bytes of a secret that npm's library shares. */
const SECRET_BYTES = 32;
/** quorumvm's own figure, in Python, from another run on such a machine: reconstructions a second. */
const PYTHON_RATE = 697;

const rate = (count: number, ms: number): string => `${((count / ms) * 1e-3).toFixed(3)} M/s`;
const times = (peerMs: number, oursMs: number): string => `${(peerMs / oursMs).toFixed(0)}x`;

export async function benchSharing(field: FieldBatches, print: Print): Promise<void> {
  const xs = Array.from({length: HOLDERS}, (_, at) => BigInt(at + 1));
  const weights = packElements(lagrangeWeights(xs, 0n));
  const matrix = randomFillSync(new Uint8Array(HOLDERS * SECRETS * ELEMENT_BYTES));
  for (let at = ELEMENT_BYTES - 1; at < matrix.length; at += ELEMENT_BYTES) matrix[at]! &= 63;
  const few = Uint8Array.from({length: HOLDERS * FEW * ELEMENT_BYTES}, (_, at) => {
    const row = Math.floor(at / (FEW * ELEMENT_BYTES));
    return matrix[row * SECRETS * ELEMENT_BYTES + (at % (FEW * ELEMENT_BYTES))]!;
  });
  const points = Array.from({length: FEW}, (_, column) => {
    const ys = unpackElements(few).filter((_y, at) => at % FEW === column);
    return ys.map((y, at) => ({x: xs[at]!, y}));
  });
  const right = packElements(points.map(reconstruct));
  if (!equalBytes(field.combine(weights, few), right) || !equalBytes(bigintField.combine(weights, few), right))
    print("WRONG SECRETS: P22 does not count");
  const bytes = Array.from({length: HOLDERS}, (_, at) => Uint8Array.of(...randomBytes(SECRET_BYTES), at + 1));
  const gf256 = new Uint8Array(randomBytes(HOLDERS * SECRETS * SECRET_BYTES));
  const gf256Weights = new Uint8Array(randomBytes(HOLDERS));

  const npmMs = await bestAsync(() => combine(bytes));
  const took = best({
    rules: () => points.map(reconstruct),
    bigint: () => bigintField.combine(weights, few),
    ours: () => field.combine(weights, matrix),
    gf256: () => field.gf256.combine(gf256Weights, gf256),
  });
  const [rules, bigint, ours, quick] = [took.rules / FEW, took.bigint / FEW, took.ours / SECRETS, took.gf256 / SECRETS];
  print(`P22 reconstruct from ${HOLDERS} shares modulo 2^127 - 1, batches of ${SECRETS}: ${rate(1, ours)}`);
  print(
    `  ratio to the rules, weights each time ${times(rules, ours)}, to BigInt with weights kept ${times(bigint, ours)}, ` +
      `to shamir-secret-sharing ${times(npmMs, ours)} (goal 900), ` +
      `to quorumvm, fixed, other run, ${times(1e3 / PYTHON_RATE, ours)} (goal 5,000)`,
  );
  print(`  of ${SECRET_BYTES} bytes over GF(2^8): ${rate(1, quick)}, shamir-secret-sharing ${times(npmMs, quick)}`);
}

/** The library answers by promises. */
async function bestAsync(run: () => Promise<unknown>): Promise<number> {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 200; round++) {
    const start = performance.now();
    await run();
    bestMs = Math.min(bestMs, performance.now() - start);
  }
  return bestMs;
}
