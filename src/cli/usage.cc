#include <CLI/CLI.hpp>

#include "access/api_key.h"
#include "cli/control.h"
#include "cli/place.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "json/writer.h"
#include "metering/usage_query.h"
#include "metering/usage_store.h"

namespace sallyport::cli {
namespace {

constexpr char kHelp[] =
    "Sum up what was used: exchanges, refusals, fallbacks, tokens and cost, by the price in force "
    "when it was used. Days "
    "are UTC. A running gateway is asked to write what it still holds first.\n\nExample: sallyport "
    "usage --by day,model "
    "--since 2026-11-01";

constexpr int kDefaultDays = 30;

struct Options {
  PlaceOptions place;
  std::string since;
  std::string until;
  std::vector<std::string> by = {"day", "model"};
  metering::UsageQuery only;
  bool json = false;
};

// "2026-11-01", midnight UTC.
std::optional<WallTime> parse_day(const std::string& text) {
  config::Document document = config::Document::parse("day = " + text, "");
  const WallTime day = document.root().time("day", {});
  if (text.size() != 10 || !document.problems().empty()) return std::nullopt;
  return day;
}

std::optional<std::string> read_query(const Options& options, metering::UsageQuery& query) {
  query = options.only;
  const WallTime now = SystemClock().wall();
  query.from = now - std::chrono::hours(24) * kDefaultDays;
  query.to = now + std::chrono::hours(24);
  for (const auto& [text, time] :
       {std::pair(&options.since, &query.from), std::pair(&options.until, &query.to)}) {
    if (text->empty()) continue;
    const auto day = parse_day(*text);
    if (!day) return "write days as 2026-11-01";
    *time = *day;
  }
  for (const std::string& name : options.by) {
    if (name == "day") query.by.day = true;
    if (name == "org") query.by.organisation = true;
    if (name == "workspace") query.by.workspace = true;
    if (name == "key") query.by.key = true;
    if (name == "user") query.by.end_user = true;
    if (name == "model") query.by.model = true;
  }
  return std::nullopt;
}

// Key ids to their labels.
using KeyNames = std::map<std::string, std::string>;

struct Column {
  const char* name;
  const char* heading;
  bool metering::UsageGrouping::*shown;
  std::string metering::UsageSummary::*value;
};
constexpr Column kColumns[] = {
    {"day", "DAY", &metering::UsageGrouping::day, &metering::UsageSummary::day},
    {"organisation", "ORG", &metering::UsageGrouping::organisation,
     &metering::UsageSummary::organisation},
    {"workspace", "WORKSPACE", &metering::UsageGrouping::workspace,
     &metering::UsageSummary::workspace},
    {"key", "KEY", &metering::UsageGrouping::key, &metering::UsageSummary::key_id},
    {"end_user", "USER", &metering::UsageGrouping::end_user, &metering::UsageSummary::end_user},
    {"model", "MODEL", &metering::UsageGrouping::model, &metering::UsageSummary::model}};

std::string json_of(const metering::UsageSummary& row, const metering::UsageGrouping& by,
                    const KeyNames& names) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  for (const Column& column : kColumns) {
    if (by.*column.shown) w.key(column.name).string(row.*column.value);
  }
  if (const auto name = names.find(row.key_id); by.key && name != names.end())
    w.key("key_name").string(name->second);
  w.key("requests").integer(row.exchanges);
  for (int i = 0; i < metering::kOutcomes; ++i) {
    const auto outcome = static_cast<metering::Outcome>(i);
    w.key(metering::to_string(outcome)).integer(row.with(outcome));
  }
  w.key("attempts").integer(row.attempts).key("billed_attempts").integer(row.billed_attempts);
  w.key("input_tokens")
      .integer(row.usage.input_tokens)
      .key("output_tokens")
      .integer(row.usage.output_tokens);
  w.key("cache_creation_input_tokens").integer(row.usage.cache_creation_input_tokens);
  w.key("cache_read_input_tokens").integer(row.usage.cache_read_input_tokens);
  w.key("cost_nano_usd")
      .integer(row.cost_nano_usd)
      .key("cost_usd")
      .string(format_usd(row.cost_nano_usd).substr(1));
  w.end_object();
  return out;
}

// A key by its label and id.
std::string cell_of(const std::string& value, const KeyNames& names) {
  if (value.empty()) return "-";
  const auto name = names.find(value);
  return name == names.end() ? value : name->second + " (" + value + ")";
}

std::string table_of(const std::vector<metering::UsageSummary>& rows, const KeyNames& names,
                     const metering::UsageGrouping& by) {
  std::vector<std::vector<std::string>> cells(1);
  std::vector<std::size_t> right;
  for (const Column& column : kColumns) {
    if (by.*column.shown) cells[0].push_back(column.heading);
  }
  for (const char* heading :
       {"REQUESTS", "REFUSED", "FALLBACK", "INPUT", "CACHED", "OUTPUT", "COST"}) {
    right.push_back(cells[0].size());
    cells[0].push_back(heading);
  }
  for (const metering::UsageSummary& row : rows) {
    auto& line = cells.emplace_back();
    for (const Column& column : kColumns) {
      if (by.*column.shown) line.push_back(cell_of(row.*column.value, names));
    }
    line.push_back(std::to_string(row.exchanges));
    line.push_back(std::to_string(row.with(metering::Outcome::refused)));
    line.push_back(std::to_string(row.with(metering::Outcome::fallback_served)));
    line.push_back(std::to_string(row.usage.input_tokens + row.usage.cache_creation_input_tokens));
    line.push_back(std::to_string(row.usage.cache_read_input_tokens));
    line.push_back(std::to_string(row.usage.output_tokens));
    line.push_back(format_usd(row.cost_nano_usd));
  }
  return format_table(cells, right);
}

Result<std::vector<metering::UsageSummary>> read_usage(const Place& place,
                                                       const metering::UsageQuery& query,
                                                       KeyNames& names) {
  auto store = open_store(place, false);
  if (!store) return Failure(store.error());
  auto connection = (*store)->connect();
  if (!connection) return Failure(connection.error());
  if (auto done = metering::migrate_usage(**connection); !done) return Failure(done.error());
  if (query.by.key) {
    auto pepper = access::Pepper::load_or_create(pepper_path(place.data_dir));
    if (!pepper) return Failure(pepper.error());
    SystemClock clock;
    SystemRandom random;
    auto admin = access::KeyAdmin::open(
        **store, std::make_shared<const access::Pepper>(std::move(*pepper)), clock, random);
    if (!admin) return Failure(admin.error());
    auto keys = admin->list();
    if (!keys) return Failure(keys.error());
    for (const access::ApiKey& key : *keys) names[key.id] = key.name;
  }
  return metering::summarise_usage(**connection, query);
}

int usage(const Options& options) {
  metering::UsageQuery query;
  if (const auto wrong = read_query(options, query)) {
    complain(*wrong);
    return kBadInput;
  }
  const auto place = find_place(options.place, false);
  if (!place) return failed("cannot read usage", place.error());
  const auto flushed = ask_gateway(place->data_dir, kFlush);
  if (!flushed && flushed.error().code != Code::not_found)
    complain("not all is written yet: " + flushed.error().detail);
  KeyNames names;
  const auto rows = read_usage(*place, query, names);
  if (!rows) return failed("cannot read usage", rows.error());
  if (!options.json) {
    print(table_of(*rows, names, query.by));
    return kDone;
  }
  std::string out = "[";
  for (const metering::UsageSummary& row : *rows)
    out += (out.size() > 1 ? ",\n " : "") + json_of(row, query.by, names);
  print_line(out + "]");
  return kDone;
}

}  // namespace

void add_usage(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("usage", "Sum up what was used and what it cost.");
  verb->footer(kHelp);
  auto options = std::make_shared<Options>();
  add_place_options(*verb, options->place);
  verb->add_option("--since", options->since, "first day; without it 30 days ago");
  verb->add_option("--until", options->until, "the day after the last; without it until now");
  verb->add_option("--by", options->by, "rows by these: day, org, workspace, key, user, model")
      ->delimiter(',')
      ->check(CLI::IsMember({"day", "org", "workspace", "key", "user", "model"}))
      ->capture_default_str();
  verb->add_option("--org", options->only.organisation, "only this organisation");
  verb->add_option("--workspace", options->only.workspace, "only this workspace");
  verb->add_option("--key", options->only.key_id, "only this key (key_…)");
  verb->add_option("--user", options->only.end_user, "only this end user");
  verb->add_option("--model", options->only.model, "only this model");
  verb->add_flag("--json", options->json, "as a JSON array; cost in nano-dollars too");
  verb->callback([options, &action] { action = [options] { return usage(*options); }; });
}

}  // namespace sallyport::cli
