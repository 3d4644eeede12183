import type {Command} from "commander";
import {type ClientFlags, withClient} from "./client.js";
import {defineCommand} from "./define.js";
import {documentOf} from "./document.js";
import {enrollmentFields} from "./enrollments.js";
import type {Io} from "./io.js";
import {addClientFlags, settingsEnvironment} from "./settings.js";

export const enrollmentStatusCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("enrollment-status", {
      summary: "show one enrollment",
      description:
        "Prints one enrollment: node id, phase, stake in dust, owner, GPU, height of the enrollment, height of its end, " +
        "height at which the bond comes back. A record is there from its enrollment until its bond has been returned.",
      examples: [
        {does: "the phase of a rig", run: "qsdm enrollment-status rig1 | cut -f 2"},
        {does: "whether it can be slashed", run: "qsdm enrollment-status rig1 --json | jq -e .data.slashable"},
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "No such enrollment."},
      seeAlso: ["enroll", "enrollments", "slash"],
    }),
  )
    .argument("<node-id>", "the handle of the rig")
    .action(async (nodeId: string, flags: ClientFlags) => {
      await withClient(io, flags, async (client) => {
        const view = await client.enrollment({nodeId});
        io.result(documentOf(view), [enrollmentFields(view)]);
      });
    });
