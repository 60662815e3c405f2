#include "cli/policy_files.h"

#include <algorithm>

#include "base/files.h"
#include "cli/terminal.h"
#include "policy/time_text.h"

namespace sallyport::cli {
namespace {

constexpr std::uint64_t kMaxLinesBytes = 1u << 30;

}  // namespace

int refused(std::string_view what, const Error& error) {
  complain(std::string(what) + ": " + error.detail);
  return kBadInput;
}

Result<WallTime> read_moment(const std::string& text) {
  if (text.empty()) return SystemClock().wall();
  const auto read = policy::parse_time(text);
  if (!read) return fail(Code::invalid, "write times as 2026-06-12T17:21:00-04:00 or 2026-06-12");
  return *read;
}

Result<policy::Program> read_program(const std::string& path, WallTime at) {
  RealFiles files;
  auto read = policy::load_policy(files, path);
  if (!read) return Failure(read.error());
  return policy::Program::compile(std::make_shared<const policy::Policy>(std::move(*read)), at);
}

Result<policy::Principal> read_principal_file(const std::string& path) {
  RealFiles files;
  const auto text = files.read(path, policy::kMaxPrincipalBytes);
  if (!text) return Failure(text.error());
  return policy::read_principal(*text);
}

Result<std::vector<policy::Principal>> read_principal_lines(const std::string& path) {
  RealFiles files;
  const auto text = files.read(path, kMaxLinesBytes);
  if (!text) return Failure(text.error());
  std::vector<policy::Principal> out;
  std::string_view left = *text;
  for (std::size_t line = 1; !left.empty(); ++line) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view one = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto read = policy::read_principal(one);
    if (!read) return fail_within(path + ": line " + std::to_string(line), read.error());
    out.push_back(std::move(*read));
  }
  return out;
}

Result<std::string> pick_surface(const policy::Policy& policy, const std::string& wanted) {
  if (wanted.empty() && policy.surfaces.size() == 1) return policy.surfaces.front();
  if (std::find(policy.surfaces.begin(), policy.surfaces.end(), wanted) != policy.surfaces.end())
    return wanted;
  std::string names;
  for (const std::string& surface : policy.surfaces) names += (names.empty() ? "" : ", ") + surface;
  return fail(Code::invalid, "choose a surface of the policy with --surface: " + names);
}

}  // namespace sallyport::cli
