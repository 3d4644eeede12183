/** What QSDM's mining console refuses and ours reads. */
import type {Json} from "./case.js";
import type {Defect} from "./defects.js";

export const CONSOLE_AREA = "cmd.qsdmminer-console: formatting, key files, enrollment poller";

type Members = {readonly [name: string]: Json};

/** The console gives up on a record with a member that it does not know, so that every new one breaks it (Q78). */
export const NEW_MEMBERS: Defect = {
  id: "Q78",
  areas: [CONSOLE_AREA],
  correct(recorded, input) {
    if (input.textOr("op") !== "poll" || !/unknown field/.test(`${(recorded as Members).last_error}`)) return recorded;
    const record = JSON.parse(input.text("body")) as Members;
    const names = Object.keys(recorded as Members).filter((name) => record[name] !== undefined);
    const read = names.map(
      (name) => [name, typeof record[name] === "number" ? `${record[name]}` : record[name]!] as const,
    );
    return {...(recorded as Members), ...Object.fromEntries(read), last_error: ""};
  },
};
