// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/details_book.h"

#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "records/exhibit.h"
#include "server/journeys/tables.h"

namespace proofmark::journeys {

DetailsBook::DetailsBook(store::Store& store)
    : records_(store,
               {.records = kDetailsTable, .listing = kDetailsListingTable, .name = "details"}) {}

absl::StatusOr<std::optional<DetailsBook::Kept>> DetailsBook::Load(std::string_view raw_id) const {
  PM_ASSIGN_OR_RETURN(std::optional<registry::SealedRecords::Held> held, records_.Find(raw_id));
  if (!held.has_value()) return std::nullopt;
  absl::StatusOr<wire::StoredDetails> stored = wire::ParseStoredDetails(held->plain);
  if (!stored.ok()) return absl::DataLossError(stored.status().message());
  return Kept{.held = *std::move(held), .stored = *std::move(stored)};
}

absl::Status DetailsBook::ForEach(const std::function<absl::Status(const Kept&)>& visit) const {
  return records_.ForEach([&](const registry::SealedRecords::Held& held) -> absl::Status {
    absl::StatusOr<wire::StoredDetails> stored = wire::ParseStoredDetails(held.plain);
    if (!stored.ok()) return absl::DataLossError(stored.status().message());
    return visit({.held = held, .stored = *std::move(stored)});
  });
}

absl::Status DetailsBook::AddNew(std::string_view raw_id, const wire::StoredDetails& stored,
                                 store::WriteRequest& request) {
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(stored));
  return records_.AddNew(raw_id, stored.file.ask_unix_ms, plain, request);
}

absl::Status DetailsBook::AddChange(const Kept& kept, const wire::StoredDetails& stored,
                                    store::WriteRequest& request) {
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(stored));
  return records_.AddChange(kept.held, plain, request);
}

absl::Status DetailsBook::AddReplacement(const Kept& kept, const wire::StoredDetails& stored,
                                         store::WriteRequest& request) {
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(stored));
  return records_.AddReplacement(kept.held, plain, request);
}

absl::StatusOr<DetailsBook::Page> DetailsBook::List(
    std::size_t wanted, std::string_view page_token,
    const std::function<bool(const wire::DetailsFile&)>& match) const {
  absl::Status fault;
  PM_ASSIGN_OR_RETURN(
      registry::SealedRecords::Page found,
      records_.List(wanted, page_token, [&](const registry::SealedRecords::Held& held) {
        const absl::StatusOr<wire::StoredDetails> stored = wire::ParseStoredDetails(held.plain);
        if (!stored.ok()) fault = absl::DataLossError(stored.status().message());
        return stored.ok() && match(stored->file);
      }));
  PM_RETURN_IF_ERROR(fault);
  Page page{.files = {}, .next_page_token = std::move(found.next_page_token)};
  for (registry::SealedRecords::Held& held : found.records) {
    PM_ASSIGN_OR_RETURN(wire::StoredDetails stored, wire::ParseStoredDetails(held.plain));
    page.files.push_back({.held = std::move(held), .stored = std::move(stored)});
  }
  return page;
}

absl::StatusOr<std::string> ParseRequestId(std::string_view request_id) {
  if (!records::IsId(request_id)) {
    return absl::InvalidArgumentError("request_id is not 32 lower-case hexadecimal digits");
  }
  return base::ParseHex(request_id);
}

void ForgetOpeningKeyWhenDone(wire::StoredDetails& stored) {
  if (stored.file.released) {
    for (const wire::ReleasedExhibit& exhibit : stored.file.released->exhibits) {
      for (const wire::ReleasedScan& scan : exhibit.scans) {
        if (scan.arrived_bytes < scan.size_bytes) return;
      }
    }
  }
  stored.opening_key.clear();
}

records::EntryDraft DraftOf(records::EntryKind kind, const wire::DetailsRequest& request,
                            std::string_view actor) {
  records::EntryDraft draft;
  draft.kind = kind;
  draft.purpose = request.purpose;
  draft.case_commitment = base::ToHex(base::ByteSpan(request.case_commitment));
  draft.actor = std::string(actor);
  draft.offence = request.offence;
  draft.subject = request.subject_role;
  draft.count = request.firearm_reference.empty() ? request.handles.size() : 1;
  return draft;
}

std::string SealingContext(std::string_view request_id, std::string_view owner,
                           std::string_view asker) {
  std::string context;
  for (const std::string_view part : {request_id, owner, asker}) base::AppendLp2(context, part);
  return context;
}

}  // namespace proofmark::journeys
