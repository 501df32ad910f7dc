// SPDX-License-Identifier: Apache-2.0
#include "server/trust_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "base/bytes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::server {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kPatience;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestAgency;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kGrace{3'600};

void Write(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::string KeyPem(const crypto::IssuedCertificate& issued) {
  return std::string(base::AsText(issued.key_pem.ExposeForOpenSsl()));
}

rpc::TlsIdentity IdentityOf(const crypto::IssuedCertificate& issued) {
  return {issued.certificate.ToPem(), KeyPem(issued)};
}

class TrustFilesTest : public ::testing::Test {
 protected:
  TrustFilesTest() {
    std::string pattern = (fs::temp_directory_path() / "trust-files-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    Restart();
  }
  ~TrustFilesTest() override {
    files_.reset();
    fs::remove_all(folder_);
  }

  // A new process: nothing is remembered but what is on disk.
  void Restart() {
    files_.reset();
    const base::MutexLock lock(mutex_);
    news_.clear();
    book_ = std::make_unique<federation::RevocationBook>(kGrace, clock_);
  }

  TrustFiles::Options ListOptions() const {
    TrustFiles::Options options;
    options.state_folder = folder_ / "state";
    options.lists = {
        {.label = "partner", .peer = agency_.NodeUri(), .cas = {Ca()}, .files = {crl_file()}}};
    options.interval = std::chrono::milliseconds(5);
    return options;
  }

  absl::Status Open(TrustFiles::Options options) {
    auto opened = TrustFiles::Open(std::move(options), *book_, clock_);
    if (!opened.ok()) return opened.status();
    files_ = *std::move(opened);
    files_->Start([this](const TrustNews& news) {
      const base::MutexLock lock(mutex_);
      news_.push_back(news);
    });
    return absl::OkStatus();
  }

  static bool Eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  // The news of this outcome (and of this list), as soon as there is one.
  std::optional<TrustNews> Await(std::string_view outcome,
                                 std::optional<std::uint64_t> list_number = std::nullopt) {
    std::optional<TrustNews> found;
    Eventually([&] {
      const base::MutexLock lock(mutex_);
      for (const TrustNews& news : news_) {
        if (news.outcome == outcome && (!list_number || news.count == list_number)) found = news;
      }
      return found.has_value();
    });
    return found;
  }

  fs::path crl_file() const { return folder_ / "lists" / "partner.crl"; }
  fs::path deny_file() const { return folder_ / "deny.toml"; }
  const crypto::X509Certificate& Ca() const { return agency_.federation_ca().certificate(); }
  std::string List(std::int64_t number, const crypto::X509Certificate* revoked = nullptr) const {
    crypto::ListOptions options{.number = number,
                                .this_update_unix_s = clock_.UnixMillis() / 1'000};
    if (revoked != nullptr) options.revoked[revoked->serial_hex()] = {};
    return agency_.federation_ca().IssueList(options).value().ToPem();
  }
  absl::Status Check(const crypto::X509Certificate& leaf) const {
    return book_->Check(crypto::VerifyLeaf(leaf, agency_.FederationTrust(), clock_.UnixMillis(),
                                           {crypto::SpiffeName::Kind::kNode, true, true})
                            .value());
  }

  FakeClock clock_;
  TestAgency agency_;
  const crypto::X509Certificate leaf_ = agency_.Node().certificate;
  fs::path folder_;
  std::unique_ptr<federation::RevocationBook> book_;
  base::Mutex mutex_;
  std::vector<TrustNews> news_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<TrustFiles> files_;
};

TEST_F(TrustFilesTest, TakesUpALaterListWhileRunningAndTells) {
  Write(crl_file(), List(1));
  ASSERT_THAT(Open(ListOptions()), IsOk());
  ASSERT_THAT(Check(leaf_), IsOk());

  clock_.AdvanceMillis(1'000);
  Write(crl_file(), List(2, &leaf_));

  EXPECT_TRUE(Eventually([&] { return !Check(leaf_).ok(); }));
  const auto news = Await("CRL_ACCEPTED", 2);
  ASSERT_TRUE(news.has_value());
  EXPECT_FALSE(news->alarm);
  EXPECT_EQ(news->peer, agency_.NodeUri());
  EXPECT_EQ(news->object.size(), 64U);
}

TEST_F(TrustFilesTest, AHalfWrittenOrBadFileChangesNothingAndIsAnAlarm) {
  Write(crl_file(), List(1, &leaf_));
  ASSERT_THAT(Open(ListOptions()), IsOk());

  const std::string next = List(2);
  Write(crl_file(), next.substr(0, next.size() / 2));

  const auto news = Await("CRL_REFUSED");
  ASSERT_TRUE(news.has_value());
  EXPECT_TRUE(news->alarm);
  EXPECT_THAT(Check(leaf_), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(book_->Standings().front().state, crypto::ListState::kFresh);

  Write(crl_file(), next);  // The rest of it arrives.
  EXPECT_TRUE(Eventually([&] { return Check(leaf_).ok(); }));
}

TEST_F(TrustFilesTest, AListThatIsDeletedStillRevokesAndSoAfterARestart) {
  Write(crl_file(), List(1, &leaf_));
  ASSERT_THAT(Open(ListOptions()), IsOk());
  fs::remove(crl_file());
  ASSERT_TRUE(Await("CRL_MISSING").has_value());
  EXPECT_THAT(Check(leaf_), StatusIs(absl::StatusCode::kUnauthenticated));

  Restart();
  ASSERT_THAT(Open(ListOptions()), IsOk());

  EXPECT_TRUE(Await("CRL_MISSING").has_value());
  EXPECT_THAT(Check(leaf_), StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("revoked")));
  EXPECT_THAT(Check(agency_.Node().certificate), IsOk());
}

TEST_F(TrustFilesTest, ARestartBeginsNoNewGrace) {
  ASSERT_THAT(Open(ListOptions()), IsOk());
  ASSERT_TRUE(Await("CRL_MISSING").has_value());
  EXPECT_THAT(Check(leaf_), IsOk());

  Restart();
  clock_.AdvanceMillis(kGrace.count() * 1'000);
  ASSERT_THAT(Open(ListOptions()), IsOk());

  EXPECT_TRUE(Await("CRL_EXPIRED").has_value());
  EXPECT_THAT(Check(leaf_), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(TrustFilesTest, AnOlderListIsRefusedAfterARestartToo) {
  Write(crl_file(), List(2, &leaf_));
  ASSERT_THAT(Open(ListOptions()), IsOk());
  Restart();
  Write(crl_file(), List(1));

  ASSERT_THAT(Open(ListOptions()), IsOk());

  EXPECT_TRUE(Await("CRL_REFUSED").has_value());
  EXPECT_THAT(Check(leaf_), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(TrustFilesTest, TheDenyListIsReadAgainAndABadOneChangesNothing) {
  TrustFiles::Options options = ListOptions();
  options.lists.clear();
  options.deny_file = deny_file();
  EXPECT_THAT(Open(options), StatusIs(absl::StatusCode::kNotFound));
  Write(deny_file(), "deny = [\"fr.example\"]\n");
  EXPECT_THAT(Open(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deny[0]")));

  Write(deny_file(), "deny = []\n");
  ASSERT_THAT(Open(options), IsOk());
  EXPECT_THAT(Check(leaf_), IsOk());
  Write(deny_file(), "deny = [\"" + agency_.NodeUri() + "\"]\n");
  const auto accepted = Await("DENY_LIST_ACCEPTED");
  ASSERT_TRUE(accepted.has_value());
  EXPECT_EQ(accepted->count, 1U);
  EXPECT_THAT(Check(leaf_), StatusIs(absl::StatusCode::kUnauthenticated));

  Write(deny_file(), "deny = [\n");
  ASSERT_TRUE(Await("DENY_LIST_REFUSED").has_value());
  EXPECT_THAT(Check(leaf_), StatusIs(absl::StatusCode::kUnauthenticated));
}

class OwnCertificateTest : public TrustFilesTest {
 protected:
  OwnCertificateTest() {
    own_ = {.port = "partner",
            .certificate_file = folder_ / "keys" / "node.pem",
            .key_file = folder_ / "keys" / "node.key",
            .node_uri = agency_.NodeUri(),
            .requirement = {crypto::SpiffeName::Kind::kNode, true, true},
            .cas = {Ca()}};
    Put(first_, first_);
    shown_ =
        rpc::ShownIdentity::Create(folder_ / "shown", IdentityOf(first_), Ca().ToPem()).value();
    TrustFiles::Options options = ListOptions();
    options.lists.clear();
    options.own = {{own_, shown_}};
    EXPECT_THAT(Open(options), IsOk());
  }
  ~OwnCertificateTest() override { files_.reset(); }

  void Put(const crypto::IssuedCertificate& certificate, const crypto::IssuedCertificate& key) {
    Write(own_.key_file, KeyPem(key));
    Write(own_.certificate_file, certificate.certificate.ToPem());
  }

  const crypto::IssuedCertificate first_ = agency_.Node();
  OwnCertificate own_;
  std::shared_ptr<rpc::ShownIdentity> shown_;
};

TEST_F(OwnCertificateTest, ARenewedOneIsShownAndTold) {
  const crypto::IssuedCertificate next = agency_.Node();

  Put(next, next);

  const auto news = Await("CERTIFICATE_ACCEPTED:partner");
  ASSERT_TRUE(news.has_value());
  EXPECT_EQ(news->object, base::ToHex(next.certificate.sha256()));
  EXPECT_TRUE(shown_->certificate() == next.certificate);
}

TEST_F(OwnCertificateTest, OneWithoutItsKeyIsNeverShown) {
  Put(agency_.Node(), agency_.Node());

  ASSERT_TRUE(Await("CERTIFICATE_REFUSED:partner").has_value());
  EXPECT_TRUE(shown_->certificate() == first_.certificate);
}

TEST_F(OwnCertificateTest, EachBadOneIsRefusedForItsReason) {
  const TestAgency impostor;  // The same names under another CA.
  const std::int64_t now_ms = clock_.UnixMillis();
  const auto refusal = [&](const crypto::IssuedCertificate& issued) {
    return CheckOwnCertificate(own_, IdentityOf(issued), now_ms).status();
  };

  EXPECT_THAT(refusal(first_), IsOk());
  EXPECT_THAT(refusal(agency_.Node("n2")),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("not this node")));
  EXPECT_THAT(refusal(agency_.Bad(testing::BadLeaf::kExpired)),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("expired")));
  EXPECT_THAT(refusal(agency_.Bad(testing::BadLeaf::kNotYetValid)),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("not valid yet")));
  EXPECT_THAT(refusal(agency_.Bad(testing::BadLeaf::kNoServerAuth)),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("serverAuth")));
  EXPECT_THAT(refusal(agency_.Bad(testing::BadLeaf::kTwoUriSans)),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("more than one URI")));
  EXPECT_THAT(refusal(impostor.Node()), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(ShownIdentityTest, ItsKeyIsItsOwnersAlone) {
  const TestAgency agency;
  std::string pattern = (fs::temp_directory_path() / "shown-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const fs::path folder = fs::path(pattern) / "shown";

  const auto shown = rpc::ShownIdentity::Create(folder, IdentityOf(agency.Node()), "").value();
  for (int i = 0; i < 4; ++i) ASSERT_THAT(shown->Publish(IdentityOf(agency.Node())), IsOk());

  EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(folder / "current" / "key.pem").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  int sets = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    sets += entry.path().filename().string().starts_with("set-") ? 1 : 0;
  }
  EXPECT_EQ(sets, 2) << "keys that are not shown any more are removed";
  fs::remove_all(pattern);
}

}  // namespace
}  // namespace proofmark::server
