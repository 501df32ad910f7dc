// SPDX-License-Identifier: Apache-2.0
// Both sides of a private look-up for another program to talk to: a command a line on stdin, an
// answer a line on stdout. Everything is hexadecimal; a list is separated by commas. The keys are
// of a test and protect nothing.
//   key <seed> <info>                         the public key; this is the key from now on
//   answer <elements>                         <elements> <proof>
//   output <input>                            what an asker has to get for it
//   ask <inputs>                              <elements>, kept for `open`
//   open <elements> <proof> <public key>      <outputs>
// What is refused is answered with "refused: " and why.
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "crypto/lookup/exchange.h"
#include "crypto/secret/system_random.h"
#include "crypto/voprf/voprf.h"

namespace proofmark {
namespace {

absl::StatusOr<std::vector<std::string>> ParseList(const std::string& text) {
  std::vector<std::string> members;
  std::istringstream in(text);
  for (std::string member; std::getline(in, member, ',');) {
    PM_ASSIGN_OR_RETURN(std::string bytes, base::ParseHex(member));
    members.push_back(std::move(bytes));
  }
  return members;
}

std::string FormatList(const std::vector<std::string>& members) {
  std::string text;
  for (const std::string& member : members) {
    if (!text.empty()) text += ',';
    text += base::ToHex(member);
  }
  return text;
}

class Peer {
 public:
  absl::StatusOr<std::string> Answer(const std::vector<std::string>& words) {
    if (words.size() == 3 && words[0] == "key") return Key(words[1], words[2]);
    if (words.size() == 2 && words[0] == "answer" && key_) return AnswerElements(words[1]);
    if (words.size() == 2 && words[0] == "output" && key_) return Output(words[1]);
    if (words.size() == 2 && words[0] == "ask") return Ask(words[1]);
    if (words.size() == 4 && words[0] == "open" && question_) {
      return Open(words[1], words[2], words[3]);
    }
    return absl::InvalidArgumentError("no such command, or not yet");
  }

 private:
  absl::StatusOr<std::string> Key(const std::string& seed_hex, const std::string& info_hex) {
    PM_ASSIGN_OR_RETURN(std::string seed, base::ParseHex(seed_hex));
    PM_ASSIGN_OR_RETURN(const std::string info, base::ParseHex(info_hex));
    PM_ASSIGN_OR_RETURN(key_, crypto::VoprfKey::Derive(crypto::SecretBytes::TakeFrom(seed), info));
    return base::ToHex(key_->public_key().bytes());
  }

  absl::StatusOr<std::string> AnswerElements(const std::string& list) {
    PM_ASSIGN_OR_RETURN(const std::vector<std::string> elements, ParseList(list));
    PM_ASSIGN_OR_RETURN(const crypto::LookupAnswer answer,
                        crypto::AnswerLookup(*key_, elements, random_));
    return FormatList(answer.elements) + " " + base::ToHex(answer.proof);
  }

  absl::StatusOr<std::string> Output(const std::string& input_hex) const {
    PM_ASSIGN_OR_RETURN(const std::string input, base::ParseHex(input_hex));
    PM_ASSIGN_OR_RETURN(const crypto::SecretBytes output, key_->Evaluate(input));
    return base::ToHex(output.ExposeForOpenSsl());
  }

  absl::StatusOr<std::string> Ask(const std::string& list) {
    PM_ASSIGN_OR_RETURN(const std::vector<std::string> inputs, ParseList(list));
    PM_ASSIGN_OR_RETURN(question_, crypto::LookupQuestion::Create(inputs, random_));
    return FormatList(question_->Elements());
  }

  absl::StatusOr<std::string> Open(const std::string& list, const std::string& proof_hex,
                                   const std::string& public_key_hex) const {
    crypto::LookupAnswer answer;
    PM_ASSIGN_OR_RETURN(answer.elements, ParseList(list));
    PM_ASSIGN_OR_RETURN(answer.proof, base::ParseHex(proof_hex));
    PM_ASSIGN_OR_RETURN(const std::string public_key_bytes, base::ParseHex(public_key_hex));
    PM_ASSIGN_OR_RETURN(const crypto::Element public_key, crypto::Element::Parse(public_key_bytes));
    PM_ASSIGN_OR_RETURN(const std::vector<crypto::SecretBytes> outputs,
                        question_->Open(answer, public_key));
    std::vector<std::string> texts;
    for (const crypto::SecretBytes& output : outputs) {
      texts.emplace_back(base::AsText(output.ExposeForOpenSsl()));
    }
    return FormatList(texts);
  }

  crypto::SystemRandom random_;
  std::optional<crypto::VoprfKey> key_;
  std::optional<crypto::LookupQuestion> question_;
};

}  // namespace
}  // namespace proofmark

int main() {
  proofmark::Peer peer;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    const absl::StatusOr<std::string> answer = peer.Answer(words);
    std::cout << (answer.ok() ? *answer : "refused: " + std::string(answer.status().message()))
              << std::endl;
  }
  return 0;
}
