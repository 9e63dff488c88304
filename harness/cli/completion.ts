/** flounder completion: what a shell needs to complete commands, flags, and the names that there are. The shell asks `flounder complete` at each Tab. */
import { Argument, type Command } from "commander";
import { candidates } from "./flags/candidates.js";
import { programFor } from "./program.js";
import { quoted } from "./words/next-commands.js";

/** By its path: an alias is not known where shells complete. */
const self = () => [process.execPath, process.argv[1] ?? "flounder"].map(quoted).join(" ");
const scripts: Readonly<Record<"bash" | "zsh" | "fish", (self: string) => string>> = {
  bash: (self) => `# eval "$(flounder completion bash)", or into ~/.local/share/bash-completion/completions/flounder
_flounder() {
  local cur prev words cword
  if declare -F _get_comp_words_by_ref >/dev/null; then _get_comp_words_by_ref -n = cur prev words cword
  else words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="\${words[cword]}"; fi
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(${self} complete -- "\${words[@]:1:cword}" 2>/dev/null | cut -f1)" -- "$cur"))
}
complete -o default -F _flounder flounder
`,
  zsh: (self) => `#compdef flounder
# eval "$(flounder completion zsh)", or as _flounder into a folder of $fpath
_flounder() {
  local -a found
  local line
  while IFS=$'\\t' read -r word says; do found+=("\${word//:/\\\\:}\${says:+:$says}"); done < <(${self} complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe flounder found; else _files; fi
}
compdef _flounder flounder
`,
  fish: (self) => `# flounder completion fish | source, or into ~/.config/fish/completions/flounder.fish
function __flounder_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (${self} complete -- $words[2..-1] 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c flounder -f -a '(__flounder_complete)'
`,
};

export function register(program: Command): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "whose").choices(Object.keys(scripts)))
    .description("prints what a shell needs to complete commands, flags and names at Tab")
    .addHelpText("after", '\nExample: eval "$(flounder completion bash)"')
    .action((shell: keyof typeof scripts) => void process.stdout.write(scripts[shell](self())));
  program
    .command("complete", { hidden: true })
    .argument("[words...]", "after --: the words so far, the last of them unfinished")
    .description("what may come next, for completion scripts: a word a line, and after a tab what it is")
    .action(async (words: string[]) => {
      const last = words.at(-1) ?? "";
      const found = (await candidates(await programFor(), words)).filter(({ word }) => word.startsWith(last));
      process.stdout.write(found.map(({ word, says }) => `${word}\t${says}\n`).join(""));
    });
}
