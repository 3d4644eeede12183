/** A node behind the API's client, as the miner sees it. */
import type {Challenge, ChallengeBinding} from "../../codecs/mining/challenge.js";
import type {ServedWork} from "../../codecs/mining/work.js";
import {RuleError} from "../../errors.js";
import type {Client} from "../api/client.js";

import type {Answer} from "./ports.js";
import type {MinerNode} from "./sources.js";
import type {TipFeed} from "./tip-feed.js";

/** The routes that a miner calls. */
export type MiningClient = Pick<Client, "work" | "challenge" | "submitProof">;

/** What a chain is asked whose challenges are good for whoever holds them. */
const UNBOUND = {minerAddr: null, nodeId: null, height: null};

/** Work on the tip. */
export async function fetchWork(client: Pick<Client, "work">): Promise<ServedWork> {
  const {workSet, ...rest} = await client.work({height: null});
  return {...rest, workSet: workSet.map(({cells}) => cells)};
}

export const fetchChallenge = (
  client: Pick<Client, "challenge">,
  binding: ChallengeBinding | null,
): Promise<Challenge> => client.challenge(binding ?? UNBOUND);

export interface NodeClientPorts {
  readonly client: MiningClient & Pick<Client, "status" | "url">;
  readonly tips: TipFeed;
  /** Of the chain that the rig is enrolled on. */
  readonly chainId: string;
}

/** The node behind `client`; its chain is asked for before its first work. */
export function minerNodeOf({client, tips, chainId}: NodeClientPorts): MinerNode {
  let checked = false;
  return {
    name: client.url,
    async work() {
      if (!checked) await checkChain(client, chainId);
      checked = true;
      return fetchWork(client);
    },
    challenge: (binding) => fetchChallenge(client, binding),
    async submit(body): Promise<Answer> {
      const {accepted, rejectReason, detail} = await client.submitProof({body});
      return {accepted, reason: rejectReason, detail};
    },
    waitForTip: (ms, signal) => tips.wait(ms, signal),
  };
}

/** @throws RuleError NODE_OTHER_CHAIN: what it accepts would pay nothing here */
async function checkChain(client: NodeClientPorts["client"], chainId: string): Promise<void> {
  const {qsdm, network} = await client.status();
  const theirs = qsdm?.chainId ?? network;
  if (theirs === chainId) return;
  throw new RuleError(
    "NODE_OTHER_CHAIN",
    `${client.url} is a node of chain ${theirs}, the rig is enrolled on ${chainId}`,
    {
      hint: "leave it out of the nodes to mine for",
    },
  );
}
