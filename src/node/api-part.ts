/** The API as a part of the node: what it reads, what it writes to and what is counted of it. */
import {DEFAULT_API_OPTIONS} from "./api/options.js";
import type {ApiPorts, LedgerView} from "./api/ports.js";
import {ApiServer} from "./api/server.js";
import type {BatchDesk} from "./batches/desk.js";
import type {Engine} from "./engine/engine.js";
import {FinalityDesk} from "./finality.js";
import {judgeSlash} from "./judge-slash.js";
import {type NodeKeys, roleOf} from "./keys-part.js";
import {addedRecords} from "./ledger/chain/growth.js";
import {transactionOfId} from "./ledger/state/tx-ids.js";
import {ledgerLog} from "./ledger-log.js";
import {blockTimeMs, type Ledger} from "./ledger-part.js";
import {NodeMetrics} from "./metrics/registry.js";
import {clusterFigures} from "./open-store.js";
import type {PoolChannel} from "./pool-gossip.js";
import {Pulse} from "./pulse.js";
import type {Pruning} from "./retention.js";
import type {Site} from "./site.js";
import type {Snapshots} from "./snapshots/periodic.js";
import {SupplyHistory} from "./supply-history.js";
import {viewOf} from "./view.js";
import type {Wire} from "./wire-part.js";

export function createApi(
  {options, ports, dir, store}: Site,
  keys: NodeKeys,
  {
    engine,
    batches,
    pruning,
    snapshots,
    ...ledger
  }: Ledger &
    Wire & {
      readonly engine: Engine;
      readonly batches: BatchDesk;
      readonly pruning: Pruning;
      readonly snapshots: Snapshots;
    },
): ApiServer {
  const {chain, pool, ngc, network, tally} = ledger;
  const metrics = new NodeMetrics({
    view: () => viewOf(chain),
    poolSize: () => pool.size,
    tableReady: () => ledger.desk.work.tableReady,
    ngc,
    wire: {network, tally},
    batches: () => batches.figures,
    sync: () => ({...engine.syncTally, ...engine.sync()}),
    cluster: clusterFigures(store),
    signaturesChecked: () => keys.signatures.checked,
    bodies: ledger.bodies,
    store: () => ({...store.localFigures(), prunedHeight: store.prunedHeight(), pruned: pruning.pruned}),
    snapshots: () => snapshots.figures,
  });
  store.measure(metrics.store);
  const pulse = new Pulse(Math.max(10 * blockTimeMs(ledger), 30_000), () => performance.now());
  const supplyHistory = new SupplyHistory();
  const noteSupply = (): void => {
    const {head, supply} = viewOf(chain);
    supplyHistory.note(head.height, supply());
  };
  noteSupply();
  chain.subscribe(noteSupply);
  chain.subscribe((committed) => metrics.observe(committed));
  ledger.telemetry?.subscribe((verdict) => metrics.judged(verdict));
  ledger.rejections.subscribe((claim, outcome) => metrics.rejected(claim, outcome));
  chain.subscribe(() => pulse.beat());
  chain.subscribe(ledgerLog(ports.log));
  const {version, commit} = ports;
  const finality = new FinalityDesk({genesis: dir.genesis, store, chain, newest: () => engine.newest()});
  const info = {
    nodeId: keys.nodeId,
    get role() {
      return roleOf(keys, chain);
    },
    version,
    commit,
    startedAtMs: ports.nowMs(),
  };
  return new ApiServer(
    {...DEFAULT_API_OPTIONS, ...options.api},
    {
      node: {
        ...portsOf(ledger),
        supplyHistory,
        sync: () => engine.sync(),
        batches: () => batches.figures,
        store,
        finality,
        ngc,
        network,
        info,
        now: () => ports.nowMs(),
      },
      scrape: () => metrics.scrape(),
      healthy: () => pulse.beats(),
      monotonicMs: () => performance.now(),
      log: ports.log,
      answered: (what) => metrics.answered(what),
      streaming: (open) => metrics.streaming(open),
      streamEnded: (code) => metrics.streamEnded(code),
    },
  );
}

/** The ledger as the API sees it. */
function portsOf(
  ledger: Ledger & Wire,
): Omit<ApiPorts, "supplyHistory" | "batches" | "sync" | "store" | "finality" | "ngc" | "network" | "info" | "now"> {
  const {chain, pool, intake, desk, feed, rejections, telemetry, nowMs, gossip, retelling} = ledger;
  const announce = (channel: PoolChannel, id: string, bytes: Uint8Array): void => {
    gossip.announce(channel, bytes);
    retelling.keep(channel, id);
  };
  const view = (): LedgerView => viewOf(chain);
  return {
    view,
    async submit(envelope) {
      const taken = await intake.submit(envelope);
      announce("transactions", taken.txId, envelope);
      return taken;
    },
    async submitCompat(door, body) {
      const {txId, carried} = await intake.submitCompat(door, body);
      announce("transactions", carried.txId, carried.bytes);
      return {txId};
    },
    transactionOfId: (clientId) => transactionOfId(chain.state, clientId),
    poolSize: () => pool.size,
    waitingBids: () => pool.bids(),
    waitingTransaction: (txId) => pool.get(txId)?.content ?? null,
    nextNonce: (address) => pool.nextNonce(address, intake.nonceOf),
    challenge: (asked) => desk.challenge(chain.state, asked),
    work: (height) => desk.work.at(chain.state, height),
    submitProof: (raw) =>
      desk.answer(async () => {
        const accepted = await intake.submitProof(raw);
        announce("proofs", accepted.proofIdHex, raw);
        return accepted;
      }),
    telemetry,
    recentRejections: (query) => rejections.list(query),
    feed,
    addedRecords: (sent) => addedRecords(chain.state, sent, ledger.contracts),
    judgeSlash: (payload) => judgeSlash(payload, {chain, offences: intake.offences, nowMs}),
  };
}
