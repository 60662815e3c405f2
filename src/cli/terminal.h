#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/document.h"

// What verbs print. Answers go to standard output, everything else to standard error.
namespace sallyport::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadInput = 2;

void print(std::string_view text);       // standard output, as it is
void print_line(std::string_view text);  // and a line end
void complain(std::string_view text);    // standard error: "sallyport: …"
// Complains and returns the exit code that fits the error.
int failed(std::string_view doing, const Error& error);
// Every problem of the document on a line of its own, then how many.
int print_problems(const config::Document& document);

// Columns as wide as their widest cell; the first row is the heading. Columns in `right` are
// aligned to the right.
std::string format_table(const std::vector<std::vector<std::string>>& rows,
                         const std::vector<std::size_t>& right = {});
// "$12.34", with as many decimals as matter and two at least.
std::string format_usd(std::int64_t nano_usd);

}  // namespace sallyport::cli
