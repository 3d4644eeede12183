import {type Command, Option} from "commander";
import {formatCell} from "../../codecs/amount.js";
import type {EventBody, Topic} from "../../codecs/api/events.js";
import {UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {cellFlag, u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {addPassphraseFlags, type PassphraseFlags} from "../passphrase.js";
import type {Settings} from "../settings.js";
import {openWallet} from "../submit.js";
import {termsOf} from "../transaction.js";
import {timeText, type WatchEvent, watchEvent} from "./event.js";
import {Detector, REMEMBERED_BLOCKS} from "./offences/detector.js";
import {EvidenceDir} from "./offences/evidence-dir.js";
import {Prosecutor} from "./offences/prosecutor.js";
import {Slasher} from "./offences/slasher.js";
import {resolved} from "./slash-receipts.js";
import type {Subject} from "./subject.js";
import {defineWatch, type WatchFlags, watch} from "./watch.js";

interface Flags extends WatchFlags, PassphraseFlags {
  readonly nodeId?: string;
  readonly withProof: boolean;
  readonly evidenceDir?: string;
  readonly slash: boolean;
  readonly in?: string;
  readonly sender?: string;
  readonly fee?: bigint;
  readonly expiresIn: bigint;
}

const EXPIRES_IN_BLOCKS = 300n;

function proofEvent(io: Io, seq: bigint, body: EventBody<"proofs">, withProof: boolean): WatchEvent {
  const {event, height, nodeId, proofId, epoch, proofHeight, minerAddr, reason, detail, proof} = body;
  return watchEvent(event, timeText(io.host.now()), {
    node_id: nodeId,
    proof_id: proofId,
    epoch,
    height: proofHeight,
    block_height: height,
    miner_addr: minerAddr,
    reason,
    detail,
    ...(withProof ? {proof} : {}),
    seq,
  });
}

/** Whoever submits what is found, ready to sign; `null` where nothing is submitted. */
async function slasherOf(
  io: Io,
  flags: Flags,
  {client, settings, dir}: {client: Client; settings: Settings; dir: EvidenceDir},
): Promise<Slasher | null> {
  if (!flags.slash) return null;
  const wallet = await openWallet(io, flags, settings);
  const {baseFeeDust} = termsOf(await client.status());
  const fee = flags.fee === undefined ? `at least ${formatCell(baseFeeDust)}` : formatCell(flags.fee);
  if (io.asks) await io.confirm(`Submit a slash for every offence, paying ${fee} CELL each from ${wallet.sender}?`);
  // Opened once: nobody sits there when an offence is found.
  const signer = await wallet.unlock();
  io.note(`submitting slashes from ${wallet.sender}, ${fee} CELL each`);
  return new Slasher(client, signer, dir, {feeDust: flags.fee ?? null, expiresInBlocks: flags.expiresIn});
}

async function prosecutorOf(io: Io, flags: Flags, client: Client, settings: Settings): Promise<Prosecutor | null> {
  if (flags.evidenceDir === undefined) return null;
  const dir = new EvidenceDir(io.host.disk, flags.evidenceDir);
  const slasher = await slasherOf(io, flags, {client, settings, dir});
  const {now} = io.host;
  return new Prosecutor({client, dir, slasher, now, detail: (text) => io.detail(text)});
}

export const watchProofsCommand = (io: Io): Command =>
  addPassphraseFlags(
    defineWatch("proofs", {
      summary: "follow mining proofs, and catch those who cheat",
      description:
        "Tells of each proof that a block includes, and of each that its node signed and the node refused.\n\n" +
        "--evidence-dir looks for offences among them: two proofs of one node for one epoch and height, forged and stale " +
        "attestations. Each charge is judged by the node's own ledger, for nothing, and what convicts is written as " +
        "evidence under the name of the offence, the same bytes by every watcher. --slash also submits it, once for each " +
        "offence, however many watchers there are: it asks whether the offence was slashed or a slash for it waits, and " +
        "leaves a claim beside the evidence before it sends anything. A stale proof is held against the certified header " +
        "that it quotes, never against the time at which it came.",
      examples: [
        {
          does: "catch cheats and keep the evidence",
          run: "qsdm watch proofs --evidence-dir ./evidence --cursor-file p.cursor",
        },
        {
          does: "and be paid for it, unattended",
          run: "qsdm watch proofs --evidence-dir ./evidence --slash --in watcher.json --passphrase-file pass --cursor-file p.cursor",
        },
        {does: "proofs of one rig", run: "qsdm watch proofs --node-id rig1 --json | jq -r .proof_id"},
      ],
      files: {
        "DIR/*.evidence": "Evidence, mode 0600; qsdm slash --evidence-file takes it.",
        "DIR/*.slash": "Transaction that was sent for it, and until when it can be included.",
        "~/.qsdm/wallet.json": "The keystore that pays, signs and is rewarded, unless --in names another.",
      },
      seeAlso: ["slash", "slash-helper inspect", "watch slashes", "devnet equivocate"],
    })
      .option("--node-id <id>", "tell only of this node's proofs; offences are looked for among all")
      .option("--with-proof", "tell the proof itself, too", false)
      .optionsGroup("Evidence flags:")
      .option("--evidence-dir <dir>", "look for offences, and keep evidence of them here")
      .option("--slash", "submit what is found", false)
      .option("--in <path>", "the keystore that signs (default: ~/.qsdm/wallet.json)")
      .option("--sender <address>", "the account that pays; must be the keystore's own")
      .option(
        "--fee <cell>",
        "what each slash pays, in CELL (default: the base fee of its block, up to twice that of now)",
        cellFlag,
      )
      .addOption(
        new Option("--expires-in <blocks>", "how many blocks a slash may wait")
          .argParser(u64Flag)
          .default(EXPIRES_IN_BLOCKS, String(EXPIRES_IN_BLOCKS)),
      ),
  ).action(async (flags: Flags) => {
    const {slash, evidenceDir, nodeId, withProof} = flags;
    if (slash && evidenceDir === undefined)
      throw new UsageError("FLAG_MISSING", "--slash needs --evidence-dir", {
        hint: "evidence is kept before it is submitted: name a directory for it",
      });
    await watch(io, flags, async (client, settings): Promise<Subject<never>> => {
      const prosecutor = await prosecutorOf(io, flags, client, settings);
      const detector = new Detector();
      const topics: readonly Topic[] = slash ? ["blocks", "proofs", "slashes"] : ["proofs"];
      return {
        name: "proofs",
        poller: null,
        tellsExisting: false,
        streamed: {
          topics,
          ...(prosecutor === null ? {} : {lookBack: REMEMBERED_BLOCKS}),
          async convert({seq, topic, body}, again, leave) {
            if (topic === "slashes" && !again && prosecutor?.sent(body.txId))
              return [resolved(body.txId, body, timeText(io.host.now()))];
            if (topic === "blocks" && !again && prosecutor !== null) return prosecutor.atHeight(body.height);
            if (topic !== "proofs") return [];
            const meant = !again && (nodeId === undefined || body.nodeId === nodeId);
            const told = meant ? [proofEvent(io, seq, body, withProof)] : [];
            if (prosecutor === null) return told;
            try {
              for (const suspicion of detector.take(body)) told.push(...(await prosecutor.follow(suspicion, again)));
            } catch (error) {
              leave(error);
            }
            return told;
          },
        },
      };
    });
  });
