/** Threads of a CUDA device, through the addon: those of the device where there is one, else run by the CPU on the stand-in. */
import {mlDsaSizes} from "../../../../src/node/compute/ml-dsa.js";
import {type CudaLibrary, loadCuda} from "../../../../src/node/compute/native/cuda-library.js";
import {standInHere} from "../../../support/cuda.js";
import {builtAddon} from "../../../support/native.js";
import type {SignCase, VerifyCase} from "./cases.js";
import {nativeForm, type Path} from "./paths.js";

/** Fewer than there are keys, so that some are kept and some are not. */
const KEPT_KEYS = 8;

/** The secret key of a case, or null where its bytes have another size than one. No kernel makes keys: the addon does. */
function secretKeyOf({level, key}: SignCase): Uint8Array | null {
  const {publicKeyBytes, secretKeyBytes} = mlDsaSizes(level);
  if ("secretKey" in key) return key.secretKey.length === secretKeyBytes ? key.secretKey : null;
  if (key.seed.length !== 32) return null;
  const secretKey = new Uint8Array(secretKeyBytes);
  builtAddon!.mlDsaKeygen(0, level, key.seed, new Uint8Array(publicKeyBytes), secretKey);
  return secretKey;
}

function signs(library: CudaLibrary, each: SignCase): boolean {
  const {level, signed, rnd, signature} = each;
  const secretKey = secretKeyOf(each);
  const signer = secretKey && library.createSigner(0, level, secretKey);
  if (!signer) return signature === null;
  const {form, message, context} = nativeForm(signed);
  const made = new Uint8Array(mlDsaSizes(level).signatureBytes);
  const [refusal] = library.sign(signer, form, [message], [context], rnd ?? new Uint8Array(32), made);
  library.destroySigner(signer);
  return signature === null ? refusal !== 0 : refusal === 0 && Buffer.compare(made, signature) === 0;
}

/** None without the addon, or without a device and the tools that the stand-in takes. */
export function cudaPathsHere(): readonly Path[] {
  const library = deviceLibrary() ?? standInHere();
  if (!library) return [];
  const verifiers = {44: library.createVerifier(0, 44, KEPT_KEYS), 87: library.createVerifier(0, 87, KEPT_KEYS)};
  const verifies = ({level, signed, publicKey, signature, valid}: VerifyCase): boolean => {
    const {form, message, context} = nativeForm(signed);
    const batch = [[publicKey], [message], [context], [signature]] as const;
    const [verdict] = library.verify(verifiers[level], form, ...batch, new Uint8Array());
    return (verdict === 0) === valid;
  };
  return [
    {
      name: "cuda",
      answer: (each) => (each.kind === "keygen" ? null : each.kind === "sign" ? signs(library, each) : verifies(each)),
    },
  ];
}

function deviceLibrary(): CudaLibrary | null {
  try {
    return loadCuda().library;
  } catch {
    return null;
  }
}
