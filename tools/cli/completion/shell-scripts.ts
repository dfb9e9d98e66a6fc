import type { Choice, Place } from './command-tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script that completes `edgeml` in a shell. After the words of a command, files are completed if nothing else fits. */
export function completionScript(shell: Shell, places: readonly Place[]): string {
  return { bash, zsh, fish }[shell](places);
}

function bash(places: readonly Place[]): string {
  const words = ({ choices }: Place): string => choices.map(({ word }) => word).join(' ');
  return `# bash completion of edgeml: source <(edgeml completion bash)
_edgeml() {
  local place='' word choices=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$place $word" in
      ${pathPattern(places)}) place="$place $word" ;;
    esac
  done
  case "$place" in
${places.map((place) => `    ${caseOf(place)}) choices='${words(place)}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _edgeml edgeml
`;
}

/** `_describe` takes `word:summary`. */
function zsh(places: readonly Place[]): string {
  const entries = ({ choices }: Place): string =>
    choices.map(({ word, summary }) => quoted(`${word}:${summary}`)).join(' ');
  return `#compdef edgeml
# zsh completion of edgeml: source <(edgeml completion zsh)
_edgeml() {
  local place='' word
  local -a choices
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
      ${pathPattern(places)}) place="$place $word" ;;
    esac
  done
  case "$place" in
${places.map((place) => `    ${caseOf(place)}) choices=(${entries(place)}) ;;`).join('\n')}
  esac
  _describe edgeml choices || _files
}
compdef _edgeml edgeml
`;
}

function fish(places: readonly Place[]): string {
  const entry = (place: Place, choice: Choice): string => {
    const word = choice.word.startsWith('--') ? `-l ${choice.word.slice(2)}` : `-f -a ${choice.word}`;
    return `complete -c edgeml -n '__edgeml_at "${place.path}"' ${word} -d ${quoted(choice.summary)}`;
  };
  return `# fish completion of edgeml: edgeml completion fish | source
function __edgeml_at
  set -l place
  for word in (commandline -opc)[2..-1]
    if contains -- (string join ' ' $place $word) ${places.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join(' ')}
      set -a place $word
    end
  end
  test "$argv[1]" = (string join ' ' -- $place '' | string trim)
end
${places.flatMap((place) => place.choices.map((choice) => entry(place, choice))).join('\n')}
`;
}

function pathPattern(places: readonly Place[]): string {
  return places.flatMap((place) => (place.path === '' ? [] : [caseOf(place)])).join('|');
}

/** The place as the loops above build it: a space before each word. */
function caseOf({ path }: Place): string {
  return path === '' ? "''" : `' ${path}'`;
}

/** For all three shells: none of them looks into single quotes, and a quote within is closed, escaped and opened again. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
