/**
 * Byzantine nodes are ordinary nodes whose output is rewritten: what such a node sends is withheld, repeated, delayed,
 * forged, doubled or filled with rubbish, under its own key and nobody else's.
 */
import {blockIdOf, type Certificate, type Header, voteContent} from "../../src/codecs/chain/block.js";
import type {CompactBlock} from "../../src/codecs/consensus/compact-block.js";
import {
  type ConsensusMessage,
  decodeMessage,
  encodeMessage,
  epochOfMessage,
  type Proposal,
  proposalContent,
  timeoutContent,
  type Vote,
} from "../../src/codecs/consensus/messages.js";
import {DecodeError} from "../../src/errors.js";
import type {SimCrypto} from "./crypto.js";
import type {Letter} from "./network.js";
import type {Misdeed} from "./plan.js";
import type {Random} from "./random.js";

export interface FilterPorts {
  readonly random: Random;
  readonly crypto: SimCrypto;
  readonly chainId: string;
  /** Sends a letter later. */
  later(delayMs: number, letter: Letter): void;
}

/** Messages that a replaying node remembers. */
const REMEMBERED = 64;

export class OutputFilter {
  readonly #old: Letter[] = [];
  /** The other block of each view that this node proposed, by the id of the first. */
  readonly #twins = new Map<string, Proposal>();
  /** What this node proposed, and what it says instead in views that timeouts led to, by view. */
  readonly #own = new Map<bigint, Proposal>();
  readonly #instead = new Map<bigint, Proposal>();
  /** Newest certificate that this node said or heard of, by epoch. */
  readonly #newest = new Map<bigint, Certificate>();
  readonly #key: Uint8Array;

  constructor(
    private readonly index: number,
    private readonly misdeeds: ReadonlySet<Misdeed>,
    private readonly ports: FilterPorts,
  ) {
    this.#key = ports.crypto.votes.keygen(`validator ${index}`).secretKey;
  }

  /** A message comes to this node. */
  heard({channel, message}: Letter): void {
    if (channel !== "consensus" || !this.misdeeds.has("outdated")) return;
    try {
      this.#remember(decodeMessage(message));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }

  rewrite(letter: Letter): readonly Letter[] {
    const {random} = this.ports;
    const does = (misdeed: Misdeed, chance: number): boolean => this.misdeeds.has(misdeed) && random.chance(chance);
    if (this.misdeeds.has("silent") || does("withhold", 0.4)) return [];
    if (letter.channel !== "consensus") return [letter];
    this.#old.push(letter);
    if (this.#old.length > REMEMBERED) this.#old.shift();
    const out: Letter[] = [];
    if (does("late", 0.5)) this.ports.later(random.between(500, 5_000), letter);
    else out.push(...this.#alter(letter));
    if (does("outdated", 0.5)) out.push(...this.#outdated(letter));
    if (does("replay", 0.3)) out.push({...random.pick(this.#old), to: letter.to});
    if (does("useless", 0.2))
      out.push({...letter, message: Uint8Array.from({length: 40}, () => random.between(0, 255))});
    return out;
  }

  #alter(letter: Letter): readonly Letter[] {
    const {random} = this.ports;
    const message = decodeMessage(letter.message);
    const as = (other: ConsensusMessage): Letter => ({...letter, message: encodeMessage(other)});
    if (message.type === "proposal" && this.misdeeds.has("rewind"))
      return [as({type: "proposal", proposal: this.#rewound(message.proposal)})];
    if (this.misdeeds.has("forge") && random.chance(0.4)) return [as(this.#forged(message)), letter];
    if (!this.misdeeds.has("equivocate")) return [letter];
    if (message.type === "proposal") {
      const twin = as({type: "proposal", proposal: this.#twinOf(message.proposal)});
      return random.chance(0.4) ? [letter] : random.chance(0.5) ? [twin] : [letter, twin];
    }
    if (message.type === "vote") {
      const twin = this.#twins.get(message.vote.blockId);
      const other = twin && blockIdOf(twin.block.header);
      const blockId = other ?? `${message.vote.blockId.slice(0, 62)}00`;
      // Whoever counts takes the first.
      const second = as({type: "vote", vote: this.#vote({...message.vote, blockId})});
      return random.chance(0.5) ? [letter, second] : [second, letter];
    }
    return [letter];
  }

  #remember(message: ConsensusMessage): void {
    const certificate = certificateIn(message);
    const known = certificate && this.#newest.get(certificate.epoch);
    if (certificate && (!known || known.view < certificate.view)) this.#newest.set(certificate.epoch, certificate);
  }

  /** Says beside a message that it gave a view up over what the voters of the epoch before have certified. */
  #outdated(letter: Letter): readonly Letter[] {
    const message = decodeMessage(letter.message);
    this.#remember(message);
    const validator = signerOf(message);
    const epoch = epochOfMessage(message);
    const highCertificate = this.#newest.get(epoch - 1n);
    if (validator === null || !highCertificate) return [];
    const {view: highView, blockId: highBlockId} = highCertificate;
    const view = highView + 1n;
    const {chainId, crypto} = this.ports;
    const content = timeoutContent.encode({chainId, epoch, view, highView, highBlockId});
    const signature = crypto.votes.sign(this.#key, content);
    const timeout = {epoch, view, highCertificate, entered: null, validator, signature};
    return [{...letter, message: encodeMessage({type: "timeout", timeout})}];
  }

  /** Another block of the same view, as validly signed as the first. */
  #twinOf(proposal: Proposal): Proposal {
    const id = blockIdOf(proposal.block.header);
    const known = this.#twins.get(id);
    if (known) return known;
    const block: CompactBlock = {...proposal.block, header: this.#changed(proposal.block.header)};
    const twin = this.#signed({...proposal, block});
    this.#twins.set(id, twin);
    return twin;
  }

  #signed(proposal: Proposal): Proposal {
    const {header} = proposal.block;
    const {epoch, height, view} = header;
    const {chainId} = this.ports;
    const content = proposalContent.encode({chainId, epoch, height, view, blockId: blockIdOf(header)});
    return {...proposal, signature: this.ports.crypto.votes.sign(this.#key, content)};
  }

  /** Where a view was given up before: an older block of this node once more, as if nothing had been built since. */
  #rewound(proposal: Proposal): Proposal {
    const {view} = proposal.block.header;
    const known = this.#instead.get(view);
    if (known) return known;
    const last = [...this.#own.values()].at(-1);
    this.#own.set(view, proposal);
    if (proposal.timeouts === null || !last || last.block.header.view >= view) return proposal;
    const block: CompactBlock = {...last.block, header: {...last.block.header, view}};
    const rewound = this.#signed({...proposal, block, justify: last.justify});
    this.#instead.set(view, rewound);
    return rewound;
  }

  /** One that could be, or one that says of its parent what is not so. */
  #changed(header: Header): Header {
    if (this.ports.random.chance(0.5)) return {...header, timeMs: header.timeMs + 1n};
    return {...header, parentStateRoot: header.parentReceiptsRoot};
  }

  #vote(vote: Vote): Vote {
    const {signature: _, validator, ...content} = vote;
    const bytes = voteContent.encode({chainId: this.ports.chainId, ...content});
    return {...content, validator, signature: this.ports.crypto.votes.sign(this.#key, bytes)};
  }

  /** Something under another's name, or a certificate of one's own making. */
  #forged(message: ConsensusMessage): ConsensusMessage {
    const {random} = this.ports;
    const others = [0, 1, 2, 3].filter((each) => each !== this.index);
    if (message.type === "vote") return {type: "vote", vote: {...message.vote, validator: random.pick(others)}};
    if (message.type === "timeout") {
      const {timeout} = message;
      const highCertificate = this.#inflated(timeout.highCertificate, timeout.view - 1n);
      return {type: "timeout", timeout: {...timeout, highCertificate}};
    }
    if (message.type === "certificate")
      return {type: "certificate", certificate: this.#inflated(message.certificate, message.certificate.view)};
    const {proposal} = message;
    const justify = this.#inflated(proposal.justify, proposal.justify.view);
    return {type: "proposal", proposal: {...proposal, justify}};
  }

  /** One signer of a certificate in everybody's place, and a newer view. */
  #inflated<C extends {readonly view: bigint; readonly votes: readonly {validator: number; signature: Uint8Array}[]}>(
    certificate: C,
    view: bigint,
  ): C {
    const [first] = certificate.votes;
    if (!first) return certificate;
    const votes = this.ports.random.chance(0.5)
      ? certificate.votes.map(() => first)
      : certificate.votes.map((each, i) => (i === 0 ? each : {...each, signature: first.signature}));
    return {...certificate, view: view > certificate.view ? view : certificate.view, votes};
  }
}

/** The newest certificate that a message carries. */
function certificateIn(message: ConsensusMessage): Certificate | null {
  switch (message.type) {
    case "proposal":
      return message.proposal.justify;
    case "timeout":
      return message.timeout.highCertificate;
    case "certificate":
      return message.certificate;
    case "vote":
      return null;
  }
}

/** Who signed a message, by its place among the voters. */
function signerOf(message: ConsensusMessage): number | null {
  switch (message.type) {
    case "proposal":
      return message.proposal.validator;
    case "timeout":
      return message.timeout.validator;
    case "vote":
      return message.vote.validator;
    case "certificate":
      return null;
  }
}
