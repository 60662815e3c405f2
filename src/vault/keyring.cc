#include "vault/keyring.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/encoding.h"
#include "crypto/constant_time.h"
#include "crypto/hmac.h"
#include "json/document.h"
#include "json/writer.h"

namespace sallyport::vault {
namespace {

constexpr std::size_t kMaxFileBytes = 16u << 20;
constexpr std::string_view kCopies[] = {"/keyring.a", "/keyring.b"};

std::string mac_of(const crypto::SecretBytes& key, std::string_view text) {
  std::string message = "sallyport vault keyring\n";
  message.append(text);
  return hex_encode(crypto::as_bytes(crypto::hmac_sha256(key.view(), message)));
}

std::string day_purpose(Day day) { return "day key " + to_string(day); }
std::string case_purpose(std::string_view name) { return "case key " + std::string(name); }

void write_strings(json::Writer& writer, const std::vector<std::string>& list) {
  writer.begin_array();
  for (const std::string& item : list) writer.string(item);
  writer.end_array();
}

std::vector<std::string> read_strings(json::Value array) {
  std::vector<std::string> list;
  for (const json::Value item : array.items()) list.push_back(item.text());
  return list;
}

std::uint64_t read_count(json::Value value) {
  return static_cast<std::uint64_t>(value.integer().value_or(0));
}

void write_certificate(json::Writer& w, const Certificate& c) {
  w.begin_object().key("id").string(c.id).key("cause").string(c.cause).key("day").string(c.day);
  w.key("stored")
      .integer(static_cast<std::int64_t>(c.stored))
      .key("root")
      .string(hex_encode(crypto::as_bytes(c.root)));
  w.key("shredded")
      .integer(static_cast<std::int64_t>(c.shredded))
      .key("held")
      .integer(static_cast<std::int64_t>(c.held));
  w.key("damaged")
      .integer(static_cast<std::int64_t>(c.damaged))
      .key("custody")
      .string(c.custody)
      .key("cases");
  write_strings(w, c.cases);
  w.key("keys");
  write_strings(w, c.keys);
  w.key("replicas");
  write_strings(w, c.replicas);
  w.end_object();
}

Certificate read_certificate(json::Value value) {
  Certificate c;
  c.id = value["id"].text();
  c.cause = value["cause"].text();
  c.day = value["day"].text();
  c.stored = read_count(value["stored"]);
  const Result<std::string> root = hex_decode(value["root"].text());
  if (root && root->size() == c.root.size()) std::memcpy(c.root.data(), root->data(), root->size());
  c.shredded = read_count(value["shredded"]);
  c.held = read_count(value["held"]);
  c.damaged = read_count(value["damaged"]);
  c.custody = value["custody"].text();
  c.cases = read_strings(value["cases"]);
  c.keys = read_strings(value["keys"]);
  c.replicas = read_strings(value["replicas"]);
  return c;
}

}  // namespace

Result<Keyring> Keyring::open(Files& files, std::string folder, RootKey& root, Random& random) {
  std::optional<Keyring> best;
  bool any = false;
  Error last;
  for (const std::string_view copy : kCopies) {
    const Result<std::string> text = files.read(folder + std::string(copy), kMaxFileBytes);
    if (!text && text.error().code == Code::not_found) continue;
    any = true;
    Keyring ring(files, folder, root, random);
    const Result<void> parsed = text ? ring.parse(*text) : Failure(text.error());
    if (!parsed) {
      last = parsed.error();
    } else if (!best || ring.sequence_ > best->sequence_) {
      best.emplace(std::move(ring));
    }
  }
  if (best) {
    // Both copies the same again, and no older version of the root key left over.
    if (Result<void> r = best->write(); !r) return Failure(r.error());
    if (Result<void> r = root.keep_only(best->root_id_); !r) return Failure(r.error());
    return std::move(*best);
  }
  if (any) return fail_within("the vault's keyring cannot be used", last);
  Keyring fresh(files, std::move(folder), root, random);
  if (Result<void> r = files.make_folders(fresh.folder_); !r) return Failure(r.error());
  if (Result<void> r = fresh.save_with_new_keys({}); !r) return Failure(r.error());
  return fresh;
}

DayKey Keyring::make_key() {
  std::uint8_t id[8];
  random_->fill(id);
  return {hex_encode({reinterpret_cast<const char*>(id), sizeof id}),
          crypto::SecretBytes::random(crypto::kAeadKeyBytes, *random_)};
}

Result<std::string> Keyring::wrap(const crypto::SecretBytes& key, std::string_view purpose) const {
  const Result<crypto::Aead> aead = crypto::Aead::from_key(copy_of(wrapping_));
  if (!aead) return Failure(aead.error());
  const Result<std::string> sealed = aead->seal(key.view(), purpose, *random_);
  if (!sealed) return sealed;
  return hex_encode(*sealed);
}

Result<crypto::SecretBytes> Keyring::unwrap(std::string_view hex, std::string_view purpose) const {
  const Result<std::string> sealed = hex_decode(hex);
  if (!sealed) return Failure(sealed.error());
  const Result<crypto::Aead> aead = crypto::Aead::from_key(copy_of(wrapping_));
  if (!aead) return Failure(aead.error());
  Result<std::string> key = aead->open(*sealed, purpose);
  if (!key) return Failure(key.error());
  crypto::SecretBytes secret{std::string_view(*key)};
  crypto::wipe(*key);
  return secret;
}

Result<std::string> Keyring::serialise() const {
  std::string text;
  json::Writer w(text);
  w.begin_object()
      .key("v")
      .integer(1)
      .key("sequence")
      .integer(static_cast<std::int64_t>(sequence_));
  w.key("root").string(root_id_).key("wrapping").string(hex_encode(wrapped_wrapping_));
  w.key("saved_at").integer(unix_millis(saved_at)).key("days").begin_array();
  for (const auto& [day, key] : days) {
    const Result<std::string> wrapped = wrap(key.key, day_purpose(day));
    if (!wrapped) return wrapped;
    w.begin_object()
        .key("day")
        .integer(day.number)
        .key("id")
        .string(key.id)
        .key("key")
        .string(*wrapped)
        .end_object();
  }
  w.end_array().key("cases").begin_array();
  for (const auto& [name, held] : cases) {
    const Result<std::string> wrapped = wrap(held.key, case_purpose(name));
    if (!wrapped) return wrapped;
    w.begin_object().key("name").string(name).key("id").string(held.id).key("key").string(*wrapped);
    w.key("authority").string(held.authority).key("scope").string(held.scope).key("approvers");
    write_strings(w, held.approvers);
    w.key("review").integer(held.review.number).key("records").integer(held.records).end_object();
  }
  w.end_array().key("shredded").begin_array();
  for (const auto& [day, counts] : shredded) {
    w.begin_object()
        .key("day")
        .integer(day.number)
        .key("stored")
        .integer(static_cast<std::int64_t>(counts.stored));
    w.key("held").integer(static_cast<std::int64_t>(counts.held)).end_object();
  }
  w.end_array().key("pending").begin_array();
  for (const Certificate& certificate : pending) write_certificate(w, certificate);
  w.end_array().end_object();
  return text + "\n" + mac_of(wrapping_, text) + "\n";
}

Result<void> Keyring::parse(const std::string& file) {
  const Failure wrong = fail(Code::corrupt, "the keyring is damaged");
  const std::size_t end = file.find('\n');
  if (end == std::string::npos || !file.ends_with('\n')) return wrong;
  const std::string_view text = std::string_view(file).substr(0, end);
  const std::string_view mac = std::string_view(file).substr(end + 1, file.size() - end - 2);
  const Result<json::Document> document = json::Document::parse(text);
  if (!document) return wrong;
  const json::Value root = document->root();
  root_id_ = root["root"].text();
  const Result<std::string> wrapped = hex_decode(root["wrapping"].text());
  if (!wrapped || root_id_.empty() || root_id_.find('/') != std::string::npos) return wrong;
  wrapped_wrapping_ = *wrapped;
  Result<crypto::SecretBytes> wrapping = root_->unwrap(root_id_, wrapped_wrapping_);
  if (!wrapping) return Failure(wrapping.error());
  wrapping_ = std::move(*wrapping);
  if (!crypto::constant_time_equal(mac, mac_of(wrapping_, text))) return wrong;
  sequence_ = read_count(root["sequence"]);
  saved_at = wall_from_unix_millis(root["saved_at"].integer().value_or(0));
  const auto day_of_value = [](json::Value value) {
    return Day{static_cast<std::int32_t>(value.integer().value_or(0))};
  };
  for (const json::Value item : root["days"].items()) {
    const Day day = day_of_value(item["day"]);
    Result<crypto::SecretBytes> key = unwrap(item["key"].text(), day_purpose(day));
    if (!key) return wrong;
    days[day] = {item["id"].text(), std::move(*key)};
  }
  for (const json::Value item : root["cases"].items()) {
    Case held;
    const std::string name = item["name"].text();
    Result<crypto::SecretBytes> key = unwrap(item["key"].text(), case_purpose(name));
    if (!key) return wrong;
    held.key = std::move(*key);
    held.id = item["id"].text();
    held.authority = item["authority"].text();
    held.scope = item["scope"].text();
    held.approvers = read_strings(item["approvers"]);
    held.review = day_of_value(item["review"]);
    held.records = static_cast<std::uint32_t>(read_count(item["records"]));
    cases[name] = std::move(held);
  }
  for (const json::Value item : root["shredded"].items()) {
    shredded[day_of_value(item["day"])] = {read_count(item["stored"]), read_count(item["held"])};
  }
  for (const json::Value item : root["pending"].items()) pending.push_back(read_certificate(item));
  return {};
}

Result<void> Keyring::write() const {
  const Result<std::string> text = serialise();
  if (!text) return Failure(text.error());
  for (const std::string_view copy : kCopies) {
    if (Result<void> r = replace_file(*files_, folder_ + std::string(copy), *text); !r) return r;
  }
  return {};
}

Result<void> Keyring::save(WallTime now) {
  ++sequence_;
  saved_at = std::max(saved_at, now);
  while (shredded.size() > kMaxShreddedDays) shredded.erase(shredded.begin());
  return write();
}

Result<void> Keyring::save_with_new_keys(WallTime now) {
  Result<std::string> id = root_->next();
  if (!id) return Failure(id.error());
  crypto::SecretBytes wrapping = crypto::SecretBytes::random(crypto::kAeadKeyBytes, *random_);
  Result<std::string> wrapped = root_->wrap(*id, wrapping);
  if (!wrapped) return Failure(wrapped.error());
  root_id_ = std::move(*id);
  wrapped_wrapping_ = std::move(*wrapped);
  wrapping_ = std::move(wrapping);
  if (Result<void> r = save(now); !r) return r;
  return root_->keep_only(root_id_);
}

}  // namespace sallyport::vault
