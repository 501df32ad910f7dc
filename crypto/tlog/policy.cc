// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/policy.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/tlog/lines.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kNoQuorum = "none";
constexpr std::string_view kSpaces = " \t";

std::vector<std::string_view> ItemsOf(std::string_view line) {
  std::vector<std::string_view> items;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kSpaces), line.size()));
    if (line.empty()) return items;
    const std::size_t size = std::min(line.find_first_of(kSpaces), line.size());
    items.push_back(line.substr(0, size));
    line.remove_prefix(size);
  }
}

bool IsPolicyText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || byte == '\n' || (byte >= 0x20 && byte != 0x7F);
  });
}

}  // namespace

// Reads line after line into a policy that is not yet anyone's.
class PolicyParser {
 public:
  absl::StatusOr<Policy> Parse(std::string_view text) {
    if (text.size() > kPolicyBytesMax) return Refuse("more than 65536 bytes");
    if (!IsPolicyText(text)) return Refuse("a control character");
    while (!text.empty()) {
      std::optional<std::string_view> line = TakeLine(text);
      if (!line) line = std::exchange(text, std::string_view());
      if (++line_ > kPolicyLinesMax) return Refuse("more than 1024 lines");
      PM_RETURN_IF_ERROR(ReadLine(ItemsOf(*line)));
    }
    line_ = 0;
    if (!has_quorum_) return Refuse("no quorum");
    Finish();
    return std::move(policy_);
  }

 private:
  using Items = std::vector<std::string_view>;

  absl::Status Refuse(std::string_view why) const {
    if (line_ == 0) return absl::InvalidArgumentError(absl::StrFormat("policy: %s", why));
    return absl::InvalidArgumentError(absl::StrFormat("policy line %d: %s", line_, why));
  }

  absl::Status ReadLine(const Items& items) {
    if (items.empty() || items[0].starts_with('#')) return absl::OkStatus();
    if (items[0] == "log") return ReadLog(items);
    if (items[0] == "witness") return ReadWitness(items);
    if (items[0] == "group") return ReadGroup(items);
    if (items[0] == "quorum") return ReadQuorum(items);
    return Refuse("starts with none of log, witness, group, quorum");
  }

  absl::StatusOr<NoteVerifierKey> ReadKey(std::string_view text) {
    absl::StatusOr<NoteVerifierKey> key = ParseVerifierKey(text);
    if (!key.ok()) return Refuse(std::string(key.status().message()));
    // By its bytes: another name for one key must not count twice.
    if (!public_keys_.insert(key->public_key).second) return Refuse("a public key used before");
    return key;
  }

  absl::Status ReadLog(const Items& items) {
    if (items.size() != 2 && items.size() != 3) return Refuse("not log <vkey> [<url>]");
    PM_ASSIGN_OR_RETURN(NoteVerifierKey key, ReadKey(items[1]));
    if (!key.Is(NoteKeyType::kNote)) return Refuse("a log's key is of type 0x01");
    policy_.logs_.push_back({std::move(key), std::string(items.size() == 3 ? items[2] : "")});
    return absl::OkStatus();
  }

  absl::Status ReadWitness(const Items& items) {
    if (items.size() != 3 && items.size() != 4) return Refuse("not witness <name> <vkey> [<url>]");
    PM_RETURN_IF_ERROR(CheckNewName(items[1]));
    PM_ASSIGN_OR_RETURN(NoteVerifierKey key, ReadKey(items[2]));
    if (key.Is(NoteKeyType::kNote)) return Refuse("a witness's key is not of type 0x01");
    Policy::Node node;
    node.name = items[1];
    node.witness = policy_.witnesses_.size();
    policy_.nodes_.push_back(std::move(node));
    policy_.witnesses_.push_back(
        {std::string(items[1]), std::move(key), std::string(items.size() == 4 ? items[3] : "")});
    return absl::OkStatus();
  }

  absl::Status ReadGroup(const Items& items) {
    if (items.size() < 4) return Refuse("not group <name> <k>|all|any <member> ...");
    PM_RETURN_IF_ERROR(CheckNewName(items[1]));
    Policy::Node group;
    group.name = items[1];
    for (std::size_t i = 3; i < items.size(); ++i) {
      const std::optional<std::size_t> member = Find(items[i]);
      if (!member) return Refuse("a member that no earlier line defines");
      if (!grouped_.insert(*member).second) return Refuse("a member of two groups");
      group.members.push_back(*member);
    }
    const std::optional<std::uint64_t> threshold =
        items[2] == "any"   ? 1
        : items[2] == "all" ? group.members.size()
                            : ParseDecimal(items[2], group.members.size());
    if (!threshold || *threshold == 0) return Refuse("a threshold outside 1 to its members");
    group.threshold = *threshold;
    policy_.nodes_.push_back(std::move(group));
    return absl::OkStatus();
  }

  absl::Status ReadQuorum(const Items& items) {
    if (items.size() != 2) return Refuse("not quorum <name>|none");
    if (std::exchange(has_quorum_, true)) return Refuse("a second quorum");
    if (items[1] == kNoQuorum) return absl::OkStatus();
    const std::optional<std::size_t> node = Find(items[1]);
    if (!node) return Refuse("a quorum that no earlier line defines");
    policy_.quorum_ = *node;
    return absl::OkStatus();
  }

  std::optional<std::size_t> Find(std::string_view name) const {
    const auto node = std::ranges::find(policy_.nodes_, name, &Policy::Node::name);
    if (node == policy_.nodes_.end()) return std::nullopt;
    return static_cast<std::size_t>(node - policy_.nodes_.begin());
  }

  absl::Status CheckNewName(std::string_view name) const {
    if (name == kNoQuorum) return Refuse("the name none is taken");
    if (Find(name)) return Refuse("a name defined before");
    return absl::OkStatus();
  }

  // Members precede their groups: one pass upwards counts, one downwards marks.
  void Finish() {
    for (const PolicyLog& log : policy_.logs_) policy_.keys_.push_back(log.key);
    for (const PolicyWitness& witness : policy_.witnesses_) policy_.keys_.push_back(witness.key);
    policy_.counts_.assign(policy_.witnesses_.size(), policy_.quorum_ == Policy::kNone);
    if (policy_.quorum_ == Policy::kNone) return;

    std::vector<std::size_t> fewest;
    for (const Policy::Node& node : policy_.nodes_) {
      std::vector<std::size_t> members;
      for (const std::size_t member : node.members) members.push_back(fewest[member]);
      std::ranges::sort(members);
      const auto end = members.begin() + static_cast<std::ptrdiff_t>(node.threshold);
      fewest.push_back(members.empty() ? 1 : std::accumulate(members.begin(), end, std::size_t{0}));
    }
    policy_.witnesses_min_ = fewest[policy_.quorum_];

    std::vector<bool> reached(policy_.nodes_.size(), false);
    reached[policy_.quorum_] = true;
    for (std::size_t i = policy_.quorum_ + 1; i-- > 0;) {
      if (!reached[i]) continue;
      const Policy::Node& node = policy_.nodes_[i];
      for (const std::size_t member : node.members) reached[member] = true;
      if (node.members.empty()) policy_.counts_[node.witness] = true;
    }
  }

  Policy policy_;
  std::size_t line_ = 0;
  bool has_quorum_ = false;
  std::set<std::string, std::less<>> public_keys_;
  std::set<std::size_t> grouped_;
};

absl::StatusOr<Policy> Policy::Parse(std::string_view text) { return PolicyParser().Parse(text); }

WitnessVerdict Policy::Judge(std::span<const Cosigner> cosigners) const {
  std::vector<bool> cosigned(witnesses_.size(), false);
  for (const Cosigner& cosigner : cosigners) {
    if (cosigner.key_index >= logs_.size() && cosigner.key_index < keys_.size()) {
      cosigned[cosigner.key_index - logs_.size()] = true;
    }
  }
  WitnessVerdict verdict;
  for (std::size_t i = 0; i < witnesses_.size(); ++i) {
    if (cosigned[i] && counts_[i]) verdict.witnesses.push_back(witnesses_[i].name);
  }
  if (quorum_ == kNone) {
    verdict.standing = WitnessVerdict::Standing::kUnwitnessedByConfiguration;
    verdict.words = "unwitnessed by configuration";
    return verdict;
  }

  std::vector<bool> met;
  for (const Node& node : nodes_) {
    const auto members = std::ranges::count_if(node.members, [&](std::size_t i) { return met[i]; });
    met.push_back(node.members.empty() ? cosigned[node.witness]
                                       : static_cast<std::size_t>(members) >= node.threshold);
  }
  const std::size_t count = verdict.witnesses.size();
  if (!met[quorum_]) {
    verdict.standing = WitnessVerdict::Standing::kNotEnoughWitnesses;
    verdict.words = absl::StrFormat("not witnessed: %d of at least %d", count, witnesses_min_);
    return verdict;
  }
  verdict.standing = WitnessVerdict::Standing::kWitnessed;
  verdict.words =
      count == 1 ? "witnessed by one partner" : absl::StrFormat("witnessed by %d partners", count);
  return verdict;
}

absl::StatusOr<std::string> FormatPolicy(std::span<const NoteVerifierKey> logs,
                                         std::span<const NoteVerifierKey> witnesses,
                                         std::size_t threshold) {
  std::string text;
  for (const NoteVerifierKey& log : logs) text.append("log " + ToVerifierKey(log) + "\n");
  for (const NoteVerifierKey& witness : witnesses) {
    text.append("witness " + witness.name + " " + ToVerifierKey(witness) + "\n");
  }
  if (threshold == 0) {
    text.append("quorum none\n");
  } else {
    text.append(absl::StrFormat("group partners %d", threshold));
    for (const NoteVerifierKey& witness : witnesses) text.append(" " + witness.name);
    text.append("\nquorum partners\n");
  }
  PM_RETURN_IF_ERROR(Policy::Parse(text).status());
  return text;
}

}  // namespace proofmark::crypto
