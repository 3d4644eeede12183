/** Mesh cells, batches of 3 to 5 cells, and the work set that an epoch mines over. */
export interface Cell {
  /** Any positive length. */
  readonly id: Uint8Array;
  /** 32 bytes. */
  readonly contentHash: Uint8Array;
}
export type Batch = readonly Cell[];
export type WorkSet = readonly Batch[];
