import { command } from '../command.ts'
import { print } from '../output.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export const completion = command({
  usage: 'completion <shell>',
  about: 'Print the script that makes a shell complete commands, options and packages',
  examples: [
    ['. <(coolports completion bash)', 'in ~/.bashrc'],
    ['source <(coolports completion zsh)', 'in ~/.zshrc, below compinit'],
    ['coolports completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  options: yargs => yargs.positional('shell', { choices: SHELLS, demandOption: true, describe: 'the shell' }),
  run: async args => {
    print(scripts[args.shell])
    return 0
  },
})

/**
 * Each asks the very word that was typed, so that `./bin/coolports` completes as well as `coolports`
 * on PATH. $SHELL tells yargs the form of its answer: names alone, or with descriptions.
 */
const scripts: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# coolports: completion for bash
_coolports() {
  local IFS=$'\\n' before=("\${COMP_WORDS[@]:0:COMP_CWORD+1}") answers
  answers=$(SHELL=bash ZSH_NAME='' "\${COMP_WORDS[0]/#\\~/$HOME}" --get-yargs-completions "\${before[@]}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$answers" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _coolports coolports`,

  zsh: `#compdef coolports
# coolports: completion for zsh
_coolports() {
  local -a answers
  answers=("\${(@f)$(SHELL=zsh "\${words[1]/#\\~/$HOME}" --get-yargs-completions "\${(@)words[1,CURRENT]}" 2>/dev/null)}")
  answers=("\${(@)answers:#}")
  _describe coolports answers || _files
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  _coolports "$@"
else
  compdef _coolports coolports
fi`,

  fish: `# coolports: completion for fish
function __coolports_answers
  set -l before (commandline -opc)
  set -l program (string replace -r '^~' $HOME -- $before[1])
  set -l answers (SHELL=fish ZSH_NAME= $program --get-yargs-completions $before (commandline -ct) 2>/dev/null)
  if count $answers >/dev/null
    string join \\n -- $answers
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c coolports -f -a '(__coolports_answers)'`,
}
