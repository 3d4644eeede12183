/**
 * Whoever has an account in a run: clients who pay each other, at once and by the second, and lock money for quorums,
 * operators who stake, miners, those who watch them, and those who govern.
 */
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {validatorIdOf} from "../../src/codecs/chain/validator-payloads.js";
import {EQUIVOCATION_CONTRACT, type EquivocationProof, equivocation} from "../../src/codecs/consensus/equivocation.js";
import {type Change, encodeChange} from "../../src/codecs/governance/change.js";
import {GOVERNANCE_CONTRACT, PARAM_SET} from "../../src/codecs/governance/payloads.js";
import {encodeProof, type Proof} from "../../src/codecs/mining/proof.js";
import {QsdmError} from "../../src/errors.js";
import {NETWORK_PARAMS} from "../../src/node/ledger/params/networks.js";
import {enrollments, streams as paidStreams, quorumStakes} from "../../src/node/ledger/state/stores.js";
import type {SimCrypto} from "./crypto.js";
import type {PlannedChange, PlannedProposal} from "./governing.js";
import type {EventHeap} from "./heap.js";
import * as locking from "./locking.js";
import * as mining from "./mining.js";
import type {SimNode} from "./node.js";
import type {Plan} from "./plan.js";
import type {Concern, Random} from "./random.js";
import {callOf, type Wish} from "./staking.js";
import * as streaming from "./streaming.js";
import type {Trace} from "./trace.js";
import {type Call, CLIENTS, type Client, clientOf, clientsOf, signedCall, transferOf} from "./workload.js";

export const CHAIN_ID = "qsdm-sim";
const CELL = 100_000_000n;
/** Seconds by which a stale challenge is too old; the window and the grace are 90. */
const STALE_SECONDS = 200;
const TIP_DUST = 10n;

export interface PeopleSetting {
  readonly plan: Plan;
  readonly streams: Readonly<Record<Concern, Random>>;
  readonly crypto: SimCrypto;
  readonly trace: Trace;
}

export interface PeoplePorts extends PeopleSetting {
  readonly heap: EventHeap;
  readonly nodes: readonly SimNode[];
  acknowledged(node: number, txId: string): void;
}

export class People {
  readonly genesis: Genesis;
  readonly #clients: readonly Client[];
  /** By node. */
  readonly #operators: readonly Client[];
  readonly #miners: readonly mining.Miner[];
  readonly #members: readonly Client[];
  /** Last height that an honest miner made a solution for. */
  readonly #solved = new Map<string, bigint>();
  #ports: PeoplePorts | null = null;

  constructor(private readonly setting: PeopleSetting) {
    const {plan, crypto} = setting;
    const all = plan.nodes + plan.staking.candidates;
    this.#clients = clientsOf(CLIENTS, plan.nodes, crypto);
    // Who cheats does not carry its operator's word.
    const homeOf = (node: number): number => (plan.byzantine.has(node) ? (node + 1) % plan.nodes : node);
    this.#operators = Array.from({length: all}, (_, i) => clientOf(`operator ${i}`, homeOf(i), crypto));
    this.#miners = mining.minersOf(plan.mining, plan.nodes, crypto);
    this.#members = Array.from({length: plan.governing.members}, (_, i) =>
      clientOf(`member ${i}`, i % plan.nodes, crypto),
    );
    this.genesis = this.#genesisOf();
  }

  /** Of a validator or a miner. */
  isCheat(id: string): boolean {
    const {plan, crypto} = this.setting;
    const cheats = [...plan.byzantine.keys()].map((node) =>
      validatorIdOf(crypto.votes.keygen(`validator ${node}`).publicKey),
    );
    return cheats.includes(id) || this.#miners.some(({nodeId, isCheat}) => isCheat && nodeId === id);
  }

  #genesisOf(): Genesis {
    const {plan, crypto} = this.setting;
    const of = (people: readonly Client[], cells: bigint) =>
      people.map(({address}) => ({to: address, amountDust: cells * CELL}));
    const miners = this.#miners.map(({owner}) => owner);
    return {
      chainId: CHAIN_ID,
      network: "simulation",
      timeMs: 1_800_000_000_000n,
      params: {
        ...NETWORK_PARAMS.dev,
        validatorEpochBlocks: plan.staking.epochBlocks,
        validatorUnbondSeconds: plan.staking.unbondSeconds,
        unbondWindowSeconds: 7,
        // Two offences end a bond, one does not.
        slashCapDust: 3n * CELL,
        autoRevokeMinStakeDust: 5n * CELL,
      },
      allocations: [
        ...of(this.#clients, 10n),
        ...of(this.#operators, 500n),
        ...of(miners, 50n),
        ...of(this.#members, 1n),
      ],
      validators: Array.from({length: plan.nodes}, (_, i) => ({
        publicKey: crypto.votes.keygen(`validator ${i}`).publicKey,
        power: 1n,
        account: this.#operators[i]!.address,
      })),
      authorities: this.#members
        .slice(0, plan.governing.founders)
        .map(({address}) => address)
        .sort(),
      vestings: [],
    };
  }

  /** Puts what everybody is going to do on the heap. */
  schedule(ports: PeoplePorts): void {
    this.#ports = ports;
    const {plan, streams, heap} = ports;
    for (let i = 0; i < plan.transfers; i++) {
      const client = streams.workload.pick(this.#clients);
      const to = streams.workload.pick(this.#clients).address;
      heap.in(streams.workload.between(100, plan.transfersEndMs), () => {
        const {call, tipDust} = transferOf(to, streams.workload);
        void this.#send(client, call, tipDust);
      });
    }
    for (const {atMs, node, wish} of plan.staking.wishes) heap.in(atMs, () => this.#wish(node, wish));
    for (const proposal of plan.governing.proposals) this.#propose(proposal);
    for (const deed of plan.streaming.deeds) heap.in(deed.atMs, () => this.#stream(deed));
    for (const planned of plan.locking.locks) heap.in(planned.atMs, () => this.#lock(planned));
    for (const {atMs, miner, act} of plan.mining.acts) heap.in(atMs, () => this.#act(this.#miners[miner]!, act));
  }

  /** A node holds evidence: it brings it by itself, and now and then somebody pays to bring it as well. */
  equivocated({index}: SimNode, proof: EquivocationProof): void {
    const {streams, heap} = this.#ports!;
    const random = streams.staking;
    const client = this.#clients.find(({home}) => home === index);
    if (!client || !random.chance(0.2)) return;
    const told = random.chance(0.5) ? proof : {...proof, first: proof.second, second: proof.first};
    const call: Call = {contract: EQUIVOCATION_CONTRACT, payload: equivocation.encode(told)};
    heap.in(random.between(0, 1_000), () => void this.#send(client, call));
  }

  async #send(client: Client, call: Call, tipDust = TIP_DUST): Promise<void> {
    const {crypto, trace, heap, nodes, acknowledged} = this.#ports!;
    const node = nodes[client.home]!;
    if (!node.isUp) return;
    const bytes = signedCall(client, call, {chainId: CHAIN_ID, crypto, tipDust});
    try {
      const txId = await node.submit(bytes);
      if (txId === null) return;
      client.nonce++;
      trace.note(heap.nowMs, client.home, `acknowledges ${txId.slice(0, 8)} for ${call.contract}`);
      acknowledged(client.home, txId);
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      trace.note(heap.nowMs, client.home, `refuses a call of ${call.contract}: ${error.code}`);
    }
  }

  #wish(node: number, wish: Wish): void {
    const {crypto, nodes} = this.#ports!;
    const operator = this.#operators[node]!;
    const {chain} = nodes[operator.home]!;
    if (!chain) return;
    const ground = {
      state: chain.state,
      height: chain.tip.height,
      chainId: CHAIN_ID,
      params: this.genesis.params,
      crypto,
    };
    const call = callOf(wish, {node, owner: operator.address}, ground);
    if (call) void this.#send(operator, call);
  }

  /** Whoever votes first says at which height it is to happen, and the others vote for the same. */
  #propose({change, ahead, votes}: PlannedProposal): void {
    const {heap, nodes} = this.#ports!;
    let payload: Uint8Array | null = null;
    for (const {atMs, member} of votes)
      heap.in(atMs, () => {
        const voter = this.#members[member]!;
        const {chain} = nodes[voter.home]!;
        if (!chain) return;
        payload ??= encodeChange({change: this.#changeOf(change), effectiveHeight: chain.tip.height + ahead});
        void this.#send(voter, {contract: GOVERNANCE_CONTRACT, payload});
      });
  }

  #changeOf(change: PlannedChange): Change {
    if (change.kind === PARAM_SET) return change;
    const {kind, op, member} = change;
    return {kind, op, address: this.#members[member]!.address};
  }

  /** Whoever acts on a stream goes by what its own node knows of it. */
  #stream({stream, deed}: streaming.PlannedDeed): void {
    const {plan, nodes, streams} = this.#ports!;
    const agreement = plan.streaming.agreements[stream]!;
    const [payer, provider] = [this.#clients[agreement.payer]!, this.#clients[agreement.provider]!];
    const stranger = this.#clients.find((client) => client !== payer && client !== provider)!;
    const {chain} = nodes[(deed === "open" ? payer : provider).home]!;
    if (!chain) return;
    const done = streaming.callOf(deed, agreement, {
      ...{payer: payer.address, provider: provider.address, stranger: stranger.address},
      known: chain.state.get(paidStreams, agreement.name) ?? null,
      nowMs: chain.tip.timeMs,
      random: streams.streaming,
    });
    if (done) void this.#send(this.#clients.find(({address}) => address === done.sender)!, done.call);
  }

  /** By the person of the key's number, or by the next, who has no right to. */
  #lock(planned: locking.PlannedLock): void {
    const {crypto, nodes} = this.#ports!;
    const owner = this.#clients[planned.key]!;
    const sender = planned.lock === "snatch" ? this.#clients[planned.key + 1]! : owner;
    const {chain} = nodes[sender.home]!;
    if (!chain) return;
    const known = chain.state.get(quorumStakes, locking.keyOf(planned.key, crypto)) ?? null;
    const call = locking.callOf(planned, {chainId: CHAIN_ID, crypto, owner: owner.address, known});
    if (call) void this.#send(sender, call);
  }

  #act(miner: mining.Miner, act: mining.Act): void {
    const {crypto} = this.setting;
    const ground = {chainId: CHAIN_ID, crypto};
    switch (act) {
      case "enroll":
        return void this.#send(miner.owner, mining.enrollCall(miner, this.genesis.params.bondDust, ground));
      case "unenroll":
        return void this.#send(miner.owner, mining.unenrollCall(miner));
      case "mine":
        return this.#mine(miner);
      case "frame":
        return miner.isCheat ? undefined : this.#frame(miner);
    }
  }

  #mine(miner: mining.Miner): void {
    const {streams, nodes} = this.#ports!;
    const {chain} = nodes[miner.owner.home]!;
    if (chain?.state.get(enrollments, miner.nodeId)?.revokedAtHeight !== null) return;
    const {tip} = chain;
    const deed = miner.isCheat ? streams.mining.pick(["honest", "double", "stale"] as const) : "honest";
    if (deed === "honest") {
      if ((this.#solved.get(miner.nodeId) ?? 0n) >= tip.height) return;
      this.#solved.set(miner.nodeId, tip.height);
      return this.#offer(miner, this.#proof(miner, tip));
    }
    if (deed === "stale") {
      const proof = this.#proof(miner, tip, STALE_SECONDS);
      this.#offer(miner, proof);
      return this.#report(mining.staleEvidence(miner.nodeId, proof, tip));
    }
    const pair = [this.#proof(miner, tip), this.#proof(miner, tip)] as const;
    for (const proof of pair) this.#offer(miner, proof);
    for (const evidence of mining.doubleEvidence(miner.nodeId, pair)) this.#report(evidence);
  }

  /** Somebody accuses an honest miner: of what others signed, and of an honest proof. */
  #frame(miner: mining.Miner): void {
    const {nodes, crypto} = this.#ports!;
    const {chain} = nodes[miner.owner.home]!;
    if (!chain) return;
    const {tip} = chain;
    const forger = {...miner, keys: crypto.transactions.keygen("forger")};
    const pair = [this.#proof(forger, tip), this.#proof(forger, tip)] as const;
    this.#report(mining.doubleEvidence(miner.nodeId, pair)[0]!);
    this.#report(mining.staleEvidence(miner.nodeId, this.#proof(miner, tip), tip));
  }

  #proof(miner: mining.Miner, quoted: mining.Quoted, ageSeconds = 0): Proof {
    const {streams, crypto} = this.#ports!;
    return mining.proofBy(miner, {quoted, ageSeconds, random: streams.mining, chainId: CHAIN_ID, crypto});
  }

  #offer({owner}: mining.Miner, proof: Proof): void {
    const {nodes, trace, heap} = this.#ports!;
    void nodes[owner.home]!.submitProof(encodeProof(proof)).catch((error: unknown) => {
      if (!(error instanceof QsdmError)) throw error;
      trace.note(heap.nowMs, owner.home, `refuses a proof: ${error.code}`);
    });
  }

  /** Twice, through two nodes: an offence is punished once all the same. */
  #report(evidence: Parameters<typeof mining.slashCall>[0]): void {
    const {streams, heap} = this.#ports!;
    const call = mining.slashCall(evidence, this.genesis.params.slashCapDust);
    for (let i = 0; i < 2; i++) {
      const client = streams.mining.pick(this.#clients);
      heap.in(streams.mining.between(0, 3_000), () => void this.#send(client, call));
    }
  }
}
