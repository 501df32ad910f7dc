// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/search_archive.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "records/exhibit.h"
#include "server/journeys/tables.h"
#include "server/registry/paging.h"
#include "server/store/write_request.h"

namespace proofmark::journeys {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr int kKeepTriesMax = 8;
constexpr std::string_view kField = "search";

std::string SearchKey(std::string_view raw_id) {
  return store::StoreKey(kSearchTable).Bytes(raw_id).Build();
}

std::string ListingKey(std::int64_t ask_unix_ms, std::string_view raw_id) {
  return store::StoreKey(kSearchListingTable)
      .U64(static_cast<std::uint64_t>(ask_unix_ms))
      .Bytes(raw_id)
      .Build();
}

std::string ExchangeKey(std::string_view exchange_id) {
  return store::StoreKey(kSearchExchangeTable).Bytes(exchange_id).Build();
}

std::string TakenBackKey(std::string_view agency, std::string_view exchange_id) {
  return store::StoreKey(kTakenBackTable).Text(agency).Bytes(exchange_id).Build();
}

constexpr std::size_t kHandleBytes = std::tuple_size_v<crypto::Sha256Digest>;

// A row of kTakenBackTable: handles, one after the other; none means the whole answer.
bool Names(std::string_view row, const crypto::Sha256Digest& handle) {
  for (std::size_t at = 0; at < row.size(); at += kHandleBytes) {
    if (row.substr(at, kHandleBytes) == crypto::AsText(handle)) return true;
  }
  return row.empty();
}

// Drops from a partner's result what the row names, and says so; how many.
std::int32_t DropTakenBack(std::string_view row, wire::PartnerResult& partner) {
  if (!partner.result.has_value()) return 0;
  const auto dropped = std::erase_if(
      partner.result->candidates,
      [row](const wire::MatchCandidate& candidate) { return Names(row, candidate.handle); });
  const std::string_view said = row.empty() ? "It took its answer back: ask again."
                                            : "It took candidates of this answer back.";
  if (partner.detail.find(said) == std::string::npos) {
    if (!partner.detail.empty()) partner.detail += ' ';
    partner.detail += said;
  }
  return static_cast<std::int32_t>(dropped);
}

void DropLabels(wire::Search& search) {
  if (!search.local.has_value()) return;
  for (wire::LocalCandidate& candidate : search.local->candidates) candidate.label.clear();
}

}  // namespace

absl::StatusOr<wire::Search> SearchArchive::Keep(wire::Search search) {
  for (int tries = 1;; ++tries) {
    absl::StatusOr<wire::Search> kept = TryKeep(search);
    const bool corrected_meanwhile =
        absl::IsAlreadyExists(kept.status()) || absl::IsFailedPrecondition(kept.status());
    if (!corrected_meanwhile || tries == kKeepTriesMax) return kept;
  }
}

absl::StatusOr<wire::Search> SearchArchive::TryKeep(wire::Search search) {
  store::RecordKey key = store_.NewRecordKey();
  search.search_id = key.id.Hex();
  const std::string raw_id(key.id.AsText());
  store::WriteRequest request;
  for (wire::PartnerResult& partner : search.partners) {
    if (partner.exchange_id.empty()) continue;
    const std::string taken_back = TakenBackKey(partner.agency, partner.exchange_id);
    PM_ASSIGN_OR_RETURN(std::optional<std::string> row, store_.Get(taken_back));
    if (row.has_value()) DropTakenBack(*row, partner);
    request.preconditions.push_back({.key = taken_back, .value = std::move(row)});
    request.mutations.Put(ExchangeKey(partner.exchange_id), raw_id);
  }
  wire::Search kept = search;
  DropLabels(kept);
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(kept));
  PM_ASSIGN_OR_RETURN(
      std::string sealed,
      key.sealer.Seal({.record = search.search_id, .field = kField}, plain, store_.random()));
  request.mutations.Put(SearchKey(raw_id), std::move(sealed));
  request.mutations.Put(ListingKey(search.ask_unix_ms, raw_id), "");
  request.new_keys.push_back(std::move(key));
  PM_RETURN_IF_ERROR(store_.Commit(std::move(request)));
  return search;
}

absl::StatusOr<wire::Search> SearchArchive::Load(std::string_view search_id) const {
  if (!records::IsId(search_id)) {
    return absl::InvalidArgumentError("search_id is not 32 lower-case hexadecimal digits");
  }
  PM_ASSIGN_OR_RETURN(const std::string raw_id, base::ParseHex(search_id));
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> sealed, store_.Get(SearchKey(raw_id)));
  if (!sealed.has_value()) return absl::NotFoundError("no search has this id");
  return Open(raw_id, *sealed);
}

absl::StatusOr<wire::Search> SearchArchive::Open(std::string_view raw_id,
                                                 std::string_view sealed) const {
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(raw_id));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, store_.FindKey(key_id));
  PM_ASSIGN_OR_RETURN(const std::string plain,
                      key.Open({.record = key_id.Hex(), .field = kField}, sealed));
  absl::StatusOr<wire::Search> search = wire::ParseSearch(plain);
  if (!search.ok()) return absl::DataLossError(search.status().message());
  return search;
}

absl::StatusOr<std::int32_t> SearchArchive::AddTakingBack(
    std::string_view agency, std::string_view exchange_id,
    std::span<const crypto::Sha256Digest> handles, store::WriteRequest& request) {
  const std::string row_key = TakenBackKey(agency, exchange_id);
  PM_ASSIGN_OR_RETURN(std::optional<std::string> before, store_.Get(row_key));
  std::string row = before.value_or("");
  if (handles.empty()) row.clear();
  const bool whole = before.has_value() && before->empty();
  for (const crypto::Sha256Digest& handle : handles) {
    if (!whole && (row.empty() || !Names(row, handle))) row += crypto::AsText(handle);
  }
  request.preconditions.push_back({.key = row_key, .value = std::move(before)});
  request.mutations.Put(row_key, row);

  PM_ASSIGN_OR_RETURN(std::optional<std::string> raw_id, store_.Get(ExchangeKey(exchange_id)));
  request.preconditions.push_back({.key = ExchangeKey(exchange_id), .value = raw_id});
  if (!raw_id.has_value()) return 0;  // Its search still runs.
  PM_ASSIGN_OR_RETURN(std::optional<std::string> sealed, store_.Get(SearchKey(*raw_id)));
  if (!sealed.has_value()) return 0;  // Erased.
  PM_ASSIGN_OR_RETURN(wire::Search search, Open(*raw_id, *sealed));
  std::int32_t dropped = 0;
  for (wire::PartnerResult& partner : search.partners) {
    if (partner.agency != agency || partner.exchange_id != exchange_id) continue;
    dropped += DropTakenBack(row, partner);
  }
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(search));
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(*raw_id));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, store_.FindKey(key_id));
  PM_ASSIGN_OR_RETURN(std::string resealed, key.Seal({.record = search.search_id, .field = kField},
                                                     plain, store_.random()));
  request.preconditions.push_back({.key = SearchKey(*raw_id), .value = std::move(sealed)});
  request.mutations.Put(SearchKey(*raw_id), std::move(resealed));
  return dropped;
}

absl::Status SearchArchive::ForEachBefore(std::int64_t unix_ms, const Visitor& visit) const {
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan(
      {.prefix = store::StoreKey(kSearchListingTable).Build()},
      [&](std::string_view key, std::string_view) {
        const auto asked = static_cast<std::int64_t>(base::ParseU64Be(key.substr(1, 8)));
        if (asked >= unix_ms) return false;
        fault = visit(base::ToHex(key.substr(key.size() - kIdBytes)), asked);
        return fault.ok();
      }));
  return fault;
}

absl::Status SearchArchive::AddErasure(std::string_view search_id, std::int64_t ask_unix_ms,
                                       store::WriteRequest& request) {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, base::ParseHex(search_id));
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(raw_id));
  request.mutations.Delete(SearchKey(raw_id));
  request.mutations.Delete(ListingKey(ask_unix_ms, raw_id));
  request.erased_keys.push_back(key_id);
  return absl::OkStatus();
}

absl::StatusOr<ArchivePage> SearchArchive::List(std::size_t count,
                                                std::string_view page_token) const {
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kSearchListingTable).Build();
  scan.reverse = true;
  if (!page_token.empty()) {
    PM_ASSIGN_OR_RETURN(scan.start, registry::ParsePageToken(kSearchListingTable, page_token,
                                                             sizeof(std::uint64_t) + kIdBytes));
  }
  ArchivePage page;
  std::vector<std::string> ids;
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view) {
    if (ids.size() == count) {
      page.next_page_token = registry::ToPageToken(key);
      return false;
    }
    ids.push_back(base::ToHex(key.substr(key.size() - kIdBytes)));
    return true;
  }));
  for (const std::string& id : ids) {
    PM_ASSIGN_OR_RETURN(wire::Search search, Load(id));
    page.searches.push_back(std::move(search));
  }
  return page;
}

}  // namespace proofmark::journeys
