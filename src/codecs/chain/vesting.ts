/** Money that a genesis gives away over time (docs/decisions/0082-vesting.md). */
import {address} from "../address.js";
import {type FieldValue, record, u64, within} from "../cbor/record.js";

/** Takes out what has vested for the sender. */
export const VESTING_CLAIM_CONTRACT = "qsdm/vesting-claim/v1";

export const vestingClaim = within(
  128,
  record("vesting-claim", {
    /** Account to pay. */
    to: address,
  }),
);

/** What is set aside for one account: nothing before the cliff, all from the end on, and between by height. */
export const vestingRecord = record("vesting", {
  totalDust: u64,
  claimedDust: u64,
  cliffHeight: u64,
  endHeight: u64,
});
export type VestingRecord = FieldValue<typeof vestingRecord>;
