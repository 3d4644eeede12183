import type {Command} from "commander";
import {type ClientFlags, withClient} from "../client.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {addClientFlags, settingsEnvironment} from "../settings.js";
import {FIELDS_TEXT, streamFields} from "./fields.js";
import {streamNameFlag} from "./order.js";

export const streamShowCommand = (io: Io): Command =>
  addClientFlags(
    defineCommand("stream show", {
      summary: "show one stream",
      description: `Prints one line: ${FIELDS_TEXT}. Times, price and session key are in --json.`,
      examples: [
        {
          does: "what a stream owes its provider",
          run: "qsdm stream show vpn-7 --json | jq -r .data.stream.unsettled_dust",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout"),
      exit: {3: "There is no such stream."},
      seeAlso: ["stream list", "stream open"],
    }).argument("<stream-id>", "the stream", streamNameFlag),
  ).action(async (id: string, flags: ClientFlags) => {
    await withClient(io, flags, async (client) => {
      const answer = await client.stream({id});
      io.result(documentOf(answer), [streamFields(answer.stream)]);
    });
  });
