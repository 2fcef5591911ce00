package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/topic"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"bash, zsh, fish or powershell."`
}

// Help is what is said of the command beside its flags.
func (c *completionCommand) Help() string {
	return "For example, in ~/.bashrc: source <(leat completion bash). In ~/.zshrc behind compinit: source <(leat completion " +
		"zsh). In fish: leat completion fish | source. In PowerShell's profile: leat completion powershell | Out-String | " +
		"Invoke-Expression."
}

// Run prints the script for a shell. All that it does is ask the command itself, so that it never gets old.
func (c *completionCommand) Run(a *app) error {
	_, err := fmt.Fprint(a.stdout, scripts[c.Shell])
	return err
}

// scripts are the scripts, by their shells. Each calls leat complete with the words up to the cursor, and falls back on
// files where the command offers nothing.
var scripts = map[string]string{
	// Where commands are offered, a directory of that name is none.
	"bash": `_leat() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < \
    <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case "$COMP_CWORD ${COMP_WORDS[1]}" in
    "1 "* | *" help" | "2 topic" | "2 completion") compopt +o filenames 2>/dev/null ;;
  esac
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o filenames -o bashdefault -o default -F _leat leat
`,
	"zsh": `#compdef leat
_leat() {
  local -a found folders
  found=("${(@f)$(${(Q)words[1]} complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  folders=("${(@M)found:#*/}")
  found=("${(@)found:#*/}")
  if [[ -z "$found" && -z "$folders" ]]; then _files; return; fi
  compadd -S "" -a folders
  compadd -a found
}
compdef _leat leat
`,
	"fish": `function __leat_complete
  set -l words (commandline -opc) (commandline -ct)
  leat complete -- $words[2..-1] 2>/dev/null
end
complete -c leat -f -a '(__leat_complete)'
`,
	"powershell": `Register-ArgumentCompleter -Native -CommandName leat -ScriptBlock {
  param($word, $tree, $cursor)
  $words = @($tree.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($word -eq '') { $words += '' }
  leat complete -- $words 2>$null | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`,
}

type completeCommand struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints what the last of some words may be, one a line, as the scripts of completion ask.
func (c *completeCommand) Run(parser *kong.Kong, a *app) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, candidate := range completions(parser.Model.Node, words) {
		if _, err := fmt.Fprintln(a.stdout, candidate); err != nil {
			return err
		}
	}
	return nil
}

// completions returns what the last word may be, in order.
func completions(root *kong.Node, words []string) (found []string) {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	node, arguments, value := walk(root, words[:len(words)-1])
	if value != nil && last == "=" {
		last = ""
	}
	switch name, begun, hasValue := strings.Cut(last, "="); {
	case value != nil:
		found = valuesOf(value, arguments, last)
	case strings.HasPrefix(last, "--") && hasValue:
		// Bash has divided at the = already, where it does; others complete the whole word.
		for _, v := range valuesOf(flagOf(node, name), arguments, begun) {
			found = append(found, name+"="+v)
		}
	case strings.HasPrefix(last, "-"):
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				found = append(found, "--"+flag.Name)
			}
		}
	case len(node.Children) > 0:
		for _, child := range node.Children {
			if !child.Hidden {
				found = append(found, child.Name)
			}
		}
	case len(arguments) < len(node.Positional) || node.Name == "help":
		found = argumentsOf(root, node, arguments, last)
	}
	found = slices.DeleteFunc(found, func(f string) bool { return !strings.HasPrefix(f, last) })
	slices.Sort(found)
	return slices.Compact(found)
}

// walk follows words to the command that they name, its arguments, and the flag whose value comes next, if one does.
func walk(node *kong.Node, words []string) (at *kong.Node, arguments []string, value *kong.Flag) {
	for _, word := range words {
		switch {
		case value != nil && word == "=": // bash divides words there
		case value != nil:
			value = nil
		case strings.HasPrefix(word, "-") && word != "-":
			name, _, hasValue := strings.Cut(word, "=")
			if flag := flagOf(node, name); flag != nil && !flag.IsBool() && !hasValue {
				value = flag
			}
		default:
			i := slices.IndexFunc(node.Children, func(child *kong.Node) bool { return child.Name == word })
			if i < 0 {
				arguments = append(arguments, word)
			} else {
				node = node.Children[i]
			}
		}
	}
	return node, arguments, value
}

// flagOf returns the flag of a command that a word names; nil where there is none.
func flagOf(node *kong.Node, word string) *kong.Flag {
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			if word == "--"+flag.Name || flag.Short != 0 && word == "-"+string(flag.Short) {
				return flag
			}
		}
	}
	return nil
}

// valuesOf returns the values that a flag may have: words, files, or the streams of the pipeline file that stands before.
func valuesOf(flag *kong.Flag, arguments []string, begun string) []string {
	switch {
	case flag == nil:
		return nil
	case flag.Enum != "":
		return flag.EnumSlice()
	case flag.Name == "stream" && len(arguments) > 0:
		p, err := pipeline.Load(arguments[0], parts()...)
		if err != nil {
			return nil
		}
		return p.Streams()
	case flag.PlaceHolder == "FORMAT":
		return recordFormats
	case flag.PlaceHolder == "FRAMING":
		return []string{"registry", "none", "single_object"}
	case flag.PlaceHolder == "MECHANISM":
		return topic.Mechanisms()
	case flag.PlaceHolder == "FILE":
		return paths(begun, func(string) bool { return true })
	}
	return nil
}

// argumentsOf returns what the next argument of a command may be.
func argumentsOf(root, node *kong.Node, arguments []string, begun string) (found []string) {
	if node.Name == "help" {
		about, _, _ := walk(root, arguments)
		for _, child := range about.Children {
			if !child.Hidden {
				found = append(found, child.Name)
			}
		}
		return found
	}
	argument := node.Positional[len(arguments)]
	switch {
	case argument.Enum != "":
		return argument.EnumSlice()
	case argument.Name == "topic":
		return nil
	}
	wanted := func(path string) bool {
		return !strings.HasPrefix(argument.Help, "The pipeline file") || isPipelineFile(path)
	}
	return paths(begun, wanted)
}

func isPipelineFile(path string) bool {
	end := filepath.Ext(path)
	return end == ".yaml" || end == ".yml"
}

// paths returns the files that are wanted, and all directories, whose paths begin with a text.
func paths(begun string, wanted func(path string) bool) (found []string) {
	dir, name := filepath.Split(begun)
	in := dir
	if in == "" {
		in = "."
	}
	entries, err := os.ReadDir(in)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		path := dir + entry.Name()
		info, err := os.Stat(filepath.Join(in, entry.Name()))
		switch {
		case err != nil, strings.HasPrefix(entry.Name(), ".") && !strings.HasPrefix(name, "."):
		case info.IsDir():
			found = append(found, path+"/")
		case wanted(path):
			found = append(found, path)
		}
	}
	return found
}
