/** What the parts of the engine share. */
import type {ConsensusState, Input} from "../consensus/hotstuff/state.js";
import type {Verdict} from "../network/port.js";
import type {Bodies} from "./bodies.js";
import type {JobQueue} from "./job-queue.js";

export interface EngineCore {
  state(): ConsensusState;
  readonly bodies: Bodies;
  readonly jobs: JobQueue;
  /** One input, its effects, and the inputs that they lead to on this node. Within a job only. */
  take(input: Input): Promise<Verdict>;
}
