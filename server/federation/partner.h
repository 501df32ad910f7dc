// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/key_id.h"
#include "proto/wire/handling.h"
#include "server/federation/budget.h"

namespace proofmark::federation {

inline constexpr std::size_t kPartnersMax = 64;
inline constexpr std::size_t kExchangeKeysMax = 8;
inline constexpr std::size_t kEndpointBytesMax = 261;  // A 255-byte host name, colon, port.
inline constexpr std::chrono::milliseconds kPartnerTimeoutMin{1'000};
inline constexpr std::chrono::milliseconds kPartnerTimeoutMax{600'000};

inline constexpr std::int64_t kLookupBurstDefault = 64;

using Words = std::set<std::string, std::less<>>;

// What else an agreement may be limited to, in one direction. Not set: not limited.
struct GrantConditions {
  std::optional<Words> offences;              // Of records::OffenceCodes().
  std::optional<Words> items;                 // "bullet", "case".
  std::optional<std::int64_t> from_unix_ms;   // Not before,
  std::optional<std::int64_t> until_unix_ms;  // nor at or after.
  friend bool operator==(const GrantConditions&, const GrantConditions&) = default;
};

// When the node asks a partner by itself about an exhibit, and what it then states.
struct ShareRule {
  Words triggers;          // Of records::ShareTriggerCodes(). Empty: never.
  std::string purpose{};   // Of records::PurposeCodes(); empty without triggers.
  std::string offence{};   // Of records::OffenceCodes(); empty: what the trigger says of it.
  std::int64_t days = 90;  // How long the question stands, 1..kShareDaysMax.
  friend bool operator==(const ShareRule&, const ShareRule&) = default;
};
inline constexpr std::int64_t kShareDaysMax = 365;

// One agency we have an agreement with, as `[[partner]]` of the configuration states it.
struct Partner {
  std::string domain;
  std::string node_id;   // SPIFFE id of its node, in `domain`.
  std::string endpoint;  // host:port of its partner port.
  std::string ca_pem;    // Its federation CAs; they may vouch for `domain` alone.
  // Its exchange keys by key id; 1..kExchangeKeysMax. Several while a key is being changed.
  std::map<std::string, crypto::VerifyingKey, std::less<>> exchange_keys;
  // Verifier keys of its ledger (type kNote) and as a witness (type kCosignature), named
  // `<domain>/proofmark/<node>/log` and `.../witness`. Absent: we do not witness it, it not us.
  std::optional<crypto::NoteVerifierKey> log_key;
  std::optional<crypto::NoteVerifierKey> witness_key;
  Words answered_purposes;  // For which it may ask us.
  Words asked_purposes;     // For which we may ask it.
  GrantConditions answered_when, asked_when;
  wire::AnswerHandling answered_handling;  // What candidates that it is told of bear.
  // Services that the federation descriptor lets it ask us for, and us it, by ToText(Service).
  // Absent: there is no descriptor, and every service is granted for the purposes above.
  std::optional<Words> answered_services;
  std::optional<Words> asked_services;
  ShareRule share;      // For what we ask it unbidden, within asked_purposes.
  BudgetLimits budget;  // What it may use when it asks us.
  // Evaluations that it may ask us for. Absent: none, and no table is made for it.
  std::optional<BudgetLimits> lookup_budget;
  std::int64_t lookup_burst = kLookupBurstDefault;  // Of them at once, for each purpose; >= 1.
  // Questions that name a firearm, likewise. Absent: none.
  std::optional<BudgetLimits> firearm_check_budget;
  // By what it may ask for counts of deactivated firearms here: firearm::BreakdownText(). They are
  // paid for out of firearm_check_budget.
  Words statistics;
  std::chrono::milliseconds timeout{30'000};  // Longest wait for one answer of this partner.
};

// Every partner of this node. Immutable; safe to use from several threads.
class Partners {
 public:
  Partners() = default;  // None: nobody is asked, nobody is answered.

  // kInvalidArgument  a field outside its bounds, a purpose that is no code of
  //                   records::PurposeCodes, a key id that does not belong to its key, a ledger's
  //                   or witness's key of another type or name, two partners of one domain, or one
  //                   of them is `own_domain`. Names partner and field.
  static absl::StatusOr<Partners> Create(std::string_view own_domain,
                                         std::vector<Partner> partners);

  // By domain, ascending.
  const std::vector<Partner>& all() const { return partners_; }

  // nullptr when there is none.
  const Partner* FindByDomain(std::string_view domain) const;
  const Partner* FindByNodeId(std::string_view node_id) const;

 private:
  explicit Partners(std::vector<Partner> partners) : partners_(std::move(partners)) {}

  std::vector<Partner> partners_;
};

}  // namespace proofmark::federation
