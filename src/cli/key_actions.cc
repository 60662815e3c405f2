#include "cli/key_actions.h"

#include "access/api_key.h"
#include "cli/control.h"
#include "cli/terminal.h"
#include "config/units.h"
#include "json/writer.h"

namespace sallyport::cli {
namespace {

// What administration needs, opened together.
struct Keys {
  Place place;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<store::Store> store;
  std::optional<access::KeyAdmin> admin;
};

Result<std::unique_ptr<Keys>> open_keys(const PlaceOptions& options, bool create) {
  auto keys = std::make_unique<Keys>();
  auto place = find_place(options, create);
  if (!place) return Failure(place.error());
  keys->place = std::move(*place);
  auto store = open_store(keys->place, create);
  if (!store) return Failure(store.error());
  keys->store = std::move(*store);
  auto pepper = access::Pepper::load_or_create(pepper_path(keys->place.data_dir));
  if (!pepper) return Failure(pepper.error());
  auto admin = access::KeyAdmin::open(*keys->store,
                                      std::make_shared<const access::Pepper>(std::move(*pepper)),
                                      keys->clock, keys->random);
  if (!admin) return Failure(admin.error());
  keys->admin.emplace(std::move(*admin));
  return keys;
}

// A running gateway polls the database anyway; this only makes it follow before the verb returns.
void tell_gateway(const Place& place) {
  const auto told = ask_gateway(place.data_dir, kReloadKeys);
  if (!told && told.error().code != Code::not_found) {
    complain("the running gateway was not told: " + told.error().detail +
             " (it follows by itself within moments)");
  }
}

Result<UsageLimits> read_limits(const LimitTexts& texts) {
  UsageLimits limits = texts.counts;
  if (texts.usd_per_month.empty()) return limits;
  const auto money = config::parse_money(texts.usd_per_month);
  if (!money || *money == 0)
    return fail(Code::invalid, "--usd-per-month: write dollars as 200 or 0.50");
  limits.nano_usd_per_month = *money;
  return limits;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

std::string state_of(const access::ApiKey& key, WallTime now) {
  if (key.revoked) return "revoked";
  if (key.expires && *key.expires <= now) return "expired";
  return "active";
}

std::string limits_of(const UsageLimits& limits) {
  std::string out;
  const auto add = [&](const char* what, const std::optional<std::int64_t>& value) {
    if (value) out += (out.empty() ? "" : " ") + std::to_string(*value) + what;
  };
  add(" req/min", limits.requests_per_minute);
  add(" in/min", limits.input_tokens_per_minute);
  add(" out/min", limits.output_tokens_per_minute);
  add(" at once", limits.concurrent_streams);
  if (limits.nano_usd_per_month)
    out += (out.empty() ? "" : " ") + format_usd(*limits.nano_usd_per_month) + "/month";
  return out.empty() ? "-" : out;
}

std::string json_of(const access::ApiKey& key, WallTime now) {
  std::string out;
  json::Writer w(out);
  w.begin_object()
      .key("id")
      .string(key.id)
      .key("name")
      .string(key.name)
      .key("organisation")
      .string(key.organisation);
  w.key("workspace")
      .string(key.workspace)
      .key("tier")
      .string(key.tier)
      .key("state")
      .string(state_of(key, now));
  w.key("hint").string(key.hint).key("created").string(rfc3339(key.created)).key("expires");
  key.expires ? w.string(rfc3339(*key.expires)) : w.null();
  w.key("revoked");
  key.revoked ? w.string(rfc3339(*key.revoked)) : w.null();
  w.key("models").begin_array();
  for (const std::string& model : key.allowed_models) w.string(model);
  w.end_array().key("limits").begin_object();
  const auto add = [&](const char* name, const std::optional<std::int64_t>& value) {
    if (value) w.key(name).integer(*value);
  };
  add("requests_per_minute", key.limits.requests_per_minute);
  add("input_tokens_per_minute", key.limits.input_tokens_per_minute);
  add("output_tokens_per_minute", key.limits.output_tokens_per_minute);
  add("concurrent_streams", key.limits.concurrent_streams);
  add("nano_usd_per_month", key.limits.nano_usd_per_month);
  w.end_object().end_object();
  return out;
}

void print_issued(const access::IssuedKey& issued, bool quiet) {
  if (quiet) {
    print_line(issued.text);
    return;
  }
  print_line(issued.text);
  complain("this is " + issued.key.id + " of organisation " + issued.key.organisation +
           "; the key above is shown this once, so keep it now");
}

}  // namespace

int create_key(const CreateKeyOptions& options) {
  access::NewApiKey wanted;
  wanted.name = options.name;
  wanted.organisation = options.organisation;
  wanted.workspace = options.workspace;
  wanted.environment = options.environment;
  wanted.tier = options.tier;
  if (!options.models.empty()) wanted.allowed_models = options.models;
  auto limits = read_limits(options.limits);
  if (!limits) return failed("cannot create the key", limits.error());
  wanted.limits = *limits;
  if (!options.expires.empty()) {
    const auto life = config::parse_duration(options.expires);
    if (!life || *life == Duration(0)) {
      complain("--expires: write a time from now, such as 30d or 12h");
      return kBadInput;
    }
    wanted.expires = SystemClock().wall() + *life;
  }
  auto keys = open_keys(options.place, true);
  if (!keys) return failed("cannot create the key", keys.error());
  const auto issued = (*keys)->admin->create(wanted);
  if (!issued) return failed("cannot create the key", issued.error());
  tell_gateway((*keys)->place);
  print_issued(*issued, options.quiet);
  return kDone;
}

int list_keys(const ListKeysOptions& options) {
  auto keys = open_keys(options.place, false);
  if (!keys) return failed("cannot list keys", keys.error());
  const auto list = (*keys)->admin->list(options.organisation);
  if (!list) return failed("cannot list keys", list.error());
  const WallTime now = (*keys)->clock.wall();
  if (options.json) {
    std::string out = "[";
    for (const access::ApiKey& key : *list)
      out += (out.size() > 1 ? ",\n " : "") + json_of(key, now);
    print_line(out + "]");
    return kDone;
  }
  std::vector<std::vector<std::string>> rows = {
      {"ID", "NAME", "ORG", "WORKSPACE", "KEY", "STATE", "CREATED", "MODELS", "LIMITS"}};
  for (const access::ApiKey& key : *list) {
    rows.push_back({key.id, key.name, key.organisation, key.workspace, key.hint + "…",
                    state_of(key, now), utc_day(key.created), joined(key.allowed_models),
                    limits_of(key.limits)});
  }
  print(format_table(rows));
  return kDone;
}

int revoke_key(const KeyIdOptions& options) {
  auto keys = open_keys(options.place, false);
  if (!keys) return failed("cannot revoke the key", keys.error());
  const auto revoked = (*keys)->admin->revoke(options.id);
  if (!revoked) return failed("cannot revoke the key", revoked.error());
  tell_gateway((*keys)->place);
  print_line(revoked->id + " (" + revoked->name + ") is revoked since " +
             rfc3339(*revoked->revoked));
  return kDone;
}

int rotate_key(const KeyIdOptions& options) {
  const auto grace = config::parse_duration(options.grace);
  if (!grace) {
    complain("--grace: write a time such as 0s, 30m or 24h");
    return kBadInput;
  }
  auto keys = open_keys(options.place, false);
  if (!keys) return failed("cannot rotate the key", keys.error());
  const auto issued = (*keys)->admin->rotate(options.id, *grace);
  if (!issued) return failed("cannot rotate the key", issued.error());
  tell_gateway((*keys)->place);
  print_issued(*issued, options.quiet);
  return kDone;
}

int set_limits(const LimitOptions& options) {
  const auto limits = read_limits(options.limits);
  if (!limits) return failed("cannot set limits", limits.error());
  auto keys = open_keys(options.place, false);
  if (!keys) return failed("cannot set limits", keys.error());
  if (options.id.empty()) {
    if (auto done = (*keys)->admin->set_organisation_limits(options.organisation, *limits); !done) {
      return failed("cannot set limits", done.error());
    }
  } else if (auto done = (*keys)->admin->set_limits(options.id, *limits); !done) {
    return failed("cannot set limits", done.error());
  }
  tell_gateway((*keys)->place);
  print_line((options.id.empty() ? "organisation " + options.organisation : options.id) + ": " +
             limits_of(*limits));
  return kDone;
}

}  // namespace sallyport::cli
