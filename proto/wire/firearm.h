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
#include "records/firearm/lookup_words.h"
#include "records/firearm/status.h"

// Firearms as an agency keeps them, and what its people say of them. The rules of conversion are
// those of proto/wire/common.h. Codes travel as their text.
namespace proofmark::wire {

inline constexpr std::int64_t kFirearmBytesMax = 512 * 1024;  // Of a record at rest.
inline constexpr std::int64_t kFirearmChangesMax = 4'096;
inline constexpr std::int64_t kFirearmExhibitsMax = 256;
inline constexpr std::int64_t kFirearmTransfersMax = 256;
inline constexpr std::int64_t kLinkedFiringsMax = 256;
inline constexpr std::int64_t kSeenMarksMax = 32;
inline constexpr std::int64_t kSightingsMax = 64;
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

// A firing that a ballistic link attributes to a firearm: examiners called `exhibit_id`, which is
// attributed to it, and `other` a lead or a hit.
struct LinkedFiring {
  std::string exhibit_id;
  std::string link_id;
  std::string other;       // Id of an own exhibit, else "<domain> <handle>"; 1..300 bytes.
  bool confirmed = false;  // A hit.
  std::optional<records::PartialDate> fired_on;
  friend bool operator==(const LinkedFiring&, const LinkedFiring&) = default;
};

// A mark of deactivation seen on a recovered firearm, and what partners said of it.
struct SeenMark {
  firearm::DeactivationMark mark;
  std::vector<firearm::CertificateSearch> searches;  // `node` is a domain; each once.
};

// What a partner said of a firearm with this serial number.
struct FirearmSighting {
  std::string agency;  // Domain.
  firearm::StateGroup group = firearm::StateGroup::kOther;
  std::string reference;   // Printable ASCII, 1..64 bytes.
  std::string serial_key;  // K1 that it was asked about.
  std::string make;        // As the record had it then.
  std::int64_t told_unix_ms = 0;
  friend bool operator==(const FirearmSighting&, const FirearmSighting&) = default;
};

enum class FirearmChangeKind {
  kCreated,
  kImported,
  kAmended,
  kState,
  kDeactivation,
  kLinked,
  kRechecked,     // The checks found something else than before.
  kUnlinked,      // An erasure took exhibits away.
  kCrossChecked,  // What links or partners say of it is another than before.
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
  std::vector<LinkedFiring> linked_firings;
  std::vector<SeenMark> seen_marks;        // Each mark once.
  std::vector<FirearmSighting> sightings;  // Each agency and reference once.

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
  std::vector<firearm::DeactivationMark> seen_marks;  // Each once; only to RECOVERED.
};
absl::StatusOr<FirearmTransition> FromProto(const v1::TransitionFirearmRequest& message,
                                            std::string_view field);

struct FirearmDeactivation {
  std::string id;
  firearm::DeactivationRecord deactivation;
  std::string request_id;  // Instead: the request for details on which a partner released it.
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

inline constexpr std::int64_t kAlertStepsMax = 256;
inline constexpr std::int64_t kAlertReasonsBytesMax = 1'000;
inline constexpr std::int64_t kAlertBytesMax = 512 * 1024;  // At rest.

// Stored and sent; never renumber.
enum class AlertState : std::int32_t { kNew = 1, kAcknowledged = 2, kClosed = 3 };
std::string_view AlertStateCode(AlertState state);  // "NEW".

enum class AlertStepKind { kRaised, kChanged, kAcknowledged, kClosed };
std::string_view AlertStepCode(AlertStepKind kind);  // "RAISED".
struct AlertStep {
  AlertStepKind kind = AlertStepKind::kRaised;
  std::int64_t unix_ms = 0;
  std::string by;       // Pseudonym; empty for the node itself.
  std::string reasons;  // UTF-8, 0..kAlertReasonsBytesMax.
  friend bool operator==(const AlertStep&, const AlertStep&) = default;
};

// What one of the checks D15 to D17 finds about a firearm.
struct FirearmAlert {
  std::string alert_id;    // 32 hexadecimal digits.
  std::string firearm_id;  // The same.
  firearm::CheckId check = firearm::CheckId::kD15;
  AlertState state = AlertState::kNew;
  std::vector<firearm::Finding> findings;  // Of a closed alert those it had last.
  std::vector<AlertStep> steps;            // Oldest first, 1..kAlertStepsMax.
};
v1::FirearmAlert ToProto(const FirearmAlert& alert);
absl::StatusOr<FirearmAlert> FromProto(const v1::FirearmAlert& message, std::string_view field);
absl::StatusOr<std::string> Serialise(const FirearmAlert& alert);
absl::StatusOr<FirearmAlert> ParseFirearmAlert(std::string_view bytes);

struct AlertAcknowledgement {
  std::string alert_id;
  std::string reasons;  // 1..kAlertReasonsBytesMax.
};
absl::StatusOr<AlertAcknowledgement> FromProto(const v1::AcknowledgeFirearmAlertRequest& message,
                                               std::string_view field);
// Of a filter: not set is any.
absl::StatusOr<std::optional<AlertState>> OptionalAlertState(v1::FirearmAlertState state,
                                                             std::string_view field);

// Why partners are asked about a firearm.
struct FirearmInquiry {
  std::string firearm_id;
  std::string purpose;                // [A-Z0-9_]{1,32}.
  std::string case_reference;         // UTF-8, 1..128 bytes.
  std::string offence;                // [A-Z0-9_]{0,32}.
  std::vector<std::string> partners;  // Domains, each once, 0..64; empty: all.
};
absl::StatusOr<FirearmInquiry> FromProto(const v1::AskAboutFirearmRequest& message,
                                         std::string_view field);

// Empty means none.
absl::StatusOr<std::optional<firearm::State>> OptionalFirearmState(std::string_view code,
                                                                   std::string_view field);
absl::StatusOr<std::optional<firearm::CheckId>> OptionalCheck(std::string_view code,
                                                              std::string_view field);

}  // namespace proofmark::wire
