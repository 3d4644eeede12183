/** Small announcements by gossipsub: a message goes on only once its channel's owner accepted it. */
import {TopicValidatorResult} from "@libp2p/gossipsub";
import {hexOf} from "../../../codecs/bytes.js";
import type {Channel, PeerId, Verdict} from "../port.js";
import {GOSSIP_MAX_BYTES, type Stack} from "./stack.js";

export interface GossipPorts {
  readonly network: Uint8Array;
  idOf(name: {toString(): string}): PeerId | undefined;
  hear(channel: Channel, message: Uint8Array, from: PeerId): Promise<Verdict>;
}

const RESULTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

export class Gossip {
  constructor(
    private readonly stack: Stack,
    private readonly ports: GossipPorts,
  ) {}

  join(channel: Channel): void {
    if (channel !== "transactions" && channel !== "proofs") return;
    const {pubsub} = this.stack.services;
    const topic = this.#topicOf(channel);
    pubsub.topicValidators.set(topic, async (name, {data}) => {
      if (data.length > GOSSIP_MAX_BYTES) return TopicValidatorResult.Reject;
      const from = this.ports.idOf(name);
      return from === undefined ? TopicValidatorResult.Ignore : RESULTS[await this.ports.hear(channel, data, from)];
    });
    pubsub.subscribe(topic);
  }

  publish(channel: Channel, message: Uint8Array): void {
    // Nobody there to hear it is no failure: a follower tells again what it took, and a validator puts it into a block.
    this.stack.services.pubsub.publish(this.#topicOf(channel), message).catch(() => undefined);
  }

  #topicOf(channel: Channel): string {
    return `/qsdm/${hexOf(this.ports.network).slice(0, 16)}/${channel}/1`;
  }
}
