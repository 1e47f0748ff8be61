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
 * on PATH. $SHELL tells yargs the form of its answer: names alone, or with descriptions. Words come as they
 * stand on the line: quotes and `~` are taken for what they mean, and nothing else is expanded.
 */
const scripts: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# coolports: completion for bash
_coolports() {
  local IFS=$'\\n' words=("\${COMP_WORDS[@]:0:COMP_CWORD+1}") answers
  words=("\${words[@]//[\\\\\\"\\']/}")
  words=("\${words[@]/#\\~\\//$HOME/}")
  answers=$(SHELL=bash ZSH_NAME='' "\${words[0]}" --get-yargs-completions "\${words[@]}" 2>/dev/null)
  # Of --option= readline completes what follows.
  COMPREPLY=($(compgen -W "$answers" -- "\${words[COMP_CWORD]#=}"))
}
complete -o bashdefault -o default -F _coolports coolports`,

  zsh: `#compdef coolports
# coolports: completion for zsh
_coolports() {
  local -a asked answers
  asked=("\${(@Q)words[1,CURRENT]}")
  asked=("\${(@)asked/#\\~\\//$HOME/}")
  answers=("\${(@f)$(SHELL=zsh "\${asked[1]}" --get-yargs-completions "\${(@)asked}" 2>/dev/null)}")
  answers=("\${(@)answers:#}")
  _describe coolports answers && return
  compset -P '--*='
  _files
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  _coolports "$@"
else
  compdef _coolports coolports
fi`,

  fish: `# coolports: completion for fish
function __coolports_answers
  set -l before (string replace -r '^~/' $HOME/ -- (commandline -opc))
  set -l current (commandline -ct)
  type -q $before[1]; or return
  set -l answers (SHELL=fish ZSH_NAME= $before[1] --get-yargs-completions $before $current 2>/dev/null)
  if count $answers >/dev/null
    string join \\n -- $answers
  else
    # Files, as for a command that nothing is known of.
    complete -C "'' $current"
  end
end
complete -c coolports -f -a '(__coolports_answers)'`,
}
