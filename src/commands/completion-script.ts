/** Completion scripts, made from the commands themselves. */
import type {LoadedCommand} from "./help.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

interface Word {
  readonly word: string;
  readonly about: string;
}

/** What can follow some words: at "wallet", its commands; at "wallet show", its flags. */
type Table = ReadonlyMap<string, readonly Word[]>;

/** The script for `shell`. */
export function completionScript(shell: Shell, loaded: readonly LoadedCommand[]): string {
  const table = tableOf(loaded);
  if (shell === "bash") return bashScript(table);
  return shell === "zsh" ? zshScript(table) : fishScript(table);
}

function tableOf(loaded: readonly LoadedCommand[]): Table {
  const table = new Map<string, Word[]>([["", []]]);
  for (const {entry, command} of loaded) {
    const words = entry.path.split(" ");
    for (let depth = 0; depth < words.length; depth++) {
      const place = words.slice(0, depth).join(" ");
      const word = words[depth]!;
      const about = depth === words.length - 1 ? command.summary() : `commands of ${word}`;
      const known = table.get(place) ?? [];
      if (!known.some((each) => each.word === word)) table.set(place, [...known, {word, about}]);
    }
    const flags = command.options.map((option) => ({word: option.long!, about: option.description}));
    const further = table.get(entry.path) ?? [];
    table.set(entry.path, [...further, ...flags, {word: "--help", about: "print this text"}]);
  }
  return table;
}

/** Places from the longest, so that `wallet show` is met before `wallet`. */
const placesOf = (table: Table): string[] => [...table.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));

const pattern = (place: string): string => (place === "" ? "*" : `"${place}"*`);

function bashScript(table: Table): string {
  const cases = placesOf(table).map(
    (place) =>
      `    ${pattern(place)}) words="${table
        .get(place)!
        .map(({word}) => word)
        .join(" ")}" ;;`,
  );
  return `# bash completion for qsdm
_qsdm() {
  local current=\${COMP_WORDS[COMP_CWORD]} place="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || place+="\${place:+ }$word"
  done
  case $place in
${cases.join("\n")}
  esac
  if [[ \${COMP_WORDS[COMP_CWORD-1]} == --* && $current != -* ]]; then
    COMPREPLY=()
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _qsdm qsdm
`;
}

const zshWord = ({word, about}: Word): string => `'${word}:${about.replaceAll("'", "").replaceAll(":", " -")}'`;

function zshScript(table: Table): string {
  const cases = placesOf(table).map(
    (place) => `    ${pattern(place)}) entries=(${table.get(place)!.map(zshWord).join(" ")}) ;;`,
  );
  return `#compdef qsdm
# zsh completion for qsdm
_qsdm() {
  local place="" word
  local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] || place+="\${place:+ }$word"
  done
  case $place in
${cases.join("\n")}
  esac
  _describe 'qsdm' entries || _files
}
if [[ $funcstack[1] == _qsdm ]]; then _qsdm "$@"; else compdef _qsdm qsdm; fi
`;
}

const fishText = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function fishLine(place: string, {word, about}: Word): string {
  const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-f -a ${word}`;
  return `complete -c qsdm -n ${fishText(`__qsdm_at ${fishText(place)}`)} ${what} -d ${fishText(about)}`;
}

function fishScript(table: Table): string {
  const lines = placesOf(table).flatMap((place) => table.get(place)!.map((word) => fishLine(place, word)));
  return `# fish completion for qsdm
function __qsdm_at
    set -l words (string match -v -- '-*' (commandline -opc)[2..-1])
    set -l wanted (string split -n ' ' -- $argv[1])
    set -l count (count $wanted)
    if test $count -eq 0
        return (count $words)
    end
    test "$words[1..$count]" = "$argv[1]"
end
${lines.join("\n")}
`;
}
