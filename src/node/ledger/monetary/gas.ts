/**
 * Gas: what a transaction costs the network, counted before it runs and from signed bytes alone, so that nobody who
 * passes it on can change it. What it adds to the state comes on top (chain/growth.ts).
 * Source: spec/bft-ledger.md 6.2; vectors/qbind/gas.json. Why: docs/decisions/0078-gas.md.
 */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import type {Policy} from "../../../codecs/chain/multisig.js";
import {ML_DSA_87} from "../../../codecs/suite.js";
import {DecodeError} from "../../../errors.js";
import {paymentsOf} from "../transfer/payments.js";

/** The pinned schedule. */
const BASE_GAS = 21_000n;
const READ_GAS = 2_600n;
const WRITE_GAS = 5_000n;
const BYTE_GAS = 16n;

/** What shows that the sender meant it. A key counts whether or not it is carried, which nobody signs. */
export interface Authorship {
  readonly keys: number;
  readonly signatures: number;
}

export const ONE_KEY: Authorship = {keys: 1, signatures: 1};

/** What an account of several keys shows, however many have signed so far. */
export const authorshipOf = ({keys, threshold}: Policy): Authorship => ({keys: keys.length, signatures: threshold});

const authorityGas = ({keys, signatures}: Authorship): bigint =>
  BYTE_GAS * BigInt(keys * ML_DSA_87.publicKeyBytes + signatures * ML_DSA_87.signatureBytes);

/** Records of the state that a call reads and writes. */
export interface Access {
  readonly reads: number;
  readonly writes: number;
}

/** Of contracts that keep records of their own: the sender, the record, and what it is found by. */
const USUAL_ACCESS: Access = {reads: 4, writes: 4};

/** Gas of a call by the pinned schedule. */
export const gasOfCall = (payloadBytes: number, {reads, writes}: Access): bigint =>
  BASE_GAS + READ_GAS * BigInt(reads) + WRITE_GAS * BigInt(writes) + BYTE_GAS * BigInt(payloadBytes);

type Call = Pick<UnsignedEnvelope, "contract" | "sender" | "payload">;

/** Gas of a whole transaction. */
export const gasOf = (call: Call, by: Authorship = ONE_KEY): bigint =>
  authorityGas(by) + gasOfCall(call.payload.length, accessOf(call));

function accessOf(call: Call): Access {
  const accounts = accountsOf(call);
  return accounts === null ? USUAL_ACCESS : {reads: accounts.size, writes: accounts.size};
}

/**
 * The accounts that a payment touches; `null` for every other call. A payload that cannot be read counts as one: it is
 * included, and fails.
 */
function accountsOf(call: Call): ReadonlySet<string> | null {
  try {
    const payments = paymentsOf(call);
    return payments && new Set([call.sender, ...payments.map(({to}) => to)]);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** Records that a call of another contract than a payment adds at most. */
const USUAL_RECORDS = 3;

/** Most records that a transaction can add to any state, its sender's key not counted. */
export function mostRecords(call: Call): number {
  const accounts = accountsOf(call);
  // The sender has an account.
  return accounts === null ? USUAL_RECORDS : [...accounts].filter((each) => each !== call.sender).length;
}
