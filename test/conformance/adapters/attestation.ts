/** `hmac_verify.json`, `cc_verify.json` and `archcheck.json`: attestation by MAC and by certificate, the dispatcher, and the architecture tables. */
import {bytesOfHex} from "../../../src/codecs/bytes.js";
import {NO_ATTESTATION, type Proof} from "../../../src/codecs/mining/proof.js";
import {
  architectureOf,
  checkArchitecture,
  checkCertSubject,
  checkGpuName,
  checkHashrate,
} from "../../../src/node/ledger/attestation/architecture.js";
import {readDeviceTrust} from "../../../src/node/ledger/attestation/cc/trust.js";
import {type CcPorts, checkCcAttestation} from "../../../src/node/ledger/attestation/cc/verify.js";
import {refuseCc} from "../../../src/node/ledger/attestation/cc-stub.js";
import {ChallengeVerifier} from "../../../src/node/ledger/attestation/challenge.js";
import {AttestationDispatcher} from "../../../src/node/ledger/attestation/dispatcher.js";
import {AttestationError} from "../../../src/node/ledger/attestation/failure.js";
import {checkHmacAttestation, type HmacPorts} from "../../../src/node/ledger/attestation/hmac.js";
import {NonceStore} from "../../../src/node/ledger/attestation/nonce-store.js";
import {type Adapters, byOperation, type Input, type Output, refusalOf} from "../case.js";
import {OK, proofOf} from "./shapes.js";

/** What a case configures a verifier with. */
export function hmacPortsOf(input: Input, withNonces: boolean): HmacPorts {
  const registry = new Map(input.objects("registry").map((entry) => [entry.text("node_id"), entry]));
  return {
    operator(nodeId) {
      const entry = registry.get(nodeId);
      if (!entry) return null;
      const revokedAtHeight = entry.flag("revoked") ? 1n : null;
      return {gpuUuid: entry.text("gpu_uuid"), hmacKey: entry.bytes("hmac_key"), revokedAtHeight};
    },
    challenges: input.has("challenge_signers") ? challengesOf(input.object("challenge_signers")) : null,
    nonces: withNonces ? new NonceStore(input.number("nonce_retention_seconds")) : null,
    denyList: input.has("deny_list") ? input.texts("deny_list") : [],
    limits: {windowSeconds: 60, futureSkewSeconds: 5},
  };
}

function challengesOf(signers: Input): ChallengeVerifier {
  const verifier = new ChallengeVerifier();
  for (const signerId of Object.keys(signers.json)) verifier.register(signerId, signers.bytes(signerId));
  return verifier;
}

function verifySequence(input: Input): Output {
  const ports = hmacPortsOf(input, input.flag("nonce_store"));
  const results = input.objects("steps").map((step): Output => {
    const proof = proofOf(step.object("proof"));
    return attempt(() => checkHmacAttestation(ports, proof, step.big("now") * 1_000n));
  });
  return {results};
}

function dispatcherOf(input: Input): AttestationDispatcher {
  const dispatcher = new AttestationDispatcher();
  for (const type of input.texts("registered_types")) dispatcher.register(type, () => undefined);
  return dispatcher;
}

/** A proof of which only the attestation's type matters. */
const proofOfType = (type: string): Proof => ({
  version: 2,
  epoch: 0n,
  height: 0n,
  headerHash: new Uint8Array(32),
  minerAddr: "a",
  batchRoot: new Uint8Array(32),
  batchCount: 1,
  nonce: new Uint8Array(16),
  mixDigest: new Uint8Array(32),
  attestation: {...NO_ATTESTATION, type},
});

const hmacVerify = byOperation({
  verify_sequence: verifySequence,
  dispatch(input) {
    dispatcherOf(input).check(proofOfType(input.text("attestation_type")), 0n);
    return OK;
  },
  register(input) {
    dispatcherOf(input).register(input.text("type"), () => undefined);
    return OK;
  },
  assert_all(input) {
    dispatcherOf(input).assertRegistered(input.texts("required"));
    return OK;
  },
});

/** The 17.4 verifier of a case. */
function ccPortsOf(input: Input): CcPorts {
  const params = {
    roots: input.texts("pinned_roots").map((der) => bytesOfHex(der)),
    minFirmware: input.textOr("min_firmware"),
    minDriver: input.textOr("min_driver"),
    references: [],
  };
  return {
    trust: readDeviceTrust(params),
    challenges: input.has("challenge_signers") ? challengesOf(input.object("challenge_signers")) : null,
    nonces: input.has("nonce_store") && input.flag("nonce_store") ? new NonceStore() : null,
    limits: {windowSeconds: 60, futureSkewSeconds: 5},
  };
}

function attempt(check: () => void): Output {
  try {
    check();
    return OK;
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    return {error: error.message, sentinel: error.failureClass};
  }
}

const ccVerify = byOperation({
  verify_sequence(input) {
    const ports = ccPortsOf(input);
    const proof = proofOf(input.object("proof"));
    const times = input.texts("now").map((seconds) => BigInt(seconds) * 1_000n);
    return {results: times.map((nowMs) => attempt(() => checkCcAttestation(ports, proof, nowMs)))};
  },
  new_verifier(input) {
    ccPortsOf(input);
    return OK;
  },
  stub(input) {
    refuseCc(proofOfType(input.text("attestation_type")), 0n);
    return OK;
  },
});

const archcheck = byOperation({
  canonicalise(input) {
    const raw = input.text("gpu_arch");
    const canonical = architectureOf(raw);
    const refusal = refusalOf(() => checkArchitecture(raw));
    return {ok: canonical !== null, canonical: canonical ?? "", ...(refusal === null ? {} : {outer_error: refusal})};
  },
  gpu_name(input) {
    checkGpuName(input.text("arch"), input.text("gpu_name"));
    return OK;
  },
  cert_subject(input) {
    checkCertSubject(input.text("arch"), input.text("cert_subject"));
    return OK;
  },
  hashrate(input) {
    checkHashrate(input.text("arch"), input.big("claimed_hps"));
    return OK;
  },
});

export const attestationAdapters: Adapters = {
  "mining.attest.hmac: verifier accept/reject sequence": hmacVerify,
  "mining.attest.cc: verifier accept/reject sequence": ccVerify,
  "mining.attest.archcheck: canonicalisation and consistency tables": archcheck,
};
