// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "records/firearm/codes.h"
#include "records/firearm/deactivation.h"
#include "records/firearm/firearm.h"
#include "records/firearm/mark.h"
#include "records/firearm/status.h"
#include "records/partial_date.h"

// The twenty checks of a record of a deactivated firearm: rules with an identifier, a severity and
// the article they rest on, run over plain facts. All pure.
//   Source  docs/formats/firearm.md#checks
namespace proofmark::firearm {

// Stored and sent; never renumber.
enum class CheckId : std::int32_t {
  kD01 = 1,
  kD02 = 2,
  kD03 = 3,
  kD04 = 4,
  kD05 = 5,
  kD06 = 6,
  kD07 = 7,
  kD08 = 8,
  kD09 = 9,
  kD10 = 10,
  kD11 = 11,
  kD12 = 12,
  kD13 = 13,
  kD14 = 14,
  kD15 = 15,
  kD16 = 16,
  kD17 = 17,
  kD18 = 18,
  kD19 = 19,
  kD20 = 20,
};
enum class Severity : std::int32_t { kWarning = 1, kError = 2, kAlert = 3 };
std::string_view SeverityCode(Severity severity);  // "WARNING", "ERROR", "ALERT".

// Something fired this firearm, or is attributed to it.
struct Firing {
  std::string exhibit;  // Reference.
  bool test_fire = false;
  bool confirmed = true;  // False for an association that no examiner has confirmed.
  std::optional<records::PartialDate> fired_on;
};

// Another record that names the same certificate.
struct CertificateUse {
  std::string verifying_entity;
  std::string number;   // As issued.
  std::string firearm;  // Reference of the other firearm.
};

// What a node said when it was asked for the certificate behind a mark.
enum class CertificateAnswer { kFound, kNotFound, kNoAnswer };
struct CertificateSearch {
  std::string node;
  CertificateAnswer answer = CertificateAnswer::kNoAnswer;
};
// A mark seen on a recovered firearm.
struct RecoveredMark {
  DeactivationMark mark;
  std::vector<CertificateSearch> searches;  // Own node first; empty: nobody was asked yet.
};

// Where a node says that a firearm with this serial and make is, or was.
struct Sighting {
  std::string node;
  std::string place;       // Country, or finer; compared as text.
  std::string serial_key;  // K1.
  std::string make;        // Canonical.
  std::optional<records::PartialDate> from;
  std::optional<records::PartialDate> until;  // Absent: still there.
  bool deactivated = false;                   // The node holds it as deactivated.
};

struct Transfer {
  bool offered_only = false;  // Offered for sale, not yet passed on.
  std::string from_country;
  std::string to_country;  // Empty: within the country, or not known.
  std::optional<records::PartialDate> on;
};

// Everything the checks look at. The caller gathers it; nothing is changed. What is referred to
// must outlive the call.
struct CheckContext {
  const Firearm* firearm = nullptr;                  // Never null.
  const DeactivationRecord* deactivation = nullptr;  // Null when the node has none.
  std::span<const StateEvent> history;
  std::span<const VerifyingEntity> entities;
  std::span<const CertificateUse> certificate_uses;  // By other firearms.
  std::span<const Firing> firings;
  std::span<const RecoveredMark> recovered_marks;
  std::span<const Sighting> sightings;
  std::span<const Transfer> transfers;
};

// What a check found.
struct Finding {
  CheckId check = CheckId::kD01;
  Severity severity = Severity::kWarning;  // The rule's; a warning where dates are uncertain.
  std::string evidence;             // One sentence, for people of the agency; no serial number.
  std::vector<std::string> fields;  // Which fields or facts it rests on.
  friend bool operator==(const Finding&, const Finding&) = default;
};

struct CheckRule {
  CheckId id;
  std::string_view code;  // "D01".
  Severity severity;
  std::string_view rule;     // In our words.
  std::string_view article;  // What it rests on.
  // Adds what it finds, at most kFindingsPerCheckMax.
  void (*run)(const CheckContext& context, std::vector<Finding>& findings);
};
inline constexpr std::int64_t kFindingsPerCheckMax = 64;
// D01..D20, in order.
std::span<const CheckRule> CheckRules();
const CheckRule& RuleOf(CheckId id);
std::optional<CheckId> FindCheck(std::string_view code);

// All of them, in order.
std::vector<Finding> RunChecks(const CheckContext& context);

}  // namespace proofmark::firearm
