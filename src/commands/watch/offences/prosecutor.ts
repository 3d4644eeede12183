/** From suspicion to evidence: has the ledger judge each charge, keeps what convicts, and has it sent in. */
import {U64_MAX} from "../../../codecs/amount.js";
import {slashPayload} from "../../../codecs/slashing/payload.js";
import {QsdmError, UnavailableError} from "../../../errors.js";
import type {Client} from "../../../node/api/client.js";
import {timeText, type WatchEvent, watchEvent} from "../event.js";
import {type Charge, chargesOf} from "./charges.js";
import type {Suspicion} from "./detector.js";
import type {EvidenceDir} from "./evidence-dir.js";
import type {Slasher} from "./slasher.js";

type Verdict = Awaited<ReturnType<Client["judgeSlash"]>>;

export interface ProsecutorPorts {
  readonly client: Client;
  readonly dir: EvidenceDir;
  /** Sends evidence in; `null` where it is only kept. */
  readonly slasher: Slasher | null;
  now(): number;
  /** Why a suspicion came to nothing, for whoever wants to know. */
  detail(text: string): void;
}

/** Blocks after which a slash that was refused is tried again. */
const RETRY_BLOCKS = 100n;
/** Behind a refusal that only certified headers will lift: the evidence is good, and waits for them. */
const NO_WITNESS = "ANCHOR_UNVERIFIABLE";

export class Prosecutor {
  /** Charges that are settled in this run, by name. */
  readonly #settled = new Set<string>();
  readonly #submitted = new Set<string>();
  /** Charges that were submitted or left, with the height above which they are looked at again. */
  readonly #due = new Map<string, {readonly charge: Charge; readonly height: bigint}>();
  #height = 0n;

  constructor(private readonly ports: ProsecutorPorts) {}

  /** Whether a slash is this watcher's. */
  sent(txId: string): boolean {
    return this.#submitted.has(txId);
  }

  /**
   * What a suspicion comes to. `again`: an earlier run heard of it, so only what that run did not do is told.
   * @throws UnavailableError when the node is not there: nothing is settled then
   */
  async follow(suspicion: Suspicion, again = false): Promise<readonly WatchEvent[]> {
    const told: WatchEvent[] = [];
    for (const charge of await chargesOf(suspicion, (height) => this.#headerTime(height))) {
      if (this.#settled.has(charge.name)) continue;
      told.push(...(await this.#press(charge, again)));
      this.#settled.add(charge.name);
    }
    return told;
  }

  /** A block came: whatever was sent in and neither applied nor waits any more is sent in again. */
  async atHeight(height: bigint): Promise<readonly WatchEvent[]> {
    this.#height = height;
    const told: WatchEvent[] = [];
    for (const [name, {charge, height: due}] of this.#due) {
      if (height <= due) continue;
      told.push(...(await this.#press(charge, true)));
      if (this.#due.get(name)?.height === due) this.#due.delete(name);
    }
    return told;
  }

  async #press(charge: Charge, again: boolean): Promise<WatchEvent[]> {
    const verdict = await this.#judge(charge);
    const known = verdict.slashedAtHeight !== null || verdict.waiting;
    const witnessed = verdict.cause !== NO_WITNESS;
    if (!verdict.convicts && !known && witnessed) {
      this.ports.detail(`${charge.name}: ${verdict.message}`);
      return [];
    }
    const isNew = await this.ports.dir.keep(charge.name, charge.evidence);
    const offence = this.#event("offence", charge, {...offenceMembers(charge, verdict), new_evidence: isNew});
    const found = again && !isNew ? [] : [offence];
    if (this.ports.slasher === null) return found;
    if (!known && witnessed) return [...found, await this.#send(charge, this.ports.slasher)];
    return again ? found : [...found, this.#left(charge, verdict)];
  }

  #left(charge: Charge, {slashedAtHeight, waiting, message}: Verdict): WatchEvent {
    const reason =
      slashedAtHeight !== null ? `slashed at height ${slashedAtHeight}` : waiting ? "a slash for it waits" : message;
    return this.#event("slash_left", charge, {reason});
  }

  async #send(charge: Charge, slasher: Slasher): Promise<WatchEvent> {
    try {
      const sent = await slasher.submit(charge);
      this.#due.set(charge.name, {charge, height: sent.dueHeight});
      if (sent.done === "left") return this.#event("slash_left", charge, {reason: sent.reason});
      this.#submitted.add(sent.txId);
      return this.#event("slash_submitted", charge, {tx_id: sent.txId});
    } catch (error) {
      // Refused for a reason of this wallet: the evidence stays, and the wallet may fare better later.
      if (!(error instanceof QsdmError) || error instanceof UnavailableError) throw error;
      this.#due.set(charge.name, {charge, height: this.#height + RETRY_BLOCKS});
      return this.#event("slash_failed", charge, {code: error.code, error: error.message});
    }
  }

  #judge({kind, nodeId, evidence}: Charge): Promise<Verdict> {
    const payload = {nodeId, evidenceKind: kind, evidence, slashAmountDust: U64_MAX, memo: ""};
    return this.ports.client.judgeSlash({body: slashPayload.encode(payload)});
  }

  async #headerTime(height: bigint): Promise<bigint | null> {
    const {headers} = await this.ports.client.headers({from: height, to: height, limit: 1});
    return headers.find((header) => header.height === height)?.timeMs ?? null;
  }

  #event(kind: string, charge: Charge, members: Readonly<Record<string, unknown>>): WatchEvent {
    const {nodeId, kind: evidenceKind, epoch, height} = charge;
    const about = {node_id: nodeId, evidence_kind: evidenceKind, epoch, height};
    return watchEvent(kind, timeText(this.ports.now()), {
      ...about,
      evidence_file: this.ports.dir.path(charge.name),
      ...members,
    });
  }
}

const offenceMembers = ({evidence}: Charge, {offenceKey, slashedDust, slashedAtHeight, waiting, cause}: Verdict) => ({
  evidence_bytes: evidence.length,
  offence_key: offenceKey,
  expected_slash_dust: slashedDust,
  slashed_at_height: slashedAtHeight,
  waiting,
  lacks: cause === NO_WITNESS ? "certified header" : "",
});
