#include "cli/terminal.h"

#include <algorithm>
#include <iostream>

namespace sallyport::cli {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 have no width.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

}  // namespace

void print(std::string_view text) { std::cout << text << std::flush; }
void print_line(std::string_view text) { std::cout << text << std::endl; }
void complain(std::string_view text) { std::cerr << "sallyport: " << text << std::endl; }

int failed(std::string_view doing, const Error& error) {
  complain(std::string(doing) + ": " + error.detail);
  return error.code == Code::config || error.code == Code::invalid ? kBadInput : kFailed;
}

int print_problems(const config::Document& document) {
  const auto problems = document.problems();
  for (const config::Problem& problem : problems)
    std::cerr << describe(document.file_name(), problem) << '\n';
  const std::size_t count = problems.size();
  complain(document.file_name() + " has " + std::to_string(count) +
           (count == 1 ? " problem" : " problems") + "; see docs/configuration.md");
  return kBadInput;
}

std::string format_table(const std::vector<std::vector<std::string>>& rows,
                         const std::vector<std::size_t>& right) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width(row[i]), ' ');
      const bool to_right = std::find(right.begin(), right.end(), i) != right.end();
      line += (i == 0 ? "" : "  ") + (to_right ? padding + row[i] : row[i] + padding);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string format_usd(std::int64_t nano_usd) {
  const bool negative = nano_usd < 0;
  const auto nano =
      negative ? 0 - static_cast<std::uint64_t>(nano_usd) : static_cast<std::uint64_t>(nano_usd);
  std::string decimals = std::to_string(nano % 1'000'000'000);
  decimals.insert(0, 9 - decimals.size(), '0');
  while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
  return (negative ? "-$" : "$") + std::to_string(nano / 1'000'000'000) + "." + decimals;
}

}  // namespace sallyport::cli
