/** From an attestation's type to what verifies it. Source: QSDM mining protocol, section 13.2. */
import {quoteText} from "../../../codecs/go/quote.js";
import type {Proof} from "../../../codecs/mining/proof.js";
import {RuleError} from "../../../errors.js";
import {AttestationError} from "./failure.js";

/** Checks the attestation of one type. @throws AttestationError, or RuleError of the architecture checks */
export type CheckAttestation = (proof: Proof, nowMs: bigint) => void;

const refuse = (message: string): never => {
  throw new RuleError("ATTESTATION_TYPE_INVALID", `attest: ${message}`);
};

export class AttestationDispatcher {
  readonly #checks = new Map<string, CheckAttestation>();

  /** @throws RuleError ATTESTATION_TYPE_INVALID */
  register(type: string, check: CheckAttestation): void {
    if (type === "") refuse("attestationType must be non-empty");
    if (this.#checks.has(type)) refuse(`type ${quoteText(type)} already registered`);
    this.#checks.set(type, check);
  }

  /** @throws RuleError ATTESTATION_TYPE_INVALID naming those of `types` that nothing verifies */
  assertRegistered(types: readonly string[]): void {
    const missing = types.filter((type) => !this.#checks.has(type)).sort();
    if (missing.length > 0) refuse(`missing verifiers for types: [${missing.join(" ")}]`);
  }

  /** @throws AttestationError, or RuleError of the architecture checks */
  check(proof: Proof, nowMs: bigint): void {
    const {type} = proof.attestation;
    if (type === "") throw new AttestationError("required", "attest: empty attestation type");
    const check = this.#checks.get(type);
    if (!check)
      throw new AttestationError("type_unknown", `attest: no verifier registered for type ${quoteText(type)}`);
    check(proof, nowMs);
  }
}
