// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace proofmark::crypto {

inline constexpr std::size_t kAgencyDomainBytesMax = 253;
inline constexpr std::size_t kNameSegmentBytesMax = 63;
inline constexpr std::size_t kSpiffeUriBytesMax = 512;

// What an agency's own people may do at its node.
enum class StaffRole { kLab, kExaminer, kOfficer, kAdministrator, kAuditor };

std::string_view ToText(StaffRole role);  // "lab", "examiner", "officer", ...

// OK if `domain` may name an agency: labels of lower-case letters, digits and inner hyphens, 1 to
// 63 characters each, joined by single dots; 253 characters in all.
//   kInvalidArgument  anything else.
absl::Status CheckAgencyDomain(std::string_view domain);

// Who a certificate speaks for:
//   spiffe://<domain>/proofmark/node/<id>                  a node
//   spiffe://<domain>/proofmark/role/<role>/<pseudonym>    one of an agency's people
// <id> and <pseudonym> are one label as in a domain. There is one spelling of every name, so names
// are compared as text. A value; immutable.
class SpiffeName {
 public:
  enum class Kind { kNode, kRole };

  // kInvalidArgument  longer than kSpiffeUriBytesMax, or not exactly of a form above.
  static absl::StatusOr<SpiffeName> Parse(std::string_view uri);
  static absl::StatusOr<SpiffeName> Node(std::string_view domain, std::string_view id);
  static absl::StatusOr<SpiffeName> Staff(std::string_view domain, StaffRole role,
                                          std::string_view pseudonym);

  Kind kind() const { return role_.has_value() ? Kind::kRole : Kind::kNode; }
  const std::string& domain() const { return domain_; }
  // The node's id or the person's pseudonym.
  const std::string& id() const { return id_; }
  // Absent for a node.
  std::optional<StaffRole> role() const { return role_; }
  const std::string& uri() const { return uri_; }

  friend bool operator==(const SpiffeName& a, const SpiffeName& b) { return a.uri_ == b.uri_; }
  friend auto operator<=>(const SpiffeName& a, const SpiffeName& b) { return a.uri_ <=> b.uri_; }

 private:
  SpiffeName(std::string_view domain, std::optional<StaffRole> role, std::string_view id);

  std::string domain_;
  std::optional<StaffRole> role_;
  std::string id_;
  std::string uri_;
};

}  // namespace proofmark::crypto
