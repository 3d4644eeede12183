/**
 * A TCP connection under a session: whole messages to and from one proved party, sealed. For services that talk to few
 * known others; nodes of a chain talk over libp2p.
 */
import type {Socket} from "node:net";
import {concat} from "../../../codecs/bytes.js";
import {HANDSHAKE_MAX_BYTES} from "../../../codecs/network/session.js";
import {QsdmError, UnavailableError} from "../../../errors.js";
import {FrameSplitter, frameHead} from "../frames.js";
import type {PeerId} from "../port.js";
import {type Progress, refusalFor, type Secured} from "../session/handshake.js";
import {RecordReader, RecordWriter} from "../session/records.js";

/** Longest time for a whole handshake, in milliseconds. */
const HANDSHAKE_MS = 10_000;
/** Bytes that may wait for a reader that is slow or gone. */
const WAITING_MAX_BYTES = 128 * 1024 * 1024;
/** An idle connection is probed after this time, in milliseconds: a peer whose machine is gone sends no end. */
const KEEP_ALIVE_MS = 15_000;
/** Messages that are sent together at most, in bytes. */
const TOGETHER_BYTES = 64 * 1024;
const HEAD_BYTES = 2;

export interface ChannelOptions {
  readonly maxMessageBytes: number;
  nowMs(): number;
}

export class Channel {
  readonly peer: PeerId;
  /** The same on both sides and on no other channel. */
  readonly sessionId: Uint8Array;
  readonly #writer: RecordWriter;
  readonly #reader: RecordReader;
  readonly #splitter: FrameSplitter;
  #take: ((message: Uint8Array) => void) | null = null;
  #early: Uint8Array[] = [];
  /** Pieces of frames to be sent. */
  #queued: Uint8Array[] = [];
  #queuedBytes = 0;
  readonly #closed: Promise<void>;

  constructor(
    private readonly socket: Socket,
    {peer, sendSecret, receiveSecret, sessionId}: Secured,
    private readonly options: ChannelOptions,
  ) {
    this.peer = peer;
    this.sessionId = sessionId;
    this.#writer = new RecordWriter(sendSecret, options.nowMs());
    this.#reader = new RecordReader(receiveSecret);
    this.#splitter = new FrameSplitter(options.maxMessageBytes);
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("data", (data) => this.#read(data));
  }

  /** Resolves when nothing comes or goes any more. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  get open(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  /** Calls `take` with each message, those that came already first. */
  receive(take: (message: Uint8Array) => void): void {
    this.#take = take;
    for (const message of this.#early.splice(0)) take(message);
  }

  /**
   * Sends a message, given in pieces that stay as they are, with all others of this turn of the event loop: sealing and
   * writing cost most for small ones.
   */
  send(...message: readonly Uint8Array[]): void {
    if (!this.open) return;
    const sizeBytes = message.reduce((sum, {length}) => sum + length, 0);
    if (this.#queued.length === 0) setImmediate(() => this.#flush());
    this.#queued.push(frameHead(sizeBytes), ...message);
    this.#queuedBytes += sizeBytes;
    if (this.#queuedBytes >= TOGETHER_BYTES) this.#flush();
  }

  /** Says that nothing more comes, and ends. */
  close(): void {
    if (!this.open) return;
    this.#flush();
    this.socket.end(this.#writer.close());
    // A peer that does not read must not keep the process alive.
    setTimeout(() => this.socket.destroy(), 1_000).unref();
  }

  #flush(): void {
    const frames = this.#queued;
    this.#queued = [];
    this.#queuedBytes = 0;
    if (frames.length === 0 || !this.open) return;
    this.socket.cork();
    for (const record of this.#writer.write(concat(...frames), this.options.nowMs())) this.socket.write(record);
    this.socket.uncork();
    if (this.socket.writableLength > WAITING_MAX_BYTES) this.socket.destroy();
  }

  #read(data: Uint8Array): void {
    try {
      for (const part of this.#reader.read(data))
        for (const message of this.#splitter.push(part)) {
          if (this.#take) this.#take(message);
          else this.#early.push(message);
        }
      if (this.#reader.closed) this.socket.end();
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.socket.destroy();
    }
  }
}

/** Runs a handshake over `socket`. @throws as the handshake; UnavailableError PEER_UNREACHABLE */
export async function secure(socket: Socket, start: Progress, options: ChannelOptions): Promise<Channel> {
  // From here to its end: an error that nobody listens to would end the process.
  socket.on("error", () => socket.destroy());
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  try {
    const {secured, rest} = await shakeHands(socket, start);
    const channel = new Channel(socket, secured, options);
    if (rest.length > 0) socket.unshift(Buffer.from(rest));
    socket.resume();
    return channel;
  } catch (error) {
    const answer = refusalFor(error);
    if (answer) socket.end(framed(answer));
    else socket.destroy();
    throw error;
  }
}

const framed = (message: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(HEAD_BYTES + message.length);
  new DataView(frame.buffer).setUint16(0, message.length);
  frame.set(message, HEAD_BYTES);
  return frame;
};

function shakeHands(socket: Socket, start: Progress): Promise<{secured: Secured; rest: Uint8Array}> {
  return new Promise((resolve, reject) => {
    let kept: Buffer = Buffer.alloc(0);
    let now = start;
    const gone = (): void => end(() => reject(unreachable("the connection ended in the handshake")));
    const failed = (cause: Error): void => end(() => reject(unreachable("the connection failed", cause)));
    const timer = setTimeout(() => end(() => reject(unreachable("the handshake took too long"))), HANDSHAKE_MS);
    const end = (done: () => void): void => {
      clearTimeout(timer);
      socket.off("data", take).off("close", gone).off("error", failed);
      socket.pause();
      done();
    };
    const say = (): boolean => {
      if (now.send) socket.write(framed(now.send));
      const {secured} = now;
      if (secured) end(() => resolve({secured, rest: kept}));
      return secured !== undefined;
    };
    const take = (data: Buffer): void => {
      kept = Buffer.concat([kept, data]);
      try {
        while (kept.length >= HEAD_BYTES) {
          const size = kept.readUInt16BE();
          if (size > HANDSHAKE_MAX_BYTES) throw unreachable("a handshake message is too long");
          if (kept.length < HEAD_BYTES + size) return;
          const message = new Uint8Array(kept.subarray(HEAD_BYTES, HEAD_BYTES + size));
          kept = kept.subarray(HEAD_BYTES + size);
          now = now.receive!(message);
          if (say()) return;
        }
      } catch (error) {
        end(() => reject(error));
      }
    };
    socket.on("data", take).once("close", gone).once("error", failed);
    if (!say()) socket.resume();
  });
}

export const unreachable = (why: string, cause?: unknown): UnavailableError =>
  new UnavailableError("PEER_UNREACHABLE", why, cause === undefined ? {} : {cause});
