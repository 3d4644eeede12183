/** A device with a certificate on the command line: its chain, and the key where software holds it. */
import {createPrivateKey, createPublicKey, type KeyObject, sign} from "node:crypto";
import {equalBytes, plain} from "../../codecs/bytes.js";
import {decodePinnedRoots} from "../../codecs/mining/cc-roots.js";
import {type Certificate, decodeCertificate} from "../../codecs/x509/certificate.js";
import {DecodeError, QsdmError, UsageError} from "../../errors.js";
import type {CcDevice} from "../../node/mining/attest-cc.js";
import type {Io} from "../io.js";

const MAX_BYTES = 256 * 1024;

/** Certificates of a PEM file, leaf first, or the one of a DER file. @throws DecodeError CERTIFICATES_INVALID */
export async function readCertificates(
  io: Io,
  path: string,
  flag: string,
): Promise<readonly [Certificate, ...Certificate[]]> {
  const file = await io.readFile(path, {flag, maxBytes: MAX_BYTES});
  try {
    const [leaf, ...others] = decodePinnedRoots(file, path).map(({der}) => decodeCertificate(der));
    return [leaf!, ...others];
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    throw new DecodeError("CERTIFICATES_INVALID", `${flag}: ${path} holds no chain of certificates`, {
      hint: "PEM blocks, the device's own certificate first",
      cause,
    });
  }
}

export interface DeviceFlags {
  readonly certChain: string;
  readonly deviceKeyFile: string;
  readonly firmwareVer: string;
  readonly driverVer: string;
  readonly gpuArch: string;
}

/** @throws DecodeError CERTIFICATES_INVALID, KEY_FILE_INVALID; UsageError DEVICE_KEY_MISMATCH */
export async function readDevice(io: Io, flags: DeviceFlags): Promise<CcDevice> {
  const certificates = await readCertificates(io, flags.certChain, "--cert-chain");
  const key = readDeviceKey(await io.readFile(flags.deviceKeyFile, {flag: "--device-key-file", maxBytes: MAX_BYTES}));
  const own = createPublicKey(key).export({format: "der", type: "spki"});
  if (!equalBytes(own, certificates[0].publicKey))
    throw new UsageError("DEVICE_KEY_MISMATCH", "the device key is not the one of the first certificate", {
      hint: "the device's own certificate comes first in --cert-chain",
    });
  const {firmwareVer, driverVer, gpuArch} = flags;
  return {
    certChain: certificates.map(({der}) => der),
    firmwareVer,
    driverVer,
    gpuArch,
    sign: (message) => plain(sign("sha256", message, key)),
  };
}

function readDeviceKey(file: Uint8Array): KeyObject {
  try {
    return createPrivateKey(Buffer.from(file));
  } catch {
    // No cause: OpenSSL's errors can quote the file.
    throw new DecodeError("KEY_FILE_INVALID", "--device-key-file: no private key in PEM without a passphrase", {
      hint: "an elliptic-curve key, as openssl ecparam -genkey writes it",
    });
  }
}
