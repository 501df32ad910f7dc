// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/verify.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "crypto/openssl/handles.h"

namespace proofmark::crypto {
namespace {

using StoreHandle = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContextHandle = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;

// 112 bits: no SHA-1 under a certificate, no RSA below 2048.
constexpr int kSecurityLevel = 2;

absl::Status Refused(std::string_view why) {
  return absl::UnauthenticatedError(std::string("certificate: ").append(why));
}

absl::Status CheckArguments(const AgencyTrust& agency, const LeafRequirement& requirement) {
  PM_RETURN_IF_ERROR(CheckAgencyDomain(agency.domain));
  if (agency.cas.empty() || agency.cas.size() > kBundleCertificatesMax) {
    return absl::InvalidArgumentError("agency trust: not 1 to 16 CAs");
  }
  if (!requirement.tls_client && !requirement.tls_server) {
    return absl::InvalidArgumentError("leaf requirement: neither client nor server");
  }
  return absl::OkStatus();
}

absl::Status CheckName(const SpiffeName& name, const AgencyTrust& agency,
                       const LeafRequirement& requirement) {
  if (name.kind() != requirement.kind) {
    return Refused(requirement.kind == SpiffeName::Kind::kNode
                       ? "names a person where a node is expected"
                       : "names a node where a person is expected");
  }
  if (name.domain() != agency.domain) return Refused("names another agency's domain");
  return absl::OkStatus();
}

absl::Status CheckUse(const X509Certificate& leaf, const LeafRequirement& requirement) {
  if (leaf.is_ca()) return Refused("is a CA where a leaf is expected");
  if (leaf.may_sign_certificates()) return Refused("is a leaf with keyCertSign");
  if (!leaf.may_sign_digitally()) return Refused("lacks digitalSignature");
  if (requirement.tls_client && !leaf.may_be_tls_client()) return Refused("lacks clientAuth");
  if (requirement.tls_server && !leaf.may_be_tls_server()) return Refused("lacks serverAuth");
  return absl::OkStatus();
}

absl::Status CheckLife(const X509Certificate& leaf, std::int64_t now_unix_s) {
  if (leaf.not_after_unix_s() - leaf.not_before_unix_s() > kLeafLifetimeSecondsMax) {
    return Refused("lives longer than 90 days");
  }
  if (now_unix_s < leaf.not_before_unix_s()) return Refused("is not valid yet");
  if (now_unix_s >= leaf.not_after_unix_s()) return Refused("has expired");
  return absl::OkStatus();
}

// OK if `ca`, and nothing else, makes `leaf` valid for `purpose`.
absl::Status CheckIssuedBy(const X509Certificate& ca, const X509Certificate& leaf, int purpose,
                           std::int64_t now_unix_s) {
  const StoreHandle store(X509_STORE_new());
  const StoreContextHandle context(X509_STORE_CTX_new());
  PM_CHECK(store != nullptr && context != nullptr);
  PM_CHECK(X509_STORE_add_cert(store.get(), ca.handle()) == 1);
  PM_CHECK(X509_STORE_CTX_init(context.get(), store.get(), leaf.handle(), nullptr) == 1);

  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  PM_CHECK(X509_VERIFY_PARAM_set_purpose(rules, purpose) == 1);
  X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(now_unix_s));
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  X509_VERIFY_PARAM_set_depth(rules, 0);  // Intermediates.
  // Partial: a pinned CA is trusted for itself, whoever may have issued it in turn.
  PM_CHECK(
      X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN) == 1);

  const bool valid = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!valid) {
    return Refused(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  // A leaf that stands in the store itself would be a chain of one.
  if (sk_X509_num(X509_STORE_CTX_get0_chain(context.get())) != 2) {
    return Refused("is not issued directly by its agency's CA");
  }
  return absl::OkStatus();
}

absl::Status CheckIssuedBy(const X509Certificate& ca, const X509Certificate& leaf,
                           const LeafRequirement& requirement, std::int64_t now_unix_s) {
  if (requirement.tls_client) {
    PM_RETURN_IF_ERROR(CheckIssuedBy(ca, leaf, X509_PURPOSE_SSL_CLIENT, now_unix_s));
  }
  if (requirement.tls_server) {
    PM_RETURN_IF_ERROR(CheckIssuedBy(ca, leaf, X509_PURPOSE_SSL_SERVER, now_unix_s));
  }
  return absl::OkStatus();
}

// An agency that renews its CA has two of one name for a while, so each candidate is tried.
absl::StatusOr<X509Certificate> FindIssuer(const X509Certificate& leaf, const AgencyTrust& agency,
                                           const LeafRequirement& requirement,
                                           std::int64_t now_unix_s) {
  absl::Status refusal = Refused("is issued by no CA of its agency");
  const X509_NAME* const issuer = X509_get_issuer_name(leaf.handle());
  for (const X509Certificate& ca : agency.cas) {
    if (X509_NAME_cmp(X509_get_subject_name(ca.handle()), issuer) != 0) continue;
    refusal = CheckIssuedBy(ca, leaf, requirement, now_unix_s);
    if (refusal.ok()) return ca;
  }
  return refusal;
}

}  // namespace

VerifiedLeaf::VerifiedLeaf(SpiffeName name, X509Certificate certificate, X509Certificate issuer)
    : name_(std::move(name)), certificate_(std::move(certificate)), issuer_(std::move(issuer)) {}

absl::StatusOr<SpiffeName> ClaimedName(const X509Certificate& leaf) {
  if (leaf.uri_sans().size() != 1) {
    return Refused(leaf.uri_sans().empty() ? "has no URI among its alternative names"
                                           : "has more than one URI among its alternative names");
  }
  absl::StatusOr<SpiffeName> name = SpiffeName::Parse(leaf.uri_sans().front());
  if (!name.ok()) return Refused(std::string(name.status().message()));
  return name;
}

absl::StatusOr<VerifiedLeaf> VerifyLeaf(const X509Certificate& leaf, const AgencyTrust& agency,
                                        std::int64_t now_unix_ms,
                                        const LeafRequirement& requirement) {
  PM_RETURN_IF_ERROR(CheckArguments(agency, requirement));
  const std::int64_t now_unix_s = now_unix_ms / 1000;
  PM_ASSIGN_OR_RETURN(SpiffeName name, ClaimedName(leaf));
  PM_RETURN_IF_ERROR(CheckName(name, agency, requirement));
  PM_RETURN_IF_ERROR(CheckUse(leaf, requirement));
  PM_RETURN_IF_ERROR(CheckLife(leaf, now_unix_s));
  PM_ASSIGN_OR_RETURN(X509Certificate issuer, FindIssuer(leaf, agency, requirement, now_unix_s));
  return VerifiedLeaf(std::move(name), leaf, std::move(issuer));
}

}  // namespace proofmark::crypto
