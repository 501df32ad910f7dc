// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/hash/sha256.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/verify.h"
#include "server/federation/revocation_book.h"
#include "server/rpc/tls.h"

namespace proofmark::server {

inline constexpr std::int64_t kDenyFileBytesMax = 1 << 20;

// Where the revocation lists of one agency's CAs for one port are put: one list a file. Every one
// of these CAs publishes lists.
struct ListSource {
  std::string label;  // "partner fr.example": for people.
  std::string peer;   // SPIFFE id of the partner's node; empty for our own agency.
  std::vector<crypto::X509Certificate> cas;
  std::vector<std::filesystem::path> files;
};

// One of this node's own certificates and the key that belongs to it.
struct OwnCertificate {
  std::string port;  // "agency" or "partner".
  std::filesystem::path certificate_file;
  std::filesystem::path key_file;
  std::string node_uri;                      // The name it must carry.
  crypto::LeafRequirement requirement;       // What it must be good for.
  std::vector<crypto::X509Certificate> cas;  // Of our own agency; empty: the chain is not checked.
};

// The certificate, when it may be shown: it belongs to the key, names this node, is within its life
// and, unless `cas` is empty, is issued by one of them for the required uses.
//   kInvalidArgument  it or the key cannot be read, or they do not belong together.
//   kUnauthenticated  anything else; the message says what.
//   Threads           Pure.
absl::StatusOr<crypto::X509Certificate> CheckOwnCertificate(const OwnCertificate& own,
                                                            const rpc::TlsIdentity& identity,
                                                            std::int64_t now_unix_ms);

// Something about trust that has changed, or should have.
struct TrustNews {
  bool alarm = false;
  std::string outcome;      // A code: "CRL_ACCEPTED" and so on, docs/operations/certificates.md.
  std::string peer;         // SPIFFE id, or empty.
  std::string object;       // SHA-256 of what was accepted or refused, hexadecimal, or empty.
  std::uint64_t count = 0;  // Number of the list, certificates denied.
  std::string message;      // For the log.
};

// Reads what decides who is believed and who we are - revocation lists, the deny list, our own
// certificates - and reads it again whenever a file changes: no restart. What is bad or half
// written changes nothing and is news. Accepted lists are kept in the state folder, so that neither
// a restart nor a deleted file brings a revoked certificate back. Thread-safe.
class TrustFiles {
 public:
  struct Options {
    std::filesystem::path state_folder;
    std::vector<ListSource> lists;
    std::optional<std::filesystem::path> deny_file;
    // Each with what shows it.
    std::vector<std::pair<OwnCertificate, std::shared_ptr<rpc::ShownIdentity>>> own;
    // Between two looks. A change takes effect at the second look that finds it the same, so that
    // nothing is read while it is written.
    std::chrono::milliseconds interval{1'000};
  };
  using Sink = std::function<void(const TrustNews&)>;

  // Takes the first look. `book` and `clock` must outlive the result. A list that is absent or bad
  // does not stop the node: its CA is stale.
  //   kInvalidArgument     the deny list is not one.
  //   kNotFound            there is none where one is configured.
  //   kDataLoss            a list kept from earlier is damaged.
  //   kFailedPrecondition  a list kept from earlier is from the future.
  //   kUnavailable         the state folder cannot be used.
  static absl::StatusOr<std::unique_ptr<TrustFiles>> Open(Options options,
                                                          federation::RevocationBook& book,
                                                          const base::Clock& clock);
  // Ends the looking.
  ~TrustFiles();
  TrustFiles(const TrustFiles&) = delete;
  TrustFiles& operator=(const TrustFiles&) = delete;

  // Hands over the first look's news, then looks every interval on a thread of its own, from which
  // `sink` is called. Call once.
  void Start(Sink sink);

 private:
  // What tells one state of a file from another without reading it.
  struct Stamp {
    bool exists = false;
    dev_t device = 0;
    ino_t inode = 0;
    off_t bytes = 0;
    std::int64_t modified_ns = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Watched {
    std::filesystem::path path;
    Stamp seen{};
    std::optional<Stamp> handled{};
  };
  struct WatchedList {
    const ListSource* source;
    Watched file;
    std::optional<crypto::Sha256Digest> supplies{};  // The CA whose list it showed last.
  };
  struct WatchedOwn {
    const OwnCertificate* own;
    rpc::ShownIdentity* shown;
    Watched certificate;
    Watched key;
  };

  TrustFiles(Options options, federation::RevocationBook& book, const base::Clock& clock);

  static Stamp StampOf(const std::filesystem::path& path);
  static bool IsSettled(Watched& file);
  static bool IsNew(const Watched& file) { return file.handled != file.seen; }

  absl::Status Restore();
  absl::Status LookFirst();
  void Look();
  void LookAtList(WatchedList& list);
  void TakeList(WatchedList& list, const std::string& bytes);
  void LoseUnsupplied();
  std::int64_t MissingSince(const crypto::Sha256Digest& ca) const;
  absl::Status LookAtDenied();
  void LookAtOwn(WatchedOwn& own);
  void ReportStates();
  void Tell(TrustNews news);

  std::filesystem::path KeptList(const crypto::Sha256Digest& ca) const;
  std::filesystem::path KeptAbsence(const crypto::Sha256Digest& ca) const;

  // Constant after construction.
  const Options options_;
  // Do their own locking.
  federation::RevocationBook& book_;
  const base::Clock& clock_;

  // Of the one that looks: Open(), then the thread.
  std::vector<WatchedList> lists_;
  std::vector<WatchedOwn> own_;
  Watched deny_file_;
  std::map<crypto::Sha256Digest, crypto::ListState> told_;  // By CA; absent: fresh.
  std::vector<TrustNews> untold_;                           // Until there is a sink.
  Sink sink_;

  base::Mutex mutex_;
  base::CondVar ends_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread looking_;
};

}  // namespace proofmark::server
