/** The reader's side of event streams. */
import {createParser, type EventSourceMessage} from "eventsource-parser";
import {readEvent, type StreamEvent, type StreamStart, streamBeat, streamStart} from "../../codecs/api/events.js";
import {parseJson} from "../../codecs/api/json.js";
import {QsdmError, UnavailableError} from "../../errors.js";
import {notOurs} from "./client-answer.js";
import {codedError} from "./refusal.js";

/** What a stream says. `start` comes first; `beat` says that nothing was told up to a number. */
export type StreamMessage =
  | {readonly type: "start"; readonly start: StreamStart}
  | {readonly type: "beat"; readonly seq: bigint}
  | {readonly type: "event"; readonly event: StreamEvent};

/** Longest event: a proof is at most 64 KiB, and its JSON twice in quotes. */
const EVENT_MAX_CHARS = 1024 * 1024;

/**
 * The messages in the parts of a body, as they come.
 * @throws UnavailableError with the code that the node ended the stream with; STREAM_CUT when it just ended;
 * ANSWER_INVALID for what no node would send
 */
export async function* messagesIn(
  parts: AsyncIterable<Uint8Array>,
  {origin}: {readonly origin: string},
): AsyncGenerator<StreamMessage> {
  const waiting: EventSourceMessage[] = [];
  const parser = createParser({onEvent: (message) => waiting.push(message)});
  const decoder = new TextDecoder();
  let unfinished = 0;
  for await (const part of parts) {
    unfinished += part.length;
    if (unfinished > EVENT_MAX_CHARS) throw notOurs(origin, {status: 200});
    parser.feed(decoder.decode(part, {stream: true}));
    if (waiting.length > 0) unfinished = 0;
    for (const message of waiting.splice(0)) yield messageOf(message, origin);
  }
  throw new UnavailableError("STREAM_CUT", `${origin} ended the stream without a word`, {
    hint: "connect again with the number of the last event",
  });
}

function messageOf({event = "", data}: EventSourceMessage, origin: string): StreamMessage {
  try {
    if (event === "start") return {type: "start", start: streamStart.read(parseJson(data), event)};
    if (event === "beat") return {type: "beat", seq: streamBeat.read(parseJson(data), event).seq};
    if (event !== "end") return {type: "event", event: readEvent(event, data)};
  } catch (cause) {
    if (cause instanceof QsdmError) throw notOurs(origin, {status: 200, cause});
    throw cause;
  }
  const {code, message, hint} = codedError.read(parseJson(data), event).error;
  throw new UnavailableError(code, message, hint === null ? {} : {hint});
}
