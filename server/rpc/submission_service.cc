// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "proofmark/v1/submission_service.grpc.pb.h"
#include "proto/wire/exhibit.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

constexpr char kSubmitMethod[] = "/proofmark.v1.SubmissionService/SubmitExhibit";
constexpr std::size_t kChunkBytesMax = 1 << 20;

// The scans of one upload, filled in the order in which they were announced.
class Upload {
 public:
  // `header` has been checked; the announced sizes bound everything that is kept.
  explicit Upload(records::SubmissionHeader header) : header_(std::move(header)) {
    scans_.resize(header_.scans.size());
  }

  absl::Status Add(std::string_view chunk) {
    if (chunk.empty() || chunk.size() > kChunkBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrFormat("chunk: %d bytes, must be 1..%d", chunk.size(), kChunkBytesMax));
    }
    while (!chunk.empty()) {
      if (current_ == scans_.size()) {
        return absl::InvalidArgumentError("chunk: bytes after the last announced scan");
      }
      std::string& scan = scans_[current_];
      const auto announced = static_cast<std::size_t>(header_.scans[current_].size_bytes);
      if (scan.empty()) scan.reserve(announced);
      const std::size_t taken = std::min(chunk.size(), announced - scan.size());
      scan.append(chunk.substr(0, taken));
      chunk.remove_prefix(taken);
      if (scan.size() == announced) ++current_;
    }
    return absl::OkStatus();
  }

  absl::Status CheckComplete() const {
    if (current_ == scans_.size()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrFormat("scans[%d]: ended after %d of %d bytes",
                                                      current_, scans_[current_].size(),
                                                      header_.scans[current_].size_bytes));
  }

  const records::SubmissionHeader& header() const { return header_; }
  const std::vector<std::string>& scans() const { return scans_; }

 private:
  const records::SubmissionHeader header_;
  std::vector<std::string> scans_;
  std::size_t current_ = 0;
};

// One SubmitExhibit call: admission, header, chunks, then the journey. gRPC calls it for one thing
// at a time; admission and the journey run on the executor, nothing is read meanwhile. Deletes
// itself when gRPC is done with it.
class SubmitReactor final : public grpc::ServerReadReactor<v1::SubmitExhibitRequest> {
 public:
  SubmitReactor(const ServiceRooms& rooms, grpc::CallbackServerContext* context,
                v1::SubmitExhibitResponse* response)
      : rooms_(rooms), context_(*context), response_(*response) {
    OnExecutor([this] {
      absl::StatusOr<crypto::SpiffeName> caller = rooms_.guard.Admit(context_, kSubmitMethod);
      if (!caller.ok()) return Finish(ToGrpc(caller.status()));
      {
        base::MutexLock lock(mutex_);
        caller_ = *std::move(caller);
      }
      StartRead(&message_);
    });
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      OnExecutor([this] { Finish(ToGrpc(Submit())); });
      return;
    }
    if (const absl::Status status = Take(); !status.ok()) return Finish(ToGrpc(status));
    StartRead(&message_);
  }

  void OnDone() override { delete this; }

 private:
  void OnExecutor(std::function<void()> work) {
    if (!rooms_.guard.executor().TrySchedule(std::move(work))) Finish(ToGrpc(Busy()));
  }

  absl::Status Take() {
    if (message_.has_header()) {
      if (upload_) return absl::InvalidArgumentError("header: must come once, first");
      return Begin();
    }
    if (!upload_) return absl::InvalidArgumentError("header: missing, it must come first");
    if (!message_.has_chunk()) return absl::InvalidArgumentError("part: neither header nor chunk");
    return upload_->Add(message_.chunk());
  }

  absl::Status Begin() {
    PM_ASSIGN_OR_RETURN(records::SubmissionHeader header,
                        wire::FromProto(message_.header(), "header"));
    std::int64_t bytes = 0;
    for (const records::ScanAnnouncement& scan : header.scans) bytes += scan.size_bytes;
    if (bytes > rooms_.submission_bytes_max) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "header.scans: %d bytes together, at most %d", bytes, rooms_.submission_bytes_max));
    }
    std::optional<UploadBudget::Hold> held = rooms_.uploads.TryHold(bytes);
    if (!held) return Busy();
    hold_.emplace(*std::move(held));
    upload_.emplace(std::move(header));
    return absl::OkStatus();
  }

  absl::Status Submit() {
    if (context_.IsCancelled()) return absl::CancelledError("the caller went away");
    if (!upload_) return absl::InvalidArgumentError("header: missing, it must come first");
    PM_RETURN_IF_ERROR(upload_->CheckComplete());
    PM_ASSIGN_OR_RETURN(
        const journeys::SubmissionResult result,
        rooms_.node.submissions().Submit(Submitter(), upload_->header(), upload_->scans()));
    *response_.mutable_exhibit() = wire::ToProto(result.exhibit);
    response_.set_already_held(result.already_held);
    return absl::OkStatus();
  }

  federation::Caller Submitter() {
    base::MutexLock lock(mutex_);
    return StaffOf(*caller_);
  }

  const ServiceRooms& rooms_;
  grpc::CallbackServerContext& context_;
  v1::SubmitExhibitResponse& response_;
  v1::SubmitExhibitRequest message_;
  base::Mutex mutex_;  // Hands the caller on between two threads which only gRPC puts in order.
  std::optional<crypto::SpiffeName> caller_ ABSL_GUARDED_BY(mutex_);
  std::optional<UploadBudget::Hold> hold_;
  std::optional<Upload> upload_;
};

class SubmissionService final : public v1::SubmissionService::CallbackService {
 public:
  explicit SubmissionService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerReadReactor<v1::SubmitExhibitRequest>* SubmitExhibit(
      grpc::CallbackServerContext* context, v1::SubmitExhibitResponse* response) override {
    return new SubmitReactor(rooms_, context, response);
  }

  grpc::ServerUnaryReactor* FindSubmission(grpc::CallbackServerContext* context,
                                           const v1::FindSubmissionRequest* request,
                                           v1::FindSubmissionResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.SubmissionService/FindSubmission", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(
              const std::optional<wire::ExhibitView> view,
              rooms_.node.submissions().Find(StaffOf(caller), asked.submission_id()));
          if (view) *answer.mutable_exhibit() = wire::ToProto(*view);
          return absl::OkStatus();
        });
  }

 private:
  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSubmissionService(const ServiceRooms& rooms) {
  return std::make_unique<SubmissionService>(rooms);
}

}  // namespace proofmark::rpc
