// SPDX-License-Identifier: Apache-2.0
#include "server/registry/firearm_registry.h"

#include <map>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "records/exhibit.h"
#include "server/federation/receipt.h"
#include "server/registry/circumstances.h"
#include "server/registry/due_rows.h"
#include "server/registry/handle_book.h"
#include "server/registry/paging.h"
#include "server/registry/tables.h"
#include "server/store/keys.h"

namespace proofmark::registry {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::string_view kRecordField = "firearm";
constexpr std::string_view kVersionField = "firearm version";
constexpr std::string_view kDisclosureField = "firearm disclosure";

constexpr SealedRecords::Tables kTables = {
    .records = kFirearmTable, .listing = kFirearmListingTable, .name = kRecordField};

// Version 0 holds the name of the row of another register that the record came from.
std::string VersionKey(std::string_view raw_id, std::uint64_t change_count) {
  return store::StoreKey(kFirearmVersionTable).Bytes(raw_id).U64(change_count).Build();
}

// What of the findings is an alert.
std::vector<firearm::Finding> Alarming(const std::vector<firearm::Finding>& findings) {
  std::vector<firearm::Finding> alarming;
  for (const firearm::Finding& finding : findings) {
    if (firearm::RuleOf(finding.check).severity == firearm::Severity::kAlert) {
      alarming.push_back(finding);
    }
  }
  return alarming;
}

std::string DisclosurePrefix(std::string_view raw_id) {
  return store::StoreKey(kFirearmDisclosureTable).Bytes(raw_id).Build();
}
std::string ReferenceKey(std::string_view reference) {
  return store::StoreKey(kFirearmReferenceTable).Bytes(reference).Build();
}

// What is sealed of a disclosure: reference, what was told ('0' for nothing), agency.
std::string DisclosureText(const FirearmRegistry::Disclosure& disclosure) {
  std::string plain;
  base::AppendLp2(plain, disclosure.reference);
  const int told = disclosure.told ? static_cast<int>(*disclosure.told) : 0;
  return plain + static_cast<char>('0' + told) + disclosure.agency;
}
absl::StatusOr<FirearmRegistry::Disclosure> ParseDisclosure(std::string_view exchange_id,
                                                            std::string_view plain) {
  constexpr std::size_t kLengthBytes = 2;
  for (const std::size_t bytes : {std::size_t{0}, kHandleBytes}) {
    std::string head;
    base::AppendLp2(head, plain.substr(std::min(kLengthBytes, plain.size()), bytes));
    if (head.size() != kLengthBytes + bytes || !plain.starts_with(head) ||
        plain.size() == head.size()) {
      continue;
    }
    const int told = plain[head.size()] - '0';
    if (told < 0 || told > static_cast<int>(wire::FirearmNoticeCause::kDestroyed)) continue;
    FirearmRegistry::Disclosure disclosure{.agency = std::string(plain.substr(head.size() + 1)),
                                           .exchange_id = std::string(exchange_id),
                                           .reference = head.substr(kLengthBytes)};
    if (told > 0) disclosure.told = static_cast<wire::FirearmNoticeCause>(told);
    return disclosure;
  }
  return absl::DataLossError("the row of what a partner was told of a firearm is damaged");
}

std::string NewRawId(base::Random& random) {
  std::string id(kIdBytes, '\0');
  random.Fill(std::as_writable_bytes(std::span(id)));
  return id;
}

// HMAC under a key derived from the record's own: erasing that key makes the value meaningless.
std::string Commit(const crypto::Sealer& key, std::string_view label, std::string_view value) {
  const crypto::Sha256Digest derived =
      crypto::HmacSha256(key.key().ExposeForOpenSsl(), "proofmark/firearm-commitment/v1");
  std::string message;
  base::AppendLp2(message, label);
  message.append(value);
  return std::string(crypto::AsText(crypto::HmacSha256(base::ByteSpan(derived), message)));
}

absl::StatusOr<FirearmRegistry::Held> ParseHeld(SealedRecords::Held sealed) {
  absl::StatusOr<KeptFirearm> kept = wire::ParseKeptFirearm(sealed.plain);
  if (!kept.ok()) {
    return absl::DataLossError(
        absl::StrFormat("firearm %s at rest: %s", base::ToHex(sealed.id), kept.status().message()));
  }
  return FirearmRegistry::Held{.sealed = std::move(sealed), .kept = *std::move(kept)};
}

}  // namespace

void AddAlertDue(std::string_view raw_id, base::Random& random, store::WriteRequest& request) {
  AddDue(kAlertDueTable, raw_id, random, request);
}

FirearmRegistry::FirearmRegistry(store::Store& store, ledger::Ledger& ledger,
                                 const base::Clock& clock, SerialIndex index)
    : store_(store),
      ledger_(ledger),
      clock_(clock),
      index_(std::move(index)),
      records_(store, kTables) {}

absl::StatusOr<std::unique_ptr<FirearmRegistry>> FirearmRegistry::Open(store::Store& store,
                                                                       ledger::Ledger& ledger,
                                                                       const base::Clock& clock) {
  PM_ASSIGN_OR_RETURN(SerialIndex index, SerialIndex::Open(store));
  return std::unique_ptr<FirearmRegistry>(
      new FirearmRegistry(store, ledger, clock, std::move(index)));
}

absl::StatusOr<FirearmRegistry::Held> FirearmRegistry::Load(std::string_view id) const {
  if (!records::IsId(id)) {
    return absl::InvalidArgumentError("firearm_id: not 32 lower-case hexadecimal digits");
  }
  PM_ASSIGN_OR_RETURN(const std::string raw_id, base::ParseHex(id));
  PM_ASSIGN_OR_RETURN(std::optional<SealedRecords::Held> sealed, records_.Find(raw_id));
  if (!sealed) return absl::NotFoundError("no firearm has this id");
  return ParseHeld(*std::move(sealed));
}

absl::StatusOr<std::optional<FirearmRegistry::Held>> FirearmRegistry::FindByReference(
    std::string_view reference) const {
  PM_ASSIGN_OR_RETURN(const std::set<std::string> ids, index_.Referred(reference));
  for (const std::string& raw_id : ids) {
    absl::StatusOr<Held> held = Load(base::ToHex(raw_id));
    if (absl::IsNotFound(held.status())) continue;  // Erased meanwhile.
    PM_RETURN_IF_ERROR(held.status());
    if (held->kept.reference == reference) return std::optional(*std::move(held));
  }
  return std::optional<Held>();
}

absl::StatusOr<KeptFirearm> FirearmRegistry::LoadVersion(const Held& held,
                                                         std::int64_t change_count) const {
  if (change_count == std::ssize(held.kept.changes)) return held.kept;
  if (change_count < 1) return absl::InvalidArgumentError("change_count: must be at least 1");
  PM_ASSIGN_OR_RETURN(
      const std::optional<std::string> sealed,
      store_.Get(VersionKey(held.sealed.id, static_cast<std::uint64_t>(change_count))));
  if (!sealed) return absl::NotFoundError("no version of this firearm has so many changes");
  PM_ASSIGN_OR_RETURN(const std::string plain,
                      records_.OpenBeside(held.sealed, kVersionField, *sealed));
  return wire::ParseKeptFirearm(plain);
}

absl::StatusOr<std::string> FirearmRegistry::CommitmentTo(const Held& held) const {
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, records_.KeyOf(held.sealed));
  return base::ToHex(Commit(key, "record", held.sealed.id));
}

absl::Status FirearmRegistry::AddVersion(const Held& before, store::WriteRequest& request) const {
  PM_ASSIGN_OR_RETURN(std::string sealed,
                      records_.SealBeside(before.sealed, kVersionField, before.sealed.plain));
  request.mutations.Put(
      VersionKey(before.sealed.id, static_cast<std::uint64_t>(before.kept.changes.size())),
      std::move(sealed));
  return absl::OkStatus();
}

absl::Status FirearmRegistry::AddWriting(Writing& writing, store::WriteRequest& request,
                                         std::string& objects, std::string& details) {
  KeptFirearm& after = writing.after;
  PM_CHECK(!after.changes.empty() && !after.history.empty());
  std::set<std::string> rows_before;
  std::string raw_id;
  std::string plain;
  const auto commit = [&](const crypto::Sealer& key) {
    objects += Commit(key, "record", raw_id);
    details += Commit(key, "version", plain);
  };
  if (writing.before) {
    const Held& before = *writing.before;
    raw_id = before.sealed.id;
    PM_CHECK(after.id == before.kept.id && after.reference == before.kept.reference);
    PM_ASSIGN_OR_RETURN(plain, wire::Serialise(after));
    PM_RETURN_IF_ERROR(records_.AddChange(before.sealed, plain, request));
    // What the node gathered is no statement of anybody: it needs no version of its own.
    const wire::FirearmChangeKind kind = after.changes.back().kind;
    if (kind != wire::FirearmChangeKind::kRechecked &&
        kind != wire::FirearmChangeKind::kCrossChecked) {
      PM_RETURN_IF_ERROR(AddVersion(before, request));
    }
    rows_before = index_.RowsOf(before.kept);
    PM_ASSIGN_OR_RETURN(const crypto::Sealer key, records_.KeyOf(before.sealed));
    commit(key);
  } else {
    raw_id = NewRawId(store_.random());
    after.id = base::ToHex(raw_id);
    after.reference = base::ToHex(NewRawId(store_.random()));
    PM_ASSIGN_OR_RETURN(plain, wire::Serialise(after));
    PM_RETURN_IF_ERROR(records_.AddNew(raw_id, after.changes.back().unix_ms, plain, request));
    commit(request.new_keys.back().sealer);
    if (!writing.import_row.empty()) {
      request.preconditions.push_back({.key = writing.import_row, .value = std::nullopt});
      request.mutations.Put(writing.import_row, raw_id + writing.fingerprint);
      request.mutations.Put(VersionKey(raw_id, 0), writing.import_row);
    }
  }
  if (Alarming(after.findings) != (writing.before ? Alarming(writing.before->kept.findings)
                                                  : std::vector<firearm::Finding>())) {
    AddAlertDue(raw_id, store_.random(), request);
  }
  PM_RETURN_IF_ERROR(AddTriggersDue(writing, request));
  const std::set<std::string> rows_after = index_.RowsOf(after);
  for (const std::string& row : rows_before) {
    if (!rows_after.contains(row)) request.mutations.Delete(row);
  }
  for (const std::string& row : rows_after) {
    if (!rows_before.contains(row)) request.mutations.Put(row, "");
  }
  return absl::OkStatus();
}

// Exhibits of which the record states other circumstances than before.
absl::Status FirearmRegistry::AddTriggersDue(const Writing& writing,
                                             store::WriteRequest& request) const {
  const auto stated = [](const KeptFirearm& kept) {
    std::map<std::string, std::set<std::string>> by_exhibit;
    const std::set<std::string> codes = CircumstancesOf(kept);
    for (const wire::FirearmExhibit& exhibit : kept.exhibits) {
      if (!codes.empty()) by_exhibit[exhibit.exhibit_id] = codes;
    }
    return by_exhibit;
  };
  std::map<std::string, std::set<std::string>> before;
  if (writing.before) before = stated(writing.before->kept);
  const std::map<std::string, std::set<std::string>> after = stated(writing.after);
  std::set<std::string> changed;
  for (const auto& entry : before) {
    const auto now = after.find(entry.first);
    if (now == after.end() || now->second != entry.second) changed.insert(entry.first);
  }
  for (const auto& entry : after) {
    if (!before.contains(entry.first)) changed.insert(entry.first);
  }
  for (const std::string& exhibit_id : changed) {
    PM_ASSIGN_OR_RETURN(const std::string exhibit, base::ParseHex(exhibit_id));
    AddDue(kShareTriggerDueTable, exhibit, store_.random(), request);
  }
  return absl::OkStatus();
}

absl::StatusOr<records::LedgerReceipt> FirearmRegistry::Write(std::string_view actor,
                                                              std::string_view outcome,
                                                              std::vector<Writing>& writings) {
  PM_CHECK(!writings.empty());
  store::WriteRequest request;
  std::string objects;
  std::string details;
  for (Writing& writing : writings) {
    PM_RETURN_IF_ERROR(AddWriting(writing, request, objects, details));
  }
  records::EntryDraft draft{.kind = records::EntryKind::kRegistryChange};
  draft.actor = std::string(actor);
  draft.outcome = std::string(outcome);
  draft.count = writings.size();
  const bool one = writings.size() == 1;
  draft.object = one ? base::ToHex(objects) : crypto::Sha256Hex(objects);
  draft.detail = one ? base::ToHex(details) : crypto::Sha256Hex(details);
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      ledger_.Append(std::move(draft), std::move(request)));
  return federation::ToRecord(receipt);
}

absl::StatusOr<std::optional<FirearmRegistry::Imported>> FirearmRegistry::FindImported(
    std::string_view import_row) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store_.Get(import_row));
  if (!row) return std::nullopt;
  if (row->size() < kIdBytes) return absl::DataLossError("the row of an import is too short");
  return Imported{.id = base::ToHex(row->substr(0, kIdBytes)),
                  .fingerprint = row->substr(kIdBytes)};
}

absl::StatusOr<FirearmRegistry::Page> FirearmRegistry::List(
    std::int32_t page_size, std::int32_t when_zero, std::string_view page_token,
    const std::function<bool(const KeptFirearm&)>& match) const {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted, PageSize(page_size, when_zero));
  absl::Status fault;
  // An unreadable record is listed, so that it ends the list.
  PM_ASSIGN_OR_RETURN(SealedRecords::Page found,
                      records_.List(wanted, page_token, [&](const SealedRecords::Held& sealed) {
                        if (!match) return true;
                        const absl::StatusOr<Held> held = ParseHeld(sealed);
                        return !held.ok() || match(held->kept);
                      }));
  Page page{.firearms = {}, .next_page_token = std::move(found.next_page_token)};
  for (SealedRecords::Held& sealed : found.records) {
    PM_ASSIGN_OR_RETURN(Held held, ParseHeld(std::move(sealed)));
    page.firearms.push_back(std::move(held.kept));
  }
  return page;
}

absl::StatusOr<std::int64_t> FirearmRegistry::Count() const {
  std::int64_t count = 0;
  PM_RETURN_IF_ERROR(store_.Scan({.prefix = store::StoreKey(kFirearmListingTable).Build()},
                                 [&count](std::string_view, std::string_view) {
                                   ++count;
                                   return true;
                                 }));
  return count;
}

absl::Status FirearmRegistry::ForEach(const std::function<absl::Status(Held)>& visit) const {
  return records_.ForEach([&](const SealedRecords::Held& sealed) -> absl::Status {
    PM_ASSIGN_OR_RETURN(Held held, ParseHeld(sealed));
    return visit(std::move(held));
  });
}

absl::Status FirearmRegistry::ForEachShared(
    const std::function<absl::Status(const KeptFirearm&)>& visit) const {
  return ForEach([&](const Held& held) -> absl::Status {
    if (!firearm::IsSharedByDefault(held.kept.state())) return absl::OkStatus();
    return visit(held.kept);
  });
}

absl::Status FirearmRegistry::AddVersionErasure(const Held& held, bool with_import,
                                                store::WriteRequest& request) const {
  return store_.Scan(
      {.prefix = store::StoreKey(kFirearmVersionTable).Bytes(held.sealed.id).Build()},
      [&](std::string_view key, std::string_view value) {
        if (key == VersionKey(held.sealed.id, 0)) {
          if (!with_import) return true;
          request.mutations.Delete(std::string(value));
        }
        request.mutations.Delete(std::string(key));
        return true;
      });
}

absl::Status FirearmRegistry::AddDisclosure(const Held& held, const Disclosure& disclosure,
                                            store::WriteRequest& request) const {
  PM_CHECK(disclosure.exchange_id.size() == kIdBytes &&
           (disclosure.reference.empty() || disclosure.reference.size() == kHandleBytes));
  PM_ASSIGN_OR_RETURN(std::string sealed, records_.SealBeside(held.sealed, kDisclosureField,
                                                              DisclosureText(disclosure)));
  request.mutations.Put(DisclosurePrefix(held.sealed.id) + disclosure.exchange_id,
                        std::move(sealed));
  if (!disclosure.reference.empty()) {
    request.mutations.Put(ReferenceKey(disclosure.reference), held.sealed.id);
  }
  records_.AddUnchanged(held.sealed, request);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<FirearmRegistry::Disclosure>> FirearmRegistry::DisclosuresOf(
    const Held& held) const {
  std::vector<Disclosure> disclosures;
  const std::string prefix = DisclosurePrefix(held.sealed.id);
  absl::Status fault;
  PM_RETURN_IF_ERROR(
      store_.Scan({.prefix = prefix}, [&](std::string_view key, std::string_view row) {
        const absl::StatusOr<std::string> plain =
            records_.OpenBeside(held.sealed, kDisclosureField, row);
        fault = plain.status();
        if (!fault.ok()) return false;
        absl::StatusOr<Disclosure> disclosure = ParseDisclosure(key.substr(prefix.size()), *plain);
        fault = disclosure.status();
        if (disclosure.ok()) disclosures.push_back(*std::move(disclosure));
        return fault.ok();
      }));
  PM_RETURN_IF_ERROR(fault);
  return disclosures;
}

absl::StatusOr<std::vector<std::string>> FirearmRegistry::DisclosedIds() const {
  std::vector<std::string> ids;
  const std::string prefix = store::StoreKey(kFirearmDisclosureTable).Build();
  PM_RETURN_IF_ERROR(
      store_.Scan({.prefix = prefix}, [&](std::string_view key, std::string_view /*row*/) {
        std::string id = base::ToHex(key.substr(prefix.size(), kIdBytes));
        if (ids.empty() || ids.back() != id) ids.push_back(std::move(id));
        return true;
      }));
  return ids;
}

absl::StatusOr<std::optional<std::string>> FirearmRegistry::FindReference(
    std::string_view reference) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> raw_id, store_.Get(ReferenceKey(reference)));
  if (!raw_id) return std::nullopt;
  return base::ToHex(*raw_id);
}

absl::Status FirearmRegistry::AddDisclosureErasure(const Held& held,
                                                   store::WriteRequest& request) const {
  PM_ASSIGN_OR_RETURN(const std::vector<Disclosure> disclosures, DisclosuresOf(held));
  for (const Disclosure& disclosure : disclosures) {
    request.mutations.Delete(DisclosurePrefix(held.sealed.id) + disclosure.exchange_id);
    if (!disclosure.reference.empty()) request.mutations.Delete(ReferenceKey(disclosure.reference));
  }
  return absl::OkStatus();
}

absl::Status FirearmRegistry::AddErasure(const Held& held, store::WriteRequest& request) const {
  PM_RETURN_IF_ERROR(AddDisclosureErasure(held, request));
  PM_RETURN_IF_ERROR(records_.AddErasure(held.sealed, request));
  for (const std::string& row : index_.RowsOf(held.kept)) request.mutations.Delete(row);
  return AddVersionErasure(held, true, request);
}

absl::Status FirearmRegistry::AddReplacement(const Held& held, const KeptFirearm& after,
                                             store::WriteRequest& request) {
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(after));
  PM_ASSIGN_OR_RETURN(const std::vector<Disclosure> disclosures, DisclosuresOf(held));
  PM_RETURN_IF_ERROR(records_.AddReplacement(held.sealed, plain, request));
  // Who was told is not what is erased.
  const crypto::Sealer& key = request.new_keys.back().sealer;
  for (const Disclosure& disclosure : disclosures) {
    PM_ASSIGN_OR_RETURN(std::string sealed,
                        key.Seal({.record = held.kept.id, .field = kDisclosureField},
                                 DisclosureText(disclosure), store_.random()));
    request.mutations.Put(DisclosurePrefix(held.sealed.id) + disclosure.exchange_id,
                          std::move(sealed));
  }
  return AddVersionErasure(held, false, request);
}

absl::StatusOr<std::optional<std::int64_t>> FirearmRegistry::LastRecheckUnixMs() const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                      store_.Get(store::StoreKey(kRecheckTable).Build()));
  if (!row) return std::nullopt;
  if (row->size() != sizeof(std::uint64_t)) {
    return absl::DataLossError("the time of the last re-check is damaged");
  }
  return static_cast<std::int64_t>(base::ParseU64Be(*row));
}

absl::Status FirearmRegistry::SetLastRecheck(std::int64_t unix_ms) {
  std::string row;
  base::AppendU64Be(row, static_cast<std::uint64_t>(unix_ms));
  store::WriteRequest request;
  request.mutations.Put(store::StoreKey(kRecheckTable).Build(), std::move(row));
  return store_.Commit(std::move(request));
}

}  // namespace proofmark::registry
