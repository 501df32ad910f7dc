// SPDX-License-Identifier: Apache-2.0
#include "client/cli/completion.h"

#include <functional>
#include <vector>

#include "absl/strings/str_format.h"

namespace proofmark::client::cli {
namespace {

// All text here comes from the command tree: command and option names, choices, help sentences.
// Only help sentences may hold a quote.
std::string SingleQuoted(std::string_view text, std::string_view quote_as) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += quote_as;
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool TakesValue(const Parameter& option) {
  return option.kind != ValueKind::kFlag && option.kind != ValueKind::kSwitch;
}

std::vector<std::string> OptionNames(const Command& command) {
  std::vector<std::string> names;
  for (const Parameter& option : command.options) {
    names.push_back(option.name);
    if (option.kind == ValueKind::kSwitch) names.push_back("--no-" + option.name.substr(2));
  }
  names.push_back("--help");
  return names;
}

std::vector<std::string> ChildNames(const Command& command) {
  std::vector<std::string> names;
  for (const Command& child : command.children) names.push_back(child.name);
  return names;
}

// Calls `visit` with every command and the words that name it, parents first.
void Walk(const Command& command, std::vector<std::string>& path,
          const std::function<void(const Command&, const std::string&)>& visit) {
  visit(command, Joined(path));
  for (const Command& child : command.children) {
    path.push_back(child.name);
    Walk(child, path, visit);
    path.pop_back();
  }
}

void Walk(const Command& root,
          const std::function<void(const Command&, const std::string&)>& visit) {
  std::vector<std::string> path;
  Walk(root, path, visit);
}

bool HasKind(const std::vector<Parameter>& places, ValueKind kind) {
  for (const Parameter& place : places) {
    if (place.kind == kind) return true;
  }
  return false;
}

std::vector<std::string> PlaceChoices(const Command& command) {
  std::vector<std::string> choices;
  for (const Parameter& place : command.places) {
    choices.insert(choices.end(), place.choices.begin(), place.choices.end());
  }
  return choices;
}

// The `case` arms that bash and zsh share: which words lead to a command, what stands behind an
// option, and what may come next.
struct CaseArms {
  std::string paths;
  std::string values;
  std::string words;
};

CaseArms MakeArms(const Command& root, std::string_view offer, std::string_view files,
                  std::string_view folders) {
  CaseArms arms;
  Walk(root, [&](const Command& command, const std::string& path) {
    for (const std::string& child : ChildNames(command)) {
      arms.paths += absl::StrFormat("      '%s:%s') at='%s' ;;\n", path, child,
                                    path.empty() ? child : path + " " + child);
    }
    for (const Parameter& option : command.options) {
      if (!TakesValue(option)) continue;
      std::string action = "return";
      if (!option.choices.empty()) {
        action = absl::StrFormat("%s; return",
                                 absl::StrFormat("%s '%s'", offer, Joined(option.choices)));
      } else if (option.kind == ValueKind::kFile) {
        action = absl::StrFormat("%s; return", files);
      } else if (option.kind == ValueKind::kFolder) {
        action = absl::StrFormat("%s; return", folders);
      }
      arms.values += absl::StrFormat("    '%s:%s') %s ;;\n", path, option.name, action);
    }
    std::vector<std::string> next = ChildNames(command);
    const std::vector<std::string> choices = PlaceChoices(command);
    next.insert(next.end(), choices.begin(), choices.end());
    std::string action =
        absl::StrFormat("options='%s'; words='%s'", Joined(OptionNames(command)), Joined(next));
    if (HasKind(command.places, ValueKind::kFile)) action += "; files=1";
    if (HasKind(command.places, ValueKind::kFolder)) action += "; folders=1";
    arms.words += absl::StrFormat("    '%s') %s ;;\n", path, action);
  });
  return arms;
}

}  // namespace

std::string BashCompletion(const Command& root) {
  const CaseArms arms =
      MakeArms(root, "_proofmark_offer", "_proofmark_files", "_proofmark_folders");
  return "# bash completion of proofmark: source <(proofmark completion bash)\n"
         "_proofmark_offer() { COMPREPLY+=( $(compgen -W \"$1\" -- \"$cur\") ); }\n"
         "_proofmark_files() { compopt -o filenames 2>/dev/null; local IFS=$'\\n'; "
         "COMPREPLY+=( $(compgen -f -- \"$cur\") ); }\n"
         "_proofmark_folders() { compopt -o filenames 2>/dev/null; local IFS=$'\\n'; "
         "COMPREPLY+=( $(compgen -d -- \"$cur\") ); }\n"
         "_proofmark() {\n"
         "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local at='' options='' words='' files='' folders='' i\n"
         "  COMPREPLY=()\n"
         "  for (( i = 1; i < COMP_CWORD; i++ )); do\n"
         "    case \"$at:${COMP_WORDS[i]}\" in\n" +
         arms.paths +
         "    esac\n"
         "  done\n"
         "  case \"$at:$previous\" in\n" +
         arms.values +
         "  esac\n"
         "  case \"$at\" in\n" +
         arms.words +
         "  esac\n"
         "  if [[ $cur == -* ]]; then _proofmark_offer \"$options\"; return; fi\n"
         "  [[ -n $words ]] && _proofmark_offer \"$words\"\n"
         "  [[ -n $files ]] && _proofmark_files\n"
         "  [[ -n $folders ]] && _proofmark_folders\n"
         "}\n"
         "complete -F _proofmark proofmark\n";
}

std::string ZshCompletion(const Command& root) {
  const CaseArms arms = MakeArms(root, "_proofmark_offer", "_files", "_files -/");
  // `words` and `path` are zsh's own names, so the arms' `words` is read as `next`.
  std::string next_arms = arms.words;
  for (std::size_t at = 0; (at = next_arms.find("; words='", at)) != std::string::npos; ++at) {
    next_arms.replace(at, 9, "; next='");
  }
  return "#compdef proofmark\n"
         "# zsh completion of proofmark: proofmark completion zsh > "
         "\"${fpath[1]}/_proofmark\"\n"
         "_proofmark_offer() { compadd -- ${=1} }\n"
         "_proofmark() {\n"
         "  local previous=\"${words[CURRENT-1]}\" at='' options='' next='' files='' folders='' i\n"
         "  for (( i = 2; i < CURRENT; i++ )); do\n"
         "    case \"$at:${words[i]}\" in\n" +
         arms.paths +
         "    esac\n"
         "  done\n"
         "  case \"$at:$previous\" in\n" +
         arms.values +
         "  esac\n"
         "  case \"$at\" in\n" +
         next_arms +
         "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then _proofmark_offer \"$options\"; return; fi\n"
         "  [[ -n $next ]] && _proofmark_offer \"$next\"\n"
         "  [[ -n $files ]] && _files\n"
         "  [[ -n $folders ]] && _files -/\n"
         "  return 0\n"
         "}\n"
         "compdef _proofmark proofmark\n";
}

std::string FishCompletion(const Command& root) {
  std::string text =
      "# fish completion of proofmark: proofmark completion fish > "
      "~/.config/fish/completions/proofmark.fish\n"
      "function __proofmark_at\n"
      "  set -l at ''\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$at:$word\"\n";
  Walk(root, [&text](const Command& command, const std::string& path) {
    for (const std::string& child : ChildNames(command)) {
      text += absl::StrFormat("      case '%s:%s'\n        set at '%s'\n", path, child,
                              path.empty() ? child : path + " " + child);
    }
  });
  text +=
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c proofmark -f\n";
  Walk(root, [&text](const Command& command, const std::string& path) {
    const std::string here =
        absl::StrFormat("complete -c proofmark -n \"__proofmark_at '%s'\"", path);
    for (const Command& child : command.children) {
      text +=
          absl::StrFormat("%s -a %s -d %s\n", here, child.name, SingleQuoted(child.summary, "\\'"));
    }
    for (const Parameter& option : command.options) {
      std::string value;
      if (TakesValue(option))
        value =
            option.kind == ValueKind::kFile || option.kind == ValueKind::kFolder ? " -r -F" : " -x";
      if (!option.choices.empty()) value += absl::StrFormat(" -a '%s'", Joined(option.choices));
      text += absl::StrFormat("%s -l %s%s -d %s\n", here, option.name.substr(2), value,
                              SingleQuoted(option.help, "\\'"));
      if (option.kind == ValueKind::kSwitch) {
        text += absl::StrFormat("%s -l no-%s -d %s\n", here, option.name.substr(2),
                                SingleQuoted("Turns it off: " + option.help, "\\'"));
      }
    }
    text += absl::StrFormat("%s -l help -d 'Show the help'\n", here);
    if (const std::string choices = Joined(PlaceChoices(command)); !choices.empty()) {
      text += absl::StrFormat("%s -a '%s'\n", here, choices);
    }
    if (HasKind(command.places, ValueKind::kFile) || HasKind(command.places, ValueKind::kFolder)) {
      text += absl::StrFormat("%s -F\n", here);
    }
  });
  return text;
}

}  // namespace proofmark::client::cli
