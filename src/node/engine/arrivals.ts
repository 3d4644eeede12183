/** Blocks as they come from others: proposed, whose batches may be missing here, or certified, from who has them. */
import type {Block, Certificate} from "../../codecs/chain/block.js";
import type {CompactBlock} from "../../codecs/consensus/compact-block.js";
import type {Proposal} from "../../codecs/consensus/messages.js";
import {QsdmError} from "../../errors.js";
import {isSigned} from "../consensus/hotstuff/proposal.js";
import type {ProposedBlock, StepContext} from "../consensus/hotstuff/state.js";
import {isBodyOf} from "../ledger/chain/assemble.js";
import type {Verdict} from "../network/port.js";
import {refOf} from "./bodies.js";
import type {EngineCore} from "./core.js";
import {HeldProposals} from "./held-proposals.js";
import type {EnginePorts} from "./ports.js";
import type {Taken} from "./sync/catch-up.js";

export interface ArrivalsPorts extends Pick<EnginePorts, "batches" | "log"> {
  readonly core: EngineCore;
  readonly context: StepContext;
}

export class Arrivals {
  readonly #held = new HeldProposals();

  constructor(private readonly ports: ArrivalsPorts) {}

  /** Other voters: no proposal of those before counts. */
  clear(): void {
    this.#held.take();
  }

  async takeProposal({block: compact, ...proposal}: Proposal): Promise<Verdict> {
    const {core, context} = this.ports;
    const {header} = compact;
    if (header.chainId !== context.chainId) return "reject";
    const ref = {...refOf({block: compact}), epoch: header.epoch};
    const block = this.#completed(compact);
    if (block === null) return this.#hold({block: ref, proposal}, compact);
    if (block === "none" || !isBodyOf(block)) return "reject";
    core.bodies.put(ref.id, {block, justify: proposal.justify});
    const verdict = await core.take({type: "proposal", block: ref, proposal});
    this.forgetUnknown(ref.id);
    return verdict;
  }

  /** A batch came that a proposal may have waited for. */
  batchCame(): void {
    if (this.#held.size === 0) return;
    void this.ports.core.jobs.add(async () => {
      for (const proposal of this.#held.take()) await this.takeProposal(proposal);
      return "accept";
    });
  }

  /** A block with the votes for it, from somebody who was asked. */
  async takeCertified(
    {block, certificate}: {block: Block; certificate: Certificate},
    justify: Certificate,
  ): Promise<Taken> {
    const {core} = this.ports;
    const ref = refOf({block});
    const isKnown = (): boolean => core.state().blocks.has(ref.id) || ref.height <= core.state().root.height;
    const isOfNow = (): boolean => block.header.epoch === core.state().committee.epoch;
    if (!isOfNow()) return "refused";
    if (isKnown()) {
      const {highCertificate, root, blocks} = core.state();
      // An older one than the newest can still be what makes a block final.
      if (certificate.view > highCertificate.view || blocks.has(ref.id))
        await core.jobs.add(() => core.take({type: "certificate", certificate}));
      return core.state().highCertificate !== highCertificate || core.state().root !== root ? "news" : "known";
    }
    await core.jobs.add(async () => {
      if (!isOfNow()) return "ignore";
      core.bodies.put(ref.id, {block, justify});
      const verdict = await core.take({type: "certified", block: ref, justify, certificate});
      this.forgetUnknown(ref.id);
      return verdict;
    });
    return isKnown() || !isOfNow() ? "news" : "refused";
  }

  /** A body that consensus did not take is not kept. */
  forgetUnknown(id: string): void {
    const {bodies, state} = this.ports.core;
    const {blocks, orphans} = state();
    const waits = [...orphans.values()].some((each) => each.some(({block}) => block.id === id));
    if (!waits && !blocks.has(id)) bodies.remove([id]);
  }

  #completed(compact: CompactBlock): Block | "none" | null {
    try {
      return this.ports.batches.complete(compact);
    } catch (error) {
      if (error instanceof QsdmError) return "none";
      throw error;
    }
  }

  /** A leader named batches that are not here: they are asked for, and what it says besides counts at once. */
  async #hold(proposed: ProposedBlock, compact: CompactBlock): Promise<Verdict> {
    const {core, context, log, batches} = this.ports;
    const {block, proposal} = proposed;
    const state = core.state();
    const {committee, root, blocks} = state;
    if (block.epoch !== committee.epoch || block.height <= root.height || blocks.has(block.id)) return "ignore";
    const isLeader = proposal.validator === committee.leader(block.view);
    if (!isLeader || !isSigned({state, context}, proposed)) return "reject";
    log.debug({view: block.view, id: block.id}, "a proposal names batches that are not here");
    this.#held.add(block.id, {...proposal, block: compact});
    batches.want(compact);
    if (proposal.timeouts) await core.take({type: "timeouts", certificate: proposal.timeouts});
    return core.take({type: "certificate", certificate: proposal.justify});
  }
}
