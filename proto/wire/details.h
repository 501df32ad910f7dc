// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "proto/wire/messages.h"
#include "proto/wire/refusal.h"
#include "records/exhibit.h"
#include "records/firearm/deactivation.h"
#include "records/firearm/status.h"

// The second step: what stands behind candidates, between nodes and inside an agency. The rules of
// all conversions: proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kFactsBytesMax = 4'000;
inline constexpr std::int64_t kUrgencyBytesMax = 1'000;
inline constexpr std::int64_t kReasonsBytesMax = 1'000;
inline constexpr std::int64_t kPlaceBytesMax = 256;
inline constexpr std::int64_t kReleasedBytesMax = 3'500'000;  // Serialised, before sealing.
inline constexpr std::int64_t kSealedReleaseBytesMax = 3'600'000;
// Of the scans of one release together.
inline constexpr std::int64_t kReleasedScansBytesMax = std::int64_t{1} << 30;
// Every part but a scan's last has exactly this many, before sealing.
inline constexpr std::int64_t kScanPartBytes = std::int64_t{1} << 20;
inline constexpr std::int64_t kSealedScanPartBytesMax = kScanPartBytes + 128;
inline constexpr std::int64_t kDetailsPayloadBytesMax = 3'700'000;
inline constexpr std::int64_t kDetailsFileBytesMax = 3'700'000;
inline constexpr std::int64_t kStopsMax = 32;
inline constexpr std::int64_t kFirearmReferenceBytesMax = 64;
inline constexpr std::int64_t kHandlingStepsMax = 64;
inline constexpr std::int64_t kPermissionReferenceBytesMax = 128;

// The types under which envelopes carry them.
inline constexpr std::string_view kDetailsRequestType = "details-request/v1";
inline constexpr std::string_view kDetailsAnswerType = "details-answer/v1";
inline constexpr std::string_view kDetailsDecisionType = "details-decision/v1";
inline constexpr std::string_view kReleasedScanPartType = "released-scan-part/v1";
inline constexpr std::string_view kNoticeAnswerType = "notice-answer/v1";

// What may be released. Sent; never renumber.
enum class Material : std::int32_t {
  kCoreData = 1,
  kSignature = 2,
  kScans = 3,
  kCertificate = 4,  // Of a firearm, and of nothing else.
};
inline constexpr std::array kMaterials = {Material::kCoreData, Material::kSignature,
                                          Material::kScans, Material::kCertificate};
std::string_view MaterialText(Material material);  // "core-data", "certificate", ...
std::optional<Material> FindMaterial(std::string_view text);

struct DetailsRequest {
  std::string question_exchange_id;           // 16 bytes; empty for a firearm.
  std::vector<crypto::Sha256Digest> handles;  // 1..kMatchCandidatesMax, each once; or none.
  std::string firearm_reference;              // 1..kFirearmReferenceBytesMax; or empty.
  std::string purpose;                        // [A-Z0-9_]{1,32}.
  std::string offence;                        // The same.
  std::string subject_role;                   // The same, or empty.
  crypto::Sha256Digest case_commitment{};
  std::string actor;             // Pseudonym, printable ASCII, 1..64 bytes.
  std::string confirmed_by;      // The same.
  std::string facts;             // UTF-8, 1..kFactsBytesMax.
  std::vector<Material> wanted;  // Each once, at least one.
  std::string urgency;           // UTF-8, 0..kUrgencyBytesMax; empty: not urgent.
  std::string sealing_key;       // X25519 public key, 32 bytes.
  friend bool operator==(const DetailsRequest&, const DetailsRequest&) = default;
};

struct DetailsReceipt {
  std::string clock;  // [A-Z0-9_]{1,32}.
  std::int64_t due_unix_ms = 0;
  friend bool operator==(const DetailsReceipt&, const DetailsReceipt&) = default;
};
using DetailsAnswer = std::variant<DetailsReceipt, Refusal>;

struct ClockStop {
  std::string code;    // [A-Z0-9_]{1,32}.
  std::string reason;  // UTF-8, 0..kRefusalReasonBytesMax.
  friend bool operator==(const ClockStop&, const ClockStop&) = default;
};
struct ClockStart {
  std::int64_t due_unix_ms = 0;
  friend bool operator==(const ClockStart&, const ClockStart&) = default;
};
struct SealedRelease {
  std::string box;  // 1..kSealedReleaseBytesMax.
  friend bool operator==(const SealedRelease&, const SealedRelease&) = default;
};
struct DetailsDecision {
  std::string request_exchange_id;  // 16 bytes.
  std::string decided_by;           // Pseudonym.
  std::int64_t decide_unix_ms = 0;
  std::variant<SealedRelease, Refusal, ClockStop, ClockStart> decision;
  friend bool operator==(const DetailsDecision&, const DetailsDecision&) = default;
};

struct Acknowledgement {
  // To the state of a link: the receiver's commitment to its own case; absent when there is none.
  std::optional<crypto::Sha256Digest> case_commitment;
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};
using NoticeAnswer = std::variant<Acknowledgement, Refusal>;

// Under which conditions something was given.
struct Handling {
  std::vector<std::string> codes = {"H0"};   // H0..H3, ascending, each once, at least one.
  std::string restrictions;                  // UTF-8, 0..kReasonsBytesMax; only with H3.
  bool evidence = false;                     // Otherwise intelligence alone.
  std::string source_evaluation = "X";       // A, B, C, X.
  std::string information_evaluation = "4";  // 1..4.
  std::int64_t delete_unix_ms = 0;
  friend bool operator==(const Handling&, const Handling&) = default;

  bool Has(std::string_view code) const;
};

struct CoreData {
  std::string incident_date;   // As records::ExhibitIdentity.
  std::string place;           // UTF-8, 0..kPlaceBytesMax.
  std::string offence;         // [A-Z0-9_]{0,32}.
  std::string case_reference;  // UTF-8, 0..128 bytes.
  std::string authority;       // UTF-8, 0..kPlaceBytesMax.
  friend bool operator==(const CoreData&, const CoreData&) = default;
};

struct ReleasedScan {
  records::MarkPlace place;
  std::string format;              // Printable ASCII, 1..32 bytes.
  std::string sha256;              // 32 bytes.
  std::int64_t size_bytes = 0;     // 1..records::kScanBytesMax.
  std::int64_t arrived_bytes = 0;  // Inside the asking agency; 0..size_bytes.
  friend bool operator==(const ReleasedScan&, const ReleasedScan&) = default;
};

struct ReleasedExhibit {
  crypto::Sha256Digest handle{};
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  std::optional<CoreData> core;
  std::optional<records::ClassCharacteristics> characteristics;  // With the signature.
  std::optional<forensics::BallisticSignature> signature;
  std::vector<ReleasedScan> scans;  // Ascending by place, each once.
  friend bool operator==(const ReleasedExhibit&, const ReleasedExhibit&) = default;
};

struct ReleasedFirearm {
  std::string reference;  // The owner's.
  firearm::State state = firearm::State::kUnknown;
  firearm::DeactivationRecord deactivation;
  friend bool operator==(const ReleasedFirearm&, const ReleasedFirearm&) = default;
};

struct ReleasedDetails {
  // 1..kMatchCandidatesMax, each handle once; none for a firearm. Their scans together have at most
  // kReleasedScansBytesMax.
  std::vector<ReleasedExhibit> exhibits;
  std::optional<ReleasedFirearm> firearm;  // Exactly when there are no exhibits.
  Handling handling;
  friend bool operator==(const ReleasedDetails&, const ReleasedDetails&) = default;
};

// A part of a scan that was released.
struct ReleasedScanPart {
  std::string request_exchange_id;  // 16 bytes.
  crypto::Sha256Digest handle{};
  records::MarkPlace place;
  std::int64_t offset = 0;  // In the file; a multiple of kScanPartBytes.
  std::string released_by;  // Pseudonym.
  std::string box;          // 1..kSealedScanPartBytesMax.
  friend bool operator==(const ReleasedScanPart&, const ReleasedScanPart&) = default;
};

// Stored; never renumber.
enum class DetailsSide : std::int32_t { kSent = 1, kReceived = 2 };
enum class DetailsState : std::int32_t {
  kSent = 1,
  kOpen = 2,
  kStopped = 3,
  kReleased = 4,
  kRefused = 5,
  kTakenBack = 6,  // Corrected: nothing of it is held any more.
};
std::string_view DetailsStateText(DetailsState state);  // "sent", "open", ...

struct StoppedTime {
  ClockStop stop;
  std::int64_t from_unix_ms = 0;
  std::optional<std::int64_t> until_unix_ms;  // Absent while it lasts.
  friend bool operator==(const StoppedTime&, const StoppedTime&) = default;
};

// What was done here about the conditions of a release. Stored; never renumber.
enum class HandlingAct : std::int32_t {
  kAcknowledged = 1,       // Somebody read what H3 says.
  kEvidencePermitted = 2,  // The owner permits its use in judicial proceedings,
  kOnwardPermitted = 3,    // or its being passed on.
};
std::string_view HandlingActText(HandlingAct act);  // "acknowledged", "evidence permitted", ...

struct HandlingStep {
  HandlingAct act = HandlingAct::kAcknowledged;
  std::string by;  // Pseudonym, printable ASCII, 1..64 bytes.
  std::int64_t unix_ms = 0;
  std::string reference;  // UTF-8, 1..kPermissionReferenceBytesMax; empty of an acknowledgement.
  std::string reasons;    // UTF-8, 1..kReasonsBytesMax; likewise.
  friend bool operator==(const HandlingStep&, const HandlingStep&) = default;
};

// One request as one of the two agencies keeps it.
struct DetailsFile {
  std::string request_id;  // 32 hexadecimal digits: the request's exchange id.
  DetailsSide side = DetailsSide::kSent;
  DetailsState state = DetailsState::kSent;
  std::string agency;  // Domain of the other.
  DetailsRequest request;
  std::vector<records::ExhibitId> exhibit_ids;  // Received: those behind the handles, in order.
  std::string firearm_id;                       // Received: the one behind the reference.
  std::string search_id;                        // Sent, about candidates.
  std::int64_t ask_unix_ms = 0;
  std::string clock;                        // Empty while kSent.
  std::optional<std::int64_t> due_unix_ms;  // Absent while kSent.
  std::vector<StoppedTime> stops;           // At most kStopsMax.
  std::string decided_by;                   // Empty while nobody has.
  std::optional<std::int64_t> decide_unix_ms;
  std::string reasons;  // UTF-8, 0..kReasonsBytesMax; never sent.
  std::optional<Refusal> refusal;
  std::optional<ReleasedDetails> released;
  // Sent: of what was released and deleted again, because its owner corrected it.
  std::vector<crypto::Sha256Digest> taken_back;
  std::vector<HandlingStep> handling_steps;  // Sent: oldest first, at most kHandlingStepsMax.
  friend bool operator==(const DetailsFile&, const DetailsFile&) = default;

  bool IsWaiting() const { return state == DetailsState::kOpen || state == DetailsState::kStopped; }
};

// Payloads of envelopes.
absl::StatusOr<std::string> Serialise(const DetailsRequest& request);
absl::StatusOr<DetailsRequest> ParseDetailsRequest(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const DetailsAnswer& answer);
absl::StatusOr<DetailsAnswer> ParseDetailsAnswer(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const DetailsDecision& decision);
absl::StatusOr<DetailsDecision> ParseDetailsDecision(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const ReleasedScanPart& part);
absl::StatusOr<ReleasedScanPart> ParseReleasedScanPart(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const NoticeAnswer& answer);
absl::StatusOr<NoticeAnswer> ParseNoticeAnswer(std::string_view bytes);

// What is sealed for the asker.
absl::StatusOr<std::string> Serialise(const ReleasedDetails& released);
absl::StatusOr<ReleasedDetails> ParseReleasedDetails(std::string_view bytes);

// What an agency keeps.
absl::StatusOr<std::string> Serialise(const DetailsFile& file);
absl::StatusOr<DetailsFile> ParseDetailsFile(std::string_view bytes);

v1::DetailsFile ToProto(const DetailsFile& file);
absl::StatusOr<DetailsFile> FromProto(const v1::DetailsFile& message, std::string_view field);

// Of a filter: not set is any.
absl::StatusOr<std::optional<DetailsSide>> OptionalDetailsSide(v1::DetailsSide side,
                                                               std::string_view field);

// What an examiner asks for.
struct DetailsOrder {
  std::string search_id;                      // 32 hexadecimal digits; empty for a firearm.
  std::string firearm_reference;              // As of DetailsRequest.
  std::string purpose;                        // With a firearm alone.
  std::string agency;                         // Domain.
  std::vector<crypto::Sha256Digest> handles;  // As of DetailsRequest.
  std::string case_reference;                 // UTF-8, 1..128 bytes.
  std::string offence;
  std::string subject_role;
  std::string facts;
  std::vector<Material> wanted;  // Never empty: core data when nothing was said.
  std::string urgency;
};
absl::StatusOr<DetailsOrder> FromProto(const v1::RequestDetailsRequest& message,
                                       std::string_view field);

// What an officer decides.
struct ReleaseTerms {
  std::vector<Material> materials;  // Each once, at least one.
  std::string place;
  std::string offence;
  std::string authority;
  Handling handling;
};
struct StartClock {};
struct DetailsVerdict {
  std::string request_id;
  std::string reasons;  // 1..kReasonsBytesMax.
  std::variant<ReleaseTerms, Refusal, ClockStop, StartClock> verdict;
};
absl::StatusOr<DetailsVerdict> FromProto(const v1::DecideDetailsRequest& message,
                                         std::string_view field);

// What the owner permits after all.
struct Permission {
  std::string request_id;
  HandlingAct act = HandlingAct::kEvidencePermitted;  // Never kAcknowledged.
  std::string reference;                              // As of HandlingStep.
  std::string reasons;
};
absl::StatusOr<Permission> FromProto(const v1::RecordPermissionRequest& message,
                                     std::string_view field);

}  // namespace proofmark::wire
