#include "ledger/entry.h"

#include <algorithm>
#include <span>

#include "base/encoding.h"
#include "crypto/hmac.h"
#include "json/writer.h"

namespace sallyport::ledger {
namespace {

// note: a signed note, the one form with lines; it holds keys and signatures only.
enum class Form : std::uint8_t { name, names, number, digest, digests, ranges, note };

struct Field {
  std::string_view name;
  Form form;
  bool required = true;
};

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxListItems = 128;

constexpr bool kOptional = false;

constexpr Field kStart[] = {{"request", Form::name},
                            {"principal", Form::digest},
                            {"model", Form::name},
                            {"class", Form::name, kOptional}};
constexpr Field kDecision[] = {{"request", Form::name},
                               {"principal", Form::digest},
                               {"model", Form::name},
                               {"outcome", Form::name},
                               {"served", Form::name, kOptional},
                               {"rules", Form::names, kOptional},
                               {"policy", Form::digest},
                               {"record", Form::digest, kOptional},
                               {"class", Form::name, kOptional}};
constexpr Field kRefusal[] = {{"request", Form::name},
                              {"model", Form::name},
                              {"stage", Form::name},
                              {"category", Form::name, kOptional},
                              {"band", Form::name, kOptional},
                              {"classifier", Form::name, kOptional},
                              {"version", Form::name, kOptional}};
constexpr Field kFallback[] = {{"request", Form::name},
                               {"from", Form::name},
                               {"to", Form::name},
                               {"reason", Form::name},
                               {"hop", Form::number, kOptional}};
constexpr Field kScan[] = {{"request", Form::name},
                           {"classifier", Form::name},
                           {"version", Form::name},
                           {"segment", Form::name},
                           {"ranges", Form::ranges},
                           {"score_millionths", Form::number, kOptional},
                           {"verdict", Form::name},
                           {"category", Form::name, kOptional},
                           {"content", Form::digest, kOptional}};
constexpr Field kTranscript[] = {{"request", Form::name},
                                 {"record", Form::name},
                                 {"day", Form::name},
                                 {"content", Form::digest},
                                 {"class", Form::name}};
constexpr Field kDirective[] = {{"directive", Form::name},
                                {"action", Form::name},
                                {"subject", Form::name, kOptional},
                                {"authority", Form::digest},
                                {"text", Form::digest},
                                {"approvers", Form::digests, kOptional},
                                {"until", Form::number, kOptional}};
constexpr Field kGrant[] = {{"grant", Form::name},
                            {"action", Form::name},
                            {"programme", Form::name},
                            {"subject", Form::digest},
                            {"record", Form::digest, kOptional},
                            {"until", Form::number, kOptional}};
constexpr Field kKeyChange[] = {{"action", Form::name}, {"note", Form::note}};
constexpr Field kPolicyChange[] = {{"old", Form::digest, kOptional},
                                   {"new", Form::digest},
                                   {"actor", Form::digest},
                                   {"epoch", Form::number, kOptional},
                                   {"loosens", Form::name, kOptional}};
constexpr Field kReviewerAccess[] = {{"case", Form::name},
                                     {"reviewers", Form::digests},
                                     {"reason", Form::name},
                                     {"records", Form::number},
                                     {"list", Form::digest, kOptional},
                                     {"tenant", Form::digest, kOptional},
                                     {"until", Form::number, kOptional}};
constexpr Field kHold[] = {{"case", Form::name},
                           {"action", Form::name},
                           {"authority", Form::digest},
                           {"scope", Form::digest, kOptional},
                           {"approvers", Form::digests},
                           {"records", Form::number},
                           {"review", Form::number, kOptional}};
constexpr Field kDeletion[] = {
    {"certificate", Form::name}, {"cause", Form::name},
    {"day", Form::name},         {"stored", Form::number},
    {"root", Form::digest},      {"shredded", Form::number},
    {"held", Form::number},      {"cases", Form::names},
    {"keys", Form::names},       {"custody", Form::name},
    {"replicas", Form::names},   {"unreadable", Form::number, kOptional}};
constexpr Field kConfigReload[] = {
    {"old", Form::digest, kOptional}, {"new", Form::digest}, {"outcome", Form::name}};
constexpr Field kGap[] = {
    {"reason", Form::name}, {"after", Form::number}, {"lost", Form::number, kOptional}};

struct Schema {
  std::string_view kind;
  std::span<const Field> fields;
};

Schema schema_of(Kind kind) {
  switch (kind) {
    case Kind::start:
      return {"start", kStart};
    case Kind::decision:
      return {"decision", kDecision};
    case Kind::refusal:
      return {"refusal", kRefusal};
    case Kind::fallback:
      return {"fallback", kFallback};
    case Kind::scan:
      return {"scan", kScan};
    case Kind::transcript:
      return {"transcript", kTranscript};
    case Kind::directive:
      return {"directive", kDirective};
    case Kind::grant:
      return {"grant", kGrant};
    case Kind::key_change:
      return {"key_change", kKeyChange};
    case Kind::policy_change:
      return {"policy_change", kPolicyChange};
    case Kind::reviewer_access:
      return {"reviewer_access", kReviewerAccess};
    case Kind::hold:
      return {"hold", kHold};
    case Kind::deletion:
      return {"deletion", kDeletion};
    case Kind::config_reload:
      return {"config_reload", kConfigReload};
    case Kind::gap:
      return {"gap", kGap};
  }
  return {};
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("._:/@+-").find(c) != std::string_view::npos;
         });
}

bool is_digest(std::string_view text) {
  return text.size() == 2 * crypto::kSha256Bytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool has_form(const Entry::Value& value, Form form) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (form == Form::note) return text->size() <= kMaxEncodedEntryBytes / 2;
    return (form == Form::name && is_name(*text)) || (form == Form::digest && is_digest(*text));
  }
  if (std::holds_alternative<std::int64_t>(value)) return form == Form::number;
  if (const auto* ranges = std::get_if<std::vector<Range>>(&value)) {
    return form == Form::ranges && ranges->size() <= kMaxListItems;
  }
  const auto& list = std::get<std::vector<std::string>>(value);
  if (list.size() > kMaxListItems) return false;
  if (form == Form::names) return std::all_of(list.begin(), list.end(), is_name);
  return form == Form::digests && std::all_of(list.begin(), list.end(), is_digest);
}

void write_value(json::Writer& writer, const Entry::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    writer.string(*text);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    writer.integer(*number);
  } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    writer.begin_array();
    for (const std::string& item : *list) writer.string(item);
    writer.end_array();
  } else {
    writer.begin_array();
    for (const Range& range : std::get<std::vector<Range>>(value)) {
      writer.begin_array();
      writer.integer(static_cast<std::int64_t>(range.begin))
          .integer(static_cast<std::int64_t>(range.end));
      writer.end_array();
    }
    writer.end_array();
  }
}

}  // namespace

std::string_view to_string(Kind kind) { return schema_of(kind).kind; }

crypto::Sha256Digest commitment(std::string_view salt, std::string_view label,
                                std::string_view value) {
  std::string message(label);
  message.push_back('\0');
  message.append(value);
  return crypto::hmac_sha256(salt, message);
}

Entry& Entry::set(std::string_view name, const crypto::Sha256Digest& digest) {
  return put(name, hex_encode(crypto::as_bytes(digest)));
}

Entry& Entry::put(std::string_view name, Value value) {
  fields_.insert_or_assign(std::string(name), std::move(value));
  return *this;
}

Result<std::string> Entry::encode() const {
  const Schema schema = schema_of(kind_);
  const std::string where = "ledger entry of kind " + std::string(schema.kind) + ": field ";
  for (const Field& field : schema.fields) {
    const auto found = fields_.find(field.name);
    if (found == fields_.end()) {
      if (field.required)
        return fail(Code::invalid, where + std::string(field.name) + " is missing");
    } else if (!has_form(found->second, field.form)) {
      return fail(Code::invalid,
                  where + std::string(field.name) + " has not the form that its kind demands");
    }
  }
  for (const auto& entry : fields_) {
    const bool known = std::any_of(schema.fields.begin(), schema.fields.end(),
                                   [&](const Field& field) { return field.name == entry.first; });
    if (!known) return fail(Code::invalid, where + entry.first + " is not one of this kind's");
  }
  std::map<std::string_view, Value> sorted(fields_.begin(), fields_.end());
  sorted["at"] = unix_millis(at_);
  sorted["kind"] = std::string(schema.kind);
  sorted["v"] = std::int64_t{1};
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [name, value] : sorted) write_value(writer.key(name), value);
  writer.end_object();
  if (out.size() > kMaxEncodedEntryBytes)
    return fail(Code::too_large, "a ledger entry is too large");
  return out;
}

}  // namespace sallyport::ledger
