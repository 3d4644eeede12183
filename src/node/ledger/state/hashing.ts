/** How many messages are hashed at once: the rules' own way, one by one, or what a service offers. */
import {sha3} from "../../../codecs/hash.js";

/** SHA3-256 of each message, in order. */
export type HashAll = (messages: readonly Uint8Array[]) => readonly Uint8Array[];

export const hashEach: HashAll = (messages) => messages.map((message) => sha3(message));
