// SPDX-License-Identifier: Apache-2.0
#include "server/http/witness_listener.h"

#include <httplib.h>

#include <charconv>
#include <chrono>
#include <deque>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status.h"
#include "crypto/tlog/witness.h"

namespace proofmark::http {
namespace {

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr std::chrono::seconds kIdleMax{5};      // Between two reads or writes.
constexpr std::chrono::seconds kRequestMax{10};  // For a whole body, however it trickles in.
constexpr std::size_t kRequestsOfAConnectionMax = 32;
constexpr int kPortMax = 65'535;

// As many connections as there are threads. More are not taken from the system, whose own queue
// of them is short.
class Workers final : public httplib::TaskQueue {
 public:
  explicit Workers(int threads) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { Run(); });
    }
  }

  void enqueue(std::function<void()> work) override {
    base::MutexLock lock(mutex_);
    while (!stopping_ && free_ == 0) changed_.Wait(mutex_);
    if (free_ > 0) --free_;
    queue_.push_back(std::move(work));
    changed_.NotifyAll();
  }

  void shutdown() override {
    {
      base::MutexLock lock(mutex_);
      stopping_ = true;
      changed_.NotifyAll();
    }
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Run() {
    for (;;) {
      std::function<void()> work;
      {
        base::MutexLock lock(mutex_);
        ++free_;
        changed_.NotifyAll();
        while (queue_.empty() && !stopping_) changed_.Wait(mutex_);
        if (queue_.empty()) return;
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work();
    }
  }

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  int free_ ABSL_GUARDED_BY(mutex_) = 0;  // Threads that no connection was promised to.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

struct Address {
  std::string host;
  int port = 0;
};

absl::StatusOr<Address> ParseAddress(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  Address address;
  if (colon != listen.npos && colon > 0) {
    address.host = listen.substr(0, colon);
    const char* const end = listen.data() + listen.size();
    const auto [stop, wrong] = std::from_chars(listen.data() + colon + 1, end, address.port);
    if (wrong == std::errc() && stop == end && address.port >= 0 && address.port <= kPortMax) {
      return address;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("witness_http.listen: must be host:port, not %s", listen));
}

// False if it is larger than a request may be, or takes too long.
bool ReadBody(const httplib::ContentReader& read, std::string& body) {
  const auto until = std::chrono::steady_clock::now() + kRequestMax;
  return read([&](const char* bytes, std::size_t count) {
    body.append(bytes, count);
    return body.size() <= crypto::kAddCheckpointBytesMax &&
           std::chrono::steady_clock::now() < until;
  });
}

void AnswerAddCheckpoint(ledger::WitnessBook& witness, const httplib::ContentReader& read,
                         httplib::Response& response) {
  std::string body;
  if (!ReadBody(read, body)) {
    response.status = static_cast<int>(crypto::AddCheckpointStatus::kBadRequest);
    response.set_content("the body is too large, too slow or in another form\n", kText);
    return;
  }
  const auto answer = witness.AddCheckpoint(body);
  if (!answer.ok()) {
    base::Log(base::LogSeverity::kError,
              absl::StrFormat("add-checkpoint over HTTP: %s", answer.status().message()));
    response.status = 503;
    response.set_content("the witness cannot answer now\n", kText);
    return;
  }
  const bool conflict = answer->status == crypto::AddCheckpointStatus::kConflict;
  response.status = static_cast<int>(answer->status);
  response.set_content(answer->body,
                       conflict ? std::string(crypto::kTlogSizeContentType) : std::string(kText));
}

void AnswerCheckpoint(const ledger::WitnessBook& witness, const httplib::Request& request,
                      httplib::Response& response) {
  const std::string folder = request.path.substr(1, request.path.find('/', 1) - 1);
  response.status = 404;
  for (const std::string& origin : witness.origins()) {
    if (crypto::WitnessedOriginFolder(origin) != folder) continue;
    const auto note = witness.Cosigned(origin);
    if (note.ok() && note->has_value()) {
      response.status = 200;
      response.set_header("Cache-Control", "no-store");
      return response.set_content(**note, kText);
    }
  }
  response.set_content("no checkpoint of such a log was cosigned\n", kText);
}

}  // namespace

struct WitnessListener::Server {
  httplib::Server http;
  int port = 0;
  std::thread accepting;
};

WitnessListener::WitnessListener(std::unique_ptr<Server> server) : server_(std::move(server)) {}

absl::StatusOr<std::unique_ptr<WitnessListener>> WitnessListener::Start(
    const Options& options, ledger::WitnessBook& witness) {
  PM_ASSIGN_OR_RETURN(const Address address, ParseAddress(options.listen));
  auto server = std::make_unique<Server>();
  httplib::Server& http = server->http;
  http.new_task_queue = [threads = options.threads] { return new Workers(threads); };
  http.set_read_timeout(kIdleMax);
  http.set_write_timeout(kIdleMax);
  http.set_keep_alive_timeout(kIdleMax.count());
  http.set_keep_alive_max_count(kRequestsOfAConnectionMax);
  http.set_payload_max_length(crypto::kAddCheckpointBytesMax);
  // One node, one port: another's is never shared.
  http.set_socket_options([](auto socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  http.Post("/add-checkpoint", [&witness](const httplib::Request&, httplib::Response& response,
                                          const httplib::ContentReader& read) {
    AnswerAddCheckpoint(witness, read, response);
  });
  http.Get("/[0-9a-f]{64}/checkpoint",
           [&witness](const httplib::Request& request, httplib::Response& response) {
             AnswerCheckpoint(witness, request, response);
           });
  if (address.port == 0) {
    server->port = http.bind_to_any_port(address.host);
  } else if (http.bind_to_port(address.host, address.port)) {
    server->port = address.port;
  }
  if (server->port <= 0) {
    return absl::UnavailableError(absl::StrFormat(
        "witness_http.listen: cannot listen on %s; is another program there?", options.listen));
  }
  server->accepting = std::thread([&http] { http.listen_after_bind(); });
  // stop() before the loop has begun would be forgotten.
  while (!http.is_running()) std::this_thread::yield();
  return std::unique_ptr<WitnessListener>(new WitnessListener(std::move(server)));
}

WitnessListener::~WitnessListener() {
  server_->http.stop();
  server_->accepting.join();
}

int WitnessListener::port() const { return server_->port; }

}  // namespace proofmark::http
