#include "vault/vault.h"

#include <algorithm>

#include "base/log.h"

namespace sallyport::vault {
namespace {

constexpr std::uint64_t kMaxCaseBytes = 1u << 30;

}  // namespace

Vault::Vault(Private, Files& files, RootKey& root, Evidence& evidence, VaultOptions options,
             const Clock& clock, Random& random, Keyring keyring)
    : files_(files),
      root_(root),
      evidence_(evidence),
      options_(std::move(options)),
      clock_(clock),
      random_(random),
      keyring_(std::move(keyring)),
      time_(clock, keyring_.saved_at) {}

Result<std::unique_ptr<Vault>> Vault::open(Files& files, RootKey& root, Evidence& evidence,
                                           VaultOptions options, const Clock& clock,
                                           Random& random) {
  for (const std::string& folder : {options.folders.keys, options.folders.data}) {
    if (Result<void> r = files.make_folders(folder); !r) return Failure(r.error());
    if (Result<void> r = files.sync_folder(parent_folder(folder)); !r) return Failure(r.error());
  }
  Result<std::unique_ptr<FolderLock>> lock = files.lock(options.folders.keys);
  if (!lock) return Failure(lock.error());
  Result<Keyring> keyring = Keyring::open(files, options.folders.keys, root, random);
  if (!keyring) return fail_within("opening the vault", keyring.error());
  auto vault = std::make_unique<Vault>(Private{}, files, root, evidence, std::move(options), clock,
                                       random, std::move(*keyring));
  vault->lock_ = std::move(*lock);
  if (Result<void> r = vault->recover(); !r) return fail_within("opening the vault", r.error());
  return vault;
}

// The keyring says what holds; files that it does not know of are remains of something cut short.
Result<void> Vault::recover() {
  for (const auto& [day, counts] : keyring_.shredded) {
    if (Result<void> r = remove_day_files(day); !r) return r;
  }
  const Result<std::vector<std::string>> names = files_.list(options_.folders.keys + "/cases");
  if (!names) return Failure(names.error());
  for (const std::string& file : *names) {
    const std::string name = file.substr(0, file.find('.'));
    if (keyring_.cases.contains(name)) continue;
    if (Result<void> r = remove_case_files(name); !r) return r;
  }
  // Evidence that is out of reach now is tried again by maintain().
  const Result<void> settled = settle_pending();
  if (!settled) log::warn("vault_certificate_waits", {{"error", settled.error().detail}});
  return {};
}

Result<crypto::Aead> Vault::day_aead(Day day) const {
  const auto key = keyring_.days.find(day);
  if (key == keyring_.days.end())
    return fail(Code::not_found, "the key of that day is gone, or never was");
  return crypto::Aead::from_key(crypto::SecretBytes(key->second.key.view()));
}

Result<OpenDay*> Vault::day_for(WallTime now) {
  Day day = day_of(now);
  // A shredded day never comes back, whatever the clock says.
  if (!keyring_.shredded.empty())
    day = std::max(day, Day{keyring_.shredded.rbegin()->first.number + 1});
  if (open_ && open_->day() == day) return &*open_;
  open_.reset();
  if (!keyring_.days.contains(day)) {
    keyring_.days[day] = keyring_.make_key();
    if (Result<void> r = keyring_.save(now); !r) {
      keyring_.days.erase(day);
      return Failure(r.error());
    }
  }
  Result<crypto::Aead> key = day_aead(day);
  if (!key) return Failure(key.error());
  Result<OpenDay> open = OpenDay::open(files_, options_.folders, day, std::move(*key), random_);
  if (!open) return Failure(open.error());
  open_.emplace(std::move(*open));
  return &*open_;
}

Result<std::vector<OpenDay::Appended>> Vault::append(const std::vector<const NewRecord*>& records) {
  for (const NewRecord* record : records) {
    if (record->content.size() > kMaxPlainBytes)
      return fail(Code::too_large, "a record is too large for the vault");
    for (const std::string* label : {&record->tenant, &record->model, &record->retention_class}) {
      if (label->empty() || label->size() > kMaxLabelBytes) {
        return fail(Code::invalid, "a record's tenant, model and class have 1 to 200 bytes");
      }
    }
  }
  const std::lock_guard lock(mutex_);
  const WallTime now = time_.now();
  const Result<OpenDay*> day = day_for(now);
  if (!day) return Failure(day.error());
  Result<std::vector<OpenDay::Appended>> appended =
      (*day)->append(records, now, options_.segment_bytes);
  // What is in the files then is not known here: opening the day again finds out.
  if (!appended) open_.reset();
  return appended;
}

Result<Vault::Located> Vault::fetch(Slot slot, const std::string& path,
                                    const crypto::Aead& wrapping) {
  Located located;
  if (slot.size > kMaxPlainBytes + (1u << 20))
    return fail(Code::corrupt, "a record's line names an impossible size");
  Result<std::string> bytes = files_.read_at(path, slot.offset, slot.size);
  if (!bytes) return Failure(bytes.error());
  Result<SealedRecord> record = parse_record(*bytes);
  if (!record) return fail_within(path, record.error());
  if (record->header.id != slot.id)
    return fail(Code::corrupt, path + ": another record lies where this one should");
  Result<std::string> key = wrapping.open(slot.wrapped_key, slot.associated());
  if (!key) return Failure(key.error());
  located.key = crypto::SecretBytes(std::string_view(*key));
  crypto::wipe(*key);
  located.bytes = std::move(*bytes);
  located.record = std::move(*record);
  located.slot = std::move(slot);
  return located;
}

Result<Vault::Located> Vault::locate_in_day(const RecordId& id) {
  const Result<crypto::Aead> day_key = day_aead(id.day);
  if (!day_key) return Failure(day_key.error());
  const std::uint64_t offset = std::uint64_t{id.number} * Slot::kBytes;
  const Result<std::string> line =
      files_.read_at(options_.folders.lines(id.day), offset, Slot::kBytes);
  if (!line) return fail(Code::not_found, "there is no such record");
  const Result<Slot> slot = Slot::parse(*line);
  if (!slot) return Failure(slot.error());
  if (slot->id != id) return fail(Code::not_found, "there is no such record");
  const Result<std::vector<TenantKey>> tenants =
      load_tenants(files_, options_.folders, id.day, *day_key);
  if (!tenants) return Failure(tenants.error());
  if (slot->tenant >= tenants->size())
    return fail(Code::corrupt, "the key of that record's tenant is missing");
  return fetch(*slot, options_.folders.segment(id.day, slot->segment),
               (*tenants)[slot->tenant].key);
}

Result<std::vector<Slot>> Vault::case_slots(const std::string& name) {
  const std::string path = options_.folders.case_lines(name);
  std::vector<Slot> slots;
  const std::uint32_t count = keyring_.cases.at(name).records;
  if (count == 0) return slots;
  const Result<std::string> bytes = files_.read(path, kMaxCaseBytes);
  if (!bytes) return Failure(bytes.error());
  if (bytes->size() / Slot::kBytes < count)
    return fail(Code::corrupt, path + ": lines of the case are missing");
  for (std::uint32_t i = 0; i < count; ++i) {
    Result<Slot> slot =
        Slot::parse(std::string_view(*bytes).substr(i * Slot::kBytes, Slot::kBytes));
    if (!slot) return fail_within(path, slot.error());
    slots.push_back(std::move(*slot));
  }
  return slots;
}

Result<Vault::Located> Vault::locate_in_case(const std::string& name, const RecordId& id) {
  const Result<std::vector<Slot>> slots = case_slots(name);
  if (!slots) return Failure(slots.error());
  const auto slot =
      std::find_if(slots->begin(), slots->end(), [&](const Slot& other) { return other.id == id; });
  if (slot == slots->end()) return fail(Code::not_found, "there is no such record in the case");
  const Result<crypto::Aead> key =
      crypto::Aead::from_key(crypto::SecretBytes(keyring_.cases.at(name).key.view()));
  if (!key) return Failure(key.error());
  return fetch(*slot, options_.folders.case_data(name), *key);
}

Result<Vault::Located> Vault::locate(const RecordId& id) {
  Error error = fail(Code::not_found, "there is no such record, or its key is gone").value();
  if (keyring_.days.contains(id.day)) {
    Result<Located> located = locate_in_day(id);
    if (located) return located;
    error = located.error();
  }
  for (const auto& [name, held] : keyring_.cases) {
    Result<Located> located = locate_in_case(name, id);
    if (located) return located;
    if (located.error().code != Code::not_found) error = located.error();
  }
  return Failure(error);
}

Result<RecordHeader> Vault::header(const RecordId& id) {
  const std::lock_guard lock(mutex_);
  Result<Located> located = locate(id);
  if (!located) return Failure(located.error());
  return located->record.header;
}

Result<std::string> Vault::read(const Access& access, const RecordId& id) {
  const std::lock_guard lock(mutex_);
  const bool two = access.reviewers.size() >= 2 && access.reviewers[0] != access.reviewers[1] &&
                   !access.reviewers[0].empty() && !access.reviewers[1].empty();
  if (!two || access.name.empty() || access.reason.empty()) {
    return fail(Code::forbidden,
                "reading sealed records takes a case, a reason and two different people");
  }
  if (access.until <= time_.now()) return fail(Code::forbidden, "the time of this access is over");
  if (Result<void> r = evidence_.access(
          {access.name, access.reason, access.reviewers, {id.text()}, access.until});
      !r) {
    return fail_within("recording the access", r.error());
  }
  Result<Located> located = locate(id);
  if (!located) return Failure(located.error());
  const Result<crypto::Aead> key = crypto::Aead::from_key(std::move(located->key));
  if (!key) return Failure(key.error());
  return open_record(located->record, *key);
}

bool Vault::clock_suspect() {
  const std::lock_guard lock(mutex_);
  time_.now();
  return time_.suspect();
}

}  // namespace sallyport::vault
