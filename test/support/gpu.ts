/**
 * A stand-in for a GPU with confidential computing: it holds a certificate chain like NVIDIA's and answers a nonce with
 * a report in NVIDIA's framing. Its keys are made here, so its chain ends at a root of its own.
 */
import {concat, utf8} from "../../src/codecs/bytes.js";
import {sha3} from "../../src/codecs/hash.js";
import {type SpdmReport, signedPart, spdmReport} from "../../src/codecs/mining/spdm-report.js";
import {Extension, type Issued, issue, signAs} from "./certificates.js";

const firmwareId = concat(sha3(utf8("firmware")), new Uint8Array(16));
const digest = (index: number): Uint8Array => concat(sha3(Uint8Array.of(index)), new Uint8Array(16));

/** Driver and firmware that the stand-in reports. */
export const STAND_IN_SOFTWARE = {driver: "550.90.07", firmware: "96.00.9F.00.01"} as const;
/** What it measures, by index. */
export const STAND_IN_MEASUREMENTS: ReadonlyMap<number, Uint8Array> = new Map(
  [1, 2, 3].map((index) => [index, digest(index)]),
);

export interface StandInGpu {
  readonly root: Issued;
  readonly device: Issued;
  readonly leaf: Issued;
  readonly certChain: readonly Uint8Array[];
  report(requestNonce: Uint8Array, change?: Partial<SpdmReport>): Uint8Array;
}

/** The extension in which a leaf names its firmware. */
const dice = (id: Uint8Array): Extension =>
  new Extension("2.23.133.5.4.1", false, concat(Uint8Array.of(0x30, 50, 0x04, 48), id).slice().buffer as ArrayBuffer);

export async function standInGpu(name = "GH100 T00 GSP"): Promise<StandInGpu> {
  const root = await issue({name: "Stand-in Device Identity CA"});
  const device = await issue({name: `${name} BROM`, issuer: root});
  const leaf = await issue({name: `${name} FMC LF`, issuer: device, ca: false, also: [dice(firmwareId)]});
  const chain = [leaf, device].map(({certificate}) => certificate.der);
  return {
    root,
    device,
    leaf,
    certChain: chain,
    report(requestNonce, change = {}) {
      const unsigned: SpdmReport = {
        requestNonce,
        slot: 0,
        parameters: [0, 0],
        measurements: [...STAND_IN_MEASUREMENTS].map(([index, value]) => ({index, type: 1, value})),
        nonce: new Uint8Array(32).fill(9),
        opaque: OPAQUE,
        signature: new Uint8Array(96),
        ...change,
      };
      const raw = spdmReport.encode(unsigned);
      const signature = signAs(leaf, signedPart(raw), {hash: "sha384", form: "raw"});
      return concat(signedPart(raw), signature);
    },
  };
}

const OPAQUE: ReadonlyMap<number, Uint8Array> = new Map([
  [6, Uint8Array.of(0x00, 0x9f, 0x00, 0x96, 0x01, 0, 0, 0)],
  [3, utf8(`${STAND_IN_SOFTWARE.driver}\0`)],
  [20, firmwareId],
]);
/** What the stand-in says of itself, with some fields changed. */
export const standInOpaque = (change: ReadonlyMap<number, Uint8Array>): ReadonlyMap<number, Uint8Array> =>
  new Map([...OPAQUE, ...change]);
