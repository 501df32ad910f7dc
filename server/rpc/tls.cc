// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/tls.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/tls/tls.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace proofmark::rpc {
namespace {

namespace fs = std::filesystem;
namespace ge = grpc::experimental;

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// Asked by gRPC at the end of each handshake, on resumed sessions too. May run on several threads
// at once; answers before it returns.
class LeafVerifier final : public ge::ExternalCertificateVerifier {
 public:
  LeafVerifier(std::shared_ptr<const PeerTrust> trust, std::string expected_uri)
      : trust_(std::move(trust)), expected_uri_(std::move(expected_uri)) {}

  bool Verify(ge::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const absl::Status verdict = Check(View(request->peer_cert()));
    if (!verdict.ok()) {
      trust_->CountRefusedConnection();
      base::Log(base::LogSeverity::kWarning,
                absl::StrFormat("connection refused: %s", verdict.message()));
      *sync_status =
          grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(verdict.message()));
    }
    return true;
  }

  void Cancel(ge::TlsCustomVerificationCheckRequest*) override {}

 private:
  absl::Status Check(std::string_view leaf_pem) const {
    PM_ASSIGN_OR_RETURN(const crypto::VerifiedLeaf leaf, trust_->Verify(leaf_pem));
    if (!expected_uri_.empty() && leaf.name().uri() != expected_uri_) {
      return absl::UnauthenticatedError(
          absl::StrFormat("the other end is %s, expected %s", leaf.name().uri(), expected_uri_));
    }
    if (!expected_uri_.empty()) trust_->RememberLatest(leaf_pem);
    return absl::OkStatus();
  }

  const std::shared_ptr<const PeerTrust> trust_;
  const std::string expected_uri_;  // Empty: any name that `trust_` believes.
};

using Provider = std::shared_ptr<ge::CertificateProviderInterface>;

std::shared_ptr<grpc::ChannelCredentials> DialerCredentials(Provider provider,
                                                            std::shared_ptr<const PeerTrust> trust,
                                                            std::string expected_uri) {
  ge::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::move(provider));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_check_call_host(false);  // The name that counts is the URI, checked below.
  options.set_certificate_verifier(ge::ExternalCertificateVerifier::Create<LeafVerifier>(
      std::move(trust), std::move(expected_uri)));
  return ge::TlsCredentials(options);
}

constexpr std::string_view kCurrent = "current";  // The link to the set that is shown.
constexpr std::string_view kCertificateFile = "certificate.pem";
constexpr std::string_view kKeyFile = "key.pem";
constexpr std::string_view kRootsFile = "roots.pem";
constexpr unsigned int kWatchSeconds = 1;

absl::Status CannotWrite(const fs::path& path, std::string_view why) {
  return absl::UnavailableError(absl::StrFormat("%s: %s", path.string(), why));
}

// A new file that only its owner may read.
absl::Status WritePrivate(const fs::path& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return CannotWrite(path, std::strerror(errno));
  std::size_t done = 0;
  ssize_t step = 0;
  while (done < text.size() && (step = write(file, text.data() + done, text.size() - done)) > 0) {
    done += static_cast<std::size_t>(step);
  }
  const bool whole = done == text.size();
  if (close(file) != 0 || !whole) return CannotWrite(path, std::strerror(errno));
  return absl::OkStatus();
}

}  // namespace

PeerTrust::PeerTrust(std::map<std::string, crypto::AgencyTrust> by_domain,
                     crypto::LeafRequirement requirement,
                     const federation::RevocationBook& revocations, const base::Clock& clock)
    : by_domain_(std::move(by_domain)),
      requirement_(requirement),
      revocations_(revocations),
      clock_(clock) {
  PM_CHECK(!by_domain_.empty());
}

absl::StatusOr<crypto::VerifiedLeaf> PeerTrust::Verify(std::string_view leaf_pem) const {
  auto leaf = crypto::X509Certificate::FromPem(leaf_pem);
  if (!leaf.ok()) return absl::UnauthenticatedError(std::string(leaf.status().message()));
  PM_ASSIGN_OR_RETURN(const crypto::SpiffeName claimed, crypto::ClaimedName(*leaf));
  const auto agency = by_domain_.find(claimed.domain());
  if (agency == by_domain_.end()) {
    return absl::UnauthenticatedError(
        absl::StrFormat("%s belongs to no agency known here", claimed.uri()));
  }
  PM_ASSIGN_OR_RETURN(crypto::VerifiedLeaf verified,
                      crypto::VerifyLeaf(*leaf, agency->second, clock_.UnixMillis(), requirement_));
  PM_RETURN_IF_ERROR(revocations_.Check(verified));
  return verified;
}

absl::Status PeerTrust::VerifyLatest() const {
  std::string latest;
  {
    const base::MutexLock lock(mutex_);
    latest = latest_leaf_pem_;
  }
  return latest.empty() ? absl::OkStatus() : Verify(latest).status();
}

void PeerTrust::RememberLatest(std::string_view leaf_pem) const {
  const base::MutexLock lock(mutex_);
  latest_leaf_pem_ = leaf_pem;
}

std::string PeerTrust::RootBundlePem() const {
  std::string bundle;
  for (const auto& [domain, agency] : by_domain_) {
    for (const crypto::X509Certificate& ca : agency.cas) bundle += ca.ToPem();
  }
  return bundle;
}

ShownIdentity::ShownIdentity(fs::path folder, crypto::X509Certificate certificate)
    : folder_(std::move(folder)), certificate_(std::move(certificate)) {}

absl::StatusOr<std::shared_ptr<ShownIdentity>> ShownIdentity::Create(
    fs::path folder, const TlsIdentity& first, std::string_view root_bundle_pem) {
  PM_ASSIGN_OR_RETURN(crypto::X509Certificate certificate,
                      crypto::X509Certificate::FromPem(first.certificate_pem));
  std::error_code error;
  fs::remove_all(folder, error);  // What an earlier run left.
  if (!error) fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return CannotWrite(folder, error.message());

  std::shared_ptr<ShownIdentity> shown(
      new ShownIdentity(std::move(folder), std::move(certificate)));
  PM_RETURN_IF_ERROR(WritePrivate(shown->folder_ / kRootsFile, root_bundle_pem));
  PM_RETURN_IF_ERROR(shown->Publish(first));
  const fs::path current = shown->folder_ / kCurrent;
  shown->provider_ = std::make_shared<ge::FileWatcherCertificateProvider>(
      (current / kKeyFile).string(), (current / kCertificateFile).string(),
      (shown->folder_ / kRootsFile).string(), kWatchSeconds);
  return shown;
}

absl::Status ShownIdentity::Publish(const TlsIdentity& next) {
  PM_ASSIGN_OR_RETURN(crypto::X509Certificate certificate,
                      crypto::X509Certificate::FromPem(next.certificate_pem));
  const base::MutexLock lock(mutex_);
  PM_RETURN_IF_ERROR(Write(next));
  certificate_ = std::move(certificate);
  key_text_sha256_ = crypto::Sha256(next.key_text);
  return absl::OkStatus();
}

absl::Status ShownIdentity::Write(const TlsIdentity& identity) {
  PM_ASSIGN_OR_RETURN(const std::string key_text, crypto::KeyTextForGrpc(identity.key_text));
  const std::string name = absl::StrFormat("set-%d", ++generation_);
  const fs::path set = folder_ / name;
  std::error_code error;
  fs::create_directory(set, error);
  if (!error) fs::permissions(set, fs::perms::owner_all, error);
  if (error) return CannotWrite(set, error.message());
  PM_RETURN_IF_ERROR(WritePrivate(set / kKeyFile, key_text));
  PM_RETURN_IF_ERROR(WritePrivate(set / kCertificateFile, identity.certificate_pem));
  // gRPC tells a set that changed while it was read by the files' times in whole seconds: no two
  // sets may have the same.
  const fs::file_time_type now = fs::last_write_time(set / kKeyFile, error);
  written_ = generation_ == 1 ? now : std::max(now, written_ + std::chrono::seconds(2));
  fs::last_write_time(set / kKeyFile, written_, error);
  fs::last_write_time(set / kCertificateFile, written_, error);
  if (error) return CannotWrite(set, error.message());

  const fs::path next = folder_ / "next";
  fs::remove(next, error);
  fs::create_directory_symlink(name, next, error);
  if (!error) fs::rename(next, folder_ / kCurrent, error);
  if (error) return CannotWrite(folder_ / kCurrent, error.message());
  // The set before the previous one: nobody reads it any more.
  fs::remove_all(folder_ / absl::StrFormat("set-%d", generation_ - 2), error);
  return absl::OkStatus();
}

crypto::X509Certificate ShownIdentity::certificate() const {
  const base::MutexLock lock(mutex_);
  return certificate_;
}

bool ShownIdentity::Shows(const TlsIdentity& identity) const {
  const auto certificate = crypto::X509Certificate::FromPem(identity.certificate_pem);
  const base::MutexLock lock(mutex_);
  return certificate.ok() && *certificate == certificate_ &&
         crypto::Sha256(identity.key_text) == key_text_sha256_;
}

std::shared_ptr<grpc::ServerCredentials> ListenerCredentials(
    const ShownIdentity& identity, std::shared_ptr<const PeerTrust> trust) {
  ge::TlsServerCredentialsOptions options(identity.provider());
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(
      ge::ExternalCertificateVerifier::Create<LeafVerifier>(std::move(trust), std::string()));
  return ge::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> DialerCredentials(const ShownIdentity& identity,
                                                            std::shared_ptr<const PeerTrust> trust,
                                                            std::string expected_uri) {
  return DialerCredentials(identity.provider(), std::move(trust), std::move(expected_uri));
}

std::shared_ptr<grpc::ChannelCredentials> DialerCredentials(const TlsIdentity& identity,
                                                            std::shared_ptr<const PeerTrust> trust,
                                                            std::string expected_uri) {
  auto provider = std::make_shared<ge::StaticDataCertificateProvider>(
      trust->RootBundlePem(),
      std::vector<ge::IdentityKeyCertPair>{{identity.key_text, identity.certificate_pem}});
  return DialerCredentials(std::move(provider), std::move(trust), std::move(expected_uri));
}

std::string PeerLeafPem(const grpc::AuthContext* context) {
  if (context == nullptr || !context->IsPeerAuthenticated()) return {};
  const std::vector<grpc::string_ref> leaves =
      context->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return leaves.size() == 1 ? std::string(View(leaves.front())) : std::string();
}

}  // namespace proofmark::rpc
