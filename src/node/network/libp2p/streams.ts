/** Whole messages over libp2p's streams, with the reader setting the pace. */
import type {Stream} from "@libp2p/interface";
import {DecodeError, UnavailableError} from "../../../errors.js";
import {FrameSplitter, frameOf} from "../frames.js";

/** A message that was begun has to be whole so many milliseconds after. */
const FRAME_MS = 60_000;

/**
 * Gives every message of a stream to `take`, one after the other; nothing more is read while it works. What is kept of
 * a message that does not come to its end goes with the stream.
 * @param broken told of what the peer did wrong; the stream is gone then
 */
export function readFrames(
  stream: Stream,
  {maxBytes, take, broken}: {maxBytes: number; take(message: Uint8Array): Promise<void>; broken(error: unknown): void},
): void {
  const splitter = new FrameSplitter(maxBytes);
  let deadline: NodeJS.Timeout | undefined;
  const rest = (): void => {
    clearTimeout(deadline);
    deadline = undefined;
  };
  const work = async (messages: readonly Uint8Array[]): Promise<void> => {
    pause(stream);
    for (const message of messages) await take(message);
    resume(stream);
    wait();
  };
  const wait = (): void => {
    if (splitter.partialBytes === 0 || deadline) return;
    deadline = setTimeout(() => stream.abort(new Error("a message was begun and not ended")), FRAME_MS).unref();
  };
  stream.addEventListener("close", rest);
  stream.addEventListener("message", ({data}) => {
    try {
      const messages = splitter.push(data.slice());
      if (messages.length === 0) return wait();
      rest();
      void work(messages);
    } catch (error) {
      rest();
      stream.abort(error as Error);
      broken(error);
    }
  });
}

/** The one message of a stream. @throws DecodeError FRAME_TOO_LONG; UnavailableError PEER_UNREACHABLE */
export function readOne(stream: Stream, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const splitter = new FrameSplitter(maxBytes);
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      signal.removeEventListener("abort", aborted);
      settle();
    };
    const gone = (): void =>
      end(() => reject(new UnavailableError("PEER_UNREACHABLE", "the peer ended the stream without an answer")));
    const aborted = (): void => {
      // First: the stream's own end would name another cause.
      end(() => reject(new UnavailableError("PEER_TIMEOUT", "the peer did not answer in time")));
      stream.abort(new Error("aborted"));
    };
    stream.addEventListener("message", ({data}) => {
      try {
        const [message] = splitter.push(data.slice());
        if (message) end(() => resolve(message));
      } catch (error) {
        end(() => reject(error));
        stream.abort(error as Error);
      }
    });
    stream.addEventListener("close", gone);
    stream.addEventListener("remoteCloseWrite", gone);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted);
  });
}

/** Sends one message and waits until the stream takes more. */
export async function writeFrame(stream: Stream, message: Uint8Array, signal: AbortSignal): Promise<void> {
  if (!stream.send(frameOf(message))) await stream.onDrain({signal});
}

/** Whether an error is the peer's doing, which it pays for. */
export const isMalformed = (error: unknown): boolean => error instanceof DecodeError;

function pause(stream: Stream): void {
  if (stream.readStatus === "readable") stream.pause();
}

/** Opens the window again. The connection that has to say so may have gone meanwhile, and the stream with it. */
function resume(stream: Stream): void {
  try {
    if (stream.readStatus === "paused") stream.resume();
  } catch (error) {
    stream.abort(error as Error);
  }
}
