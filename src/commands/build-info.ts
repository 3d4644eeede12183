/** What the build wrote into the bundle. */
declare const QSDM_VERSION: string | undefined;
declare const QSDM_COMMIT: string | undefined;

/** Package version; `0.0.0-source` when run without a build. */
export const VERSION: string = typeof QSDM_VERSION === "string" ? QSDM_VERSION : "0.0.0-source";
/** Git commit, 40 hex digits; empty when the build was not made in a checkout. */
export const COMMIT: string = typeof QSDM_COMMIT === "string" ? QSDM_COMMIT : "";
/** Version of the mining protocol that this program speaks. */
export const PROTOCOL_VERSION = 2;
