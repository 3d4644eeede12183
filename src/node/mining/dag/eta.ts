/** How long a build still takes, from how long it took so far. */
export class Eta {
  constructor(
    private readonly entries: number,
    private readonly startedAtMs: number,
  ) {}

  /** Seconds until the end; null while too little is done to tell. */
  after(doneEntries: number, nowMs: number): number | null {
    const elapsedMs = nowMs - this.startedAtMs;
    if (doneEntries === 0 || elapsedMs < 1_000) return doneEntries === this.entries ? 0 : null;
    return ((this.entries - doneEntries) * elapsedMs) / doneEntries / 1_000;
  }
}
