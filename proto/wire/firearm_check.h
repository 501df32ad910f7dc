// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "proto/wire/firearm_statistics.h"
#include "proto/wire/match.h"
#include "proto/wire/messages.h"
#include "proto/wire/refusal.h"
#include "proto/wire/search.h"
#include "records/firearm/codes.h"
#include "records/firearm/deactivation.h"
#include "records/firearm/lookup_words.h"
#include "records/firearm/mark.h"

// What partners ask each other of a firearm by name, and of all in counts
// (docs/formats/firearm-check.md): between nodes, and inside the agency. The rules of all
// conversions: proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kFirearmCheckBytesMax = 8 * 1024;
// Of an answer: that of statistics is the largest.
inline constexpr std::int64_t kFirearmCheckAnswerBytesMax = kFirearmStatisticsBytesMax + 8 * 1024;
inline constexpr std::int64_t kCheckedNumberCharsMax = 128;
inline constexpr std::int64_t kCheckedModelBytesMax = 128;
inline constexpr std::int64_t kCheckedMarkBytesMax = 64;
inline constexpr std::int64_t kFirearmReferenceBytes = 32;

inline constexpr std::string_view kFirearmCheckType = "firearm-check/v1";
inline constexpr std::string_view kFirearmCheckAnswerType = "firearm-check-answer/v1";
inline constexpr std::string_view kFirearmNoticeType = "firearm-notice/v1";

// Between nodes.

// A serial number as it is compared: keys K1 and K2 (records/firearm/serial.h).
struct SerialForms {
  std::string lookalike;        // [A-Z0-9]{1,64}.
  std::string transliteration;  // The same, or empty: as `lookalike`.
  friend bool operator==(const SerialForms&, const SerialForms&) = default;
};

struct CertificateCheck {
  std::string entity;                 // Of the verifying entity, [A-Z0-9-]{1,32}.
  std::string number;                 // [A-Z0-9]{1,kCheckedNumberCharsMax}.
  std::optional<SerialForms> serial;  // Absent: not compared.
  friend bool operator==(const CertificateCheck&, const CertificateCheck&) = default;
};

struct MarkCheck {
  firearm::DeactivationMark mark;
  std::optional<firearm::FirearmClass> firearm_class;
  SerialForms serial;
  friend bool operator==(const MarkCheck&, const MarkCheck&) = default;
};

struct SerialCheck {
  SerialForms serial;
  std::string make;  // As firearm::LookupMake() has it; empty when not known.
  std::optional<firearm::FirearmClass> firearm_class;
  friend bool operator==(const SerialCheck&, const SerialCheck&) = default;
};

struct AlarmModelCheck {
  std::string make;   // As firearm::LookupMake() has it, [A-Z0-9]{1,64}.
  std::string model;  // As firearm::LookupModel() has it, the same.
  friend bool operator==(const AlarmModelCheck&, const AlarmModelCheck&) = default;
};

using FirearmCheck =
    std::variant<CertificateCheck, MarkCheck, SerialCheck, AlarmModelCheck, StatisticsCheck>;

struct FirearmCheckQuestion {
  std::string purpose;       // [A-Z0-9_]{1,32}.
  std::string offence;       // The same alphabet; empty when not applicable.
  std::string subject_role;  // Likewise.
  crypto::Sha256Digest case_commitment{};
  std::string actor;  // Pseudonym, printable ASCII, 1..64 bytes.
  FirearmCheck check;
  friend bool operator==(const FirearmCheckQuestion&, const FirearmCheckQuestion&) = default;
};

// Sent; never renumber.
enum class CertificateStanding : std::int32_t {
  kValid = 1,
  kWithdrawn = 2,
  kNotFound = 3,
  kMismatch = 4,  // Issued for a firearm with another serial number.
};
std::string_view CertificateStandingCode(CertificateStanding standing);  // "VALID", ...

// Sent; never renumber.
enum class MarkStanding : std::int32_t {
  kKnown = 1,
  kUnknown = 2,   // No deactivation of this firearm is held.
  kConflict = 3,  // One is held, with another mark or of another class.
};
std::string_view MarkStandingCode(MarkStanding standing);  // "KNOWN", ...

struct MarkVerdict {
  MarkStanding standing = MarkStanding::kUnknown;
  std::string reference;  // kFirearmReferenceBytes raw; empty exactly when unknown.
  friend bool operator==(const MarkVerdict&, const MarkVerdict&) = default;
};

struct SerialCheckVerdict {
  std::optional<firearm::StateGroup> state_group;  // Absent: no match.
  std::string reference;  // kFirearmReferenceBytes raw; empty exactly when there is no match.
  friend bool operator==(const SerialCheckVerdict&, const SerialCheckVerdict&) = default;
};

struct AlarmModelVerdict {
  firearm::AlarmConformity result = firearm::AlarmConformity::kNotTested;
  std::string authority;  // UTF-8, 0..firearm::kTextBytesMax; empty exactly when not tested.
  std::optional<records::PartialDate> tested_on;
  friend bool operator==(const AlarmModelVerdict&, const AlarmModelVerdict&) = default;
};

// In the order of FirearmCheck: a check of index i is answered with a verdict of index i.
using FirearmVerdict = std::variant<CertificateStanding, MarkVerdict, SerialCheckVerdict,
                                    AlarmModelVerdict, FirearmStatistics>;

// How many records it speaks of, 0 or 1, of statistics how many rows: the count of both ledgers.
std::uint64_t RecordCount(const FirearmVerdict& verdict);

struct FirearmCheckAnswer {
  std::variant<FirearmVerdict, Refusal> outcome;
  std::optional<BudgetStatement> budget;
  friend bool operator==(const FirearmCheckAnswer&, const FirearmCheckAnswer&) = default;
};

// Deterministic bytes of what is asked about, whoever asks.
absl::StatusOr<std::string> Serialise(const FirearmCheck& check);

// The payloads of envelopes. An answer has a multiple of kAnswerSizeClassBytes.
absl::StatusOr<std::string> Serialise(const FirearmCheckQuestion& question);
absl::StatusOr<FirearmCheckQuestion> ParseFirearmCheckQuestion(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const FirearmCheckAnswer& answer);
absl::StatusOr<FirearmCheckAnswer> ParseFirearmCheckAnswer(std::string_view bytes);

// Inside the agency: as people read it. All UTF-8.

struct CertificateToCheck {
  std::string entity;  // [A-Z0-9-]{1,32}.
  std::string number;  // As issued, 1..kCheckedNumberCharsMax bytes.
  std::string serial;  // As marked, 0..firearm::kSerialBytesMax; empty: not compared.
  friend bool operator==(const CertificateToCheck&, const CertificateToCheck&) = default;
};
struct MarkToCheck {
  std::string mark;  // As firearm::ParseMark() reads it, 1..kCheckedMarkBytesMax.
  std::optional<firearm::FirearmClass> firearm_class;
  std::string serial;  // As marked, 1..firearm::kSerialBytesMax.
  friend bool operator==(const MarkToCheck&, const MarkToCheck&) = default;
};
struct SerialToCheck {
  std::string serial;  // As marked, 1..firearm::kSerialBytesMax.
  std::string make;    // As marked or known, 0..firearm::kMakeBytesMax.
  std::optional<firearm::FirearmClass> firearm_class;
  friend bool operator==(const SerialToCheck&, const SerialToCheck&) = default;
};
struct AlarmModelToCheck {
  std::string make;   // As marked or known, 1..firearm::kMakeBytesMax.
  std::string model;  // 1..kCheckedModelBytesMax.
  friend bool operator==(const AlarmModelToCheck&, const AlarmModelToCheck&) = default;
};
// In the order of FirearmCheck.
using FirearmToCheck = std::variant<CertificateToCheck, MarkToCheck, SerialToCheck,
                                    AlarmModelToCheck, StatisticsCheck>;

struct FirearmCheckRequest {
  FirearmToCheck check;
  std::string purpose;                // [A-Z0-9_]{1,32}.
  std::string case_reference;         // 1..128 bytes. Committed to, never sent to a partner.
  std::string offence;                // [A-Z0-9_]{0,32}.
  std::string subject_role;           // [A-Z0-9_]{0,32}.
  std::vector<std::string> partners;  // Domains, each once; empty: all.
  std::int64_t deadline_ms = kPartnerDeadlineMsDefault;
  friend bool operator==(const FirearmCheckRequest&, const FirearmCheckRequest&) = default;
};

// One partner's part of a question.
struct FirearmCheckResult {
  std::string agency;  // Domain.
  PartnerOutcome outcome = PartnerOutcome::kNotAsked;
  std::string refusal_code;                       // Exactly when refused.
  std::string detail;                             // For people, 0..kPartnerDetailBytesMax.
  std::optional<FirearmVerdict> verdict;          // Exactly when answered; of the kind asked for.
  std::int64_t elapsed_ms = 0;                    // >= 0.
  std::string exchange_id;                        // 16 raw bytes; empty when nothing was sent.
  std::optional<records::LedgerReceipt> receipt;  // Our entry of the outcome.
  std::optional<records::LedgerReceipt> peer_receipt;  // The partner's, as it told us.
  friend bool operator==(const FirearmCheckResult&, const FirearmCheckResult&) = default;
};

// One question to partners, finished.
struct FirearmChecked {
  std::int64_t ask_unix_ms = 0;
  std::string asked_by;                      // Pseudonym, printable ASCII, 1..64 bytes.
  std::string purpose;                       // [A-Z0-9_]{1,32}.
  std::vector<FirearmCheckResult> partners;  // By domain, each once, at most kPartnersMax.
  friend bool operator==(const FirearmChecked&, const FirearmChecked&) = default;
};

v1::AskPartnersRequest ToProto(const FirearmCheckRequest& request);
absl::StatusOr<FirearmCheckRequest> FromProto(const v1::AskPartnersRequest& message,
                                              std::string_view field);
v1::FirearmChecked ToProto(const FirearmChecked& checked);
absl::StatusOr<FirearmChecked> FromProto(const v1::FirearmChecked& message, std::string_view field);

// What an authority found of a model of alarm or signal weapon, as its agency keeps it.
struct KeptAlarmTest {
  std::string id;  // 32 hexadecimal digits; empty for one that is to be added.
  // Its model has at most kCheckedModelBytesMax bytes; its result is never kNotTested.
  firearm::AlarmModelTest test;
  std::int64_t add_unix_ms = 0;
  std::string added_by;  // Pseudonym; empty for one that is to be added.
  friend bool operator==(const KeptAlarmTest&, const KeptAlarmTest&) = default;
};
v1::AlarmModelTest ToProto(const KeptAlarmTest& kept);
absl::StatusOr<KeptAlarmTest> FromProto(const v1::AlarmModelTest& message, std::string_view field);
absl::StatusOr<std::string> Serialise(const KeptAlarmTest& kept);
absl::StatusOr<KeptAlarmTest> ParseKeptAlarmTest(std::string_view bytes);

// What became of a firearm that a partner was told of. Stored and sent; never renumber.
enum class FirearmNoticeCause : std::int32_t {
  kCertificateWithdrawn = 1,
  kReactivationSuspected = 2,  // Or confirmed.
  kDestroyed = 3,
};
std::string_view FirearmNoticeCauseCode(FirearmNoticeCause cause);  // "CERTIFICATE_WITHDRAWN", ...
// What whoever was told of a firearm is told when it comes into this state; nullopt: nothing.
std::optional<FirearmNoticeCause> NoticeCauseOf(firearm::State state);

// Tells who asked before.
struct FirearmNotice {
  FirearmNoticeCause cause = FirearmNoticeCause::kCertificateWithdrawn;
  std::string exchange_id;  // 16 raw bytes: of the question that was answered.
  std::string reference;    // kFirearmReferenceBytes raw, as answered; empty where none was given.
  firearm::StateGroup state_group = firearm::StateGroup::kOther;  // Now.
  std::int64_t change_unix_ms = 0;
  friend bool operator==(const FirearmNotice&, const FirearmNotice&) = default;
};
absl::StatusOr<std::string> Serialise(const FirearmNotice& notice);
absl::StatusOr<FirearmNotice> ParseFirearmNotice(std::string_view bytes);

struct ReceivedFirearmNotice {
  std::string id;      // 32 hexadecimal digits: exchange id of the letter.
  std::string agency;  // Domain of who sent it.
  FirearmNotice notice;
  std::int64_t receive_unix_ms = 0;
  friend bool operator==(const ReceivedFirearmNotice&, const ReceivedFirearmNotice&) = default;
};
v1::ReceivedFirearmNotice ToProto(const ReceivedFirearmNotice& received);
absl::StatusOr<ReceivedFirearmNotice> FromProto(const v1::ReceivedFirearmNotice& message,
                                                std::string_view field);
absl::StatusOr<std::string> Serialise(const ReceivedFirearmNotice& received);
absl::StatusOr<ReceivedFirearmNotice> ParseReceivedFirearmNotice(std::string_view bytes);

}  // namespace proofmark::wire
