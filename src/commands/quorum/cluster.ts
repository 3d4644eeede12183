/** Custodians and their coordinator on this machine, in one process: for trying things out. */
import {hexOf} from "../../codecs/bytes.js";
import {DEFAULT_QUORUM_SERVER} from "../../node/api/quorum/server.js";
import {DEFAULT_CUSTODIAN_LIMITS} from "../../node/quorum/custodian/custodian.js";
import {type RunningService, startCoordinator, startCustodian} from "../../node/quorum-services.js";
import type {Log} from "../../node/service.js";

export interface ClusterOptions {
  readonly directory: string;
  readonly custodians: number;
  readonly threshold: number;
  /** Port of the coordinator, and of the first custodian; 0 takes free ones. */
  readonly coordinatorPort: number;
  readonly custodianPort: number;
  readonly maxTracked: number;
  readonly log: Log;
  readonly random: (size: number) => Uint8Array;
}

export interface Cluster {
  readonly coordinator: string;
  readonly custodians: readonly string[];
  stop(): Promise<void>;
}

const KEY_BYTES = 32;
export const HOST = "127.0.0.1";

/**
 * Starts them with approval keys of their own, new at every start: nothing outside checks an approval again.
 * @throws UnavailableError LISTEN_FAILED, and as the stores say; what had started is stopped
 */
export async function startCluster(options: ClusterOptions, signal: AbortSignal): Promise<Cluster> {
  const {directory, custodians: count, threshold, coordinatorPort, custodianPort, maxTracked, log, random} = options;
  const running: RunningService[] = [];
  const stop = async (): Promise<void> => {
    // The coordinator first: it holds connections to the others.
    for (const service of [...running].reverse()) await service.stop();
  };
  const place = (name: string, port: number) => ({
    dataDir: `${directory}/${name}`,
    server: {...DEFAULT_QUORUM_SERVER, host: HOST, port},
    log,
  });
  try {
    const keys = Array.from({length: count}, () => hexOf(random(KEY_BYTES)));
    const custodians: string[] = [];
    for (const [index, approvalKey] of keys.entries()) {
      const port = custodianPort === 0 ? 0 : custodianPort + index;
      const own = {index, threshold, approvalKey, ...DEFAULT_CUSTODIAN_LIMITS};
      const service = await startCustodian(own, place(`custodian-${index}`, port), signal);
      running.push(service);
      custodians.push(service.url);
    }
    const coordinator = await startCoordinator(
      {threshold, custodians, approvalKeys: keys, maxTracked},
      place("coordinator", coordinatorPort),
      signal,
    );
    running.push(coordinator);
    return {coordinator: coordinator.url, custodians, stop};
  } catch (error) {
    await stop();
    throw error;
  }
}
