/** Routes of the reference that this node will not have, each with the reason that it answers (410). */

export interface GoneRoute {
  readonly method: "GET" | "POST";
  /** `*` at the end stands for any rest. */
  readonly path: string;
  /** What to do instead. */
  readonly hint: string;
  readonly why: string;
}

const WALLETS = {
  why: "a node holds no wallets: keys are made and used where their owner is",
  hint: "make a key with qsdm wallet create and send signed transactions to /api/v1/wallet/submit",
};
const TOKENS = {
  why: "the reference's tokens moved no balances",
  hint: "CELL is moved by signed transactions to /api/v1/wallet/submit",
};
const PAYOUTS = {
  why: "a ledger pays nobody on request: money comes from genesis, mining and transfers",
  hint: "on a dev network allocate balances with qsdm node init --allocate",
};

export const GONE_ROUTES: readonly GoneRoute[] = [
  {method: "POST", path: "/api/v1/wallet/create", ...WALLETS},
  {method: "POST", path: "/api/v1/wallet/send", ...WALLETS},
  {method: "GET", path: "/api/v1/wallet/address", ...WALLETS},
  {
    method: "POST",
    path: "/api/v1/wallet/mint",
    why: "nobody mints by request: the emission schedule and accepted proofs decide",
    hint: "/api/v1/mining/emission has the schedule, /api/v1/ledger/supply what was minted",
  },
  {method: "POST", path: "/api/v1/tokens/mint", ...TOKENS},
  {method: "POST", path: "/api/v1/tokens/create", ...TOKENS},
  {method: "GET", path: "/api/v1/tokens/list", ...TOKENS},
  {method: "POST", path: "/api/v1/faucet/claim", ...PAYOUTS},
  {method: "GET", path: "/api/v1/referrals/*", ...PAYOUTS},
  {method: "POST", path: "/api/v1/referrals/*", ...PAYOUTS},
];
