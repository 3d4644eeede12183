/** Whole validators in one process: chain, disk, keys and engine as in a node, on the network stand-in. */
import path from "node:path";
import {hexOf} from "../../../src/codecs/bytes.js";
import type {Genesis, GenesisParams} from "../../../src/codecs/chain/genesis.js";
import type {EquivocationProof} from "../../../src/codecs/consensus/equivocation.js";
import {sha3} from "../../../src/codecs/hash.js";
import {Relayed} from "../../../src/node/batches/relayed.js";
import {createBatches} from "../../../src/node/batches-part.js";
import {contractsOf} from "../../../src/node/contracts.js";
import {systemClock} from "../../../src/node/engine/clock.js";
import {Engine} from "../../../src/node/engine/engine.js";
import type {Clock} from "../../../src/node/engine/ports.js";
import {SignedFile} from "../../../src/node/keys/signed-file.js";
import {VoteSigner} from "../../../src/node/keys/vote-signer.js";
import {STRICT_RULES} from "../../../src/node/ledger/params/rules.js";
import {rememberValid} from "../../../src/node/signature-cache.js";
import {SignatureDesk} from "../../../src/node/signature-desk.js";
import {mlDsa44, mlDsa87} from "../../support/accounts.js";
import {openTestChain, scratchDirectory, type TestChain, testGenesis, VALIDATOR_ACCOUNT} from "../../support/chain.js";
import {InProcessNetwork} from "../../support/network.js";

export const keysOf = (i: number) => mlDsa44.keygenFromSeed(sha3(Uint8Array.of(100 + i)));
export const peerOf = (i: number): string => hexOf(sha3(keysOf(i).publicKey));

/** A dev chain with `count` equal validators. */
export const clusterGenesis = (count: number, allocations: Parameters<typeof testGenesis>[0] = []): Genesis => ({
  ...testGenesis(allocations),
  validators: Array.from({length: count}, (_, i) => ({
    publicKey: keysOf(i).publicKey,
    power: 1n,
    account: VALIDATOR_ACCOUNT.address,
  })),
});

export interface Member extends TestChain {
  readonly engine: Engine;
  readonly directory: string;
  readonly failures: unknown[];
  readonly equivocations: EquivocationProof[];
  /** Of what batches hold; what its own clients wrote has another. */
  readonly signatures: SignatureDesk;
  /** What its log was told in detail. */
  readonly details: string[];
  stop(): Promise<void>;
}

export class Cluster {
  readonly network = new InProcessNetwork();
  readonly genesis: Genesis;
  /** Of validators that are started from now on. */
  pace = {intervalMs: 200, minIntervalMs: 20};
  readonly members = new Map<number, Member>();
  readonly #directories = new Map<number, string>();

  constructor(count: number, allocations?: Parameters<typeof testGenesis>[0], params: Partial<GenesisParams> = {}) {
    const genesis = clusterGenesis(count, allocations);
    this.genesis = {...genesis, params: {...genesis.params, ...params}};
  }

  /** Starts a validator, or a follower where `i` is none, on its own directory. */
  async start(i: number, clock: Clock = systemClock): Promise<Member> {
    const directory = this.#directories.get(i) ?? scratchDirectory();
    this.#directories.set(i, directory);
    const failures: unknown[] = [];
    const equivocations: EquivocationProof[] = [];
    const details: string[] = [];
    const debug = (_about: object, message: string): void => void details.push(message);
    let wake = (): void => {};
    const opened = await openTestChain(directory, this.genesis, {contracts: contractsOf(STRICT_RULES)}, () => wake());
    const signed = SignedFile.open(path.join(directory, "validator.signed"));
    const sign = (message: Uint8Array): Uint8Array => mlDsa44.sign(keysOf(i).secretKey, message);
    const network = this.network.join(peerOf(i));
    const {chain, intake, store} = opened;
    const {pace} = this;
    const common = {
      chain,
      store,
      network,
      verifyVote: rememberValid(mlDsa44.verify),
      clock,
      nowMs: () => BigInt(Date.now()) + this.genesis.timeMs,
      log: {debug, info: () => {}, warn: () => {}, error: () => {}},
      failed: (error: unknown) => failures.push(error),
    };
    const signatures = new SignatureDesk(mlDsa87.verify, {
      threads: 1,
      mlDsaVerify: async (_level, batch) =>
        batch.map(({publicKey, message, signature}) => mlDsa87.verify(publicKey, message, signature)),
    });
    const relayed = new Relayed({
      key: keysOf(i).publicKey,
      committee: () => chain.committee,
      nowMs: () => clock.nowMs(),
      isWaiting: (id) => intake.isWaiting(id),
    });
    const {desk, feed} = createBatches({
      ...common,
      intake,
      relayed,
      identity: {publicKey: keysOf(i).publicKey, sign},
      signatures,
      minIntervalMs: pace.minIntervalMs,
      available: () => engine.batchCame(),
    });
    const engine: Engine = new Engine(
      {pace, pacemaker: {baseMs: 400, multiplier: 2, maxMs: 3_000}},
      {
        ...common,
        batches: feed,
        voice: new VoteSigner(keysOf(i).publicKey, sign, signed),
        equivocated(each) {
          equivocations.push(each);
          intake.evidence.report(each);
        },
      },
    );
    wake = () => {
      desk.wake();
      engine.wake();
    };
    await network.start(new AbortController().signal);
    await desk.start(new AbortController().signal);
    await engine.start(new AbortController().signal);
    const stop = async (): Promise<void> => {
      await network.stop();
      await engine.stop();
      await desk.stop();
      store.close();
      signed.close();
      this.members.delete(i);
    };
    const member = {...opened, engine, directory, failures, equivocations, details, signatures, stop};
    this.members.set(i, member);
    return member;
  }

  async stop(): Promise<void> {
    for (const member of [...this.members.values()]) await member.stop();
  }
}
