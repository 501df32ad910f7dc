// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/trust.h"

#include "base/check.h"
#include "tests/sim/watch.h"

namespace proofmark::sim {
namespace {

constexpr std::chrono::seconds kGrace{20};
constexpr std::int64_t kShortLifeS = 10;
constexpr std::int64_t kWeekS = 7 * 24 * 3600;

// Keys and CAs of all runs: making one costs as much as many events. No trace depends on them.
const testing::TestAgency& AuthorityOf(const std::string& domain) {
  static base::Mutex mutex;
  static std::map<std::string, std::unique_ptr<testing::TestAgency>> made;
  base::MutexLock lock(mutex);
  std::unique_ptr<testing::TestAgency>& authority = made[domain];
  if (authority == nullptr) {
    authority = std::make_unique<testing::TestAgency>(
        testing::TestAgency::Options{.domain = domain, .now_unix_ms = kBeginUnixMs});
  }
  return *authority;
}

crypto::X509Certificate FirstCertificateOf(const std::string& domain) {
  static base::Mutex mutex;
  static std::map<std::string, crypto::X509Certificate> made;
  const testing::TestAgency& authority = AuthorityOf(domain);
  base::MutexLock lock(mutex);
  const auto at = made.find(domain);
  return at != made.end() ? at->second
                          : made.emplace(domain, authority.Node().certificate).first->second;
}

}  // namespace

std::int64_t Trust::NowS() const { return (kBeginUnixMs + scheduler_.now_ms()) / 1'000; }

void Trust::Add(Machine& machine) {
  const testing::TestAgency& authority = AuthorityOf(machine.founded().domain);
  agencies_.push_back(
      {.authority = &authority,
       .machine = &machine,
       .book = std::make_unique<federation::RevocationBook>(kGrace, machine.clock()),
       .certificate = FirstCertificateOf(machine.founded().domain)});
}

void Trust::Begin() {
  for (const Agency& reader : agencies_) {
    for (const Agency& agency : agencies_) {
      reader.book->Expect(agency.authority->federation_ca().certificate(),
                          agency.authority->domain(), NowS());
    }
  }
  for (std::size_t i = 0; i < agencies_.size(); ++i) IssueList(static_cast<int>(i), kWeekS);
}

void Trust::IssueList(int who, std::int64_t life_s) {
  Agency& agency = At(who);
  crypto::ListOptions options{
      .number = ++agency.list_number, .this_update_unix_s = NowS(), .lifetime_s = life_s};
  for (const std::string& serial : agency.revoked) {
    options.revoked[serial] = {NowS(), crypto::RevocationReason::kKeyCompromise};
  }
  const auto list = agency.authority->federation_ca().IssueList(options);
  PM_CHECK(list.ok());
  for (const Agency& reader : agencies_) {
    const auto wait_ms =
        agency.list_number == 1
            ? 0
            : static_cast<std::int64_t>(chance_() % static_cast<std::uint64_t>(kReloadMs));
    scheduler_.After(wait_ms, [this, who, book = reader.book.get()] {
      const crypto::RevocationList& newest = *At(who).list;
      if (!deaf || newest.number() == 1) PM_CHECK(book->Accept(newest).ok());
    });
    // Somebody puts the list of before in its place.
    if (agency.list != nullptr) {
      scheduler_.After(kReloadMs + 1, [this, book = reader.book.get(), older = *agency.list] {
        watch_.Expect(kRevoked, deaf || !book->Accept(older).ok(),
                      [] { return std::string("an older list was taken for a newer one"); });
      });
    }
  }
  agency.list = std::make_unique<crypto::RevocationList>(*list);
}

absl::Status Trust::Admits(int to, int from) {
  const Agency& sender = At(from);
  // To the second where it may matter.
  const std::int64_t exact_unix_s = At(to).machine->clock().UnixMillis() / 1'000;
  const std::int64_t unix_s = sender.has_trouble ? exact_unix_s : exact_unix_s / 3600 * 3600;
  const std::string serial = sender.certificate.serial_hex();
  const auto at = seen_.find({to, from});
  if (at == seen_.end() || at->second.serial != serial || at->second.unix_s != unix_s) {
    Seen seen{
        .leaf = crypto::VerifyLeaf(sender.certificate, sender.authority->FederationTrust(),
                                   unix_s * 1'000, {crypto::SpiffeName::Kind::kNode, true, true}),
        .serial = serial,
        .unix_s = unix_s};
    seen_.insert_or_assign(std::pair(to, from), std::move(seen));
  }
  const Seen& seen = seen_.at({to, from});
  return seen.leaf.ok() ? At(to).book->Check(*seen.leaf) : seen.leaf.status();
}

void Trust::Trouble(int who) {
  Agency& agency = At(who);
  if (agency.has_trouble) return;
  agency.has_trouble = true;
  const std::int64_t now_s = NowS();
  switch (chance_() % 3) {
    case 0:
      Tally::Count(tally_.faults, "certificate revoked");
      agency.revoked.insert(agency.certificate.serial_hex());
      IssueList(who, kWeekS);
      watch_.Ban(who, {.at_ms = scheduler_.now_ms() + kReloadMs});
      break;
    case 1:
      Tally::Count(tally_.faults, "revocation list expired");
      IssueList(who, kShortLifeS);
      watch_.Ban(who, {.at_ms = scheduler_.now_ms() + kReloadMs,
                       .at_unix_s = now_s + kShortLifeS + kGrace.count()});
      break;
    default: {
      Tally::Count(tally_.faults, "certificate expired");
      crypto::CertificateDraft draft = agency.authority->NodeDraft();
      draft.not_after_unix_s = now_s + kShortLifeS;
      agency.certificate = agency.authority->Sign(draft).certificate;
      watch_.Ban(who, {.at_unix_s = now_s + kShortLifeS + 1});
    }
  }
}

void Trust::Repair(int who) {
  Agency& agency = At(who);
  if (!agency.has_trouble) return;
  agency.has_trouble = false;
  agency.certificate = agency.authority->Node().certificate;
  IssueList(who, kWeekS);
  watch_.Unban(who);
}

}  // namespace proofmark::sim
