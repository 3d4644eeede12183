/**
 * `qsdm/validator-attest/v1`: a validator's signed, expiring word that a GPU which the chain believes stands beside it.
 * Everything is checked in consensus: the report, its chain of certificates, and that it answers a block of the last
 * minute (docs/decisions/0034-attested-validators.md).
 */
import {base64Of, equalBytes} from "../../../../codecs/bytes.js";
import {
  VALIDATOR_ATTEST_CONTRACT,
  type ValidatorAttestation,
  validatorAttestation,
  validatorNonce,
} from "../../../../codecs/chain/validator-attestation.js";
import {driverVersionOf, vbiosVersionOf} from "../../../../codecs/mining/spdm-report.js";
import {RuleError} from "../../../../errors.js";
import {type Call, type Contract, NO_EFFECT} from "../../chain/contract.js";
import {blocksIn} from "../../params/chain-params.js";
import type {State} from "../../state/state.js";
import {validatorAttestations, validators} from "../../state/stores.js";
import {deviceIdOf} from "../cc/device.js";
import {deviceTrustOf} from "../cc/trust.js";
import {checkSpdmBelieved, readSignedReport} from "../spdm/verify.js";

/** How long an attestation counts: four times what QSDM's lock takes a bundle for. */
export const VALIDATOR_ATTESTATION_SECONDS = 3_600;

const refuse = (code: string, why: string, hint?: string): never => {
  throw new RuleError(`VALIDATOR_ATTESTATION_${code}`, why, hint === undefined ? {} : {hint});
};

/** Whether `account` is one of those who vote. */
function isValidator(state: State, account: string): boolean {
  for (const key of state.keys(validators)) if (state.get(validators, key)?.account === account) return true;
  return false;
}

/** The validator that a device speaks for at `height`, or null. */
function holderOf(state: State, deviceId: string, height: bigint): string | null {
  for (const account of state.keys(validatorAttestations)) {
    const held = state.get(validatorAttestations, account);
    if (held?.deviceId === deviceId && height < held.expiresAtHeight) return account;
  }
  return null;
}

/** Id of the block that the nonce was made from. */
function anchorOf({block}: Call, anchorHeight: bigint): string {
  const window = blocksIn(block.params, block.params.mining.freshnessWindowSeconds);
  const behind = block.height - anchorHeight;
  if (behind < 1n || behind > window)
    return refuse("STALE", `answers block ${anchorHeight}, ${behind} below this one, at most ${window} are allowed`);
  return block.ancestor(anchorHeight)?.id ?? refuse("STALE", `there is no block ${anchorHeight}`);
}

function apply(call: Call): ReturnType<Contract["apply"]> {
  const {state, block, content} = call;
  const {sender} = content;
  if (!isValidator(state, sender)) refuse("NOT_VALIDATOR", `${sender} is no validator's account`);
  const {anchorHeight, gpuArch, ...evidence} = validatorAttestation.decode(content.payload);
  const anchorId = anchorOf(call, anchorHeight);
  const bundle = {certChain: evidence.certChain.map((der) => base64Of(der)), report: evidence.report};
  const {report, device} = readSignedReport(bundle);
  if (!equalBytes(report.requestNonce, validatorNonce(anchorId, sender)))
    refuse("NONCE_OTHER", "the report answers another nonce than the one of this block and validator");
  const trust = deviceTrustOf(block.params.deviceTrust);
  checkSpdmBelieved(bundle, {gpuArch, trust, deniedGpus: [], nowMs: block.timeMs});
  const deviceId = deviceIdOf(device);
  const holder = holderOf(state, deviceId, block.height);
  if (holder !== null && holder !== sender) refuse("DEVICE_TAKEN", `this GPU speaks for validator ${holder}`);
  state.put(validatorAttestations, sender, {
    deviceId,
    gpuArch,
    driver: driverVersionOf(report),
    firmware: vbiosVersionOf(report),
    attestedAtHeight: block.height,
    expiresAtHeight: block.height + blocksIn(block.params, VALIDATOR_ATTESTATION_SECONDS),
  });
  return NO_EFFECT;
}

export const validatorAttestContract: Contract = {
  id: VALIDATOR_ATTEST_CONTRACT,
  check({payload}, {params}) {
    const {certChain}: ValidatorAttestation = validatorAttestation.decode(payload);
    if (certChain.length < 2) refuse("INVALID", "a device has two certificates at least");
    if (params.deviceTrust.roots.length === 0)
      refuse("UNSUPPORTED", "this chain pins no root of devices", "roots are named when a chain is made");
  },
  adds: ({sender}, state) => (state.has(validatorAttestations, sender) ? 0 : 1),
  apply,
  rejected: () => null,
};
