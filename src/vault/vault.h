#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "vault/day_store.h"
#include "vault/evidence.h"
#include "vault/keyring.h"
#include "vault/trusted_time.h"

// Encrypted records whose keys die on time. Every call does its I/O before it returns: writer.h
// puts a queue before the appends. Thread safe, one call at a time. Steps and claims:
// docs/vault.md.
namespace sallyport::vault {

struct VaultOptions {
  Folders folders;
  std::uint64_t segment_bytes = 64u << 20;
  std::vector<std::string>
      replicas;  // named in certificates: those that confirm each destruction; empty on one node
};

struct HoldRequest {
  std::string name;  // of the case: [a-z0-9-], at most 64
  std::string authority;
  std::string scope;                   // how the records were chosen, in words
  std::vector<std::string> approvers;  // two different people
  Day review;
  std::vector<RecordId> records;
};

// What must be said before sealed content is shown.
struct Access {
  std::string name;  // the case
  std::string reason;
  std::vector<std::string> reviewers;  // two different people
  WallTime until;
};

struct AuditReport {
  struct OfDay {
    Day day;
    std::uint64_t stored = 0;
    std::uint64_t damaged = 0;
    std::uint64_t sampled = 0;
    std::uint64_t unreadable = 0;  // of those sampled
  };
  std::vector<OfDay> days;            // whose keys are there
  std::uint64_t held = 0;             // records in cases
  std::uint64_t held_unreadable = 0;  // all are tried
  std::uint64_t shredded_days = 0;
  // Shredded days of which something lies in the folders again, as after a restored backup: nothing
  // of it can be read.
  std::vector<Day> leftovers;
  std::uint64_t resurrected =
      0;  // records of shredded days, not held, that some key opens: must be 0
  bool ok = false;
};

class Vault {
  struct Private {};

 public:
  // Replays what a crash cut short: key files are cut to what counts, destructions are finished.
  static Result<std::unique_ptr<Vault>> open(Files& files, RootKey& root, Evidence& evidence,
                                             VaultOptions options, const Clock& clock,
                                             Random& random);
  Vault(Private, Files& files, RootKey& root, Evidence& evidence, VaultOptions options,
        const Clock& clock, Random& random, Keyring keyring);

  // Durable on success; all or none is acknowledged.
  Result<std::vector<OpenDay::Appended>> append(const std::vector<const NewRecord*>& records);
  // Records the access, then opens. forbidden unless two different reviewers and time left;
  // not_found where the record is not there or its key is gone.
  Result<std::string> read(const Access& access, const RecordId& id);
  Result<RecordHeader> header(const RecordId& id);  // metadata only: not recorded

  // Keeps these records' keys under the case's key: recorded, then copied, then in force. Adds to a
  // case that is there.
  Result<void> hold(const HoldRequest& request);
  // Lets the case go. Its key is destroyed at once, and with it every record whose day is over.
  Result<void> lift(const std::string& name, const std::vector<std::string>& approvers);

  // Closes finished days, destroys those that are due, records what is not yet recorded. Call each
  // minute; does nothing that cannot be undone while the clock is not to be trusted.
  Result<void> maintain();
  // One day that is due, now. invalid before its time.
  Result<void> shred(Day day);
  // Removes files of shredded days that came back.
  Result<void> remove_leftovers();
  Result<AuditReport> audit(std::uint64_t samples_per_day);

  bool clock_suspect();

 private:
  struct Located {
    SealedRecord record;
    std::string bytes;
    Slot slot;
    crypto::SecretBytes key;
  };

  Result<void> recover();
  Result<OpenDay*> day_for(WallTime now);
  Result<Located> locate(const RecordId& id);
  Result<Located> locate_in_day(const RecordId& id);
  Result<Located> locate_in_case(const std::string& name, const RecordId& id);
  Result<Located> fetch(Slot slot, const std::string& path, const crypto::Aead& wrapping);
  Result<std::vector<Slot>> case_slots(const std::string& name);
  Result<std::uint64_t> held_of(Day day, std::vector<std::string>* names);
  Result<void> copy_into_case(const std::string& name, Case& held,
                              const std::vector<RecordId>& records);
  Result<void> finish_days(WallTime now);
  Result<DaySummary> summary_of(Day day);
  Result<void> shred_locked(Day day, WallTime now);
  Result<void> remove_day_files(Day day);
  Result<void> remove_case_files(const std::string& name);
  Result<void> settle_pending();
  Result<crypto::Aead> day_aead(Day day) const;
  Result<AuditReport::OfDay> audit_day(Day day, std::uint64_t samples);
  Result<void> audit_leftovers(AuditReport& report);

  Files& files_;
  RootKey& root_;
  Evidence& evidence_;
  const VaultOptions options_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::unique_ptr<FolderLock> lock_;
  Keyring keyring_;
  TrustedTime time_;
  std::optional<OpenDay> open_;
};

}  // namespace sallyport::vault
