import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {taskAction, taskSigningBytes} from "../../codecs/envelopes/task-action.js";
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
  readonly envelopeFile?: string;
}

export const walletSignTaskActionCommand = (io: Io): Command =>
  addSignFlags(
    addConfigFlag(
      defineCommand("wallet sign-task-action", {
        summary: "sign an action of QSDM's tasks",
        description:
          "Reads a task action without its signature, checks that the keystore is its sender's, and prints the signed action " +
          "on one line, as a node of QSDM takes it. A missing timestamp becomes the present time. Works offline.\n\n" +
          "Members that the action does not have are refused: a signature would not cover them.",
        examples: [{does: "sign a claim", run: "qsdm wallet sign-task-action --envelope-file claim.json --nonce 9"}],
        environment: settingsEnvironment("keystore", "passphrase_file"),
        files: {"~/.qsdm/wallet.json": "The keystore that signs, unless --in names another."},
        exit: {3: "The action or the passphrase is wrong."},
        seeAlso: ["wallet sign-tx", "wallet sign-stream-action", "wallet verify"],
      }),
    ),
  )
    .option("--envelope-file <path>", "the action (default: standard input)")
    .action(async ({envelopeFile, nonce = 0n, ...flags}: Flags) => {
      const read = taskAction.readCompat(await readDocument(io, envelopeFile, "--envelope-file"));
      const {id, sender, taskId, action: verb} = read;
      checkMembers("the task action", {id, sender, task_id: taskId, action: verb});
      const timestamp = read.timestamp || new Date(io.host.now()).toISOString();
      const action = {...read, timestamp, nonce: nonce === 0n ? read.nonce : nonce};
      const signer = await signerFor(io, sender, flags);
      const text = textOf(taskAction.encode({...action, ...signatureMembers(signer, taskSigningBytes(action))}));
      io.note(`signed task action ${id}: ${verb} on ${taskId} for ${sender}, nonce ${action.nonce}`);
      io.result({id, sender, task_id: taskId, action: verb, nonce: action.nonce, envelope: text}, text);
    });
