// SPDX-License-Identifier: Apache-2.0
#include "server/federation/revocation_book.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "crypto/x509/spiffe_name.h"

namespace proofmark::federation {

namespace {

// SHA-256 in the one spelling: 64 lower-case hexadecimal digits.
std::optional<crypto::Sha256Digest> ParseDigest(std::string_view hex) {
  const absl::StatusOr<std::string> bytes = base::ParseHex(hex);
  if (!bytes.ok() || bytes->size() != std::tuple_size_v<crypto::Sha256Digest> ||
      base::ToHex(*bytes) != hex) {
    return std::nullopt;
  }
  crypto::Sha256Digest digest;
  std::ranges::copy(base::AsBytes(*bytes), digest.begin());
  return digest;
}

}  // namespace

absl::StatusOr<DenyList> DenyList::Parse(const std::vector<std::string>& items) {
  if (items.size() > kDeniedMax) {
    return absl::InvalidArgumentError(absl::StrFormat("deny: more than %d items", kDeniedMax));
  }
  DenyList list;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (crypto::SpiffeName::Parse(items[i]).ok()) {
      list.names.insert(items[i]);
    } else if (const auto digest = ParseDigest(items[i]); digest.has_value()) {
      list.certificates.insert(*digest);
    } else {
      return absl::InvalidArgumentError(absl::StrFormat(
          "deny[%d]: neither a SPIFFE id of a node or person nor a certificate's SHA-256 in 64 "
          "lower-case hexadecimal digits",
          i));
    }
  }
  return list;
}

RevocationBook::RevocationBook(std::chrono::seconds grace, const base::Clock& clock)
    : grace_(grace), clock_(clock) {
  PM_CHECK(grace >= std::chrono::seconds(0) && grace <= kRevocationGraceMax);
}

crypto::ListState RevocationBook::StateOf(const Page& page) const {
  return crypto::StateOf(page.list ? &*page.list : nullptr, page.missing_since_unix_s,
                         grace_.count(), NowUnixS());
}

absl::Status RevocationBook::Check(const crypto::VerifiedLeaf& leaf) const {
  const crypto::X509Certificate& certificate = leaf.certificate();
  const base::MutexLock lock(mutex_);
  if (denied_.names.contains(leaf.name().uri()) ||
      denied_.certificates.contains(certificate.sha256())) {
    return absl::UnauthenticatedError(
        absl::StrFormat("certificate: %s is on this node's deny list", leaf.name().uri()));
  }
  const auto page = pages_.find(leaf.issuer().spki_sha256());
  if (page == pages_.end()) return absl::OkStatus();
  if (const auto& list = page->second.list; list.has_value()) {
    if (const crypto::Revocation* const revoked = list->Find(certificate.serial_hex())) {
      return absl::UnauthenticatedError(
          absl::StrFormat("certificate: %s: revoked by its CA's list %d (%s)", leaf.name().uri(),
                          list->number(), crypto::ToText(revoked->reason)));
    }
  }
  if (StateOf(page->second) == crypto::ListState::kExpired) {
    return absl::UnauthenticatedError(absl::StrFormat(
        "certificate: %s: its CA's revocation list is overdue or missing for longer than %d s",
        leaf.name().uri(), grace_.count()));
  }
  return absl::OkStatus();
}

void RevocationBook::Expect(const crypto::X509Certificate& ca, std::string_view label,
                            std::int64_t missing_since_unix_s) {
  const base::MutexLock lock(mutex_);
  pages_.try_emplace(ca.spki_sha256(),
                     Page{std::string(label), std::nullopt, missing_since_unix_s});
}

absl::StatusOr<bool> RevocationBook::Accept(const crypto::RevocationList& list) {
  const base::MutexLock lock(mutex_);
  const auto found = pages_.find(list.ca_spki_sha256());
  if (found == pages_.end()) {
    return absl::FailedPreconditionError("revocation list: of a CA that publishes none here");
  }
  Page& page = found->second;
  if (page.list.has_value() && *page.list == list) {
    page.missing_since_unix_s.reset();
    return false;
  }
  if (page.list.has_value() && list.number() <= page.list->number()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("revocation list: number %d, but list %d has been seen: an older or "
                        "another list in its place",
                        list.number(), page.list->number()));
  }
  if (list.this_update_unix_s() > NowUnixS() + kListSkewMax.count()) {
    return absl::FailedPreconditionError("revocation list: its time lies in the future");
  }
  page.list = list;
  page.missing_since_unix_s.reset();
  return true;
}

void RevocationBook::Lose(const crypto::Sha256Digest& ca_spki_sha256,
                          std::int64_t missing_since_unix_s) {
  const base::MutexLock lock(mutex_);
  const auto found = pages_.find(ca_spki_sha256);
  if (found == pages_.end() || found->second.missing_since_unix_s.has_value()) return;
  found->second.missing_since_unix_s = missing_since_unix_s;
}

void RevocationBook::SetDenied(DenyList denied) {
  const base::MutexLock lock(mutex_);
  denied_ = std::move(denied);
}

DenyList RevocationBook::denied() const {
  const base::MutexLock lock(mutex_);
  return denied_;
}

std::vector<ListStanding> RevocationBook::Standings() const {
  std::vector<ListStanding> standings;
  const base::MutexLock lock(mutex_);
  for (const auto& [spki, page] : pages_) {
    ListStanding standing{.label = page.label,
                          .ca_spki_sha256 = spki,
                          .state = StateOf(page),
                          .missing_since_unix_s = page.missing_since_unix_s};
    if (page.list.has_value()) {
      standing.number = page.list->number();
      standing.next_update_unix_s = page.list->next_update_unix_s();
      standing.revoked_count = page.list->revoked().size();
    }
    standings.push_back(std::move(standing));
  }
  std::ranges::stable_sort(standings, {}, &ListStanding::label);
  return standings;
}

std::optional<crypto::RevocationList> RevocationBook::Find(
    const crypto::Sha256Digest& ca_spki_sha256) const {
  const base::MutexLock lock(mutex_);
  const auto found = pages_.find(ca_spki_sha256);
  return found == pages_.end() ? std::nullopt : found->second.list;
}

}  // namespace proofmark::federation
