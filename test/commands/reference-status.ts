/** A node of QSDM as our write commands see it. */
import type {CannedRoute} from "./canned-node.js";

export const REFERENCE_STATUS = {
  node_id: "n",
  version: "1",
  git_sha: "",
  build_date: "",
  uptime: "1s",
  chain_tip: 7,
  peers: 0,
  node_role: "validator",
  network: "qsdm",
  coin: {name: "Cell", symbol: "CELL", decimals: 8, smallest_unit: "dust"},
  branding: {name: "QSDM"},
  tokenomics: {
    cap_dust: 9_000_000_000_000_000,
    cap_cell: "90000000.00000000",
    emitted_dust: 0,
    emitted_cell: "0.00000000",
    remaining_dust: 9_000_000_000_000_000,
    block_reward_dust: 356_490_987,
    block_reward_cell: "3.56490987",
    current_epoch: 0,
    next_halving_height: 12_623_040,
    next_halving_eta_seconds: 126_230_330,
    target_block_time_seconds: 10,
    blocks_per_epoch: 12_623_040,
  },
  task_actions_ready: false,
};
/** The account of the recorded keystore. */
export const SENDER = "67b59ed3ac1cfd33c2166dfeb170efcac989843ed05bb8518f5b884325d4a7a0";
/** Status and nonce, which no recording has. */
export const AMBIENT_ROUTES: readonly CannedRoute[] = [
  {method: "GET", path: "/api/v1/status", status: 200, body: JSON.stringify(REFERENCE_STATUS)},
  {
    method: "GET",
    path: `/api/v1/wallet/nonce?sender=${SENDER}`,
    status: 200,
    body: JSON.stringify({sender: SENDER, nonce: 0, next: 1}),
  },
];
