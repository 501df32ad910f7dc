// SPDX-License-Identifier: Apache-2.0
// The witness over HTTP, by a client that is not ours and by ours.
#include <httplib.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crypto/tlog/checkpoint.h"
#include "server/http/http_witness.h"
#include "server/http/witness_listener.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/tlog/log_vectors.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::http {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::SigningKeyOf;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::Vectors;
using ::proofmark::testing::VerifierKeyOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr char kOrigin[] = "south.test/proofmark/n1/log";
constexpr char kWitnessName[] = "north.test/proofmark/n1/witness";

// A witness book behind a real listener.
class Witness {
 public:
  Witness(ScratchState& state, crypto::SigningKey key, std::string name,
          const crypto::NoteVerifierKey& log)
      : key_(std::move(key)) {
    auto copies = store::DerivedFiles::Open(state.disk(), "/witnessed");
    EXPECT_THAT(copies, IsOk());
    copies_ = *std::move(copies);
    auto book = ledger::WitnessBook::Create(
        state.store(), state.ledger(), *copies_, state.clock(), key_,
        {.name = std::move(name), .origins = {{log, "spiffe://south.test/proofmark/node/n1"}}});
    EXPECT_THAT(book, IsOk());
    book_ = *std::move(book);
    EXPECT_THAT(book_->Recover(), IsOk());
    auto listener = WitnessListener::Start({.listen = "127.0.0.1:0"}, *book_);
    EXPECT_THAT(listener, IsOk());
    listener_ = *std::move(listener);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_->port()); }
  httplib::Client Dial() const { return httplib::Client(url()); }
  ledger::WitnessBook& book() const { return *book_; }

 private:
  crypto::SigningKey key_;
  std::unique_ptr<store::DerivedFiles> copies_;
  std::unique_ptr<ledger::WitnessBook> book_;
  std::unique_ptr<WitnessListener> listener_;
};

class WitnessHttpTest : public ::testing::Test {
 protected:
  WitnessHttpTest()
      : log_key_(crypto::SigningKey::Generate(state_.random())),
        log_(*crypto::MakeVerifierKey(kOrigin, crypto::NoteKeyType::kNote,
                                      log_key_.verifying_key())),
        witness_(state_, crypto::SigningKey::Generate(state_.random()), kWitnessName, log_) {}

  // The body that asks to cosign the first `size` of some leaves.
  std::string Ask(std::uint64_t old, std::uint64_t size) {
    std::vector<crypto::Sha256Digest> leaves;
    for (std::uint64_t i = 0; i < size; ++i) leaves.push_back(crypto::LeafHash(std::to_string(i)));
    const crypto::HashReader read = crypto::ReadLeaves(leaves);
    std::vector<crypto::Sha256Digest> proof;
    if (old > 0) proof = *crypto::BuildConsistencyProof(old, size, read);
    const auto note = crypto::SignCheckpoint(
        {.origin = kOrigin, .size = size, .root = *crypto::RootFrom(size, read)}, log_key_);
    return *crypto::FormatAddCheckpoint(old, proof, *note);
  }

  ScratchState state_;
  crypto::SigningKey log_key_;
  crypto::NoteVerifierKey log_;
  Witness witness_;
};

// The ordered script of shared vectors: every status, and the body where it is fixed.
TEST_F(WitnessHttpTest, AnswersTheScriptOfTheProtocolStatusForStatus) {
  PM_REQUIRE_SHARED_DATA();
  const Json vectors = Vectors("witness_add_checkpoint.json");
  const Json& keys = vectors["keys"];
  const Json& name = keys[vectors["witness"].get<std::string>()];
  const crypto::NoteVerifierKey log = VerifierKeyOf(keys[vectors["known_log"].get<std::string>()]);
  ScratchState state;
  const Witness witness(state, SigningKeyOf(name), name["name"], log);
  httplib::Client client = witness.Dial();
  std::map<int, int> answers;

  for (const Json& c : vectors["sequence"]) {
    const auto result = client.Post("/add-checkpoint", c["body"].get<std::string>(), "text/plain");
    ASSERT_TRUE(result) << httplib::to_string(result.error());
    EXPECT_EQ(result->status, c["status"].get<int>()) << c["body"];
    ++answers[result->status];
    const std::string type = result->get_header_value("Content-Type");
    if (result->status == 409) {
      EXPECT_EQ(type, "text/x.tlog.size");
    } else {
      EXPECT_THAT(type, HasSubstr("text/plain"));
    }
    if (c.contains("response")) {
      EXPECT_EQ(result->body, c["response"].get<std::string>());
    }
    if (result->status == 200) {
      EXPECT_THAT(crypto::ParseSignatureLines(result->body), IsOk());
    }
  }

  EXPECT_EQ(answers,
            (std::map<int, int>{{200, 4}, {400, 1}, {403, 1}, {404, 1}, {409, 2}, {422, 2}}));
}

TEST_F(WitnessHttpTest, ShowsTheLatestCheckpointOfALogItKnows) {
  httplib::Client client = witness_.Dial();
  const std::string path = "/" + crypto::WitnessedOriginFolder(kOrigin) + "/checkpoint";
  EXPECT_EQ(client.Get(path)->status, 404);
  ASSERT_EQ(client.Post("/add-checkpoint", Ask(0, 7), "text/plain")->status, 200);

  const auto shown = client.Get(path);

  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->status, 200);
  EXPECT_EQ(shown->get_header_value("Content-Type"), "text/plain; charset=utf-8");
  const std::vector known = {log_, witness_.book().verifier_key()};
  const auto opened =
      crypto::OpenCheckpoint(shown->body, known, state_.clock().UnixMillis() / 1000);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->checkpoint.size, 7U);
  EXPECT_EQ(opened->cosigners.size(), 1U);

  EXPECT_EQ(client.Get("/" + crypto::WitnessedOriginFolder("other") + "/checkpoint")->status, 404);
  EXPECT_EQ(client.Get("/" + std::string(64, 'A') + "/checkpoint")->status, 404);
  EXPECT_EQ(client.Get("/../../etc/passwd")->status, 404);
  EXPECT_EQ(client.Get("/add-checkpoint")->status, 404);
  EXPECT_EQ(client.Put("/add-checkpoint", Ask(7, 8), "text/plain")->status, 404);
}

TEST_F(WitnessHttpTest, RefusesWhatIsTooLargeWhateverItsType) {
  for (const char* const type : {"text/plain", "application/x-www-form-urlencoded"}) {
    httplib::Client client = witness_.Dial();
    // The largest that may be is read, and refused for what it says.
    const auto largest =
        client.Post("/add-checkpoint", std::string(crypto::kAddCheckpointBytesMax, 'x'), type);
    ASSERT_TRUE(largest);
    EXPECT_EQ(largest->status, 400) << type;
    httplib::Client other = witness_.Dial();
    const auto larger =
        other.Post("/add-checkpoint", std::string(crypto::kAddCheckpointBytesMax + 1, 'x'), type);
    EXPECT_TRUE(!larger || larger->status == 413 || larger->status == 400) << type;
  }
  // Without a length, in pieces without end.
  httplib::Client client = witness_.Dial();
  const auto endless = client.Post(
      "/add-checkpoint",
      [](std::size_t, httplib::DataSink& sink) {
        return sink.write(std::string(4096, 'x').data(), 4096);
      },
      "text/plain");
  EXPECT_TRUE(!endless || endless->status == 413 || endless->status == 400);
  httplib::Client after = witness_.Dial();
  EXPECT_EQ(after.Post("/add-checkpoint", Ask(0, 3), "text/plain")->status, 200);
}

TEST_F(WitnessHttpTest, ManyAtOnceAreAnsweredAndNeverRollBack) {
  ASSERT_EQ(witness_.Dial().Post("/add-checkpoint", Ask(0, 1), "text/plain")->status, 200);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 16; ++t) {  // More than the listener has threads.
    threads.emplace_back([&] {
      httplib::Client client = witness_.Dial();
      std::uint64_t old = 1;
      int cut = 0;
      while (old < 40) {
        const auto result = client.Post("/add-checkpoint", Ask(old, old + 1), "text/plain");
        // The listener ends a connection after so many requests, perhaps as the next one comes.
        if (!result && ++cut <= 10) continue;
        ASSERT_TRUE(result) << httplib::to_string(result.error());
        if (result->status == 200) {
          ++old;
          continue;
        }
        ASSERT_EQ(result->status, 409);
        ASSERT_GT(std::stoull(result->body), old);
        old = std::stoull(result->body);
      }
    });
  }
  threads.clear();
  const auto note = crypto::ParseNote(**witness_.book().Cosigned(kOrigin));
  EXPECT_EQ(crypto::ParseCheckpointBody(note->text)->size, 40U);
}

// ---- As a log that asks ----

class HttpWitnessTest : public WitnessHttpTest {
 protected:
  std::unique_ptr<HttpWitness> Reach(const std::string& url) {
    auto made = HttpWitness::Create(url, witness_.book().verifier_key());
    EXPECT_THAT(made, IsOk());
    return *std::move(made);
  }
  static absl::StatusOr<federation::WitnessAnswer> Add(
      HttpWitness& witness, const std::string& body,
      std::chrono::milliseconds wait = std::chrono::seconds(20)) {
    std::promise<absl::StatusOr<federation::WitnessAnswer>> came;
    witness.AddCheckpoint(body, std::chrono::steady_clock::now() + wait,
                          [&](absl::StatusOr<federation::WitnessAnswer> answer) {
                            came.set_value(std::move(answer));
                          });
    return came.get_future().get();
  }
  static absl::StatusOr<std::string> Get(HttpWitness& witness) {
    std::promise<absl::StatusOr<std::string>> came;
    witness.GetCheckpoint(
        kOrigin, std::chrono::steady_clock::now() + std::chrono::seconds(20),
        [&](absl::StatusOr<std::string> note) { came.set_value(std::move(note)); });
    return came.get_future().get();
  }
};

TEST_F(HttpWitnessTest, BringsWhatTheWitnessSays) {
  const auto witness = Reach(witness_.url());
  ASSERT_THAT(Get(*witness), IsOk());
  EXPECT_EQ(*Get(*witness), "");

  const auto good = Add(*witness, Ask(0, 5));
  const auto stale = Add(*witness, Ask(2, 6));

  ASSERT_THAT(good, IsOk());
  EXPECT_EQ(good->status, 200);
  EXPECT_THAT(crypto::ParseSignatureLines(good->body), IsOk());
  ASSERT_THAT(stale, IsOk());
  EXPECT_EQ(stale->status, 409);
  EXPECT_EQ(stale->body, "5\n");
  EXPECT_EQ(*Get(*witness), **witness_.book().Cosigned(kOrigin));
}

TEST_F(HttpWitnessTest, SaysWhyThereIsNoAnswer) {
  const auto nobody = Reach("http://127.0.0.1:1");
  EXPECT_THAT(Add(*nobody, Ask(0, 5)), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("127")));
  const auto late = Reach(witness_.url());
  EXPECT_THAT(Add(*late, Ask(0, 5), std::chrono::milliseconds(-1)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("")));
  const auto elsewhere = Reach(witness_.url() + "/prefix");
  EXPECT_EQ(Add(*elsewhere, Ask(0, 5))->status, 404);
}

TEST_F(HttpWitnessTest, AnAnswerWithoutEndIsCutOff) {
  httplib::Server flood;
  flood.Post("/add-checkpoint", [](const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
      return sink.write(std::string(4096, 'x').data(), 4096);
    });
  });
  const int port = flood.bind_to_any_port("127.0.0.1");
  std::jthread serving([&] { flood.listen_after_bind(); });
  while (!flood.is_running()) std::this_thread::yield();

  const auto witness = Reach("http://127.0.0.1:" + std::to_string(port));

  EXPECT_THAT(Add(*witness, Ask(0, 5)), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("")));
  flood.stop();
}

TEST_F(HttpWitnessTest, RefusesOtherUrlsAndKeys) {
  const auto refuses = [&](const std::string& url) {
    return HttpWitness::Create(url, witness_.book().verifier_key()).status().code() ==
           absl::StatusCode::kInvalidArgument;
  };
  for (const char* const url :
       {"", "http://", "http:///x", "https://witness.example", "witness.example:80",
        "http://witness.example/", "http://witness.example/a b", "http://witness.example/?q",
        "http://user@witness.example", "http://witness.example/\r\nX: y"}) {
    EXPECT_TRUE(refuses(url)) << url;
  }
  EXPECT_TRUE(refuses("http://" + std::string(512, 'a')));
  EXPECT_FALSE(refuses("http://witness.example:8080/a/b"));
  EXPECT_FALSE(HttpWitness::Create("http://witness.example", log_).ok());
}

TEST_F(WitnessHttpTest, APortThatIsTakenOrNoPortIsAnError) {
  const std::string taken = witness_.url().substr(std::string("http://").size());
  ledger::WitnessBook& book = witness_.book();
  EXPECT_THAT(WitnessListener::Start({.listen = taken}, book),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(taken)));
  for (const char* const listen : {"", ":80", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"}) {
    EXPECT_THAT(WitnessListener::Start({.listen = listen}, book),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("witness_http.listen")));
  }
}

}  // namespace
}  // namespace proofmark::http
