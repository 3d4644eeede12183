/** Batches, acks and certificates on the network, and requests for what is missing. */
import {hexOf} from "../../codecs/bytes.js";
import {BATCH_MAX_BYTES, type BatchRef} from "../../codecs/dag/batch.js";
import {type BatchAnswer, batchAnswer, batchRequest, type DagMessage, dagMessage} from "../../codecs/dag/message.js";
import {sha3} from "../../codecs/hash.js";
import {QsdmError} from "../../errors.js";
import type {Voter} from "../consensus/votes/committee.js";
import type {Network, PeerId, Verdict} from "../network/port.js";
import type {Log} from "../service.js";
import {Fetcher} from "./fetcher.js";

const BATCH_PROTOCOL = "/qsdm/batch/1";
/** Of one peer (spec/bft-ledger.md 5, fetch). */
const ANSWERS_PER_SECOND = 100;
/** A batch with a certificate of a thousand acks. */
const ANSWER_MAX_BYTES = BATCH_MAX_BYTES + 4 * 1_048_576;

export interface CourierPorts {
  readonly network: Network;
  /** In order of index. */
  voters(): readonly Voter[];
  readonly log: Log;
  /** @throws RuleError, DecodeError what no honest peer sends */
  receive(message: DagMessage): void;
  /** What this node has of a batch. */
  answerFor(ref: BatchRef): BatchAnswer;
  /** Whether it is missing still. */
  isWanted(ref: BatchRef): boolean;
  /** What a peer has of it. @throws RuleError, DecodeError */
  answered(ref: BatchRef, answer: BatchAnswer): void;
  failed(error: unknown): void;
}

export class Courier {
  readonly #fetcher: Fetcher;
  #peers: {readonly voters: readonly Voter[]; readonly ids: readonly PeerId[]} = {voters: [], ids: []};

  constructor(private readonly ports: CourierPorts) {
    const {network, isWanted, failed} = ports;
    this.#fetcher = new Fetcher({isWanted, failed, ask: (peer, ref) => this.#ask(peer, ref)});
    network.subscribe("batches", (bytes) => this.#receive(bytes));
    network.serve(BATCH_PROTOCOL, async (body) => batchAnswer.encode(ports.answerFor(batchRequest.decode(body).ref)), {
      maxBytes: 256,
      perSecond: ANSWERS_PER_SECOND,
    });
  }

  /** To everybody who is connected: whoever follows wants them too. */
  broadcast(message: DagMessage): void {
    const {network} = this.ports;
    const bytes = dagMessage.encode(message);
    for (const {id} of network.peers()) network.send(id, "batches", bytes);
  }

  send(to: number, message: DagMessage): void {
    this.ports.network.send(this.#peerIds()[to]!, "batches", dagMessage.encode(message));
  }

  /** Asks those of `from` that are connected, and whoever is there when none of them is. */
  fetch(ref: BatchRef, from: readonly number[]): void {
    const connected = this.ports.network.peers().map(({id}) => id);
    const wanted = from.map((each) => this.#peerIds()[each]!).filter((id) => connected.includes(id));
    for (const id of wanted.length > 0 ? wanted : connected.slice(0, from.length)) this.#fetcher.fetch(id, ref);
  }

  #peerIds(): readonly PeerId[] {
    const voters = this.ports.voters();
    if (voters !== this.#peers.voters) this.#peers = {voters, ids: voters.map(({publicKey}) => hexOf(sha3(publicKey)))};
    return this.#peers.ids;
  }

  #receive(bytes: Uint8Array): Verdict {
    try {
      this.ports.receive(dagMessage.decode(bytes));
      return "accept";
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      this.ports.log.debug({err: error}, "refused a message of the DAG mempool");
      return "reject";
    }
  }

  async #ask(peer: PeerId, ref: BatchRef): Promise<void> {
    const {network, log} = this.ports;
    try {
      const body = batchRequest.encode({ref});
      const bytes = await network.request(peer, BATCH_PROTOCOL, body, {maxBytes: ANSWER_MAX_BYTES});
      this.ports.answered(ref, batchAnswer.decode(bytes));
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      log.debug({err: error, peer}, "a peer did not serve a batch");
    }
  }
}
