#pragma once

#include <string>

#include "base/result.h"
#include "cli/gateway.h"

namespace sallyport::cli {

// Makes a key and prints where the gateway is, the key and three commands to try.
Result<void> greet(Gateway& gateway, const std::string& data_dir);

}  // namespace sallyport::cli
