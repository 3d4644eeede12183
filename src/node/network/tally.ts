/** What the network did since the start, for metrics. */
import type {Channel, Verdict} from "./port.js";
import {CHANNELS} from "./port.js";
import type {NetworkMeter} from "./ports.js";

const VERDICTS: readonly Verdict[] = ["accept", "ignore", "reject"];

export interface ChannelTally {
  sentMessages: number;
  sentBytes: number;
  receivedBytes: number;
  dropped: number;
  readonly verdicts: Record<Verdict, number>;
}

export class NetworkTally implements NetworkMeter {
  readonly channels = Object.fromEntries(CHANNELS.map((channel) => [channel, emptyTally()])) as Readonly<
    Record<Channel, ChannelTally>
  >;
  readonly handshakes = {ok: 0, failed: 0};
  readonly refusedByNeighbourhood = new Map<string, number>();

  sent(channel: Channel, bytes: number): void {
    this.channels[channel].sentMessages++;
    this.channels[channel].sentBytes += bytes;
  }
  dropped(channel: Channel, count: number): void {
    this.channels[channel].dropped += count;
  }
  received(channel: Channel, verdict: Verdict, bytes: number): void {
    this.channels[channel].verdicts[verdict]++;
    this.channels[channel].receivedBytes += bytes;
  }
  handshake(ok: boolean): void {
    this.handshakes[ok ? "ok" : "failed"]++;
  }
  crowded(reason: string): void {
    this.refusedByNeighbourhood.set(reason, (this.refusedByNeighbourhood.get(reason) ?? 0) + 1);
  }
}

const emptyTally = (): ChannelTally => ({
  sentMessages: 0,
  sentBytes: 0,
  receivedBytes: 0,
  dropped: 0,
  verdicts: Object.fromEntries(VERDICTS.map((each) => [each, 0])) as Record<Verdict, number>,
});
