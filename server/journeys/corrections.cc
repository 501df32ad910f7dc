// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/corrections.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/x509/spiffe_name.h"
#include "proto/wire/details.h"
#include "server/federation/consultation.h"
#include "server/federation/receipt.h"
#include "server/journeys/erasures.h"
#include "server/journeys/tables.h"
#include "server/registry/handle_book.h"
#include "server/registry/paging.h"

namespace proofmark::journeys {
namespace {

using wire::CorrectedPart;
using wire::CorrectionCause;
using wire::CorrectionSide;

// Exchanges in one letter: the receiver rewrites a search for each, in one batch.
constexpr std::size_t kExchangesInLetter = 32;
// Of a record that somebody else is changing too.
constexpr int kTriesMax = 16;
// Who acts when a partner's correction takes a link back: nobody decided it here.
const federation::Caller kNodeItself{.role = crypto::StaffRole::kExaminer, .pseudonym = "node"};

absl::StatusOr<std::string> ParseCorrectionId(std::string_view correction_id) {
  if (!records::IsId(correction_id)) {
    return absl::InvalidArgumentError("correction_id is not 32 lower-case hexadecimal digits");
  }
  return base::ParseHex(correction_id);
}

std::string RawId(const crypto::ExchangeId& id) {
  return std::string(base::AsText(base::ByteSpan(id)));
}

std::string LetterKey(std::string_view domain, std::string_view raw_exchange_id) {
  return store::StoreKey(kCorrectionLetterTable)
      .Text(domain)
      .Bytes(base::ToHex(raw_exchange_id))
      .Build();
}

// Whether candidates and the links to them fall with it: marks that were compared stand when only
// what was stated of the exhibit changes.
bool EndsCandidates(CorrectionCause cause) { return cause != CorrectionCause::kExhibitCorrected; }

// The exchange of that id among `exchanges`, a new one when there is none.
wire::CorrectedExchange& At(std::vector<wire::CorrectedExchange>& exchanges,
                            std::string_view exchange_id, CorrectedPart part) {
  const auto found = std::find_if(exchanges.begin(), exchanges.end(), [&](const auto& exchange) {
    return exchange.exchange_id == exchange_id;
  });
  if (found != exchanges.end()) return *found;
  return exchanges.emplace_back(wire::CorrectedExchange{
      .exchange_id = std::string(exchange_id), .part = part, .handles = {}});
}

absl::StatusOr<crypto::Sha256Digest> ToDigest(std::string_view bytes) {
  crypto::Sha256Digest digest{};
  if (bytes.size() != digest.size()) return absl::DataLossError("a handle's row is damaged");
  std::copy_n(base::AsBytes(bytes).begin(), digest.size(), digest.begin());
  return digest;
}

}  // namespace

// What partners take back.
class Corrections::TakingBack final : public exchange::Notice {
 public:
  TakingBack(Corrections& corrections, const exchange::Believed& believed,
             wire::Correction correction)
      : corrections_(corrections), believed_(believed), correction_(std::move(correction)) {}

  static absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      Corrections& corrections, const exchange::Believed& message) {
    PM_ASSIGN_OR_RETURN(wire::Correction correction,
                        wire::ParseCorrection(message.envelope.payload()));
    PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "corrected_by", correction.corrected_by));
    return std::make_unique<TakingBack>(corrections, message, std::move(correction));
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    const std::string raw_id = RawId(believed_.envelope.envelope().exchange_id);
    wire::CorrectionFile file;
    file.correction_id = base::ToHex(raw_id);
    file.side = CorrectionSide::kReceived;
    file.cause = correction_.cause;
    file.corrected_by = correction_.corrected_by;
    file.correct_unix_ms = correction_.correct_unix_ms;
    file.agency = believed_.partner.domain;
    file.exchanges = correction_.exchanges;
    const bool ends = EndsCandidates(file.cause);
    PM_ASSIGN_OR_RETURN(exchange::Reply reply, Acknowledge());
    for (const wire::CorrectedExchange& exchange : file.exchanges) {
      const bool answer = exchange.part == CorrectedPart::kAnswer;
      if (answer && ends) {
        PM_ASSIGN_OR_RETURN(const std::int32_t dropped,
                            corrections_.searches_.AddTakingBack(file.agency, exchange.exchange_id,
                                                                 exchange.handles, reply.changes));
        file.candidates_deleted += dropped;
      }
      if (answer || ends) {
        PM_ASSIGN_OR_RETURN(const std::int32_t erased, corrections_.rooms_.details.AddTakingBack(
                                                           file.agency, exchange, reply.changes));
        file.details_deleted += erased;
      }
    }
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(file));
    PM_RETURN_IF_ERROR(corrections_.records_.AddNew(raw_id, corrections_.rooms_.clock.UnixMillis(),
                                                    plain, reply.changes));
    reply.logged.count = static_cast<std::uint64_t>(file.candidates_deleted) +
                         static_cast<std::uint64_t>(file.details_deleted);
    reply.afterwards = [&corrections = corrections_, id = file.correction_id] {
      if (const absl::Status settled = corrections.Settle(id); !settled.ok()) {
        base::Log(
            base::LogSeverity::kError,
            absl::StrFormat("a correction is settled at the next start: %s", settled.message()));
      }
    };
    return reply;
  }

 private:
  records::EntryDraft Draft() const override {
    records::EntryDraft draft;
    draft.kind = records::EntryKind::kCorrect;
    draft.actor = correction_.corrected_by;
    return draft;
  }

  Corrections& corrections_;
  const exchange::Believed& believed_;
  const wire::Correction correction_;
};

// Our corrections, told to who received what was wrong.
class Corrections::Sender final : public exchange::NoticeSender {
 public:
  explicit Sender(Corrections& corrections)
      : NoticeSender(wire::kCorrectionType), corrections_(corrections) {}

  // Who received what was wrong is told however long it takes.
  void GivenUp(const federation::Partner& partner, const crypto::ExchangeId& exchange_id) override {
    if (const absl::Status sent = corrections_.SendAgain(partner, exchange_id); !sent.ok()) {
      base::Log(base::LogSeverity::kError,
                absl::StrFormat("a correction to %s is not sent any more: %s", partner.domain,
                                sent.message()));
    }
  }

 private:
  absl::Status AddAnswered(const federation::Partner& partner,
                           const crypto::ExchangeId& exchange_id, const wire::NoticeAnswer& answer,
                           store::WriteRequest& changes) override {
    const auto* const refusal = std::get_if<wire::Refusal>(&answer);
    const std::string row = LetterKey(partner.domain, RawId(exchange_id));
    PM_ASSIGN_OR_RETURN(const std::optional<std::string> raw_id,
                        corrections_.rooms_.store.Get(row));
    if (!raw_id.has_value()) return absl::DataLossError("a correction's letter has lost its row");
    PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, corrections_.Load(*raw_id));
    changes.mutations.Delete(row);
    if (!kept.has_value()) return absl::OkStatus();
    for (wire::CorrectionLetter& letter : kept->file.letters) {
      if (letter.exchange_id != RawId(exchange_id)) continue;
      letter.acknowledge_unix_ms = corrections_.rooms_.clock.UnixMillis();
      if (refusal != nullptr) letter.refusal_code = refusal->code;
    }
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(kept->file));
    PM_RETURN_IF_ERROR(corrections_.records_.AddChange(kept->held, plain, changes));
    return absl::OkStatus();
  }

  Corrections& corrections_;
};

Corrections::Corrections(const Rooms& rooms)
    : rooms_(rooms),
      records_(
          rooms.store,
          {.records = kCorrectionTable, .listing = kCorrectionListingTable, .name = "correction"}),
      searches_(rooms.store),
      desk_(wire::kCorrectionType,
            [this](const exchange::Believed& message) { return TakingBack::Read(*this, message); }),
      sender_(std::make_unique<Sender>(*this)) {
  rooms_.outbox.Register(*sender_);
}

Corrections::~Corrections() = default;

exchange::Desk& Corrections::desk() { return desk_; }

absl::StatusOr<std::optional<Corrections::Kept>> Corrections::Load(std::string_view raw_id) const {
  PM_ASSIGN_OR_RETURN(std::optional<registry::SealedRecords::Held> held, records_.Find(raw_id));
  if (!held.has_value()) return std::nullopt;
  absl::StatusOr<wire::CorrectionFile> file = wire::ParseCorrectionFile(held->plain);
  if (!file.ok()) return absl::DataLossError(file.status().message());
  return Kept{.held = *std::move(held), .file = *std::move(file)};
}

absl::StatusOr<std::string> Corrections::AddNew(const federation::Caller& caller,
                                                CorrectionCause cause,
                                                const records::ExhibitId& exhibit_id,
                                                std::string_view reasons,
                                                store::WriteRequest& changes) {
  const std::string raw_id = RawId(crypto::NewExchangeId(rooms_.store.random()));
  wire::CorrectionFile file;
  file.correction_id = base::ToHex(raw_id);
  file.cause = cause;
  file.corrected_by = caller.pseudonym;
  file.correct_unix_ms = rooms_.clock.UnixMillis();
  file.exhibit_id = exhibit_id;
  file.reasons = std::string(reasons);
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(file));
  PM_RETURN_IF_ERROR(records_.AddNew(raw_id, file.correct_unix_ms, plain, changes));
  return file.correction_id;
}

// The agency that was answered in that exchange. Cost: reads the ledger.
absl::StatusOr<std::string> Corrections::AskerOf(std::string_view exchange_id) const {
  const std::string exchange = base::ToHex(exchange_id);
  std::optional<std::uint64_t> next = 0;
  while (next) {
    PM_ASSIGN_OR_RETURN(
        const ledger::EntryPage page,
        rooms_.ledger.ReadMatching({.kind = records::EntryKind::kQueryIn, .outcome = "ANSWERED"},
                                   *next, ledger::kReadEntriesMax));
    for (const ledger::StoredEntry& stored : page.entries) {
      if (stored.entry.draft.exchange != exchange) continue;
      PM_ASSIGN_OR_RETURN(const crypto::SpiffeName asker,
                          crypto::SpiffeName::Parse(stored.entry.draft.peer));
      return asker.domain();
    }
    next = page.next_index;
  }
  return absl::NotFoundError("this node gave no answer in that exchange");
}

absl::StatusOr<CorrectionActed> Corrections::CorrectAnswer(
    const federation::Caller& caller, const wire::AnswerCorrection& correction) {
  PM_RETURN_IF_ERROR(AskerOf(correction.exchange_id).status());
  const std::string raw_id = RawId(crypto::NewExchangeId(rooms_.store.random()));
  wire::CorrectionFile file;
  file.correction_id = base::ToHex(raw_id);
  file.cause = CorrectionCause::kAnswerWrong;
  file.corrected_by = caller.pseudonym;
  file.correct_unix_ms = rooms_.clock.UnixMillis();
  file.answer_exchange_id = correction.exchange_id;
  file.reasons = correction.reasons;
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(file));
  store::WriteRequest changes;
  PM_RETURN_IF_ERROR(records_.AddNew(raw_id, file.correct_unix_ms, plain, changes));
  records::EntryDraft act;
  act.kind = records::EntryKind::kCorrect;
  act.actor = caller.pseudonym;
  act.outcome = std::string(wire::CorrectionCauseCode(file.cause));
  act.count = 1;
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      rooms_.ledger.Append(std::move(act), std::move(changes)));
  PM_RETURN_IF_ERROR(Settle(file.correction_id));
  PM_ASSIGN_OR_RETURN(const std::optional<Kept> kept, Load(raw_id));
  return CorrectionActed{.file = kept->file, .receipt = federation::ToRecord(receipt)};
}

// Those that were asked with the exhibit.
absl::Status Corrections::AddAsked(const wire::CorrectionFile& file, Recipients& recipients) const {
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit stored, rooms_.registry.Load(file.exhibit_id));
  PM_ASSIGN_OR_RETURN(const std::string object, rooms_.registry.CommitmentTo(stored.exhibit));
  std::optional<std::uint64_t> next = 0;
  while (next) {
    PM_ASSIGN_OR_RETURN(
        const ledger::EntryPage page,
        rooms_.ledger.ReadMatching({.kind = records::EntryKind::kQueryOut,
                                    .unix_ms_min = file.correct_unix_ms - kQueryLogKeptMs},
                                   *next, ledger::kReadEntriesMax));
    for (const ledger::StoredEntry& entry : page.entries) {
      const records::EntryDraft& draft = entry.entry.draft;
      if (draft.object != object || draft.peer.empty()) continue;
      PM_ASSIGN_OR_RETURN(const crypto::SpiffeName asked, crypto::SpiffeName::Parse(draft.peer));
      PM_ASSIGN_OR_RETURN(const std::string exchange, base::ParseHex(draft.exchange));
      At(recipients[asked.domain()], exchange, CorrectedPart::kQuestion);
    }
    next = page.next_index;
  }
  return absl::OkStatus();
}

absl::StatusOr<Corrections::Recipients> Corrections::FindRecipients(
    const wire::CorrectionFile& file) const {
  Recipients recipients;
  if (file.exhibit_id.empty()) {
    PM_ASSIGN_OR_RETURN(const std::string asker, AskerOf(file.answer_exchange_id));
    At(recipients[asker], file.answer_exchange_id, CorrectedPart::kAnswer);
    return recipients;
  }
  PM_RETURN_IF_ERROR(registry::ForEachHandle(
      rooms_.store, [&](std::string_view handle, const registry::HandleUse& use) -> absl::Status {
        if (use.exhibit_id != file.exhibit_id) return absl::OkStatus();
        PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest digest, ToDigest(handle));
        At(recipients[use.asking_agency], use.exchange_id, CorrectedPart::kAnswer)
            .handles.push_back(digest);
        return absl::OkStatus();
      }));
  PM_RETURN_IF_ERROR(AddAsked(file, recipients));
  for (auto& [agency, exchanges] : recipients) {
    std::sort(exchanges.begin(), exchanges.end(),
              [](const auto& a, const auto& b) { return a.exchange_id < b.exchange_id; });
  }
  return recipients;
}

absl::Status Corrections::Settle(std::string_view correction_id) {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, ParseCorrectionId(correction_id));
  base::MutexLock lock(settling_);
  PM_ASSIGN_OR_RETURN(const std::optional<Kept> kept, Load(raw_id));
  if (!kept.has_value()) return absl::NotFoundError("no correction has this id");
  if (kept->file.settled) return absl::OkStatus();
  PM_RETURN_IF_ERROR(kept->file.side == CorrectionSide::kMade ? SettleMade(raw_id, kept->file)
                                                              : SettleReceived(kept->file));
  return MarkSettled(raw_id);
}

// The letters are made in the same order each time: those that the file has already are sent.
absl::Status Corrections::SettleMade(std::string_view raw_id, const wire::CorrectionFile& file) {
  PM_ASSIGN_OR_RETURN(const Recipients recipients, FindRecipients(file));
  for (const auto& [agency, exchanges] : recipients) {
    const auto sent = static_cast<std::size_t>(
        std::ranges::count(file.letters, agency, &wire::CorrectionLetter::agency));
    for (std::size_t number = sent; number * kExchangesInLetter < exchanges.size(); ++number) {
      PM_RETURN_IF_ERROR(SendLetter(raw_id, agency, number, exchanges));
    }
  }
  if (file.cause != CorrectionCause::kExhibitWithdrawn) return absl::OkStatus();
  return rooms_.links
      .WithdrawOfExhibit({.role = crypto::StaffRole::kExaminer, .pseudonym = file.corrected_by},
                         file.exhibit_id, "the exhibit was withdrawn")
      .status();
}

absl::Status Corrections::SettleReceived(const wire::CorrectionFile& file) {
  if (!EndsCandidates(file.cause)) return absl::OkStatus();
  for (const wire::CorrectedExchange& exchange : file.exchanges) {
    if (exchange.part != CorrectedPart::kAnswer) continue;
    PM_RETURN_IF_ERROR(rooms_.links
                           .WithdrawOfExchange(kNodeItself, file.agency, exchange.exchange_id,
                                               exchange.handles,
                                               absl::StrFormat("%s took it back: %s", file.agency,
                                                               CorrectionCauseCode(file.cause)))
                           .status());
  }
  return absl::OkStatus();
}

absl::Status Corrections::SendLetter(std::string_view raw_id, const std::string& agency,
                                     std::size_t number,
                                     const std::vector<wire::CorrectedExchange>& exchanges) {
  const federation::Partner* const partner = rooms_.partners.FindByDomain(agency);
  const std::size_t first = number * kExchangesInLetter;
  const std::size_t count = std::min(exchanges.size() - first, kExchangesInLetter);
  for (int tries = 1;; ++tries) {
    PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(raw_id));
    if (!kept.has_value()) return absl::OkStatus();  // Erased meanwhile.
    wire::CorrectionFile& file = kept->file;
    const crypto::ExchangeId exchange_id = crypto::NewExchangeId(rooms_.store.random());
    wire::CorrectionLetter letter{.agency = agency,
                                  .exchange_id = RawId(exchange_id),
                                  .exchange_count = static_cast<std::int32_t>(count),
                                  .send_unix_ms = rooms_.clock.UnixMillis(),
                                  .acknowledge_unix_ms = std::nullopt,
                                  .refusal_code = partner == nullptr ? "NOT_A_PARTNER" : ""};
    std::size_t seen = 0;
    const auto earlier = std::find_if(file.letters.begin(), file.letters.end(), [&](const auto& l) {
      return l.agency == agency && seen++ == number;
    });
    if (earlier != file.letters.end()) {
      *earlier = std::move(letter);
    } else {
      file.letters.push_back(std::move(letter));
    }
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(file));
    store::WriteRequest changes;
    PM_RETURN_IF_ERROR(records_.AddChange(kept->held, plain, changes));
    absl::Status sent;
    if (partner == nullptr) {
      sent = rooms_.store.Commit(std::move(changes));
    } else {
      changes.mutations.Put(LetterKey(agency, RawId(exchange_id)), std::string(raw_id));
      wire::Correction correction{
          .cause = file.cause,
          .corrected_by = file.corrected_by,
          .correct_unix_ms = file.correct_unix_ms,
          .exchanges = {exchanges.begin() + static_cast<long>(first),
                        exchanges.begin() + static_cast<long>(first + count)}};
      PM_ASSIGN_OR_RETURN(std::string payload, wire::Serialise(correction));
      records::EntryDraft act;
      act.kind = records::EntryKind::kCorrect;
      act.actor = file.corrected_by;
      act.count = count;
      sent = rooms_.outbox
                 .Send({.partner = *partner,
                        .exchange_id = exchange_id,
                        .type = wire::kCorrectionType,
                        .payload = std::move(payload)},
                       std::move(act), std::move(changes))
                 .status();
    }
    // Another letter's acknowledgement may have come between.
    if (!absl::IsFailedPrecondition(sent) || tries == kTriesMax) return sent;
  }
}

absl::Status Corrections::SendAgain(const federation::Partner& partner,
                                    const crypto::ExchangeId& exchange_id) {
  const std::string row = LetterKey(partner.domain, RawId(exchange_id));
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> raw_id, rooms_.store.Get(row));
  if (!raw_id.has_value()) return absl::OkStatus();
  PM_ASSIGN_OR_RETURN(const std::optional<Kept> kept, Load(*raw_id));
  if (!kept.has_value()) return absl::OkStatus();
  PM_ASSIGN_OR_RETURN(const Recipients recipients, FindRecipients(kept->file));
  const auto exchanges = recipients.find(partner.domain);
  if (exchanges == recipients.end()) return absl::OkStatus();
  std::size_t number = 0;
  for (const wire::CorrectionLetter& letter : kept->file.letters) {
    if (letter.exchange_id == RawId(exchange_id)) break;
    if (letter.agency == partner.domain) ++number;
  }
  return SendLetter(*raw_id, partner.domain, number, exchanges->second);
}

absl::Status Corrections::MarkSettled(std::string_view raw_id) {
  for (int tries = 1;; ++tries) {
    PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(raw_id));
    if (!kept.has_value()) return absl::OkStatus();
    kept->file.settled = true;
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(kept->file));
    store::WriteRequest changes;
    PM_RETURN_IF_ERROR(records_.AddChange(kept->held, plain, changes));
    const absl::Status marked = rooms_.store.Commit(std::move(changes));
    if (!absl::IsFailedPrecondition(marked) || tries == kTriesMax) return marked;
  }
}

absl::Status Corrections::SettleOpen() {
  std::vector<std::string> open;
  PM_RETURN_IF_ERROR(
      records_.ForEach([&](const registry::SealedRecords::Held& held) -> absl::Status {
        const absl::StatusOr<wire::CorrectionFile> file = wire::ParseCorrectionFile(held.plain);
        if (!file.ok()) return absl::DataLossError(file.status().message());
        if (!file->settled) open.push_back(base::ToHex(held.id));
        return absl::OkStatus();
      }));
  for (const std::string& id : open) PM_RETURN_IF_ERROR(Settle(id));
  return absl::OkStatus();
}

absl::StatusOr<wire::CorrectionFile> Corrections::Get(const federation::Caller& caller,
                                                      std::string_view correction_id) {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, ParseCorrectionId(correction_id));
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(raw_id));
  if (!kept.has_value()) return absl::NotFoundError("no correction has this id");
  PM_RETURN_IF_ERROR(
      federation::LogConsultation(rooms_.ledger, caller, {.read = "CORRECTION_READ"}));
  return std::move(kept->file);
}

absl::StatusOr<CorrectionPage> Corrections::List(const federation::Caller& caller,
                                                 std::int32_t page_size,
                                                 std::string_view page_token,
                                                 const CorrectionFilter& filter) {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted,
                      registry::PageSize(page_size, kCorrectionsPageSizeDefault));
  absl::Status fault;
  PM_ASSIGN_OR_RETURN(
      registry::SealedRecords::Page found,
      records_.List(wanted, page_token, [&](const registry::SealedRecords::Held& held) {
        const absl::StatusOr<wire::CorrectionFile> file = wire::ParseCorrectionFile(held.plain);
        if (!file.ok()) fault = absl::DataLossError(file.status().message());
        return file.ok() && (!filter.side || file->side == *filter.side) &&
               (!filter.waiting_only || file->IsWaiting());
      }));
  PM_RETURN_IF_ERROR(fault);
  CorrectionPage page;
  for (const registry::SealedRecords::Held& held : found.records) {
    PM_ASSIGN_OR_RETURN(wire::CorrectionFile file, wire::ParseCorrectionFile(held.plain));
    page.files.push_back(std::move(file));
  }
  page.next_page_token = std::move(found.next_page_token);
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "CORRECTIONS_LISTED", .count = page.files.size()}));
  return page;
}

}  // namespace proofmark::journeys
