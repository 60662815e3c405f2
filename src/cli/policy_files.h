#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/program.h"

// What the verbs about policies read: without a server, without a store.
namespace sallyport::cli {

// Complains about a document or an option that cannot be used, whatever its error: kBadInput.
int refused(std::string_view what, const Error& error);
// An empty text is now.
Result<WallTime> read_moment(const std::string& text);
Result<policy::Program> read_program(const std::string& path, WallTime at);
Result<policy::Principal> read_principal_file(const std::string& path);
// One principal a line; errors name the line.
Result<std::vector<policy::Principal>> read_principal_lines(const std::string& path);
// `wanted`, or the policy's only surface; Code::invalid names the surfaces where that is unclear.
Result<std::string> pick_surface(const policy::Policy& policy, const std::string& wanted);

}  // namespace sallyport::cli
