/** What a custodian asks nodes of the ledger: a light client over their HTTP, and what it proved of clients' stakes. */
import {setTimeout as sleep} from "node:timers/promises";
import type {LightChain} from "../codecs/chain/light.js";
import {CLIENT_DEFAULTS, createClient} from "./api/client.js";
import {loadMlDsa} from "./compute/ml-dsa.js";
import {StakeDesk, type StakeDeskOptions} from "./custody/stake-desk.js";
import {LightFollower} from "./light/follower.js";
import {httpSource} from "./light/http-source.js";
import type {SourceVerdict} from "./light/source.js";
import type {Log} from "./service.js";

export interface QuorumLedgerOptions extends StakeDeskOptions {
  /** URLs of nodes, none of which is trusted; at least one. */
  readonly nodes: readonly string[];
  /** For one answer of a node. */
  readonly timeoutMs: number;
  /** What is trusted: a genesis, or what was verified since. */
  readonly chain: LightChain;
  /** Keeps what was verified. */
  save(chain: LightChain): Promise<void>;
}

export const DEFAULT_STAKE_OPTIONS: StakeDeskOptions & Pick<QuorumLedgerOptions, "timeoutMs"> = {
  maxAgeMs: 5 * 60_000,
  keepMs: 60_000,
  timeoutMs: 5_000,
};

/** A desk that has begun to follow the ledger. */
export interface OpenStakeDesk {
  readonly desk: StakeDesk;
  stop(): Promise<void>;
}

export async function openStakeDesk(options: QuorumLedgerOptions, log: Log): Promise<OpenStakeDesk> {
  const {nodes, timeoutMs, chain, save} = options;
  const abort = new AbortController();
  const clients = nodes.map((url) => createClient({...CLIENT_DEFAULTS, url, timeoutMs, signal: abort.signal}));
  const nowMs = (): number => Date.now();
  const {verify} = await loadMlDsa(44);
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, {signal: abort.signal, ref: false});
  const ledger = new LightFollower(chain, {
    sources: clients.map(httpSource),
    verify,
    nowMs,
    save,
    sleep: wait,
    told: (verdict) => tell(log, verdict),
  });
  const desk = new StakeDesk(options, {ledger, nowMs, sleep: wait, log});
  desk.start();
  return {
    desk,
    async stop() {
      desk.stop();
      abort.abort();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function tell(log: Log, {name, verdict, height, code, reason}: SourceVerdict): void {
  if (verdict === "lied") log.error({node: name, code, reason}, "what a node of the ledger says does not hold");
  else if (verdict === "unavailable") log.debug({node: name, code, reason}, "a node of the ledger does not answer");
  else log.debug({node: name, verdict, height}, "a node of the ledger answered");
}
