// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "client/file.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/x509/revocation.h"
#include "crypto/x509/spiffe_name.h"

// The folder in which an agency keeps its two CAs and issues certificates from them:
//
//   agency-domain                     the agency's domain, one line
//   ca/staff-ca.pem, .key             vouches on the agency port: staff, and the node to staff
//   ca/federation-ca.pem, .key        vouches on the partner port: the node to partners
//   ca/staff-ca.crl, federation-...   the newest revocation list of each, once there is one
//   issued/<ca>/<serial>.pem          every certificate ever issued, so that each can be revoked
//   nodes/<id>/                       what goes to the node's machine, and nothing else:
//     proofmarkd.toml                 made once
//     ca/staff-ca.pem, ca/federation-ca.pem, and the lists of both, once there are any
//     keys/node-staff.pem, .key       agency port; from the staff CA
//     keys/node-federation.pem, .key  partner port; from the federation CA
//     keys/exchange.pem               Ed25519, private; keys/exchange.pub.pem public: questions
//                                     and answers
//     keys/log.pem, keys/witness.pem  the same: checkpoints of its ledger, cosignatures
//     keys/master.key                 32 random bytes; seals everything the node keeps
//   governance/governance.pem       Ed25519, private: signs federation descriptors; for no machine
//                                   on a network. governance.vkey: its public half, one line
//   roles/<role>-<pseudonym>/         what goes to one person: staff-ca.pem, certificate.pem,
//                                     private.key, profile.toml
//
// Everything private is a file of mode 0600 in a folder of mode 0700.
namespace proofmark::client::pki {

inline constexpr std::int64_t kLeafLifetimeDefaultS = 30LL * 24 * 3600;
inline constexpr std::int64_t kListLifetimeDefaultS = 7LL * 24 * 3600;

// What would be written, and what is. Nothing touches the disk before Write().
class Draft {
 public:
  void Add(std::filesystem::path path, std::string_view text);
  void AddPrivate(std::filesystem::path path, const crypto::SecretBytes& secret);

  std::vector<std::filesystem::path> Paths() const;

  // Writes all. With Overwrite::kNever nothing is written when one of them exists.
  //   kWouldOverwrite, kCannotWrite (faults)
  absl::Status Write(Overwrite overwrite) const;

 private:
  struct Item {
    std::filesystem::path path;
    crypto::SecretBytes bytes;
    Privacy privacy;
  };
  std::vector<Item> items_;
};

struct AgencyRequest {
  std::string domain;
  std::int64_t ca_lifetime_s = 10LL * 365 * 24 * 3600;
};

struct NodeRequest {
  std::string id;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::int64_t lifetime_s = kLeafLifetimeDefaultS;
  std::string agency_listen = "0.0.0.0:27400";
  std::string partner_listen = "0.0.0.0:27401";
};

struct RoleRequest {
  crypto::StaffRole role = crypto::StaffRole::kExaminer;
  std::string pseudonym;
  std::int64_t lifetime_s = kLeafLifetimeDefaultS;
  std::string node_address;  // "host:port": also a connection profile; empty for none.
};

// Two fresh CAs for an agency.
//   kUsage (fault)  the domain or a life time is out of its bounds.
absl::StatusOr<Draft> DraftAgency(const std::filesystem::path& folder, const AgencyRequest& request,
                                  std::int64_t now_unix_ms);

// Both certificates of a node with fresh keys. Its signing keys, master key and configuration are
// made the first time and kept ever after: without the master key nothing it keeps can be read.
//   kUsage, kCannotRead, kOwnCertificate (faults)
absl::StatusOr<Draft> DraftNode(const std::filesystem::path& folder, const NodeRequest& request,
                                std::int64_t now_unix_ms, base::Random& random);

// One person's certificate with a fresh key.
//   kUsage, kCannotRead, kOwnCertificate (faults)
absl::StatusOr<Draft> DraftRole(const std::filesystem::path& folder, const RoleRequest& request,
                                std::int64_t now_unix_ms);

// A fresh key by which the agency takes part in governing the federation.
//   kCannotRead, kOwnCertificate (faults)
absl::StatusOr<Draft> DraftGovernanceKey(const std::filesystem::path& folder, base::Random& random);

// One certificate that lies in the folder.
struct ListedCertificate {
  std::string file;        // Relative to the folder.
  std::string speaks_for;  // Its SPIFFE name, or what sort of CA it is.
  bool is_ca = false;
  std::int64_t not_before_unix_s = 0;
  std::int64_t not_after_unix_s = 0;
};

// Every certificate of the folder once: CAs, nodes, roles, in that order and by name.
//   kCannotRead, kOwnCertificate (faults)
absl::StatusOr<std::vector<ListedCertificate>> ListCertificates(
    const std::filesystem::path& folder);

// True when less than `share` of a certificate's life is left, or it has ended.
bool IsDue(const ListedCertificate& certificate, std::int64_t now_unix_ms, double share);

struct RevokeRequest {
  // A certificate's file; or a SPIFFE id, the id of a node, or "<role>-<pseudonym>": then every
  // certificate issued for that name that has not ended.
  std::string what;
  crypto::RevocationReason reason = crypto::RevocationReason::kUnspecified;
  std::int64_t list_lifetime_s = kListLifetimeDefaultS;
};

// One CA's list to come.
struct DraftedList {
  std::string ca;  // "staff" or "federation".
  std::int64_t number = 0;
  std::int64_t next_update_unix_s = 0;
  std::int64_t revoked_count = 0;
  std::vector<std::string> added;  // Serial numbers that the list before did not name.
};
struct ListDraft {
  Draft files;
  std::vector<DraftedList> lists;
};

// A new list of each CA that issued what is revoked, with everything that its last one named and
// that has not ended. Writing it replaces the last one, in ca/ and for each node.
//   kNotFound (fault)  nothing was issued for that name, or all of it has ended or is revoked.
//   kUsage, kCannotRead, kOwnCertificate (faults)
absl::StatusOr<ListDraft> DraftRevocation(const std::filesystem::path& folder,
                                          const RevokeRequest& request, std::int64_t now_unix_ms);

// A new list of both CAs that says the same as the last: number one higher, next update later.
//   kUsage, kCannotRead, kOwnCertificate (faults)
absl::StatusOr<ListDraft> DraftLists(const std::filesystem::path& folder,
                                     std::int64_t list_lifetime_s, std::int64_t now_unix_ms);

struct RenewRequest {
  bool all = false;                        // Not only what is due.
  double due_share = 1.0 / 3.0;            // Due with less than this share of its life left.
  std::optional<std::int64_t> lifetime_s;  // Absent: each as long as it had.
};

struct Renewal {
  std::string file;  // Relative to the folder.
  std::string speaks_for;
  std::int64_t not_after_unix_s = 0;  // Of the new certificate.
};
struct RenewDraft {
  Draft files;
  std::vector<Renewal> renewed;
  // Due, and left alone: a revoked certificate comes back by `issue-node` or `issue-role` alone.
  std::vector<std::string> revoked;
};

// The leaf certificates that are due, or that do not fit their key because an earlier renewal was
// cut short, again: same names, same uses, a fresh key.
//   kCannotRead, kOwnCertificate, kUsage (faults)
absl::StatusOr<RenewDraft> DraftRenewal(const std::filesystem::path& folder,
                                        const RenewRequest& request, std::int64_t now_unix_ms);

struct PartnerRequest {
  std::string id;                    // Of the node.
  std::string endpoint;              // Where its partner port is reached, "host:port".
  std::string prefix = "partners";   // Where the partner will keep the files.
  std::vector<std::string> answers;  // Purposes for which the partner answers us,
  std::vector<std::string> asks;     // and may ask us; the partner decides.
};

// What a partner needs to know of a node: public files only.
struct PartnerBlock {
  std::string toml;               // One [[partner]] of proofmarkd.toml.
  std::string federation_ca_pem;  // To lie at <prefix>/<domain>/federation-ca.pem,
  std::string exchange_key_pem;   // at <prefix>/<domain>/exchange.pub.pem, and
  std::string governance_vkey;    // at <prefix>/<domain>/governance.vkey; empty: none was made.
  // To lie at <prefix>/<domain>/federation-ca.crl, and to be replaced by every later one. Absent:
  // the agency publishes none.
  std::optional<std::string> list_pem;
  std::string domain;
};

//   kUsage, kCannotRead (faults)
absl::StatusOr<PartnerBlock> ExportPartner(const std::filesystem::path& folder,
                                           const PartnerRequest& request);

}  // namespace proofmark::client::pki
