// SPDX-License-Identifier: Apache-2.0
// Match exchanges a second, signed, budgeted, logged and durable, over real gRPC with mutual TLS on
// the loopback, with 64 in flight, beside a bare echo over the same transport with messages of the
// same sizes, in the same run; and what of the processor an exchange takes. Both ends run in this
// process. Run by hand:
//   exchange_bench [records at most, default 10000] [seconds of each row, default 10] [folder]
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/envelope/envelope.h"
#include "crypto/secret/system_random.h"
#include "crypto/sign/key_id.h"
#include "forensics/synthetic/scale_bullet.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/server_builder.h"
#include "proofmark/v1/exchange_service.grpc.pb.h"
#include "proto/wire/envelope.h"
#include "proto/wire/match.h"
#include "server/federation/answer_slot.h"
#include "server/match/exhibit_collection.h"
#include "server/match/results.h"
#include "server/store/key_file.h"
#include "server/store/storage_env.h"
#include "tests/bench/measure.h"
#include "tests/bench/scale_state.h"
#include "tests/support/loopback_node.h"
#include "tests/support/seeded_random.h"

namespace proofmark::bench {
namespace {

namespace fs = std::filesystem;
namespace ge = grpc::experimental;

constexpr int kInFlight = 64;
constexpr std::uint32_t kStrangerBarrels = 1'000'000;  // From here on, of no record.

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) base::Log(base::LogSeverity::kError, value.status().ToString());
  PM_CHECK(value.ok());
  return *std::move(value);
}

// ---- Who asks ----

// South's questions, each of its own barrel; every other one of a barrel that north may hold.
class Asker {
 public:
  Asker(const testing::TestAgency& south, const testing::TestAgency& north,
        const crypto::SigningKey& key)
      : south_(south), north_(north), key_(key) {}

  crypto::Envelope Next() {
    const std::uint32_t number = next_++;
    wire::MatchQuestion question;
    question.characteristics.bullet_class = "9";
    question.signature = forensics::GenerateScaleBullet(
        {.barrel = number % 2 == 0 ? number : kStrangerBarrels + number}, 1);
    question.purpose = "CRIMINAL_INVESTIGATION";
    question.offence = "HOMICIDE";
    question.subject_role = "OBJECT_ONLY";
    question.case_commitment = crypto::Sha256(std::to_string(number));
    question.actor = "their-examiner";
    crypto::Envelope envelope;
    envelope.key_id = crypto::ExchangeKeyId(south_.domain(), key_.verifying_key());
    envelope.exchange_id = crypto::NewExchangeId(random_);
    envelope.sender = south_.NodeUri();
    envelope.recipient = north_.NodeUri();
    envelope.unix_ms = testing::RealUnixMillis();
    envelope.type = std::string(wire::kMatchQuestionType);
    envelope.payload = OrDie(wire::Serialise(question));
    return OrDie(crypto::SignEnvelope(key_, std::move(envelope)));
  }

 private:
  const testing::TestAgency& south_;
  const testing::TestAgency& north_;
  const crypto::SigningKey& key_;
  testing::SeededRandom random_{5};
  std::uint32_t next_ = 0;
};

// ---- The load ----

struct Load {
  std::int64_t answered = 0;
  double wall_s = 0.0;
  double cpu_s = 0.0;
  std::size_t answer_bytes = 0;  // Of the last one.

  double per_second() const { return static_cast<double>(answered) / wall_s; }
  double cpu_ms() const { return 1e3 * cpu_s / static_cast<double>(answered); }
};

// Keeps kInFlight of `requests` under way until all are answered or the time is over.
Load Run(const std::shared_ptr<grpc::Channel>& channel,
         const std::vector<v1::ExchangeRequest>& requests, double seconds) {
  const auto stub = v1::ExchangeService::NewStub(channel);
  struct Call {
    grpc::ClientContext context;
    v1::ExchangeResponse response;
  };
  Load load;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t next = 0;
  int under_way = 0;
  const double begin = WallS(), cpu = ProcessCpuS();
  std::unique_lock lock(mutex);
  while (true) {
    while (under_way < kInFlight && next < requests.size() && WallS() - begin < seconds) {
      auto call = std::make_shared<Call>();
      const v1::ExchangeRequest& request = requests[next++];
      ++under_way;
      lock.unlock();
      stub->async()->Exchange(&call->context, &request, &call->response,
                              [&, call](const grpc::Status& status) {
                                if (!status.ok())
                                  base::Log(base::LogSeverity::kError, status.error_message());
                                PM_CHECK(status.ok());
                                const std::scoped_lock held(mutex);
                                load.answer_bytes = call->response.ByteSizeLong();
                                ++load.answered;
                                --under_way;
                                changed.notify_all();
                              });
      lock.lock();
    }
    if (under_way == 0) break;
    changed.wait(lock);
  }
  load.wall_s = WallS() - begin;
  load.cpu_s = ProcessCpuS() - cpu;
  return load;
}

// Mutual TLS of gRPC itself, and nothing behind it.
class Echo final : public v1::ExchangeService::CallbackService {
 public:
  Echo(const testing::TestAgency& north, const testing::TestAgency& south, std::size_t bytes) {
    answer_.mutable_answer()->set_payload(std::string(bytes, 'x'));
    const crypto::IssuedCertificate shown = north.Node();
    ge::TlsServerCredentialsOptions options(std::make_shared<ge::StaticDataCertificateProvider>(
        south.federation_ca().certificate().ToPem(),
        std::vector<ge::IdentityKeyCertPair>{
            {std::string(base::AsText(shown.key_pem.ExposeForOpenSsl())),
             shown.certificate.ToPem()}}));
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", ge::TlsServerCredentials(options), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    PM_CHECK(server_ != nullptr);
  }
  ~Echo() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::ServerUnaryReactor* Exchange(grpc::CallbackServerContext* context,
                                     const v1::ExchangeRequest*,
                                     v1::ExchangeResponse* response) override {
    *response = answer_;
    auto* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  std::string endpoint() const { return absl::StrFormat("127.0.0.1:%d", port_); }

 private:
  v1::ExchangeResponse answer_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// ---- What an exchange is made of, each part alone ----

// The node opens the question and signs its answer.
double SignaturesMs(const crypto::Envelope& question, const crypto::SigningKey& key,
                    std::size_t answer_bytes) {
  constexpr int kTimes = 200;
  const crypto::ExpectedPeer peer{.sender = question.sender,
                                  .keys = {{question.key_id, key.verifying_key()}}};
  const crypto::EnvelopeExpectations expected{.recipient = question.recipient,
                                              .type = question.type};
  crypto::Envelope answer = question;
  answer.payload.resize(answer_bytes);
  answer.signature.clear();
  return 1e3 / kTimes * BestCpuS(3, [&] {
           for (int i = 0; i < kTimes; ++i) {
             PM_CHECK(crypto::OpenEnvelope(question, peer, expected).ok());
             PM_CHECK(crypto::SignEnvelope(key, answer).ok());
           }
         });
}

double LedgerMs(ledger::Ledger& ledger) {
  constexpr std::int64_t kEach = 20;
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kExport;
  draft.outcome = "BENCH";
  const double cpu = ProcessCpuS();
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kInFlight; ++i) {
      callers.emplace_back([&] {
        for (int n = 0; n < kEach; ++n) PM_CHECK(ledger.Append(draft).ok());
      });
    }
  }
  return 1e3 * (ProcessCpuS() - cpu) / (kEach * kInFlight);
}

double SearchMs(std::int64_t records, Asker& asker) {
  constexpr int kQuestions = 8;
  match::ExhibitCollection collection(2);
  for (std::int64_t i = 0; i < records; ++i) {
    wire::StoredExhibit stored = StoredBullet(i);
    collection.Insert(
        stored.exhibit.id,
        {.kind = stored.exhibit.kind, .characteristics = stored.exhibit.characteristics},
        *std::move(stored.signature));
  }
  double cpu_s = 0.0;
  for (int i = 0; i < kQuestions; ++i) {
    const wire::MatchQuestion question = OrDie(wire::ParseMatchQuestion(asker.Next().payload));
    const double cpu = ProcessCpuS();
    PM_CHECK(collection
                 .Search({.signature = question.signature,
                          .characteristics = question.characteristics,
                          .rules_off = {},
                          .leave_out = std::nullopt,
                          .best_count = match::kBorderCandidatesConsidered,
                          .exhaustive = false,
                          .reportable_only = true,
                          .full_circle = false,
                          .cancelled = nullptr,
                          .progress = nullptr})
                 .ok());
    cpu_s += ProcessCpuS() - cpu;
  }
  return 1e3 * cpu_s / kQuestions;
}

// ---- One collection ----

// The node's state with that many bullets, before it opens it.
void FillState(const fs::path& folder, std::int64_t records) {
  const fs::path master_key = folder / "master.key";  // As LoopbackNode makes it.
  std::ofstream(master_key, std::ios::binary) << std::string(32, 'k');
  fs::permissions(master_key, fs::perms::owner_read | fs::perms::owner_write);
  crypto::SystemRandom random;
  const auto store = OrDie(store::Store::Open((folder / "state").string(), store::PosixStorage(),
                                              random, OrDie(store::LoadMasterKey(master_key)), {}));
  FillWithBullets(*store, records);
}

void Measure(std::int64_t records, double seconds, const fs::path& root) {
  const std::int64_t now = testing::RealUnixMillis();
  const testing::TestAgency north({.domain = "north.test", .now_unix_ms = now});
  const testing::TestAgency south({.domain = "south.test", .now_unix_ms = now});
  testing::SeededRandom random(3);
  const crypto::SigningKey north_key = crypto::SigningKey::Generate(random);
  const crypto::SigningKey south_key = crypto::SigningKey::Generate(random);
  const fs::path folder = root / std::to_string(records);
  fs::create_directories(folder);
  FillState(folder, records);
  testing::LoopbackNode node(
      north, north_key, folder,
      {{.agency = &south,
        .exchange_key = south_key.verifying_key(),
        .budget = {.per_day = federation::kBudgetMax, .per_30_days = federation::kBudgetMax}}},
      {});
  Asker asker(south, north, south_key);
  std::vector<v1::ExchangeRequest> requests;
  const std::size_t wanted = records <= 100 ? 3'000 : 400;
  for (std::size_t i = 0; i < wanted; ++i) {
    *requests.emplace_back().mutable_message() = wire::ToProto(asker.Next());
  }
  const Load exchanges = Run(node.PartnerChannel(south), requests, seconds);

  const Echo echo(north, south, exchanges.answer_bytes);
  const std::vector<v1::ExchangeRequest> echoed(50'000, requests.front());
  const Load bare = Run(
      testing::ChannelTo(echo.endpoint(), south.Node(), north.FederationTrust(), north.NodeUri()),
      echoed, std::min(seconds, 3.0));

  const double signatures = SignaturesMs(asker.Next(), south_key, exchanges.answer_bytes);
  const double ledger = LedgerMs(node.node().ledger());
  const double search = records == 0 ? 0.0 : SearchMs(records, asker);
  const double rest = exchanges.cpu_ms() - bare.cpu_ms() - signatures - ledger - search;
  absl::PrintF(
      "%9d records: %7.1f exchanges a second (%d in %.1f s), bare echo %8.1f, ratio %.3f; question "
      "%d bytes, answer %d\n",
      records, exchanges.per_second(), exchanges.answered, exchanges.wall_s, bare.per_second(),
      exchanges.per_second() / bare.per_second(), requests.front().ByteSizeLong(),
      exchanges.answer_bytes);
  absl::PrintF(
      "          processor, ms an exchange: %.2f = TLS and gRPC, both ends %.2f + signatures %.2f "
      "+ "
      "ledger %.2f + search %.2f + rest %.2f\n",
      exchanges.cpu_ms(), bare.cpu_ms(), signatures, ledger, search, rest);
  PrintRow(absl::StrFormat("exchanges a second, %d records", records),
           absl::StrFormat("%.0f, bare echo %.0f, ratio %.3f", exchanges.per_second(),
                           bare.per_second(), exchanges.per_second() / bare.per_second()));
}

}  // namespace
}  // namespace proofmark::bench

int main(int argc, char** argv) {
  const std::int64_t records_max = argc > 1 ? std::atoll(argv[1]) : 10'000;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 10.0;
  if (records_max < 0 || records_max > 1'000'000 || seconds <= 0.0) {
    std::fprintf(stderr, "usage: exchange_bench [records] [seconds] [folder]\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  proofmark::base::SetLogThreshold(proofmark::base::LogSeverity::kWarning);
  const std::filesystem::path root = (argc > 3 ? std::filesystem::path(argv[3]) : "/tmp") /
                                     absl::StrFormat("exchange_bench.%d", getpid());
  absl::PrintF("%d in flight; answers leave at slots of %d ms, so no more than %d a second can\n",
               proofmark::bench::kInFlight, proofmark::federation::kAnswerSlot.count(),
               1'000 * proofmark::bench::kInFlight / proofmark::federation::kAnswerSlot.count());
  for (const std::int64_t records : {0, 100, 10'000, 1'000'000}) {
    if (records <= records_max) proofmark::bench::Measure(records, seconds, root);
  }
  std::filesystem::remove_all(root);
  return 0;
}
