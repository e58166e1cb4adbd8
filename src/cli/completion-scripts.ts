import { reviewed, type PlainText, plain } from '../base/text.ts';

/*
 * The shells ask `sandlight complete`, so that every word they offer comes from the table of commands. What it prints is
 * never evaluated: a name of a sandbox is somebody else's word. Where it offers nothing, the shell offers files.
 */

const bash = `# Completion of sandlight for bash. To have it: source <(sandlight completion bash)
_sandlight() {
  local line words=()
  COMPREPLY=()
  for line in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    # bash takes the sign in --option=value for a word.
    [[ $line == = ]] || words+=("$line")
  done
  [[ \${COMP_WORDS[COMP_CWORD]} == = ]] && words+=('')
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(sandlight complete -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _sandlight sandlight`;

const zsh = `#compdef sandlight
# Completion of sandlight for zsh. To have it, after compinit: source <(sandlight completion zsh)
_sandlight() {
  local -a found
  local line
  for line in "\${(@f)$(sandlight complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#found} )); then
    _describe -t words word found
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _sandlight ]]; then
  _sandlight "$@"
else
  compdef _sandlight sandlight
fi`;

const fish = `# Completion of sandlight for fish. To have it: sandlight completion fish | source
function __sandlight_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (sandlight complete -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c sandlight -f -a '(__sandlight_complete)'`;

const script = (text: string): PlainText => reviewed(text, 'It stands in the source as a whole.');

/** The script for each shell. */
export const completionScripts: ReadonlyMap<PlainText, PlainText> = new Map([
  [plain`bash`, script(bash)],
  [plain`zsh`, script(zsh)],
  [plain`fish`, script(fish)],
]);
