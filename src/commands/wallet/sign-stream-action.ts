import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {readStreamDocument, streamAction, streamSubmission} from "../../codecs/envelopes/actions.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {addConfigFlag, settingsEnvironment} from "../settings.js";
import {
  addSignFlags,
  checkMembers,
  readDocument,
  type SignFlags,
  signatureMembers,
  signerFor,
} from "./sign-document.js";

interface Flags extends SignFlags {
  readonly actionFile?: string;
}

export const walletSignStreamActionCommand = (io: Io): Command =>
  addSignFlags(
    addConfigFlag(
      defineCommand("wallet sign-stream-action", {
        summary: "sign an action of QSDM's CELL streams",
        description:
          "Reads a stream action, bare or as the member action of an object, checks that the keystore is its sender's, and " +
          "prints action, signature and key on one line, as a node of QSDM takes them. A missing timestamp becomes the present " +
          "time. Works offline.\n\n" +
          "Members that the action does not have are refused: a signature would not cover them.",
        examples: [
          {
            does: "sign the opening of a stream",
            run: "qsdm wallet sign-stream-action --action-file open.json --nonce 7",
          },
        ],
        environment: settingsEnvironment("keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The keystore that signs, unless --in names another."},
        exit: {3: "The action or the passphrase is wrong."},
        seeAlso: ["wallet sign-tx", "wallet sign-task-action", "wallet verify"],
      }),
    ),
  )
    .option("--action-file <path>", "the action (default: standard input)")
    .action(async ({actionFile, nonce = 0n, ...flags}: Flags) => {
      const read = readStreamDocument(await readDocument(io, actionFile, "--action-file"));
      const {id, sender, streamId, action: verb} = read;
      checkMembers("the stream action", {id, sender, stream_id: streamId, action: verb});
      const timestamp = read.timestamp || new Date(io.host.now()).toISOString();
      const action = {...read, timestamp, nonce: nonce === 0n ? read.nonce : nonce};
      const signer = await signerFor(io, sender, flags);
      const text = textOf(streamSubmission.encode({action, ...signatureMembers(signer, streamAction.encode(action))}));
      io.note(`signed stream action ${id}: ${verb} on ${streamId} for ${sender}, nonce ${action.nonce}`);
      io.result({id, sender, stream_id: streamId, action: verb, nonce: action.nonce, submission: text}, text);
    });
