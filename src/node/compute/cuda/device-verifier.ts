/** One CUDA device as who verifies ML-DSA-87, waited for by a thread of its own. */
import {UnavailableError} from "../../../errors.js";
import type {CudaPlace} from "../cuda.js";
import {VALID} from "../ml-dsa/native.js";
import type {SignedMessage} from "../ml-dsa.js";
import {type Addon, SIGNED_FORM} from "../native/addon.js";
import {named} from "../native/pool.js";

/** Public keys that are kept ready on a device, 65 KiB each. */
const KEPT_KEYS = 4_096;
/** Batches that may wait for a device, and their bytes: what comes beyond is the processor's. */
const WAITING_BATCHES = 8;
const WAITING_BYTES = 2 ** 28;
const NOTHING = new Uint8Array();

/** Verifies whole batches elsewhere. */
export interface DeviceVerifier {
  /** `cuda:0`. */
  readonly name: string;
  /** @throws UnavailableError COMPUTE_BUSY, DEVICE_FAILED, COMPUTE_CLOSED */
  verify(batch: readonly SignedMessage[]): Promise<readonly boolean[]>;
  close(): Promise<void>;
}

export function openDeviceVerifier(
  addon: Addon,
  {library, number}: Pick<CudaPlace, "library" | "number">,
): DeviceVerifier {
  const name = `cuda:${number}`;
  const verifier = library.createVerifier(number, 87, KEPT_KEYS);
  const thread = new addon.Pool(1, WAITING_BATCHES, WAITING_BYTES);
  let tickets = 0;
  return {
    name,
    async verify(batch) {
      try {
        const verdicts = await named(() =>
          thread.cudaVerify(
            ++tickets,
            verifier,
            SIGNED_FORM.pure,
            batch.map(({publicKey}) => publicKey),
            batch.map(({message}) => message),
            batch.map(() => NOTHING),
            batch.map(({signature}) => signature),
          ),
        );
        return Array.from(verdicts, (verdict) => verdict === VALID);
      } catch (error) {
        if ((error as {code?: string}).code !== "CUDA_FAILED") throw error;
        throw new UnavailableError("DEVICE_FAILED", `device ${name}: ${(error as Error).message}`, {
          hint: "nvidia-smi shows what the driver says of it",
          cause: error,
        });
      }
    },
    close: () => named(() => thread.close()),
  };
}
