/** Longest that a custodian may take, as in the reference. */
export const CUSTODIAN_TIMEOUT_MS = 10_000;
