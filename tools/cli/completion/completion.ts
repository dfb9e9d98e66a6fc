import { Argument } from 'commander';
import type { CommandSpec } from '../frame/command.ts';
import { placesOf } from './command-tree.ts';
import { completionScript, SHELLS } from './shell-scripts.ts';
import type { Shell } from './shell-scripts.ts';

export const completionCommand: CommandSpec = {
  usage: 'completion',
  summary: 'print a script that completes edgeml in bash, zsh or fish',
  options: (command) => command.addArgument(new Argument('<shell>', 'the shell').choices(SHELLS)),
  help: `
bash  edgeml completion bash > ~/.local/share/bash-completion/completions/edgeml
zsh   edgeml completion zsh > ~/.zfunc/_edgeml      # with ~/.zfunc in $fpath
fish  edgeml completion fish > ~/.config/fish/completions/edgeml.fish`,
  run: async ({ args: [shell], program, out }) => {
    const script = completionScript(shell as Shell, placesOf(program));
    out.json({ shell, script });
    if (!out.isJson) out.line(script.trimEnd());
  },
};
