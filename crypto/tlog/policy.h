// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/sign/key_id.h"
#include "crypto/tlog/checkpoint.h"

namespace proofmark::crypto {

// Whom a verifier trusts: logs, witnesses, and how many witnesses of which groups suffice
// (docs/formats/transparency-log.md).
//   Threads  Everything here is pure; a Policy is a plain value.
//   Source   docs/references.md#c2sp-tlog-policy

inline constexpr std::size_t kPolicyBytesMax = 64 * 1024;
inline constexpr std::size_t kPolicyLinesMax = 1024;

struct PolicyLog {
  NoteVerifierKey key;  // Type kNote; its name is the log's origin.
  std::string url;      // Empty if the line has none. Not interpreted.
};

struct PolicyWitness {
  std::string name;  // The policy's own name for it.
  NoteVerifierKey key;
  std::string url;
};

// What a policy says about the cosigners of one checkpoint.
struct WitnessVerdict {
  enum class Standing {
    kWitnessed,                  // The quorum is met.
    kNotEnoughWitnesses,         // It is not.
    kUnwitnessedByConfiguration  // The policy asks for none ("quorum none").
  };
  Standing standing = Standing::kNotEnoughWitnesses;
  // Names of those that cosigned, in the policy's order; a witness no quorum asks for is left out,
  // unless the quorum is "none".
  std::vector<std::string> witnesses;
  // For people: "witnessed by one partner", "witnessed by 2 partners", "not witnessed: 1 of at
  // least 2", "unwitnessed by configuration".
  std::string words;

  // Whether the policy is satisfied; "none" is satisfied by anything.
  bool satisfied() const { return standing != Standing::kNotEnoughWitnesses; }
};

class PolicyParser;

class Policy {
 public:
  // Reads a policy file.
  //   kInvalidArgument  names the line: an unknown keyword, a wrong count of items, a name unknown,
  //                     defined twice or member of two groups, a threshold outside 1..members, a
  //                     public key used twice, a log key that is not of type kNote, no or a second
  //                     quorum, or a bound above exceeded.
  static absl::StatusOr<Policy> Parse(std::string_view text);

  const std::vector<PolicyLog>& logs() const { return logs_; }
  const std::vector<PolicyWitness>& witnesses() const { return witnesses_; }

  // The keys of the logs, then those of the witnesses: `known` for OpenCheckpoint(). Witness keys
  // of types we cannot verify are among them and never verify.
  const std::vector<NoteVerifierKey>& keys() const { return keys_; }

  // The fewest witnesses that can meet the quorum; 0 for "none".
  std::size_t witnesses_min() const { return witnesses_min_; }

  // Judges the cosigners of a checkpoint that was opened with keys().
  WitnessVerdict Judge(std::span<const Cosigner> cosigners) const;

 private:
  friend class PolicyParser;

  // A witness or a group; members are earlier nodes.
  struct Node {
    std::string name;
    std::size_t witness = 0;  // Index into witnesses_, if there are no members.
    std::vector<std::size_t> members;
    std::size_t threshold = 0;
  };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Policy() = default;

  std::vector<PolicyLog> logs_;
  std::vector<PolicyWitness> witnesses_;
  std::vector<NoteVerifierKey> keys_;
  std::vector<Node> nodes_;
  std::size_t quorum_ = kNone;  // Index into nodes_; kNone for "none".
  std::vector<bool> counts_;    // By witness: whether the quorum can depend on it.
  std::size_t witnesses_min_ = 0;
};

// The text of a policy that trusts `logs` if `threshold` of `witnesses` cosigned; 0 of them writes
// "quorum none". Witness i bears its key's name.
//   kInvalidArgument  what Policy::Parse() would refuse.
absl::StatusOr<std::string> FormatPolicy(std::span<const NoteVerifierKey> logs,
                                         std::span<const NoteVerifierKey> witnesses,
                                         std::size_t threshold);

}  // namespace proofmark::crypto
