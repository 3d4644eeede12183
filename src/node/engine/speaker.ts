/** What a validator says: signs the statements that consensus asks for, and sends them to whom they concern. */
import {hexOf} from "../../codecs/bytes.js";
import type {Block, Certificate} from "../../codecs/chain/block.js";
import {type ConsensusMessage, encodeMessage} from "../../codecs/consensus/messages.js";
import {sha3} from "../../codecs/hash.js";
import {QsdmError} from "../../errors.js";
import type {EffectOf, Input} from "../consensus/hotstuff/state.js";
import type {PeerId} from "../network/port.js";
import type {EnginePorts, ValidatorVoice} from "./ports.js";

export class Speaker {
  readonly #chainId: string;
  readonly #peerOf: readonly PeerId[];

  constructor(
    private readonly voice: ValidatorVoice,
    /** Place among the voters of the epoch. */
    private readonly index: number,
    private readonly ports: Pick<EnginePorts, "chain" | "network" | "log" | "batches">,
  ) {
    this.#chainId = ports.chain.params.chainId;
    this.#peerOf = ports.chain.committee.voters.map(({publicKey}) => hexOf(sha3(publicKey)));
  }

  /** @returns what this node hears of it itself */
  vote({vote, to}: EffectOf<"vote">): readonly Input[] {
    const {index} = this;
    const signature = this.#sign(() => this.voice.vote({chainId: this.#chainId, ...vote}));
    if (!signature) return [];
    const signed = {...vote, validator: index, signature};
    for (const each of to) if (each !== index) this.#send({type: "vote", vote: signed}, each);
    return to.includes(index) ? [{type: "vote", vote: signed}] : [];
  }

  /** @returns what this node hears of it itself */
  giveUp({timeout}: EffectOf<"give-up">): readonly Input[] {
    const {epoch, view, highCertificate: high} = timeout;
    const content = {chainId: this.#chainId, epoch, view, highView: high.view, highBlockId: high.blockId};
    const signature = this.#sign(() => this.voice.timeout(content));
    if (!signature) return [];
    this.ports.log.debug({view}, "gave a view up");
    const signed = {...timeout, validator: this.index, signature};
    this.#send({type: "timeout", timeout: signed});
    return [{type: "timeout", timeout: signed}];
  }

  publish({blockId, view, justify, timeouts}: EffectOf<"publish">, block: Block): void {
    const {height, epoch} = block.header;
    const content = {chainId: this.#chainId, epoch, height, view, blockId};
    const signature = this.#sign(() => this.voice.proposal(content));
    if (!signature) return;
    const {index: validator} = this;
    const compact = this.ports.batches.compact(block);
    const {length: transactions} = block.transactions;
    this.ports.log.debug({view, height, id: blockId, transactions}, "proposed a block");
    this.#send({type: "proposal", proposal: {block: compact, justify, timeouts, validator, signature}});
  }

  /** Tells everybody of a certificate that no block carries soon. */
  announce(certificate: Certificate): void {
    this.#send({type: "certificate", certificate});
  }

  /** A key that refuses says nothing; the node goes on listening. */
  #sign(work: () => Uint8Array): Uint8Array | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof QsdmError) || error.code !== "SIGNER_REFUSED") throw error;
      this.ports.log.error({err: error}, "the voting key refused");
      return null;
    }
  }

  /** To one validator, or to everybody who is connected. */
  #send(message: ConsensusMessage, index?: number): void {
    const {network} = this.ports;
    if (!network) return;
    const bytes = encodeMessage(message);
    const to = index === undefined ? network.peers().map(({id}) => id) : [this.#peerOf[index]!];
    for (const id of to) network.send(id, "consensus", bytes);
  }
}
