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

void DropLabels(wire::Search& search) {
  if (!search.local.has_value()) return;
  for (wire::LocalCandidate& candidate : search.local->candidates) candidate.label.clear();
}

}  // namespace

absl::StatusOr<wire::Search> SearchArchive::Keep(wire::Search search) {
  store::RecordKey key = store_.NewRecordKey();
  search.search_id = key.id.Hex();
  wire::Search kept = search;
  DropLabels(kept);
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(kept));
  PM_ASSIGN_OR_RETURN(
      std::string sealed,
      key.sealer.Seal({.record = search.search_id, .field = kField}, plain, store_.random()));
  const std::string raw_id(key.id.AsText());
  store::WriteRequest request;
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
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(raw_id));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, store_.FindKey(key_id));
  PM_ASSIGN_OR_RETURN(const std::string plain,
                      key.Open({.record = search_id, .field = kField}, *sealed));
  absl::StatusOr<wire::Search> search = wire::ParseSearch(plain);
  if (!search.ok()) return absl::DataLossError(search.status().message());
  return search;
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
