/**
 * Devices that verify, tried before they are used: whether they say what is so, and from which batch on they are quicker
 * than the processor's threads.
 */
import {randomFillSync} from "node:crypto";
import {UnavailableError} from "../../../errors.js";
import type {MlDsa, SignedMessage} from "../ml-dsa.js";
import type {DeviceVerifier} from "./device-verifier.js";

/** Sizes that are tried, doubling. */
const FEWEST = 16;
const MOST = 8_192;
/** Turns of each at a size; the quickest counts. */
const TURNS = 3;
/** One that takes longer and is still behind does not catch up. */
const PATIENCE_MS = 250;
/** So that its key is met for the first time, made ready, and found. */
const CHECKS = 3;

/** Signatures of one key, valid ones and each part damaged in turn, with what is so. */
export function trialBatch(suite: MlDsa): {
  readonly batch: readonly SignedMessage[];
  readonly valid: readonly boolean[];
} {
  const {publicKey, secretKey} = suite.keygenFromSeed(randomFillSync(new Uint8Array(32)));
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 1);
  const batch = Array.from({length: 16}, (_, i): SignedMessage => {
    const message = randomFillSync(new Uint8Array(40 * i + 1));
    const right = {publicKey, message, signature: suite.sign(secretKey, message)};
    const last = right.signature.length - 1;
    switch (i % 8) {
      case 1:
        return {...right, message: flipped(message, 0)};
      case 3:
        return {...right, publicKey: flipped(publicKey, 100 * i)};
      case 4:
        return {...right, signature: flipped(right.signature, 0)};
      case 5:
        return {...right, signature: flipped(right.signature, 2_000)};
      case 6:
        return {...right, signature: flipped(right.signature, last)};
      case 7:
        return {...right, signature: right.signature.subarray(1)};
      default:
        return right;
    }
  });
  secretKey.fill(0);
  return {batch, valid: batch.map((_, i) => i % 8 === 0 || i % 8 === 2)};
}

/** @throws UnavailableError DEVICE_WRONG, and what `verify` throws */
export async function checkVerifier(
  device: DeviceVerifier,
  {batch, valid}: ReturnType<typeof trialBatch>,
): Promise<void> {
  for (let time = 0; time < CHECKS; time++) {
    const said = await device.verify(batch);
    if (valid.some((each, i) => each !== said[i]))
      throw new UnavailableError("DEVICE_WRONG", `device ${device.name} verifies signatures wrongly`, {
        hint: "verify on the processor on this machine: verify_on = cpu",
      });
  }
}

/** Who verifies a batch, and a clock. */
export interface VerifyContest {
  host(batch: readonly SignedMessage[]): Promise<unknown>;
  device(batch: readonly SignedMessage[]): Promise<unknown>;
  /** Monotonic. */
  nowMs(): number;
}

/** The smallest power of two from which on the device is quicker; Infinity where it never is. @param one a valid one */
export async function verifyBreakEven(one: SignedMessage, {host, device, nowMs}: VerifyContest): Promise<number> {
  for (let count = FEWEST; count <= MOST; count *= 2) {
    const batch = new Array<SignedMessage>(count).fill(one);
    const best = {host: Number.POSITIVE_INFINITY, device: Number.POSITIVE_INFINITY};
    for (let turn = 0; turn < TURNS; turn++)
      for (const [who, verify] of Object.entries({host, device}) as ["host" | "device", typeof host][]) {
        const startedAtMs = nowMs();
        await verify(batch);
        best[who] = Math.min(best[who], nowMs() - startedAtMs);
      }
    if (best.device < best.host) return count;
    if (best.device > PATIENCE_MS) break;
  }
  return Number.POSITIVE_INFINITY;
}
