/** A libp2p connection under a session: what is sent is sealed, what comes is opened, and an end is told from a cut. */
import type {AbortOptions, MessageStream, StreamCloseEvent} from "@libp2p/interface";
import {AbstractMessageStream, type SendResult} from "@libp2p/utils";
import type {Uint8ArrayList} from "uint8arraylist";
import type {Secured} from "../session/handshake.js";
import {RecordReader, RecordWriter} from "../session/records.js";

export class SealedStream extends AbstractMessageStream {
  readonly #writer: RecordWriter;
  readonly #reader: RecordReader;

  constructor(
    private readonly stream: MessageStream,
    {sendSecret, receiveSecret}: Secured,
    private readonly nowMs: () => number,
  ) {
    const {log, inactivityTimeout, maxReadBufferLength, direction} = stream;
    super({log, inactivityTimeout, maxReadBufferLength, direction});
    this.#writer = new RecordWriter(sendSecret, nowMs());
    this.#reader = new RecordReader(receiveSecret);
    stream.addEventListener("message", ({data}) => this.#take(data));
    stream.addEventListener("close", (event) => this.#ended(event));
    stream.addEventListener("drain", () => this.safeDispatchEvent("drain"));
    stream.addEventListener("remoteCloseWrite", () => this.onRemoteCloseWrite());
  }

  override async close(options?: AbortOptions): Promise<void> {
    if (this.stream.status === "open") this.stream.send(this.#writer.close());
    await this.stream.close(options);
  }

  override sendPause(): void {
    this.stream.pause();
  }
  override sendResume(): void {
    this.stream.resume();
  }
  override sendReset(error: Error): void {
    this.stream.abort(error);
  }
  override sendData(data: Uint8ArrayList): SendResult {
    let canSendMore = true;
    for (const record of this.#writer.write(data.subarray(), this.nowMs())) canSendMore = this.stream.send(record);
    return {sentBytes: data.byteLength, canSendMore};
  }

  #take(data: Uint8Array | Uint8ArrayList): void {
    try {
      for (const part of this.#reader.read(data.subarray())) this.onData(part);
    } catch (error) {
      this.abort(error as Error);
    }
  }

  #ended({error, local}: StreamCloseEvent): void {
    if (error !== undefined && local) this.abort(error);
    else if (error === undefined && (local || this.#reader.closed)) this.onTransportClosed();
    else this.onRemoteReset();
  }
}
