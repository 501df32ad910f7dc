// SPDX-License-Identifier: Apache-2.0
#include "server/trust_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/sign/ed25519.h"
#include "crypto/tls/tls.h"
#include "server/config_file.h"
#include "toml++/toml.h"

namespace proofmark::server {
namespace {

namespace fs = std::filesystem;

std::string Text(const absl::Status& status) { return std::string(status.message()); }

absl::Status CannotWrite(const fs::path& path) {
  return absl::UnavailableError(absl::StrFormat("%s: %s", path.string(), std::strerror(errno)));
}

// Replaces the file in one step, durably: all of it is there after a power failure, or the old one.
absl::Status Keep(const fs::path& path, std::string_view bytes) {
  const fs::path half = path.string() + ".half";
  const int file = open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return CannotWrite(half);
  std::size_t done = 0;
  ssize_t step = 0;
  while (done < bytes.size() &&
         (step = write(file, bytes.data() + done, bytes.size() - done)) > 0) {
    done += static_cast<std::size_t>(step);
  }
  const bool synced = done == bytes.size() && fsync(file) == 0;
  if (close(file) != 0 || !synced) return CannotWrite(half);
  if (rename(half.c_str(), path.c_str()) != 0) return CannotWrite(path);
  const int folder = open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool kept = folder >= 0 && fsync(folder) == 0;
  if (folder >= 0) close(folder);
  return kept ? absl::OkStatus() : CannotWrite(path);
}

absl::StatusOr<federation::DenyList> ReadDenyList(const fs::path& path) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kDenyFileBytesMax));
  PM_ASSIGN_OR_RETURN(const toml::table root, ParseToml(text, path));
  const toml::array* const items = root["deny"].as_array();
  if (items == nullptr || root.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: must hold one key, deny, a list of texts", path.string()));
  }
  std::vector<std::string> texts;
  for (const toml::node& item : *items) {
    if (!item.is_string()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: deny[%d]: must be a text", path.string(), texts.size()));
    }
    texts.push_back(*item.value<std::string>());
  }
  return federation::DenyList::Parse(texts);
}

}  // namespace

absl::StatusOr<crypto::X509Certificate> CheckOwnCertificate(const OwnCertificate& own,
                                                            const rpc::TlsIdentity& identity,
                                                            std::int64_t now_unix_ms) {
  std::string key_copy = identity.key_text;
  PM_ASSIGN_OR_RETURN(crypto::X509Certificate certificate,
                      crypto::CheckKeyMatchesCertificate(identity.certificate_pem,
                                                         crypto::SecretBytes::TakeFrom(key_copy)));
  PM_ASSIGN_OR_RETURN(const crypto::SpiffeName name, crypto::ClaimedName(certificate));
  if (name.uri() != own.node_uri) {
    return absl::UnauthenticatedError(
        absl::StrFormat("certificate: names %s, not this node, %s", name.uri(), own.node_uri));
  }
  const std::int64_t now_unix_s = now_unix_ms / 1'000;
  if (now_unix_s < certificate.not_before_unix_s()) {
    return absl::UnauthenticatedError("certificate: is not valid yet");
  }
  if (now_unix_s >= certificate.not_after_unix_s()) {
    return absl::UnauthenticatedError("certificate: has expired");
  }
  if (own.cas.empty()) return certificate;
  PM_RETURN_IF_ERROR(
      crypto::VerifyLeaf(certificate, {name.domain(), own.cas}, now_unix_ms, own.requirement)
          .status());
  return certificate;
}

TrustFiles::TrustFiles(Options options, federation::RevocationBook& book, const base::Clock& clock)
    : options_(std::move(options)), book_(book), clock_(clock) {
  for (const ListSource& source : options_.lists) {
    for (const fs::path& file : source.files) lists_.push_back({&source, {file}});
  }
  for (const auto& [own, shown] : options_.own) {
    own_.push_back({&own, shown.get(), {own.certificate_file}, {own.key_file}});
  }
  if (options_.deny_file) deny_file_.path = *options_.deny_file;
}

TrustFiles::~TrustFiles() {
  {
    const base::MutexLock lock(mutex_);
    ending_ = true;
  }
  ends_.NotifyAll();
}

absl::StatusOr<std::unique_ptr<TrustFiles>> TrustFiles::Open(Options options,
                                                             federation::RevocationBook& book,
                                                             const base::Clock& clock) {
  std::unique_ptr<TrustFiles> files(new TrustFiles(std::move(options), book, clock));
  PM_RETURN_IF_ERROR(files->Restore());
  PM_RETURN_IF_ERROR(files->LookFirst());
  return files;
}

fs::path TrustFiles::KeptList(const crypto::Sha256Digest& ca) const {
  return options_.state_folder / "revocation" / (base::ToHex(ca) + ".crl");
}

fs::path TrustFiles::KeptAbsence(const crypto::Sha256Digest& ca) const {
  return options_.state_folder / "revocation" / (base::ToHex(ca) + ".missing");
}

// The lists in force when the node last ran, and since when it has lacked some: a restart must
// neither forget a revocation nor begin a new grace.
absl::Status TrustFiles::Restore() {
  std::error_code error;
  fs::create_directories(options_.state_folder / "revocation", error);
  if (error) {
    return absl::UnavailableError(absl::StrFormat(
        "%s: %s", (options_.state_folder / "revocation").string(), error.message()));
  }
  for (const ListSource& source : options_.lists) {
    for (const crypto::X509Certificate& ca : source.cas) {
      book_.Expect(ca, source.label, MissingSince(ca.spki_sha256()));
      const absl::StatusOr<std::string> kept =
          ReadFile(KeptList(ca.spki_sha256()), crypto::kRevocationListBytesMax);
      if (!kept.ok()) continue;
      const auto list = crypto::RevocationList::Read(*kept, ca);
      if (!list.ok()) {
        return absl::DataLossError(absl::StrFormat(
            "%s: the list kept from earlier is damaged: %s; put the CA's newest list in place and "
            "remove this file",
            KeptList(ca.spki_sha256()).string(), Text(list.status())));
      }
      // Only a clock that was set back stands in the way of what was in force before: to start
      // without the list would be to forget it.
      if (const absl::Status accepted = book_.Accept(*list).status(); !accepted.ok()) {
        return absl::FailedPreconditionError(absl::StrFormat(
            "%s: %s; is the clock right?", KeptList(ca.spki_sha256()).string(), Text(accepted)));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status TrustFiles::LookFirst() {
  for (WatchedList& list : lists_) {
    list.file.seen = StampOf(list.file.path);
    LookAtList(list);
  }
  LoseUnsupplied();
  if (options_.deny_file) {
    deny_file_.seen = StampOf(deny_file_.path);
    PM_RETURN_IF_ERROR(LookAtDenied());
  }
  for (WatchedOwn& own : own_) {
    // What is shown was read from these files a moment ago.
    own.certificate.seen = StampOf(own.certificate.path);
    own.key.seen = StampOf(own.key.path);
    LookAtOwn(own);
  }
  ReportStates();
  return absl::OkStatus();
}

void TrustFiles::Start(Sink sink) {
  sink_ = std::move(sink);
  for (const TrustNews& news : untold_) sink_(news);
  untold_.clear();
  looking_ = std::jthread([this] {
    while (true) {
      {
        const base::MutexLock lock(mutex_);
        const auto next = std::chrono::steady_clock::now() + options_.interval;
        while (!ending_ && ends_.WaitUntil(mutex_, next)) {
        }
        if (ending_) return;
      }
      Look();
    }
  });
}

TrustFiles::Stamp TrustFiles::StampOf(const fs::path& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  return {.exists = true,
          .device = found.st_dev,
          .inode = found.st_ino,
          .bytes = found.st_size,
          .modified_ns = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 +
                         found.st_mtim.tv_nsec};
}

bool TrustFiles::IsSettled(Watched& file) {
  const Stamp now = StampOf(file.path);
  const bool settled = now == file.seen;
  file.seen = now;
  return settled;
}

void TrustFiles::Look() {
  for (WatchedList& list : lists_) {
    if (IsSettled(list.file) && IsNew(list.file)) LookAtList(list);
  }
  if (options_.deny_file && IsSettled(deny_file_) && IsNew(deny_file_)) (void)LookAtDenied();
  LoseUnsupplied();
  for (WatchedOwn& own : own_) {
    const bool certificate_settled = IsSettled(own.certificate);
    const bool key_settled = IsSettled(own.key);
    if (certificate_settled && key_settled && (IsNew(own.certificate) || IsNew(own.key))) {
      LookAtOwn(own);
    }
  }
  ReportStates();
}

void TrustFiles::LookAtList(WatchedList& list) {
  list.file.handled = list.file.seen;
  if (!list.file.seen.exists) {
    list.supplies.reset();
    return;  // LoseUnsupplied() and ReportStates() say what that means.
  }
  const absl::StatusOr<std::string> bytes =
      ReadFile(list.file.path, crypto::kRevocationListBytesMax);
  if (bytes.ok()) {
    TakeList(list, *bytes);
    return;
  }
  Tell({.alarm = true,
        .outcome = "CRL_REFUSED",
        .peer = list.source->peer,
        .message = absl::StrFormat("%s: %s", list.source->label, Text(bytes.status()))});
}

void TrustFiles::TakeList(WatchedList& list, const std::string& bytes) {
  absl::StatusOr<crypto::RevocationList> read = absl::InternalError("no CA");
  for (const crypto::X509Certificate& ca : list.source->cas) {
    read = crypto::RevocationList::Read(bytes, ca);
    if (read.ok()) break;
  }
  const absl::StatusOr<bool> changed =
      read.ok() ? book_.Accept(*read) : absl::StatusOr<bool>(read.status());
  if (!changed.ok()) {
    Tell({.alarm = true,
          .outcome = "CRL_REFUSED",
          .peer = list.source->peer,
          .object = crypto::Sha256Hex(bytes),
          .message = absl::StrFormat("%s: %s: %s; what was in force stays", list.source->label,
                                     list.file.path.string(), Text(changed.status()))});
    return;
  }
  const crypto::Sha256Digest& ca = read->ca_spki_sha256();
  list.supplies = ca;
  std::error_code ignored;
  fs::remove(KeptAbsence(ca), ignored);
  if (!*changed) return;
  if (const absl::Status kept = Keep(KeptList(ca), read->der()); !kept.ok()) {
    Tell({.alarm = true,
          .outcome = "CRL_NOT_KEPT",
          .peer = list.source->peer,
          .message = absl::StrFormat("%s: in force, but a restart may forget it: %s",
                                     list.source->label, Text(kept))});
  }
  Tell({.outcome = "CRL_ACCEPTED",
        .peer = list.source->peer,
        .object = base::ToHex(read->sha256()),
        .count = static_cast<std::uint64_t>(read->number()),
        .message = absl::StrFormat("%s: revocation list %d, %d certificates revoked",
                                   list.source->label, read->number(), read->revoked().size())});
}

// A CA has no list to show when a file of its agency is gone and none of the others is its list. A
// file that is there and bad takes nothing away: what was in force grows old by itself.
void TrustFiles::LoseUnsupplied() {
  for (const ListSource& source : options_.lists) {
    const auto of_source = [&](const WatchedList& list) { return list.source == &source; };
    const bool gone = std::ranges::any_of(lists_, [&](const WatchedList& list) {
      return of_source(list) && list.file.handled && !list.file.handled->exists;
    });
    if (!gone) continue;
    for (const crypto::X509Certificate& ca : source.cas) {
      const bool supplied = std::ranges::any_of(lists_, [&](const WatchedList& list) {
        return of_source(list) && list.supplies == ca.spki_sha256();
      });
      if (!supplied) book_.Lose(ca.spki_sha256(), MissingSince(ca.spki_sha256()));
    }
  }
}

// Since when the node has lacked this CA's list; now, when it has not.
std::int64_t TrustFiles::MissingSince(const crypto::Sha256Digest& ca) const {
  std::int64_t since_unix_s = clock_.UnixMillis() / 1'000;
  const absl::StatusOr<std::string> text = ReadFile(KeptAbsence(ca), 64);
  std::int64_t kept = 0;
  if (text.ok() &&
      std::from_chars(text->data(), text->data() + text->size(), kept).ec == std::errc()) {
    since_unix_s = std::min(since_unix_s, kept);
  }
  return since_unix_s;
}

absl::Status TrustFiles::LookAtDenied() {
  deny_file_.handled = deny_file_.seen;
  absl::StatusOr<federation::DenyList> denied = ReadDenyList(deny_file_.path);
  if (!denied.ok()) {
    Tell({.alarm = true,
          .outcome = "DENY_LIST_REFUSED",
          .message = absl::StrFormat("%s; what was in force stays", Text(denied.status()))});
    return denied.status();
  }
  if (*denied == book_.denied()) return absl::OkStatus();
  const std::size_t count = denied->names.size() + denied->certificates.size();
  book_.SetDenied(*std::move(denied));
  Tell({.outcome = "DENY_LIST_ACCEPTED",
        .count = count,
        .message = absl::StrFormat("deny list: %d names and certificates", count)});
  return absl::OkStatus();
}

void TrustFiles::LookAtOwn(WatchedOwn& own) {
  own.certificate.handled = own.certificate.seen;
  own.key.handled = own.key.seen;
  const auto take = [&]() -> absl::StatusOr<bool> {
    rpc::TlsIdentity identity;
    PM_ASSIGN_OR_RETURN(identity.certificate_pem,
                        ReadFile(own.certificate.path, crypto::kCertificatePemBytesMax));
    PM_ASSIGN_OR_RETURN(identity.key_text, ReadFile(own.key.path, crypto::kKeyPemBytesMax));
    PM_RETURN_IF_ERROR(CheckOwnCertificate(*own.own, identity, clock_.UnixMillis()).status());
    if (own.shown->Shows(identity)) return false;
    PM_RETURN_IF_ERROR(own.shown->Publish(identity));
    return true;
  };
  const absl::StatusOr<bool> taken = take();
  if (!taken.ok()) {
    Tell(
        {.alarm = true,
         .outcome = "CERTIFICATE_REFUSED:" + own.own->port,
         .message = absl::StrFormat("%s port: %s: %s; what was shown is shown still", own.own->port,
                                    own.certificate.path.string(), Text(taken.status()))});
  } else if (*taken) {
    const crypto::X509Certificate shown = own.shown->certificate();
    Tell({.outcome = "CERTIFICATE_ACCEPTED:" + own.own->port,
          .object = base::ToHex(shown.sha256()),
          .message = absl::StrFormat("%s port: shows the certificate %s from now on", own.own->port,
                                     shown.serial_hex())});
  }
}

// Lists grow old by themselves: what each is worth is said when that changes, for the worse.
void TrustFiles::ReportStates() {
  for (const federation::ListStanding& standing : book_.Standings()) {
    crypto::ListState& told = told_[standing.ca_spki_sha256];  // kFresh, being the first.
    if (standing.state == told) continue;
    told = standing.state;
    if (told == crypto::ListState::kFresh) continue;
    if (standing.missing_since_unix_s) {
      const absl::Status kept = Keep(KeptAbsence(standing.ca_spki_sha256),
                                     absl::StrFormat("%d\n", *standing.missing_since_unix_s));
      if (!kept.ok()) base::Log(base::LogSeverity::kError, Text(kept));
    }
    const auto source = std::ranges::find(options_.lists, standing.label, &ListSource::label);
    const bool expired = told == crypto::ListState::kExpired;
    Tell({.alarm = true,
          .outcome = expired                         ? "CRL_EXPIRED"
                     : standing.missing_since_unix_s ? "CRL_MISSING"
                                                     : "CRL_STALE",
          .peer = source == options_.lists.end() ? "" : source->peer,
          .count = static_cast<std::uint64_t>(standing.number.value_or(0)),
          .message =
              absl::StrFormat("%s: the revocation list is %s; %s", standing.label,
                              standing.missing_since_unix_s ? "missing" : "overdue",
                              expired ? "its certificates are refused until there is one"
                                      : "certificates it does not name are let in for the grace")});
  }
}

void TrustFiles::Tell(TrustNews news) {
  if (sink_) {
    sink_(news);
  } else {
    untold_.push_back(std::move(news));
  }
}

}  // namespace proofmark::server
