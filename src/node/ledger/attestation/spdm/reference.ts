/**
 * What a GPU's measurements are held against: for each pair of driver and firmware the digests that are right, as their
 * maker publishes them. A pair that the chain does not know is refused: nobody could tell it from a forged one.
 */
import {equalBytes} from "../../../../codecs/bytes.js";
import type {DeviceTrustParams} from "../../../../codecs/chain/genesis.js";
import type {Measurement} from "../../../../codecs/mining/spdm-report.js";
import {failureIn} from "../quoted.js";

const fail: ReturnType<typeof failureIn> = failureIn("spdm");

/** Every measurement that the reference has is there, and is one of its values. @throws AttestationError */
export function checkReference(
  references: DeviceTrustParams["references"],
  {driver, firmware}: {readonly driver: string; readonly firmware: string},
  measurements: readonly Measurement[],
): void {
  const reference = references.find((each) => each.driver === driver && each.firmware === firmware);
  if (!reference) return fail("signature_invalid", `no reference for driver ${driver} with firmware ${firmware}`);
  for (const {index, digests} of reference.measurements) {
    const measured = measurements.find((each) => each.index === index);
    if (!measured) fail("signature_invalid", `measurement ${index} is missing`);
    else if (!digests.some((digest) => equalBytes(digest, measured.value)))
      fail("signature_invalid", `measurement ${index} is not what driver ${driver} and firmware ${firmware} give`);
  }
}
