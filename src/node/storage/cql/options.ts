/** How a cluster is reached. */
export const CONSISTENCIES = ["one", "local-quorum", "quorum", "all"] as const;
export type Consistency = (typeof CONSISTENCIES)[number];

export interface CqlOptions {
  /** HOST or HOST:PORT of some of its machines. */
  readonly contactPoints: readonly string[];
  /** Data centre that this node is near to. */
  readonly datacenter: string;
  /** Made by the operator, who knows how often rows are to be kept. */
  readonly keyspace: string;
  readonly consistency: Consistency;
  readonly login: {readonly username: string; readonly password: string} | null;
  /** Null speaks in clear. */
  readonly tls: {
    /** What the certificates of all machines are for; null for the IP address of each. */
    readonly name: string | null;
    /** PEM of the authorities to believe; null for those of the system. */
    readonly ca: Uint8Array | null;
    /** PEM of a certificate and its key, where the cluster asks who comes. */
    readonly identity: {readonly certificate: Uint8Array; readonly key: Uint8Array} | null;
  } | null;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  /** Requests under way at once. */
  readonly inFlight: number;
  /** Blocks that the cluster may be behind before no more are made. */
  readonly lagBlocks: number;
  /** Blocks whose bodies and receipts stay in the local file; null keeps all. */
  readonly localBlocks: number | null;
}

export const DEFAULT_CQL_OPTIONS = {
  consistency: "local-quorum",
  timeoutMs: 12_000,
  inFlight: 64,
  lagBlocks: 1_000,
  localBlocks: 10_000,
} as const satisfies Partial<CqlOptions>;
