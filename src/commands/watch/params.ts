import type {Command} from "commander";
import {list, mapOf, object, omitEmpty, text, u64, type ValueOf} from "../../codecs/api/shape.js";
import {UsageError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {governanceRoute} from "../../node/api/routes/governance.js";
import type {Io} from "../io.js";
import {timeText, type WatchEvent, watchEvent} from "./event.js";
import type {Poller, Subject} from "./subject.js";
import {defineWatch, type WatchFlags, watch} from "./watch.js";

const NAME_MAX_BYTES = 64;

const change = object({
  param: text,
  value: u64,
  effectiveHeight: u64,
  authority: omitEmpty(text, ""),
  memo: omitEmpty(text, ""),
});
type Change = ValueOf<typeof change>;
/** What a watcher reads of the governance state. */
const seenParams = object({active: mapOf(u64), pending: list(change), authorities: list(text)});
type SeenParams = ValueOf<typeof seenParams>;

const staged = (event: string, {param, value, effectiveHeight, authority, memo}: Change, more: object) => ({
  event,
  members: {param, ...more, pending_value: value, pending_effective_height: effectiveHeight, authority, memo},
});

/** What became of one parameter; an activation hides what else happened to it. */
function changeOf(param: string, before: SeenParams, after: SeenParams) {
  const [old, now] = [before, after].map(({pending}) => pending.find((each) => each.param === param));
  const [was, is] = [before.active.get(param), after.active.get(param)];
  if (was !== undefined && is !== undefined && was !== is)
    return {event: "param_activated", members: {param, active_value: is, prev_active_value: was}};
  if (was === undefined && is !== undefined)
    return old || now ? {event: "param_activated", members: {param, active_value: is}} : null;
  const active = {active_value: is ?? 0n};
  if (!old && now) return staged("param_staged", now, active);
  if (old && !now) return {event: "param_removed", members: {param, ...active, prev_pending_value: old.value}};
  if (!old || !now || (old.value === now.value && old.effectiveHeight === now.effectiveHeight)) return null;
  const {event, members} = staged("param_superseded", now, active);
  return {event, members: {...members, prev_pending_value: old.value}};
}

function authorityChange(before: SeenParams, after: SeenParams) {
  const missing = (from: SeenParams, of: SeenParams) =>
    [...of.authorities].filter((each) => !from.authorities.includes(each)).sort();
  const [added, removed] = [missing(before, after), missing(after, before)];
  if (added.length === 0 && removed.length === 0) return null;
  const members = {
    ...(added.length === 0 ? {} : {authorities_added: added}),
    ...(removed.length === 0 ? {} : {authorities_removed: removed}),
  };
  return {event: "param_authorities_changed", members};
}

function paramPoller(io: Io, client: Client, param: string | null): Poller<SeenParams> {
  const ts = (): string => timeText(io.host.now());
  const wanted = (name: string): boolean => param === null || name === param;
  return {
    shape: seenParams,
    snapshot: () => client.ask(governanceRoute, seenParams, {}),
    existing: ({active, pending}) =>
      pending
        .filter((each) => wanted(each.param))
        .map((each) => staged("param_staged", each, {active_value: active.get(each.param) ?? 0n}))
        .map(({event, members}) => watchEvent(event, ts(), members)),
    diff(before, after) {
      const pending = [...before.pending, ...after.pending].map((each) => each.param);
      const names = [...new Set([...before.active.keys(), ...after.active.keys(), ...pending])].sort();
      const changes = [
        ...names.filter(wanted).map((name) => changeOf(name, before, after)),
        // Who may vote concerns every parameter.
        authorityChange(before, after),
      ];
      return changes.flatMap((each): WatchEvent[] => (each ? [watchEvent(each.event, ts(), each.members)] : []));
    },
  };
}

interface Flags extends WatchFlags {
  readonly param?: string;
  readonly includeExisting: boolean;
}

export const watchParamsCommand = (io: Io): Command =>
  defineWatch("params", {
    summary: "follow the parameters that can be voted on",
    description:
      "Tells of each change of a governed parameter that is staged, replaced, dropped or takes effect, and of changes of " +
      "those who may vote. The event stream tells when a value takes effect; the rest is polled.",
    examples: [
      {does: "every change from now on", run: "qsdm watch params"},
      {does: "what is staged for one of them", run: "qsdm watch params --param reward_bps --include-existing --once"},
    ],
    seeAlso: ["watch enrollments", "watch blocks"],
  })
    .option("--param <name>", "only this parameter")
    .option("--include-existing", "tell of the changes that are staged already, first", false)
    .action(async (flags: Flags) => {
      const param = flags.param ?? null;
      if (param !== null && Buffer.byteLength(param) > NAME_MAX_BYTES)
        throw new UsageError("FLAG_INVALID", `--param is longer than ${NAME_MAX_BYTES} bytes`);
      await watch(
        io,
        flags,
        (client): Subject<SeenParams> => ({
          name: "params",
          poller: paramPoller(io, client, param),
          tellsExisting: flags.includeExisting,
          streamed: {
            topics: ["params"],
            convert({seq, topic, body}) {
              if (topic !== "params" || (param !== null && body.param !== param)) return null;
              return watchEvent(body.event, timeText(io.host.now()), {
                param: body.param,
                active_value: body.activeValue,
                prev_active_value: body.prevActiveValue,
                height: body.height,
                seq,
              });
            },
          },
        }),
      );
    });
