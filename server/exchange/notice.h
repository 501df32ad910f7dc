// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/envelope/envelope.h"
#include "proto/wire/details.h"
#include "records/ledger_entry.h"
#include "server/exchange/desk.h"
#include "server/exchange/outbox.h"
#include "server/federation/agreement.h"
#include "server/federation/partner.h"
#include "server/store/write_request.h"

// Notices: letters that tell instead of asking. What answers one is an acknowledgement or a refusal
// (docs/formats/envelope.md), whatever it tells.
namespace proofmark::exchange {

// A notice of a partner that was read.
class Notice : public Message {
 public:
  // It follows from what was asked, and needs no purpose of its own.
  federation::AskedFor asked_for() const final;

  absl::StatusOr<Reply> Refuse(std::string_view code, std::string_view reason) final;

 protected:
  // The reply that takes the notice; what that changes is added to it.
  absl::StatusOr<Reply> Acknowledge(const wire::Acknowledgement& acknowledgement = {}) const;

 private:
  // All but the outcome.
  virtual records::EntryDraft Draft() const = 0;
};

// Where partners' notices of one type are read. Thread-safe if `read` is.
class NoticeDesk final : public Desk {
 public:
  using Reader = std::function<absl::StatusOr<std::unique_ptr<Message>>(const Believed&)>;

  NoticeDesk(std::string_view message, Reader read) : message_(message), read_(std::move(read)) {}

  MessageType type() const override;
  absl::StatusOr<std::unique_ptr<Message>> Read(const Believed& message) override;

 private:
  const std::string_view message_;
  const Reader read_;
};

// Who sends notices of one type. By itself their answers change nothing here.
class NoticeSender : public Correspondent {
 public:
  explicit NoticeSender(std::string_view message) : message_(message) {}

  MessageType type() const final;
  absl::StatusOr<TakenAnswer> TakeAnswer(const federation::Partner& partner,
                                         const crypto::ExchangeId& exchange_id,
                                         std::string_view payload) final;

 private:
  // Adds what the answer to that notice changes.
  virtual absl::Status AddAnswered(const federation::Partner& partner,
                                   const crypto::ExchangeId& exchange_id,
                                   const wire::NoticeAnswer& answer, store::WriteRequest& changes);

  const std::string_view message_;
};

}  // namespace proofmark::exchange
