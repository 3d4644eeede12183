/** `governance-envelope.json` of QBIND: the digest that its council signs, and what its tool says of an envelope. */
import {utf8} from "../../../src/codecs/bytes.js";
import {readGovernanceEnvelope} from "../../../src/codecs/qbind/governance-envelope.js";
import type {Adapters, Input, Output} from "../case.js";

function envelope(input: Input): Output {
  // As a file of it would be.
  const {digest, fault} = readGovernanceEnvelope(utf8(JSON.stringify(input.json)));
  return {digest, error: fault, valid: fault === null};
}

export const governanceEnvelopeAdapters: Adapters = {"governance-envelope": envelope};
