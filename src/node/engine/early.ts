/** Messages of an epoch that has not begun here: its voters can be a little ahead, and say things once. */
import {type ConsensusMessage, encodeMessage} from "../../codecs/consensus/messages.js";
import {MESSAGE_MAX_BYTES} from "../network/port.js";

/** Nobody's signature was checked yet, so it is little that is kept; what is lost is said again in a later view. */
const MESSAGES_MAX = 64;

export class EarlyMessages {
  #epoch = 0n;
  #bytes = 0;
  #messages: ConsensusMessage[] = [];

  keep(message: ConsensusMessage, epoch: bigint): void {
    if (epoch !== this.#epoch) this.#clear(epoch);
    const {length} = encodeMessage(message);
    if (this.#messages.length >= MESSAGES_MAX || this.#bytes + length > MESSAGE_MAX_BYTES) return;
    this.#messages.push(message);
    this.#bytes += length;
  }

  /** What was kept for `epoch`, in the order in which it came. */
  take(epoch: bigint): readonly ConsensusMessage[] {
    const messages = this.#epoch === epoch ? this.#messages : [];
    this.#clear(epoch);
    return messages;
  }

  #clear(epoch: bigint): void {
    this.#epoch = epoch;
    this.#bytes = 0;
    this.#messages = [];
  }
}
