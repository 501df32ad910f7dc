// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/spiffe_name.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::string_view kNodePath = "proofmark/node/";
constexpr std::string_view kRolePath = "proofmark/role/";
constexpr std::array kRoles = {StaffRole::kLab, StaffRole::kExaminer, StaffRole::kOfficer,
                               StaffRole::kAdministrator, StaffRole::kAuditor};

bool IsLabel(std::string_view label) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !label.empty() && label.size() <= kNameSegmentBytesMax && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), allowed);
}

// What stands before the first `separator`; `rest` keeps what stands after it. All of it, and
// nothing after, where there is no separator.
std::string_view TakeUntil(char separator, std::string_view& rest) {
  const std::size_t at = rest.find(separator);
  const std::string_view taken = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return taken;
}

// Messages never repeat the text: it comes from outside and ends in a log line.
absl::Status Refused(const char* why) {
  return absl::InvalidArgumentError(std::string("SPIFFE name: ") + why);
}

}  // namespace

std::string_view ToText(StaffRole role) {
  switch (role) {
    case StaffRole::kLab:
      return "lab";
    case StaffRole::kExaminer:
      return "examiner";
    case StaffRole::kOfficer:
      return "officer";
    case StaffRole::kAdministrator:
      return "administrator";
    case StaffRole::kAuditor:
      return "auditor";
  }
  PM_CHECK(false);
}

absl::Status CheckAgencyDomain(std::string_view domain) {
  if (domain.empty() || domain.size() > kAgencyDomainBytesMax) {
    return absl::InvalidArgumentError("agency domain: not 1 to 253 characters");
  }
  // A dot at the end would leave nothing for the loop to refuse.
  bool well_formed = domain.back() != '.';
  for (std::string_view rest = domain; well_formed && !rest.empty();) {
    well_formed = IsLabel(TakeUntil('.', rest));
  }
  if (!well_formed) {
    return absl::InvalidArgumentError(
        "agency domain: labels are 1 to 63 lower-case letters, digits and inner hyphens");
  }
  return absl::OkStatus();
}

SpiffeName::SpiffeName(std::string_view domain, std::optional<StaffRole> role, std::string_view id)
    : domain_(domain), role_(role), id_(id) {
  uri_.append(kScheme).append(domain).append("/");
  if (role.has_value()) {
    uri_.append(kRolePath).append(ToText(*role)).append("/");
  } else {
    uri_.append(kNodePath);
  }
  uri_.append(id);
}

absl::StatusOr<SpiffeName> SpiffeName::Node(std::string_view domain, std::string_view id) {
  PM_RETURN_IF_ERROR(CheckAgencyDomain(domain));
  if (!IsLabel(id)) {
    return Refused("a node id is 1 to 63 lower-case letters, digits and inner hyphens");
  }
  return SpiffeName(domain, std::nullopt, id);
}

absl::StatusOr<SpiffeName> SpiffeName::Staff(std::string_view domain, StaffRole role,
                                             std::string_view pseudonym) {
  PM_RETURN_IF_ERROR(CheckAgencyDomain(domain));
  if (!IsLabel(pseudonym)) {
    return Refused("a pseudonym is 1 to 63 lower-case letters, digits and inner hyphens");
  }
  return SpiffeName(domain, role, pseudonym);
}

absl::StatusOr<SpiffeName> SpiffeName::Parse(std::string_view uri) {
  if (uri.size() > kSpiffeUriBytesMax) return Refused("more than 512 bytes");
  if (!uri.starts_with(kScheme)) return Refused("does not begin with spiffe://");
  std::string_view path = uri.substr(kScheme.size());
  const std::string_view domain = TakeUntil('/', path);
  if (path.starts_with(kNodePath)) return Node(domain, path.substr(kNodePath.size()));
  if (!path.starts_with(kRolePath)) return Refused("neither .../proofmark/node/ nor .../role/");

  path.remove_prefix(kRolePath.size());
  const std::string_view role_text = TakeUntil('/', path);
  const auto* const role = std::find_if(kRoles.begin(), kRoles.end(), [&](StaffRole candidate) {
    return ToText(candidate) == role_text;
  });
  if (role == kRoles.end()) return Refused("no such role");
  return Staff(domain, *role, path);
}

}  // namespace proofmark::crypto
