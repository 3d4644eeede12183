/** The miner's view of a node through the API's client. */
import type {Challenge} from "../../codecs/mining/challenge.js";
import type {ServedWork} from "../../codecs/mining/work.js";
import type {Client} from "../api/client.js";
import type {MinerPorts} from "./ports.js";

/** The three routes that a miner calls. */
export type MiningClient = Pick<Client, "work" | "challenge" | "submitProof">;

/** What a chain is asked whose challenges are good for whoever holds them. */
const UNBOUND = {minerAddr: null, nodeId: null, height: null};

/** Work, challenges and submissions over `client`. */
export function nodePortsOf(client: MiningClient): Pick<MinerPorts, "work" | "challenge" | "submit"> {
  return {
    async work(): Promise<ServedWork> {
      const {workSet, ...rest} = await client.work({height: null});
      return {...rest, workSet: workSet.map(({cells}) => cells)};
    },
    challenge: (binding): Promise<Challenge> => client.challenge(binding ?? UNBOUND),
    async submit(body) {
      const {accepted, rejectReason, detail} = await client.submitProof({body});
      return {accepted, reason: rejectReason, detail};
    },
  };
}
