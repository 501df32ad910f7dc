// SPDX-License-Identifier: Apache-2.0
#include "client/audit/reconcile.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/tlog/merkle.h"

namespace proofmark::client::audit {
namespace {

using records::EntryKind;

// In the order of DifferenceKind.
constexpr std::array<std::string_view, kDifferenceKindCount> kTexts = {
    "missing here", "missing there", "differs", "never answered", "pending"};

bool IsOfDomain(const std::string& spiffe_id, const std::string& domain) {
  return spiffe_id.starts_with("spiffe://" + domain + "/");
}

std::string Name(const ExchangeEntry& of) {
  return absl::StrFormat("%s (entry %d, %s)", records::ToText(of.entry.draft.kind), of.index,
                         of.entry.draft.outcome);
}

// Both sides of one exchange, seen from who asked.
struct Pair {
  const std::string& id;
  const Side& asker;
  const Side& answerer;
  const Exchange& asked;
  const Exchange& answered;
};

class Reconciler {
 public:
  Reconciler(const Side& here, const Side& there, const ReconcileOptions& options)
      : here_(here), there_(there), options_(options) {}

  Reconciliation Run() {
    static const Exchange kNothing;
    std::set<std::string> ids;
    for (const Side* side : {&here_, &there_}) {
      for (const auto& [id, exchange] : side->exchanges()) ids.insert(id);
    }
    const auto of = [](const Side& side, const std::string& id) -> const Exchange& {
      const auto found = side.exchanges().find(id);
      return found == side.exchanges().end() ? kNothing : found->second;
    };
    for (const std::string& id : ids) {
      const Exchange& here = of(here_, id);
      const Exchange& there = of(there_, id);
      Compare({id, here_, there_, here, there});
      Compare({id, there_, here_, there, here});
    }
    std::ranges::stable_sort(result_.differences, {}, &Difference::unix_ms);
    return std::move(result_);
  }

 private:
  // Judges the exchange as one that `pair.asker` asked, if anything says so.
  void Compare(const Pair& pair) {
    const bool at_asker = !pair.asked.query_out.empty() || !pair.asked.answer_in.empty();
    const bool at_answerer = !pair.answered.query_in.empty() || !pair.answered.deny.empty();
    if (!at_asker && !at_answerer) return;
    ++result_.exchanges;
    const std::size_t before = result_.differences.size();
    if (pair.asked.query_out.empty()) {
      CompareUnasked(pair);
    } else if (pair.asked.query_out.size() > 1 || pair.asked.answer_in.size() > 1 ||
               pair.answered.query_in.size() > 1) {
      Report(DifferenceKind::kDiffers, pair, Earliest(pair), "the exchange was logged twice");
    } else if (pair.asked.answer_in.empty()) {
      CompareOpen(pair);
    } else if (pair.asked.answer_in.front().entry.draft.response_hash.empty()) {
      CompareUnsigned(pair);
    } else {
      CompareAnswered(pair);
    }
    if (result_.differences.size() == before) ++result_.agreed;
  }

  // The answerer speaks of a question that its asker did not log.
  void CompareUnasked(const Pair& pair) {
    const ExchangeEntry& seen = !pair.answered.query_in.empty() ? pair.answered.query_in.front()
                                : !pair.answered.deny.empty()   ? pair.answered.deny.front()
                                                                : pair.asked.answer_in.front();
    Missing(pair, pair.asker, seen,
            absl::StrFormat("%s at %s has no query-out at %s", Name(seen), pair.answerer.domain(),
                            pair.asker.domain()));
  }

  void CompareOpen(const Pair& pair) {
    const ExchangeEntry& question = pair.asked.query_out.front();
    const bool young = question.entry.unix_ms > pair.asker.until_ms() - options_.open_ms_max;
    std::string words =
        absl::StrFormat("%s at %s has no answer-in", Name(question), pair.asker.domain());
    if (!pair.answered.query_in.empty()) {
      words += absl::StrFormat("; %s at %s", Name(pair.answered.query_in.front()),
                               pair.answerer.domain());
    }
    Report(young ? DifferenceKind::kPending : DifferenceKind::kNeverAnswered, pair, question,
           std::move(words));
  }

  // No signed answer reached the asker. What the answerer logged is its business, unless it says
  // that it answered.
  void CompareUnsigned(const Pair& pair) {
    if (pair.answered.query_in.empty()) return;
    const ExchangeEntry& got = pair.asked.answer_in.front();
    Report(DifferenceKind::kNeverAnswered, pair, got,
           absl::StrFormat("%s at %s did not reach %s: %s", Name(pair.answered.query_in.front()),
                           pair.answerer.domain(), pair.asker.domain(), Name(got)));
  }

  void CompareAnswered(const Pair& pair) {
    const ExchangeEntry& question = pair.asked.query_out.front();
    const ExchangeEntry& got = pair.asked.answer_in.front();
    const std::optional<records::PeerEntry>& receipt = got.entry.draft.peer_entry;
    if (pair.answered.query_in.empty()) {
      std::string words = absl::StrFormat("%s at %s has no query-in at %s", Name(got),
                                          pair.asker.domain(), pair.answerer.domain());
      if (receipt.has_value()) {
        words += absl::StrFormat(", though its receipt names entry %d there", receipt->index);
      }
      return Missing(pair, pair.answerer, got, std::move(words));
    }
    const ExchangeEntry& given = pair.answered.query_in.front();
    std::string fields;
    const auto differ = [&fields](std::string_view field, bool different) {
      if (different) fields += (fields.empty() ? "" : ", ") + std::string(field);
    };
    const records::EntryDraft& asked = question.entry.draft;
    const records::EntryDraft& at_asker = got.entry.draft;
    const records::EntryDraft& at_answerer = given.entry.draft;
    differ("req", asked.request_hash != at_answerer.request_hash ||
                      at_asker.request_hash != at_answerer.request_hash);
    differ("rsp", at_asker.response_hash != at_answerer.response_hash);
    // It came, and was left aside for what came out about the answerer's ledger.
    const bool unused = at_asker.outcome == "FORKED";
    differ("outcome", !unused && at_asker.outcome != at_answerer.outcome);
    // Who takes a correction counts what it deleted, which nobody else is told.
    const bool own_count = unused || at_answerer.kind == EntryKind::kCorrect;
    differ("count", !own_count && at_asker.count != at_answerer.count);
    differ("purpose", asked.purpose != at_answerer.purpose);
    differ("case", asked.case_commitment != at_answerer.case_commitment);
    differ("peer-entry (no receipt came)", !receipt.has_value());
    differ("peer-entry index", receipt.has_value() && receipt->index != given.index);
    differ("peer-entry leaf hash", receipt.has_value() && receipt->leaf_hash != given.leaf_hash);
    if (fields.empty()) return;
    Report(DifferenceKind::kDiffers, pair, got,
           absl::StrFormat("%s at %s, %s at %s: %s", Name(got), pair.asker.domain(), Name(given),
                           pair.answerer.domain(), fields));
  }

  // `side` lacks what `seen`, of the other side, speaks of: perhaps its copy only ends before.
  void Missing(const Pair& pair, const Side& side, const ExchangeEntry& seen, std::string words) {
    if (seen.entry.unix_ms > side.until_ms() - options_.skew_ms_max) {
      words += "; the copy ends too early to tell";
      return Report(DifferenceKind::kPending, pair, seen, std::move(words));
    }
    Report(&side == &here_ ? DifferenceKind::kMissingHere : DifferenceKind::kMissingThere, pair,
           seen, std::move(words));
  }

  static const ExchangeEntry& Earliest(const Pair& pair) { return pair.asked.query_out.front(); }

  static std::optional<std::uint64_t> IndexIn(const Exchange& exchange) {
    for (const auto* entries :
         {&exchange.answer_in, &exchange.query_in, &exchange.query_out, &exchange.deny}) {
      if (!entries->empty()) return entries->front().index;
    }
    return std::nullopt;
  }

  void Report(DifferenceKind kind, const Pair& pair, const ExchangeEntry& seen, std::string words) {
    Difference difference;
    difference.kind = kind;
    difference.exchange = pair.id;
    difference.asker = pair.asker.domain();
    difference.unix_ms = seen.entry.unix_ms;
    const bool asked_here = &pair.asker == &here_;
    difference.here = IndexIn(asked_here ? pair.asked : pair.answered);
    difference.there = IndexIn(asked_here ? pair.answered : pair.asked);
    difference.words = std::move(words);
    result_.differences.push_back(std::move(difference));
  }

  const Side& here_;
  const Side& there_;
  const ReconcileOptions& options_;
  Reconciliation result_;
};

}  // namespace

std::string_view ToText(DifferenceKind kind) { return kTexts[static_cast<std::size_t>(kind)]; }

std::uint64_t Reconciliation::Count(DifferenceKind kind) const {
  return static_cast<std::uint64_t>(std::ranges::count(differences, kind, &Difference::kind));
}

absl::Status Side::Add(std::uint64_t index, std::string_view bytes) {
  PM_ASSIGN_OR_RETURN(records::LedgerEntry entry, records::ParseEntry(bytes));
  if (!IsOfDomain(entry.node, domain_)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "entry %d was written by %s, not by a node of %s", index, entry.node, domain_));
  }
  KnownUntil(entry.unix_ms);
  if (entry.draft.exchange.empty() || !IsOfDomain(entry.draft.peer, other_domain_)) {
    return absl::OkStatus();
  }
  const auto list = [&]() -> std::vector<ExchangeEntry> Exchange::* {
    switch (entry.draft.kind) {
      case EntryKind::kQueryOut:
        return &Exchange::query_out;
      case EntryKind::kAnswerIn:
        return &Exchange::answer_in;
      case EntryKind::kQueryIn:
      case EntryKind::kLookupEval:
      case EntryKind::kExport:
        return &Exchange::query_in;
      case EntryKind::kDeny:
        return &Exchange::deny;
      // Acts that are told by letter: the sender says SENT, the receiver what it made of it.
      case EntryKind::kDetailsRequest:
      case EntryKind::kRelease:
      case EntryKind::kRefuse:
      case EntryKind::kDecision:
      case EntryKind::kLink:
      case EntryKind::kCorrect:
        return entry.draft.outcome == "SENT" ? &Exchange::query_out : &Exchange::query_in;
      default:
        return nullptr;
    }
  }();
  if (list == nullptr) return absl::OkStatus();
  (exchanges_[entry.draft.exchange].*list)
      .push_back({.index = index, .leaf_hash = crypto::LeafHash(bytes), .entry = std::move(entry)});
  return absl::OkStatus();
}

Reconciliation Reconcile(const Side& here, const Side& there, const ReconcileOptions& options) {
  return Reconciler(here, there, options).Run();
}

}  // namespace proofmark::client::audit
