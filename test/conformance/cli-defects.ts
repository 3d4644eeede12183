/** What QSDM's client does and ours refuses, or the other way round. */
import type {Input, Json} from "./case.js";
import type {Defect} from "./defects.js";

export const CLI_AREA = "cli qsdmcli: recorded command invocations";

/** A row for the runs whose arguments `claims`: they end as `ends`, after asking the first `asks` of what was asked. */
const row = (
  id: string,
  claims: (args: string, input: Input) => boolean,
  {ends, asks = 0}: {readonly ends: "done" | "refused"; readonly asks?: number},
): Defect => ({
  id,
  areas: [CLI_AREA],
  correct(recorded, input) {
    if (!claims(input.texts("args").join(" "), input)) return recorded;
    const {requests, ...rest} = recorded as {readonly [name: string]: Json};
    const asked = ((requests as readonly Json[] | undefined) ?? []).slice(0, asks);
    const shown = asked.length === 0 ? rest : {...rest, requests: asked};
    return {...shown, stdout: "", exit_code: ends === "done" ? 0 : 1};
  },
});

const DEAD = /^(tx|chain|mempool|contracts|tokens|deploy|execute|bridge|lock|audit)( |$)/;
/** Recorded answers that no node gives on the route: a client that believes them believes anything. */
const ANSWERS = /has_more":(true|false),"t.*_matches"/;
const READS = /^(status|health|block|receipt|enrollment|enrollments|enrollment-status|slash-receipt|validators)( |$)/;

export const CLI_DEFECTS: readonly Defect[] = [
  // Routes that no node has, or that want a login which the client cannot send.
  row("Q58", (args) => DEAD.test(args), {ends: "refused"}),
  // A MAC key that is too short, and a kind of evidence that no node knows, would only cost the fee.
  row(
    "Q59",
    (args) => /^enroll .*--hmac-key=\w{1,63}( |$)/.test(args) || /--evidence-kind=(?!forged|double|fresh)/.test(args),
    {
      ends: "refused",
    },
  ),
  // Asking for help is no mistake.
  row("Q57", (args) => / -{1,2}h(elp)?$/.test(args), {ends: "done"}),
  // A page that says it is the last is asked for once, and architectures that do occur can be named.
  {
    id: "watch-last-page",
    areas: [CLI_AREA],
    correct(recorded, input) {
      if (!/^watch archspoof --detailed .*--include-existing/.test(input.texts("args").join(" "))) return recorded;
      const {requests, ...rest} = recorded as {readonly requests: readonly Json[]};
      return {...rest, requests: requests.slice(0, 1)};
    },
  },
  {
    id: "Q53",
    areas: [CLI_AREA],
    correct(recorded, input) {
      if (!/^watch archspoof --arch=(ampere|turing)/.test(input.texts("args").join(" "))) return recorded;
      const path = "/api/metrics/prometheus";
      const request = {method: "GET", path, accept: "", content_type: null, authorization: null, body: ""};
      return {...(recorded as object), requests: [request]};
    },
  },
  // Arguments that nobody reads, and names that no enrollment can have, are mistakes.
  row("unread-arguments", (args) => /^enrollments? .*[^-= ]+ -/.test(args) && !/^enrollments? -/.test(args), {
    ends: "refused",
  }),
  row("impossible-names", (args) => /^enrollment-status .*[^a-z0-9_ -]/.test(args), {ends: "refused"}),
  row(
    "no-such-answer",
    (args, input) =>
      READS.test(args) &&
      input
        .objects("routes")
        .some(
          (each) => each.text("method") === "GET" && each.number("status") === 200 && !ANSWERS.test(each.text("body")),
        ),
    {ends: "refused", asks: 1},
  ),
];
