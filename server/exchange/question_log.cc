// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/question_log.h"

#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "server/exchange/tables.h"
#include "server/store/write_request.h"

namespace proofmark::exchange {
namespace {

std::string RowKey(std::string_view exchange_id) {
  return store::StoreKey(kOpenQuestionTable).Bytes(exchange_id).Build();
}

}  // namespace

absl::StatusOr<OpenQuestion> QuestionLog::Open(records::EntryDraft draft, store::Mutations beside) {
  draft.kind = records::EntryKind::kQueryOut;
  draft.outcome = "ASKED";
  PM_ASSIGN_OR_RETURN(std::string exchange_id, base::ParseHex(draft.exchange));
  const std::string key = RowKey(exchange_id);
  store::WriteRequest request;
  request.mutations = std::move(beside);
  request.preconditions.push_back({.key = key, .value = std::nullopt});
  PM_RETURN_IF_ERROR(ledger_
                         .Append(draft, std::move(request),
                                 [&](const ledger::Receipt& receipt, store::Mutations& mutations) {
                                   std::string index;
                                   base::AppendU64Be(index, receipt.index);
                                   mutations.Put(key, std::move(index));
                                   return absl::OkStatus();
                                 })
                         .status());
  return OpenQuestion{.exchange_id = std::move(exchange_id), .asked = std::move(draft)};
}

absl::StatusOr<ledger::Receipt> QuestionLog::Close(const OpenQuestion& question,
                                                   const QuestionOutcome& outcome) {
  const std::string key = RowKey(question.exchange_id);
  PM_ASSIGN_OR_RETURN(std::optional<std::string> row, store_.Get(key));
  if (!row.has_value()) return absl::FailedPreconditionError("the question was closed before");
  records::EntryDraft draft = question.asked;
  draft.kind = records::EntryKind::kAnswerIn;
  draft.outcome = outcome.code;
  draft.count = outcome.count;
  draft.response_hash = outcome.response_hash;
  draft.peer_entry = outcome.peer_entry;
  store::WriteRequest request;
  request.mutations = outcome.beside;
  request.preconditions.push_back({.key = key, .value = std::move(row)});
  request.mutations.Delete(key);
  if (outcome.budget.has_value()) federation::PutToldBudget(*outcome.budget, request.mutations);
  return ledger_.Append(std::move(draft), std::move(request));
}

absl::Status QuestionLog::CloseAbandoned() {
  struct Row {
    std::string exchange_id;
    std::string index;
  };
  std::vector<Row> rows;
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kOpenQuestionTable).Build();
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view value) {
    rows.push_back({std::string(key.substr(1)), std::string(value)});
    return true;
  }));
  for (Row& row : rows) {
    if (row.index.size() != sizeof(std::uint64_t)) {
      return absl::DataLossError("the row of an open question is damaged");
    }
    PM_ASSIGN_OR_RETURN(ledger::StoredEntry asked, ledger_.Read(base::ParseU64Be(row.index)));
    QuestionOutcome outcome;
    outcome.code = "ABANDONED";
    PM_RETURN_IF_ERROR(
        Close({.exchange_id = std::move(row.exchange_id), .asked = std::move(asked.entry.draft)},
              outcome)
            .status());
  }
  return absl::OkStatus();
}

}  // namespace proofmark::exchange
