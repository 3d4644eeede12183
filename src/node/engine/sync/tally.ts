/** What catching up did since the start, for metrics. */
export interface SyncTally {
  /** Blocks that others served and that were news here. */
  blocks: number;
  /** Requests for headers and for blocks. */
  requests: number;
  /** Answers about headers that could be read. */
  answers: number;
  /** Requests without an answer: refused, too late, or the peer went. */
  failures: number;
  /** Answers that the blocks asked for are gone there. */
  pruned: number;
  /** Answers that could not be true. */
  lies: number;
}

export const emptyTally = (): SyncTally => ({blocks: 0, requests: 0, answers: 0, failures: 0, pruned: 0, lies: 0});
