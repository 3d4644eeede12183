/**
 * What one custodian sent for jobs that have not begun here: it is at its first round of each, or has left. Every sender has
 * room of its own, so nobody's messages push out another's, who would be taken for silent.
 */
import type {RoundMessage} from "./rpc.js";

const JOBS_MAX = 256;
const BYTES_MAX = 40 * 1024 * 1024;

export interface Sent {
  readonly message: RoundMessage | null;
  readonly left: boolean;
}
const NOTHING: Sent = {message: null, left: false};

export class Early {
  /** Oldest first. */
  readonly #jobs = new Map<string, Sent>();
  #bytes = 0;

  /** The first message for a job; others are not kept. */
  keep(id: string, message: RoundMessage): void {
    const sent = this.#jobs.get(id) ?? NOTHING;
    if (sent.message) return;
    this.#bytes += message.message.length;
    this.#put(id, {...sent, message});
  }

  leave(id: string): void {
    this.#put(id, {...(this.#jobs.get(id) ?? NOTHING), left: true});
  }

  /** What came for a job that begins now. */
  take(id: string): Sent {
    const sent = this.#jobs.get(id) ?? NOTHING;
    this.#jobs.delete(id);
    this.#bytes -= sent.message?.message.length ?? 0;
    return sent;
  }

  #put(id: string, sent: Sent): void {
    this.#jobs.set(id, sent);
    while (this.#jobs.size > JOBS_MAX || this.#bytes > BYTES_MAX) {
      const [oldest] = this.#jobs.keys();
      this.take(oldest!);
    }
  }
}
