// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/wire/common.h"
#include "records/firearm/checks.h"
#include "records/firearm/deactivation.h"
#include "records/firearm/firearm.h"
#include "records/firearm/status.h"

// Firearms as an agency keeps them, and what its people say of them. The rules of conversion are
// those of proto/wire/common.h. Codes travel as their text.
namespace proofmark::wire {

inline constexpr std::int64_t kFirearmBytesMax = 512 * 1024;  // Of a record at rest.
inline constexpr std::int64_t kFirearmChangesMax = 4'096;
inline constexpr std::int64_t kFirearmExhibitsMax = 256;
inline constexpr std::int64_t kFirearmTransfersMax = 256;
inline constexpr std::int64_t kFirearmFindingsMax = 1'280;  // 64 of each check.
inline constexpr std::int64_t kImportSourceBytesMax = 64;
inline constexpr std::int64_t kImportKeyBytesMax = 256;
inline constexpr std::int64_t kImportRowsMax = 500;  // Of one batch.

v1::Firearm ToProto(const firearm::Firearm& firearm);
absl::StatusOr<firearm::Firearm> FromProto(const v1::Firearm& message, std::string_view field);

v1::DeactivationRecord ToProto(const firearm::DeactivationRecord& record);
absl::StatusOr<firearm::DeactivationRecord> FromProto(const v1::DeactivationRecord& message,
                                                      std::string_view field);

v1::FirearmFinding ToProto(const firearm::Finding& finding);

// An exhibit that a firearm fired, or that is attributed to it.
struct FirearmExhibit {
  std::string exhibit_id;
  bool test_fire = false;
  bool confirmed = false;
  std::optional<records::PartialDate> fired_on;
  friend bool operator==(const FirearmExhibit&, const FirearmExhibit&) = default;
};

enum class FirearmChangeKind {
  kCreated,
  kImported,
  kAmended,
  kState,
  kDeactivation,
  kLinked,
  kRechecked,  // The checks found something else than before.
  kUnlinked,   // An erasure took exhibits away.
};
std::string_view FirearmChangeCode(FirearmChangeKind kind);  // "CREATED".

// One act upon a record.
struct FirearmChange {
  FirearmChangeKind kind = FirearmChangeKind::kCreated;
  std::int64_t unix_ms = 0;
  std::string by;      // Pseudonym; empty for the node itself.
  std::string reason;  // 0..firearm::kReasonBytesMax.
  std::vector<firearm::CheckId> accepted;
  friend bool operator==(const FirearmChange&, const FirearmChange&) = default;
};

// One firearm as its agency keeps it.
struct KeptFirearm {
  std::string id;         // 32 hexadecimal digits; never leaves the agency.
  std::string reference;  // The same; says nothing, may be shown.
  firearm::Firearm firearm;
  std::vector<firearm::StateEvent> history;  // Never empty.
  std::optional<firearm::DeactivationRecord> deactivation;
  std::vector<FirearmExhibit> exhibits;
  std::vector<firearm::Transfer> transfers;
  std::vector<firearm::Finding> findings;  // Of the checks when they last ran.
  std::vector<FirearmChange> changes;      // Never empty.
  std::string source;                      // Of an imported row.

  firearm::State state() const { return history.back().to; }
};
v1::FirearmRecord ToProto(const KeptFirearm& kept);
absl::StatusOr<KeptFirearm> FromProto(const v1::FirearmRecord& message, std::string_view field);
absl::StatusOr<std::string> Serialise(const KeptFirearm& kept);
absl::StatusOr<KeptFirearm> ParseKeptFirearm(std::string_view bytes);

// Deterministic bytes of what a row says, for telling rows apart.
absl::StatusOr<std::string> ContentOf(
    const firearm::Firearm& firearm, const std::optional<firearm::DeactivationRecord>& deactivation,
    std::optional<firearm::State> state);

// Checks whose errors are accepted by name: each once, of D01..D20.
using AcceptedChecks = std::vector<firearm::CheckId>;

struct NewFirearm {
  firearm::Firearm firearm;
  std::optional<firearm::State> state;
  std::string authority;
  std::string paper;
  std::string reason;
  std::optional<firearm::DeactivationRecord> deactivation;
  AcceptedChecks accepted;
};
absl::StatusOr<NewFirearm> FromProto(const v1::AddFirearmRequest& message, std::string_view field);

struct FirearmAmendment {
  std::string id;
  firearm::Firearm firearm;
  std::string reason;
  AcceptedChecks accepted;
};
absl::StatusOr<FirearmAmendment> FromProto(const v1::AmendFirearmRequest& message,
                                           std::string_view field);

struct FirearmTransition {
  std::string id;
  firearm::State to = firearm::State::kUnknown;
  std::string authority;
  std::string paper;
  std::string reason;
  std::optional<firearm::Transfer> transfer;
  AcceptedChecks accepted;
};
absl::StatusOr<FirearmTransition> FromProto(const v1::TransitionFirearmRequest& message,
                                            std::string_view field);

struct FirearmDeactivation {
  std::string id;
  firearm::DeactivationRecord deactivation;
  std::string reason;
  AcceptedChecks accepted;
};
absl::StatusOr<FirearmDeactivation> FromProto(const v1::AttachDeactivationRequest& message,
                                              std::string_view field);

struct FirearmLink {
  std::string id;
  FirearmExhibit exhibit;
  std::string reason;
};
absl::StatusOr<FirearmLink> FromProto(const v1::LinkFirearmRequest& message,
                                      std::string_view field);

// A serial number and what else is known of a firearm.
struct FirearmQuestion {
  std::string serial;
  firearm::Numerals numerals = firearm::Numerals::kArabic;
  std::string make;     // As read.
  std::string calibre;  // As read.
  std::optional<firearm::FirearmClass> firearm_class;
};
absl::StatusOr<FirearmQuestion> FromProto(const v1::FindFirearmsRequest& message,
                                          std::string_view field);

struct FirearmRow {
  std::int64_t row = 0;
  std::string key;
  firearm::Firearm firearm;
  std::optional<firearm::State> state;
  std::optional<firearm::DeactivationRecord> deactivation;
};
struct FirearmRows {
  std::string source;
  std::string authority;
  std::vector<FirearmRow> rows;
  bool dry_run = false;
  AcceptedChecks accepted;
};
absl::StatusOr<FirearmRows> FromProto(const v1::ImportFirearmsRequest& message,
                                      std::string_view field);

// Empty means none.
absl::StatusOr<std::optional<firearm::State>> OptionalFirearmState(std::string_view code,
                                                                   std::string_view field);
absl::StatusOr<std::optional<firearm::CheckId>> OptionalCheck(std::string_view code,
                                                              std::string_view field);

}  // namespace proofmark::wire
