#include <algorithm>
#include <set>

#include "vault/vault.h"

// Holds: placing and lifting.
namespace sallyport::vault {
namespace {

constexpr std::size_t kMaxHeldAtOnce = 100'000;
constexpr std::uint32_t kMaxCaseRecords = 1'000'000;

bool is_case_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool are_two(const std::vector<std::string>& people) {
  const std::set<std::string> different(people.begin(), people.end());
  return different.size() >= 2 && !different.contains("");
}

}  // namespace

Result<void> Vault::copy_into_case(const std::string& name, Case& held,
                                   const std::vector<RecordId>& records) {
  std::set<std::string> known;
  if (keyring_.cases.contains(name)) {
    const Result<std::vector<Slot>> slots = case_slots(name);
    if (!slots) return Failure(slots.error());
    for (const Slot& slot : *slots) known.insert(slot.id.text());
  }
  const Result<crypto::Aead> key = crypto::Aead::from_key(crypto::SecretBytes(held.key.view()));
  if (!key) return Failure(key.error());
  Result<std::unique_ptr<AppendFile>> data = files_.open_append(options_.folders.case_data(name));
  if (!data) return Failure(data.error());
  Result<std::unique_ptr<AppendFile>> lines = files_.open_append(options_.folders.case_lines(name));
  if (!lines) return Failure(lines.error());
  // Lines beyond those that count are of a hold that was cut short.
  if (Result<void> r = (*lines)->truncate(std::uint64_t{held.records} * Slot::kBytes); !r) return r;
  for (const RecordId& id : records) {
    if (!known.insert(id.text()).second) continue;
    Result<Located> located = locate(id);
    if (!located) return fail_within("holding " + id.text(), located.error());
    Slot slot = located->slot;
    Result<std::string> wrapped = key->seal(located->key.view(), slot.associated(), random_);
    if (!wrapped) return Failure(wrapped.error());
    slot.wrapped_key = std::move(*wrapped);
    slot.segment = 0;
    slot.offset = (*data)->size();
    if (Result<void> r = (*data)->append(located->bytes); !r) return r;
    if (Result<void> r = (*lines)->append(slot.bytes()); !r) return r;
    ++held.records;
  }
  if (Result<void> r = (*data)->sync(); !r) return r;
  if (Result<void> r = (*lines)->sync(); !r) return r;
  for (const std::string& root : {options_.folders.data, options_.folders.keys}) {
    if (Result<void> r = files_.sync_folder(root + "/cases"); !r) return r;
    if (Result<void> r = files_.sync_folder(root); !r) return r;
  }
  return {};
}

Result<void> Vault::hold(const HoldRequest& request) {
  if (!is_case_name(request.name))
    return fail(Code::invalid, "a case's name has 1 to 64 of a-z, 0-9 and -");
  if (!are_two(request.approvers))
    return fail(Code::forbidden, "a hold takes two different people");
  if (request.authority.empty() || request.scope.empty()) {
    return fail(Code::invalid, "a hold names its authority and its scope");
  }
  if (request.records.empty() || request.records.size() > kMaxHeldAtOnce) {
    return fail(Code::invalid, "a hold names 1 to 100000 records");
  }
  const std::lock_guard lock(mutex_);
  const WallTime now = time_.now();
  if (request.review <= day_of(now))
    return fail(Code::invalid, "a hold's review date lies in the future");
  for (const RecordId& id : request.records) {
    if (const Result<Located> located = locate(id); !located)
      return fail_within(id.text(), located.error());
  }
  if (Result<void> r = evidence_.hold({request.name, "place", request.authority, request.scope,
                                       request.approvers, request.records.size(), request.review});
      !r) {
    return fail_within("recording the hold", r.error());
  }
  Case held;
  const auto there = keyring_.cases.find(request.name);
  if (there != keyring_.cases.end()) {
    held.id = there->second.id;
    held.key = crypto::SecretBytes(there->second.key.view());
    held.records = there->second.records;
  } else {
    DayKey fresh = keyring_.make_key();
    held.id = std::move(fresh.id);
    held.key = std::move(fresh.key);
  }
  held.authority = request.authority;
  held.scope = request.scope;
  held.approvers = request.approvers;
  held.review = request.review;
  if (held.records + request.records.size() > kMaxCaseRecords)
    return fail(Code::too_large, "the case is too large");
  if (Result<void> r = copy_into_case(request.name, held, request.records); !r) return r;
  std::optional<Case> before;
  if (there != keyring_.cases.end()) before = std::move(there->second);
  keyring_.cases[request.name] = std::move(held);
  const Result<void> saved = keyring_.save(now);
  if (saved) return saved;
  // Which of the two the disk holds is not known; in memory what was acknowledged goes on to hold.
  if (before) {
    keyring_.cases[request.name] = std::move(*before);
  } else {
    keyring_.cases.erase(request.name);
  }
  return saved;
}

Result<void> Vault::lift(const std::string& name, const std::vector<std::string>& approvers) {
  if (!are_two(approvers))
    return fail(Code::forbidden, "lifting a hold takes two different people");
  const std::lock_guard lock(mutex_);
  const auto found = keyring_.cases.find(name);
  if (found == keyring_.cases.end()) return fail(Code::not_found, "there is no such case");
  const Result<std::vector<Slot>> slots = case_slots(name);
  if (!slots) return Failure(slots.error());
  const Case& held = found->second;
  if (Result<void> r = evidence_.hold(
          {name, "lift", held.authority, held.scope, approvers, held.records, held.review});
      !r) {
    return fail_within("recording the lifting", r.error());
  }
  Certificate certificate;
  certificate.id = "case-" + name + "-" + held.id;
  certificate.cause = "hold_lifted";
  certificate.day = "-";
  certificate.stored = slots->size();
  certificate.keys = {held.id};
  certificate.custody = to_string(root_.custody());
  certificate.replicas = options_.replicas;
  crypto::MerkleEdge edge;
  for (const Slot& slot : *slots) {
    edge.append(line_leaf(slot));
    // Still in its day, or in another case: then only this copy goes.
    bool elsewhere = keyring_.days.contains(slot.id.day);
    for (const auto& [other, unused] : keyring_.cases) {
      if (!elsewhere && other != name) elsewhere = locate_in_case(other, slot.id).has_value();
    }
    ++(elsewhere ? certificate.held : certificate.shredded);
  }
  certificate.root = edge.root();
  Case gone = std::move(found->second);
  keyring_.cases.erase(found);
  keyring_.pending.push_back(std::move(certificate));
  if (Result<void> r = keyring_.save_with_new_keys(time_.now()); !r) {
    // Not known to be destroyed: the case holds on, and lifting can be tried again.
    keyring_.pending.pop_back();
    keyring_.cases[name] = std::move(gone);
    return r;
  }
  if (Result<void> r = remove_case_files(name); !r) return r;
  return settle_pending();
}

Result<void> Vault::remove_case_files(const std::string& name) {
  for (const std::string& root : {options_.folders.data, options_.folders.keys}) {
    const bool keys = root == options_.folders.keys;
    const std::string path =
        keys ? options_.folders.case_lines(name) : options_.folders.case_data(name);
    if (Result<void> r = files_.remove(path); !r) return r;
    const Result<void> synced = files_.sync_folder(root + "/cases");
    if (!synced && synced.error().code != Code::not_found) return synced;
  }
  return {};
}

Result<std::uint64_t> Vault::held_of(Day day, std::vector<std::string>* names) {
  std::set<std::string> held;
  for (const auto& [name, unused] : keyring_.cases) {
    const Result<std::vector<Slot>> slots = case_slots(name);
    if (!slots) return Failure(slots.error());
    bool any = false;
    for (const Slot& slot : *slots) {
      if (slot.id.day != day) continue;
      held.insert(slot.id.text());
      any = true;
    }
    if (any && names != nullptr) names->push_back(name);
  }
  return held.size();
}

}  // namespace sallyport::vault
