/** Names under which QSDM's own client knows commands that are called otherwise here, or are not here. */

/** Its name, and ours. */
export const ALIASES: Readonly<Record<string, string>> = {
  "wallet new": "wallet create",
  "wallet enable-recovery": "wallet recovery create",
  "wallet restore-legacy": "wallet recovery open",
  "wallet export-recovery": "wallet recovery export",
};

const NO_ROUTE = "QSDM's client has this command, for a route that no node of QSDM has";
const LOGIN = "QSDM's client has this command, for a route that wants a login it cannot send";

/** Its commands that never worked (quirk Q58), or wait for what they would ask: what to do instead. */
export const NOT_CARRIED: Readonly<Record<string, string>> = {
  chain: `${NO_ROUTE}; qsdm status has the height and the newest block`,
  mempool: `${NO_ROUTE}; qsdm status --json has the size of the pool`,
  contracts: NO_ROUTE,
  tokens: NO_ROUTE,
  deploy: LOGIN,
  execute: LOGIN,
  bridge: LOGIN,
  lock: LOGIN,
  audit: "a node of this program has no audit page yet",
};
