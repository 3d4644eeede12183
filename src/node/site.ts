/** What a node is built from. */
import type {DataDir} from "./data-dir.js";
import type {NodeOptions, NodePorts} from "./node.js";
import type {OpenStore} from "./open-store.js";

export interface Site {
  readonly options: NodeOptions;
  readonly ports: NodePorts;
  readonly dir: DataDir;
  readonly store: OpenStore;
  /** Ends what the node does in the background. */
  readonly signal: AbortSignal;
  /** The node cannot go on. */
  broken(error: unknown): void;
}
