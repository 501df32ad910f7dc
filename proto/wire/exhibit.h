// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "proto/wire/messages.h"
#include "records/exhibit.h"
#include "records/receipt.h"
#include "records/submission.h"

// Exhibits and submissions, on the agency port. The rules of all conversions: proto/wire/common.h.
namespace proofmark::wire {

// One exhibit as the agency's own people see it. The submission id and the hashes of the sealed
// blobs are not sent: after FromProto they are empty.
struct ExhibitView {
  records::Exhibit exhibit;  // Its ledger_index is that of `receipt`; 0 without one.
  std::optional<records::ExhibitIdentity> identity;        // Absent after erasure.
  std::optional<records::LedgerReceipt> receipt;           // Of the submission.
  std::optional<forensics::BallisticSignature> signature;  // Only when asked for.
  friend bool operator==(const ExhibitView&, const ExhibitView&) = default;
};

v1::Exhibit ToProto(const ExhibitView& view);
absl::StatusOr<ExhibitView> FromProto(const v1::Exhibit& message, std::string_view field);

v1::ExhibitIdentity ToProto(const records::ExhibitIdentity& identity);
absl::StatusOr<records::ExhibitIdentity> FromProto(const v1::ExhibitIdentity& message,
                                                   std::string_view field);

// The plain text of a sealed identity.
absl::StatusOr<std::string> Serialise(const records::ExhibitIdentity& identity);
absl::StatusOr<records::ExhibitIdentity> ParseIdentity(std::string_view bytes);

v1::SubmissionHeader ToProto(const records::SubmissionHeader& header);
absl::StatusOr<records::SubmissionHeader> FromProto(const v1::SubmissionHeader& message,
                                                    std::string_view field);
absl::StatusOr<std::string> Serialise(const records::SubmissionHeader& header);
absl::StatusOr<records::SubmissionHeader> ParseSubmissionHeader(std::string_view bytes);

}  // namespace proofmark::wire
