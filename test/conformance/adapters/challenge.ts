/** `challenge.json`: signing bytes, signer rules, verification and the issuer. */
import {bytesOfHex, hexOf} from "../../../src/codecs/bytes.js";
import {challengeSigningBytes} from "../../../src/codecs/mining/challenge.js";
import {
  ChallengeVerifier,
  checkChallenge,
  createChallengeSigner,
} from "../../../src/node/ledger/attestation/challenge.js";
import {ChallengeIssuer} from "../../../src/node/ledger/attestation/issuer.js";
import {outcome} from "./outcome.js";

interface Issued {
  signer_id: string;
  issued_at: string;
  nonce: string;
}
type VerifierStep =
  | {call: "register" | "rotate"; signer_id: string; key: string}
  | {call: "verify"; signer_id: string; payload: string; signature: string};
type IssuerStep =
  | {call: "issue"; now: string; random_draws: string[]}
  | {call: "recently_issued"; now: string; nonce: string};
type Input =
  | ({op: "signing_bytes"; hmac_key: string} & Issued)
  | {op: "new_signer"; signer_id: string; key_len: number}
  | {op: "verifier_script"; steps: VerifierStep[]}
  | ({
      op: "verify";
      signature: string;
      now: string;
      window: number;
      max_future_skew: number;
      known_signers: Record<string, string>;
    } & Issued)
  | {op: "issuer_script"; hmac_key: string; signer_id: string; retention_seconds: number; steps: IssuerStep[]};

const issuedOf = ({signer_id, issued_at, nonce}: Issued) => ({
  signerId: signer_id,
  issuedAt: BigInt(issued_at),
  nonce: bytesOfHex(nonce),
});
const msOf = (seconds: string): bigint => BigInt(seconds) * 1_000n;

export function challenge(input: Input): unknown {
  switch (input.op) {
    case "signing_bytes": {
      const payload = challengeSigningBytes(issuedOf(input));
      // Nobody can sign under an empty name, but the bytes exist.
      if (input.signer_id === "") return {signing_bytes: hexOf(payload)};
      const signature = createChallengeSigner(input.signer_id, bytesOfHex(input.hmac_key)).sign(payload);
      return {signing_bytes: hexOf(payload), signature: hexOf(signature)};
    }
    case "new_signer":
      createChallengeSigner(input.signer_id, new Uint8Array(input.key_len));
      return {ok: true};
    case "verifier_script": {
      const verifier = new ChallengeVerifier();
      return {results: input.steps.map((step) => outcome(() => runVerifier(verifier, step)))};
    }
    case "verify": {
      const freshness = {
        nowSeconds: BigInt(input.now),
        windowSeconds: BigInt(input.window),
        futureSkewSeconds: BigInt(input.max_future_skew),
      };
      checkChallenge({...issuedOf(input), signature: bytesOfHex(input.signature)}, freshness, verifierOf(input));
      return {ok: true};
    }
    case "issuer_script": {
      const signer = createChallengeSigner(input.signer_id, bytesOfHex(input.hmac_key));
      const issuer = new ChallengeIssuer(signer, input.retention_seconds);
      return {results: input.steps.map((step) => outcome(() => runIssuer(issuer, step)))};
    }
  }
}

function verifierOf({known_signers}: {known_signers: Record<string, string>}): ChallengeVerifier {
  const verifier = new ChallengeVerifier();
  for (const [signerId, key] of Object.entries(known_signers)) verifier.register(signerId, bytesOfHex(key));
  return verifier;
}

function runVerifier(verifier: ChallengeVerifier, step: VerifierStep): unknown {
  if (step.call === "verify") verifier.check(step.signer_id, bytesOfHex(step.payload), bytesOfHex(step.signature));
  else verifier[step.call](step.signer_id, bytesOfHex(step.key));
  return {ok: true};
}

function runIssuer(issuer: ChallengeIssuer, step: IssuerStep): unknown {
  if (step.call === "recently_issued") return {result: issuer.recentlyIssued(bytesOfHex(step.nonce), msOf(step.now))};
  const draws = step.random_draws.values();
  const issued = issuer.issue(msOf(step.now), () => bytesOfHex(draws.next().value!));
  return {
    signer_id: issued.signerId,
    issued_at: `${issued.issuedAt}`,
    nonce: hexOf(issued.nonce),
    signature: hexOf(issued.signature),
  };
}
