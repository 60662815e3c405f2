#pragma once

#include <string>
#include <vector>

namespace sallyport::config {

// One thing that is wrong with a configuration file.
struct Problem {
  int line = 0;  // from 1; 0 where no line is meant
  int column = 0;
  std::string what;  // "limits.requests_per_minute: must be at least 1, found 0"
  std::string hint;  // what to do; may be empty
};

// "sallyport.toml:12:5: what (hint)"
std::string describe(const std::string& file, const Problem& problem);

}  // namespace sallyport::config
