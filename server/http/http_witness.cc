// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_witness.h"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "crypto/tlog/signed_note.h"
#include "crypto/tlog/witness.h"

namespace proofmark::http {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::size_t kUrlBytesMax = 512;
constexpr std::size_t kWaitingMax = 4;
constexpr char kText[] = "text/plain; charset=utf-8";

// What may stand in a URL of ours: nothing that would need escaping.
bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/:[]").find(c) != std::string_view::npos;
}

struct Reply {
  int status = 0;
  std::string body;
};

// One request, its whole answer at most `bytes_max` long.
absl::StatusOr<Reply> Exchange(const std::string& server, httplib::Request request,
                               std::chrono::steady_clock::time_point deadline,
                               std::size_t bytes_max) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) return absl::DeadlineExceededError("no time left to ask");
  httplib::Client client(server);
  client.set_connection_timeout(left);
  client.set_read_timeout(left);
  client.set_write_timeout(left);
  client.set_follow_location(false);
  client.set_decompress(false);
  std::string body;
  request.content_receiver = [&](const char* bytes, std::size_t count, std::uint64_t,
                                 std::uint64_t) {
    body.append(bytes, count);
    return body.size() <= bytes_max && std::chrono::steady_clock::now() < deadline;
  };
  const httplib::Result result = client.send(request);
  if (!result) {
    return absl::UnavailableError(
        absl::StrFormat("%s: %s", server, httplib::to_string(result.error())));
  }
  return Reply{.status = result->status, .body = std::move(body)};
}

}  // namespace

// Runs what it is given, in order.
class HttpWitness::Worker {
 public:
  Worker() : thread_([this] { Run(); }) {}
  ~Worker() {
    {
      base::MutexLock lock(mutex_);
      stopping_ = true;
      came_.NotifyAll();
    }
    thread_.join();
  }

  // False when too many wait; `work` is then not run.
  bool TryGive(std::function<void()> work) {
    base::MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= kWaitingMax) return false;
    queue_.push_back(std::move(work));
    came_.NotifyAll();
    return true;
  }

 private:
  // What still waits at the end runs too, so that everybody is called back; past its deadline it
  // costs nothing.
  void Run() {
    for (;;) {
      std::function<void()> work;
      {
        base::MutexLock lock(mutex_);
        while (queue_.empty() && !stopping_) came_.Wait(mutex_);
        if (queue_.empty()) return;
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work();
    }
  }

  base::Mutex mutex_;
  base::CondVar came_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Last: it uses all of the above.
};

HttpWitness::HttpWitness(std::string server, std::string prefix, crypto::NoteVerifierKey key)
    : server_(std::move(server)),
      prefix_(std::move(prefix)),
      key_(std::move(key)),
      worker_(std::make_unique<Worker>()) {}

HttpWitness::~HttpWitness() = default;

absl::StatusOr<std::unique_ptr<HttpWitness>> HttpWitness::Create(const std::string& url,
                                                                 crypto::NoteVerifierKey key) {
  if (!key.Is(crypto::NoteKeyType::kCosignature)) {
    return absl::InvalidArgumentError("key: must be the verifier key of a witness (type 04)");
  }
  const std::size_t slash = url.find('/', std::min(kScheme.size(), url.size()));
  const std::string server = url.substr(0, slash);
  const std::string prefix = slash == url.npos ? "" : url.substr(slash);
  if (!url.starts_with(kScheme) || url.size() > kUrlBytesMax || server.size() == kScheme.size() ||
      prefix.ends_with('/') || !std::ranges::all_of(url, IsPlain)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "url: must be http://host[:port][/prefix] without a slash at the end, at most %d bytes",
        kUrlBytesMax));
  }
  return std::unique_ptr<HttpWitness>(new HttpWitness(server, prefix, std::move(key)));
}

void HttpWitness::AddCheckpoint(const std::string& body,
                                std::chrono::steady_clock::time_point deadline,
                                federation::PeerClient::WitnessCallback done) {
  httplib::Request request;
  request.method = "POST";
  request.path = prefix_ + "/add-checkpoint";
  request.body = body;
  request.set_header("Content-Type", kText);
  const bool given =
      worker_->TryGive([server = server_, request = std::move(request), deadline, done] {
        auto reply = Exchange(server, request, deadline, crypto::kNoteBytesMax);
        if (!reply.ok()) return done(reply.status());
        done(federation::WitnessAnswer{.status = reply->status, .body = std::move(reply->body)});
      });
  if (!given) done(absl::UnavailableError("it has not answered earlier requests yet"));
}

void HttpWitness::GetCheckpoint(const std::string& origin,
                                std::chrono::steady_clock::time_point deadline,
                                federation::PeerClient::NoteCallback done) {
  httplib::Request request;
  request.method = "GET";
  request.path =
      absl::StrFormat("%s/%s/checkpoint", prefix_, crypto::WitnessedOriginFolder(origin));
  const bool given =
      worker_->TryGive([server = server_, request = std::move(request), deadline, done] {
        auto reply = Exchange(server, request, deadline, crypto::kNoteBytesMax);
        if (!reply.ok()) return done(reply.status());
        if (reply->status == 404) return done(std::string());
        if (reply->status != 200) {
          return done(absl::UnavailableError(
              absl::StrFormat("its latest checkpoint: HTTP status %d", reply->status)));
        }
        done(std::move(reply->body));
      });
  if (!given) done(absl::UnavailableError("it has not answered earlier requests yet"));
}

}  // namespace proofmark::http
