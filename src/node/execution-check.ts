/** Which blocks are executed a second time: none, one of a few, or all. */
export const EXECUTION_CHECKS = ["off", "sampled", "always"] as const;
export type ExecutionCheck = (typeof EXECUTION_CHECKS)[number];
