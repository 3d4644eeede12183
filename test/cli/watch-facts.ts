/** Events of QSDM's `watch` beside ours: the same facts in another form. */

type Members = Readonly<Record<string, unknown>>;

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const asText = (value: unknown): string => (Array.isArray(value) ? value.join(",") : String(value));

/** The facts of each recorded line; `ts` only where the recording has a real one. */
export function recordedFacts(stdout: string): Members[] {
  return lines(stdout).map((line) => {
    if (line.startsWith("{")) return jsonFacts(JSON.parse(line));
    const [, kind = "", rest = ""] = /^\S+ (\S+)\s+(.*)$/.exec(line) ?? [];
    // The first field says what the event is about; the others are amounts as text for people.
    const [, about] = /^\w+=(\S+)/.exec(rest) ?? [];
    return {event: kind.toLowerCase(), ...(about === undefined ? {} : {about})};
  });
}

function jsonFacts({ts, event, error, ...members}: Members): Members {
  const facts = Object.entries(members).map(([name, value]) => [name, asText(value)] as const);
  const time = typeof ts === "string" && ts.startsWith("<") ? {} : {ts: new Date(String(ts)).getTime()};
  // The wording of a failure is ours; that of a receipt is the node's.
  return {
    event,
    ...(event === "error" ? {} : {...time, ...(error === undefined ? {} : {error})}),
    ...Object.fromEntries(facts),
  };
}

/** Those facts of our lines that `recorded` has, line by line. */
export function ourFacts(stdout: string, recorded: readonly Members[]): Members[] {
  return lines(stdout).map((line, at) => {
    const wanted = recorded[at] ?? {};
    if (!line.startsWith("{")) {
      const [, event, ...fields] = line.split("\t");
      const found = fields.find((field) => field.slice(field.indexOf("=") + 1) === wanted.about);
      return {event, ...(found === undefined ? {} : {about: wanted.about})};
    }
    const {ts, ...members} = JSON.parse(line) as Members;
    const all: Members = {...members, ts: new Date(String(ts)).getTime()};
    return Object.fromEntries(
      Object.keys(wanted).map((name) => [name, name === "ts" ? all.ts : name in all ? asText(all[name]) : undefined]),
    );
  });
}
