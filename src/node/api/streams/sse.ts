/** The text of server-sent events (WHATWG HTML, section 9.2). Every value here is JSON or a number: no line breaks. */
import {type StreamStart, streamBeat, streamStart} from "../../../codecs/api/events.js";
import type {QsdmError} from "../../../errors.js";
import type {ToldEvent} from "../events/feed.js";
import {codedError} from "../refusal.js";

const block = (name: string, data: string, seq?: bigint): string =>
  `${seq === undefined ? "" : `id: ${seq}\n`}event: ${name}\ndata: ${data}\n\n`;

/** The first words of a stream; a reader that is cut off shall wait this long before it comes back. */
export const startText = (start: StreamStart, retryMs: number): string =>
  `retry: ${retryMs}\n${block("start", streamStart.write(start)!)}`;

export const eventText = ({seq, topic, data}: ToldEvent): string => block(topic, data, seq);

/** Nothing to tell, but the reader has come this far. */
export const beatText = (seq: bigint): string => block("beat", streamBeat.write({seq})!, seq);

/** The last words of a stream that the node ends. */
export const endText = ({code, message, hint}: QsdmError): string =>
  block("end", codedError.write({error: {code, message, hint: hint ?? null}})!);
