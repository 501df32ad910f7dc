// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/tlog/tile.h"
#include "proofmark/v1/audit_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "server/rpc/ledger_messages.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

// Entries looked at for one page: a rare filter over a long ledger comes back with a next_index
// instead of holding a handler.
constexpr std::uint64_t kEntriesReadMax = 50'000;

// Fewer digits of a commitment would select cases by chance.
constexpr std::size_t kCommitmentDigitsMin = 8;

// A ListEntriesRequest, checked.
struct Selection {
  std::uint64_t from = 0;
  std::size_t page_size = 0;
  bool newest = false;
  ledger::EntryFilter filter;
  std::string peer;  // SPIFFE id or domain; empty for all.
};

// The code to select by; nothing for an empty one.
absl::StatusOr<std::optional<std::string>> ReadCode(const std::string& code, const char* field) {
  if (code.empty()) return std::nullopt;
  if (code.size() > records::kCodeBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: %d characters, at most %d", field,
                                                      code.size(), records::kCodeBytesMax));
  }
  return code;
}

bool IsCommitmentStart(const std::string& digits) {
  return digits.size() >= kCommitmentDigitsMin && digits.size() <= 64 &&
         digits.find_first_not_of("0123456789abcdef") == digits.npos;
}

absl::StatusOr<Selection> ReadSelection(const v1::ListEntriesRequest& asked) {
  Selection selection;
  PM_ASSIGN_OR_RETURN(const std::int64_t page_size, ReadPageSize(asked.page_size()));
  selection.page_size = static_cast<std::size_t>(page_size);
  selection.from = asked.from_index();
  selection.newest = asked.newest();
  if (!asked.kind().empty()) {
    const auto kind = records::ParseEntryKind(asked.kind());
    if (!kind.ok()) return absl::InvalidArgumentError("kind: not a kind of entry");
    selection.filter.kind = *kind;
  }
  if (asked.has_from_time()) {
    PM_ASSIGN_OR_RETURN(selection.filter.unix_ms_min,
                        wire::FromTimestamp(asked.from_time(), "from_time"));
  }
  if (asked.has_to_time()) {
    PM_ASSIGN_OR_RETURN(const std::int64_t end, wire::FromTimestamp(asked.to_time(), "to_time"));
    selection.filter.unix_ms_max = end - 1;
  }
  selection.peer = asked.peer();
  PM_ASSIGN_OR_RETURN(selection.filter.purpose, ReadCode(asked.purpose(), "purpose"));
  PM_ASSIGN_OR_RETURN(selection.filter.outcome, ReadCode(asked.outcome(), "outcome"));
  if (!asked.case_commitment().empty()) {
    if (!IsCommitmentStart(asked.case_commitment())) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "case_commitment: must be the first %d to 64 lower-case hexadecimal digits",
          kCommitmentDigitsMin));
    }
    selection.filter.case_prefix = asked.case_commitment();
  }
  return selection;
}

bool IsOfPeer(const records::LedgerEntry& entry, const std::string& peer) {
  return peer.empty() || entry.draft.peer == peer ||
         entry.draft.peer.rfind("spiffe://" + peer + "/", 0) == 0;
}

bool Selects(const Selection& selection, const records::LedgerEntry& entry) {
  return selection.filter.Matches(entry) && IsOfPeer(entry, selection.peer);
}

absl::Status ListForward(const ledger::Ledger& ledger, const Selection& selection,
                         std::uint64_t size, v1::ListEntriesResponse& answer) {
  std::uint64_t next = selection.from;
  const std::uint64_t stop = next + std::min(kEntriesReadMax, size - std::min(next, size));
  while (next < stop && static_cast<std::size_t>(answer.entries_size()) < selection.page_size) {
    const auto count =
        static_cast<std::int64_t>(std::min<std::uint64_t>(ledger::kReadEntriesMax, stop - next));
    PM_ASSIGN_OR_RETURN(const auto entries, ledger.ReadRange(next, count));
    for (const ledger::StoredEntry& stored : entries) {
      if (static_cast<std::size_t>(answer.entries_size()) == selection.page_size) break;
      next = stored.entry.seq + 1;
      if (Selects(selection, stored.entry)) *answer.add_entries() = ToProto(stored);
    }
  }
  if (next < size) answer.set_next_index(next);
  return absl::OkStatus();
}

absl::Status ListNewest(const ledger::Ledger& ledger, const Selection& selection,
                        std::uint64_t size, v1::ListEntriesResponse& answer) {
  std::vector<ledger::StoredEntry> found;  // Newest first.
  std::uint64_t end = size;
  const std::uint64_t stop = size - std::min(kEntriesReadMax, size);
  while (end > stop && found.size() < selection.page_size) {
    const auto count =
        static_cast<std::int64_t>(std::min<std::uint64_t>(ledger::kReadEntriesMax, end - stop));
    const std::uint64_t first = end - static_cast<std::uint64_t>(count);
    PM_ASSIGN_OR_RETURN(auto entries, ledger.ReadRange(first, count));
    for (auto stored = entries.rbegin(); stored != entries.rend(); ++stored) {
      if (found.size() == selection.page_size) break;
      if (Selects(selection, stored->entry)) found.push_back(std::move(*stored));
    }
    end = first;
  }
  for (auto stored = found.rbegin(); stored != found.rend(); ++stored) {
    *answer.add_entries() = ToProto(*stored);
  }
  return absl::OkStatus();
}

class AuditService final : public v1::AuditService::CallbackService {
 public:
  explicit AuditService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context,
                                        const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.AuditService/ListEntries", request, response,
        [this](const crypto::SpiffeName& caller, const v1::ListEntriesRequest& asked,
               v1::ListEntriesResponse& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const Selection selection, ReadSelection(asked));
          const std::uint64_t size = ledger().Head().size;
          PM_RETURN_IF_ERROR(selection.newest ? ListNewest(ledger(), selection, size, answer)
                                              : ListForward(ledger(), selection, size, answer));
          return LogReading(caller, static_cast<std::uint64_t>(answer.entries_size()));
        });
  }

  grpc::ServerUnaryReactor* GetLedger(grpc::CallbackServerContext* context,
                                      const v1::GetLedgerRequest* request,
                                      v1::GetLedgerResponse* response) override {
    return rooms_.guard.Unary(context, "/proofmark.v1.AuditService/GetLedger", request, response,
                              [this](const crypto::SpiffeName& caller, const v1::GetLedgerRequest&,
                                     v1::GetLedgerResponse& answer) -> absl::Status {
                                const ledger::TreeHead head = ledger().Head();
                                answer.set_origin(ledger().origin());
                                answer.set_size(head.size);
                                answer.set_root(std::string(crypto::AsText(head.root)));
                                PM_RETURN_IF_ERROR(AddStanding(answer));
                                return LogReading(caller, 0);
                              });
  }

  grpc::ServerUnaryReactor* ListCheckpoints(grpc::CallbackServerContext* context,
                                            const v1::ListCheckpointsRequest* request,
                                            v1::ListCheckpointsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.AuditService/ListCheckpoints", request, response,
        [this](const crypto::SpiffeName& /*caller*/, const v1::ListCheckpointsRequest& asked,
               v1::ListCheckpointsResponse& answer) -> absl::Status {
          const std::int64_t limit =
              asked.page_size() == 0 ? ledger::kCheckpointsListedMax : asked.page_size();
          if (limit < 1 || limit > ledger::kCheckpointsListedMax ||
              asked.after_size() >= crypto::kTreeSizeMax) {
            return absl::InvalidArgumentError(
                absl::StrFormat("page_size: must be 0..%d; after_size: below 2^63 - 1",
                                ledger::kCheckpointsListedMax));
          }
          PM_ASSIGN_OR_RETURN(const std::vector<ledger::Published> found,
                              rooms_.node.checkpoints().List(asked.after_size(), limit));
          const std::uint64_t shown = PublishedSize();
          for (const ledger::Published& published : found) {
            if (published.checkpoint.size > shown) break;
            answer.add_checkpoints(crypto::FormatNote(published.note));
          }
          answer.set_more(answer.checkpoints_size() == limit);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ReadTreeFile(grpc::CallbackServerContext* context,
                                         const v1::ReadTreeFileRequest* request,
                                         v1::ReadTreeFileResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.AuditService/ReadTreeFile", request, response,
        [this](const crypto::SpiffeName& caller, const v1::ReadTreeFileRequest& asked,
               v1::ReadTreeFileResponse& answer) -> absl::Status {
          if (const auto tile = crypto::ParseTilePath(asked.path()); tile.ok()) {
            PM_RETURN_IF_ERROR(CheckPublished(EndOf(*tile)));
            PM_ASSIGN_OR_RETURN(*answer.mutable_content(),
                                crypto::EncodeTile(*tile, ledger().SubtreeReader()));
            return absl::OkStatus();
          }
          PM_ASSIGN_OR_RETURN(const crypto::BundleAddress bundle,
                              crypto::ParseBundlePath(asked.path()));
          const std::uint64_t first = bundle.index * crypto::kTileWidth;
          PM_RETURN_IF_ERROR(CheckPublished(first + static_cast<std::uint64_t>(bundle.width)));
          PM_ASSIGN_OR_RETURN(const auto stored, ledger().ReadRange(first, bundle.width));
          std::vector<std::string> entries;
          for (const ledger::StoredEntry& entry : stored) entries.push_back(entry.bytes);
          PM_ASSIGN_OR_RETURN(*answer.mutable_content(), crypto::EncodeBundle(entries));
          return LogReading(caller, entries.size(), records::EntryKind::kExport);
        });
  }

  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* context,
                                       const v1::GetReceiptRequest* request,
                                       v1::GetReceiptResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.AuditService/GetReceipt", request, response,
        [this](const crypto::SpiffeName& caller, const v1::GetReceiptRequest& asked,
               v1::GetReceiptResponse& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const ledger::StoredEntry stored, ledger().Read(asked.index()));
          const bool overseer = caller.role() == crypto::StaffRole::kAuditor ||
                                caller.role() == crypto::StaffRole::kAdministrator;
          if (!overseer && stored.entry.draft.actor != caller.id()) {
            return absl::PermissionDeniedError(
                "the entry is not of the caller's own acts: ask an auditor for its receipt");
          }
          PM_ASSIGN_OR_RETURN(const std::string proof,
                              rooms_.node.publishing().ProveEntry(asked.index()));
          answer.set_entry(stored.bytes);
          answer.set_proof(proof);
          return LogReading(caller, 1);
        });
  }

  grpc::ServerUnaryReactor* ListPartnerEntries(grpc::CallbackServerContext* context,
                                               const v1::ListPartnerEntriesRequest* request,
                                               v1::ListPartnerEntriesResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.AuditService/ListPartnerEntries", request, response,
        [this](const crypto::SpiffeName& caller, const v1::ListPartnerEntriesRequest& asked,
               v1::ListPartnerEntriesResponse& answer) -> absl::Status {
          const federation::Partner* const partner =
              rooms_.node.partners().FindByDomain(asked.domain());
          if (partner == nullptr) return absl::NotFoundError("domain: no such partner");
          PM_ASSIGN_OR_RETURN(const std::int64_t limit, ReadPageSize(asked.page_size()));
          PM_ASSIGN_OR_RETURN(const federation::SharedEntries page,
                              AskForEntries(*partner, asked.from_index(), limit));
          for (const federation::SharedEntries::Entry& shared : page.entries) {
            v1::LedgerEntry* const entry = answer.add_entries();
            entry->set_index(shared.index);
            entry->set_entry(shared.bytes);
            entry->set_leaf_hash(std::string(crypto::AsText(crypto::LeafHash(shared.bytes))));
          }
          if (page.next_index) answer.set_next_index(*page.next_index);
          return LogReading(caller, page.entries.size());
        });
  }

 private:
  ledger::Ledger& ledger() const { return rooms_.node.ledger(); }

  absl::Status AddStanding(v1::GetLedgerResponse& answer) const {
    const exchange::Standing standing = rooms_.node.publishing().standing();
    if (standing.latest) answer.set_checkpoint(crypto::FormatNote(standing.latest->note));
    answer.set_log_key(crypto::ToVerifierKey(rooms_.node.checkpoints().verifier_key()));
    answer.set_witness_key(crypto::ToVerifierKey(rooms_.node.witness().verifier_key()));
    answer.set_policy(rooms_.node.publishing().policy_text());
    answer.set_standing(standing.verdict.words);
    if (standing.unwitnessed_since_unix_ms) {
      *answer.mutable_unwitnessed_since() = wire::ToTimestamp(*standing.unwitnessed_since_unix_ms);
    }
    PM_ASSIGN_OR_RETURN(const std::vector<ledger::ForkEvidence> forks,
                        rooms_.node.witness().Forks());
    answer.set_fork_alarms(static_cast<std::int32_t>(forks.size()));
    return absl::OkStatus();
  }

  // The number of leaves that a tree needs to have the tile.
  static std::uint64_t EndOf(const crypto::TileAddress& tile) {
    if (tile.level > crypto::kTileLevelStoredMax) return crypto::kTreeSizeMax;
    const std::uint64_t hashes =
        tile.index * crypto::kTileWidth + static_cast<std::uint64_t>(tile.width);
    const int shift = crypto::kTileHeight * tile.level;
    return hashes > (crypto::kTreeSizeMax >> shift) ? crypto::kTreeSizeMax : hashes << shift;
  }

  // Nothing is shown that is not signed: a reader can check all it gets.
  absl::Status CheckPublished(std::uint64_t end) const {
    if (end <= PublishedSize()) return absl::OkStatus();
    return absl::NotFoundError("path: not of the published tree");
  }
  std::uint64_t PublishedSize() const {
    const exchange::Standing standing = rooms_.node.publishing().standing();
    return standing.latest ? standing.latest->checkpoint.size : 0;
  }

  absl::StatusOr<federation::SharedEntries> AskForEntries(const federation::Partner& partner,
                                                          std::uint64_t from,
                                                          std::int64_t limit) const {
    const auto answer = std::make_shared<std::promise<absl::StatusOr<federation::SharedEntries>>>();
    auto came = answer->get_future();
    rooms_.node.peers().ListSharedEntries(partner, from, limit,
                                          std::chrono::steady_clock::now() + partner.timeout,
                                          [answer](absl::StatusOr<federation::SharedEntries> page) {
                                            answer->set_value(std::move(page));
                                          });
    return came.get();
  }

  // Reading the ledger is an act too. Durable before the answer goes out.
  absl::Status LogReading(const crypto::SpiffeName& caller, std::uint64_t count,
                          records::EntryKind kind = records::EntryKind::kAdminRead) const {
    return ledger()
        .Append({.kind = kind, .actor = caller.id(), .outcome = "ledger", .count = count})
        .status();
  }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAuditService(const ServiceRooms& rooms) {
  return std::make_unique<AuditService>(rooms);
}

}  // namespace proofmark::rpc
