// SPDX-License-Identifier: Apache-2.0
#include "server/registry/roster.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "server/registry/tables.h"

namespace proofmark::registry {
namespace {

// Under the key without an id. Another value: a table of another form, to be made anew.
constexpr std::string_view kCompleteForm = "1";

std::string RosterKey(std::string_view raw_id) {
  return store::StoreKey(kRosterTable).Bytes(raw_id).Build();
}

}  // namespace

absl::StatusOr<Roster> Roster::Read(const store::Store& store) {
  Roster roster;
  const std::string prefix = RosterKey("");
  absl::Status fault;
  PM_RETURN_IF_ERROR(
      store.Scan({.prefix = prefix}, [&](std::string_view key, std::string_view value) {
        key.remove_prefix(prefix.size());
        if (key.empty()) return true;  // The mark of completeness.
        if (key.size() != kIdBytes) {
          fault = absl::DataLossError("a key of the roster has another length");
          return false;
        }
        Entry& entry = roster.entries_.emplace_back();
        std::memcpy(entry.id.data(), key.data(), kIdBytes);
        entry.row_begin = roster.rows_.size();
        roster.rows_ += value;
        return true;
      }));
  PM_RETURN_IF_ERROR(fault);
  return roster;
}

absl::StatusOr<wire::StoredRosterRow> Roster::RowOf(std::size_t entry) const {
  const std::uint64_t begin = entries_[entry].row_begin;
  const std::uint64_t end =
      entry + 1 < entries_.size() ? entries_[entry + 1].row_begin : rows_.size();
  absl::StatusOr<wire::StoredRosterRow> row =
      wire::ParseStoredRosterRow(std::string_view(rows_).substr(begin, end - begin));
  if (!row.ok()) {
    const auto& id = entries_[entry].id;
    return absl::DataLossError(absl::StrFormat("exhibit %s in the roster: %s",
                                               base::ToHex(std::string_view(id.data(), id.size())),
                                               row.status().message()));
  }
  return row;
}

std::optional<std::size_t> Roster::PlaceOf(std::string_view id) const {
  if (!records::IsId(id)) return std::nullopt;
  const absl::StatusOr<std::string> raw_id = base::ParseHex(id);
  if (!raw_id.ok()) return std::nullopt;
  // As the store orders keys: by bytes without sign.
  const auto before = [](const Entry& entry, const std::string& wanted) {
    return std::memcmp(entry.id.data(), wanted.data(), kIdBytes) < 0;
  };
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), *raw_id, before);
  if (at == entries_.end() || std::memcmp(at->id.data(), raw_id->data(), kIdBytes) != 0) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(at - entries_.begin());
}

absl::StatusOr<std::optional<wire::StoredRosterRow>> Roster::Find(std::string_view id) const {
  const std::optional<std::size_t> place = PlaceOf(id);
  if (!place.has_value()) return std::nullopt;
  return RowOf(*place);
}

void Roster::Take(std::string_view id) {
  if (const std::optional<std::size_t> place = PlaceOf(id)) entries_[*place].taken = true;
}

absl::Status Roster::ForEachLeft(const Visitor& visit) const {
  for (const Entry& entry : entries_) {
    if (entry.taken) continue;
    PM_RETURN_IF_ERROR(visit(base::ToHex(std::string_view(entry.id.data(), kIdBytes))));
  }
  return absl::OkStatus();
}

absl::Status PutRosterRow(std::string_view raw_id, const wire::StoredRosterRow& row,
                          store::Mutations& mutations) {
  PM_ASSIGN_OR_RETURN(std::string bytes, wire::Serialise(row));
  mutations.Put(RosterKey(raw_id), std::move(bytes));
  return absl::OkStatus();
}

void DeleteRosterRow(std::string_view raw_id, store::Mutations& mutations) {
  mutations.Delete(RosterKey(raw_id));
}

absl::StatusOr<RosterDigests> DigestRoster(const store::Store& store) {
  const std::string prefix = RosterKey("");
  crypto::Sha256Hasher bullets;
  crypto::Sha256Hasher cases;
  absl::Status fault;
  PM_RETURN_IF_ERROR(
      store.Scan({.prefix = prefix}, [&](std::string_view key, std::string_view value) {
        if (key.size() == prefix.size()) return true;  // The mark of completeness.
        const absl::StatusOr<wire::StoredRosterRow> row = wire::ParseStoredRosterRow(value);
        if (!row.ok()) {
          fault = absl::DataLossError(row.status().message());
          return false;
        }
        crypto::Sha256Hasher& of_kind =
            records::ItemOf(row->kind) == records::ItemKind::kBullet ? bullets : cases;
        std::string entry;
        base::AppendLp2(entry, key);
        base::AppendLp2(entry, value);
        of_kind.Update(entry);
        return true;
      }));
  PM_RETURN_IF_ERROR(fault);
  return RosterDigests{.bullets = bullets.Finish(), .cases = cases.Finish()};
}

absl::StatusOr<bool> IsRosterComplete(const store::Store& store) {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> form, store.Get(RosterKey("")));
  return form == kCompleteForm;
}

void MarkRosterComplete(store::Mutations& mutations) {
  mutations.Put(RosterKey(""), std::string(kCompleteForm));
}

}  // namespace proofmark::registry
