import type {Command} from "commander";
import {txIdOf} from "../../codecs/chain/envelope.js";
import {decodeMultiEnvelope, type MultiEnvelope, multiEnvelope} from "../../codecs/chain/multisig.js";
import {checkSigners} from "../../node/ledger/chain/members.js";
import {authorshipOf} from "../../node/ledger/monetary/gas.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {documentOfContent, sentenceOf} from "./describe.js";
import {addOutFlags, checkOut, type OutFlags, readTx, writeTx} from "./files.js";
import {combine} from "./members.js";

export const txCombineCommand = (io: Io): Command =>
  addOutFlags(
    defineCommand("tx combine", {
      summary: "put the signatures of an account's members together",
      description:
        "Reads what members of a multi-signature account made of one transaction with qsdm tx sign --policy, and writes one " +
        "envelope with the signatures of all of them, up to the threshold. With fewer than that the result can be combined " +
        "again later; only one that is complete can be sent. Every signature is checked. Works offline and needs no key.",
      examples: [{does: "two of three have signed", run: "qsdm tx combine ann.part bob.part --out pay.signed"}],
      exit: {3: "A file is no such transaction, a signature is wrong, or they are not of one transaction."},
      seeAlso: ["tx sign", "tx send", "wallet multisig"],
    })
      .argument("<file>", "what a member signed, raw or as hex; - reads standard input")
      .argument("<others...>", "what the other members signed"),
    "transaction",
  ).action(async (file: string, others: readonly string[], flags: OutFlags) => {
    checkOut(io, flags);
    const first = decodeMultiEnvelope(await readTx(io, file));
    const rest: MultiEnvelope[] = [];
    for (const path of others) rest.push(decodeMultiEnvelope(await readTx(io, path)));
    const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
    const {verify} = await loadMlDsa(87, "few");
    // Each by itself: of two signatures of one member the first is kept, and must not be the one that is wrong.
    for (const part of [first, ...rest]) checkSigners(part, verify);
    const whole = combine([first, ...rest]);
    const {content, policy, signatures} = whole;
    const missing = policy.threshold - signatures.length;
    io.note(sentenceOf(content));
    io.note(`${signatures.length} of ${policy.threshold} signatures${missing > 0 ? `; ${missing} more needed` : ""}`);
    const counts = {signatures: signatures.length, threshold: policy.threshold, complete: missing === 0};
    const data = {tx_id: txIdOf(content), ...counts, ...documentOfContent(content, authorshipOf(policy))};
    await writeTx(io, multiEnvelope.encode(whole), {flags, data});
  });
