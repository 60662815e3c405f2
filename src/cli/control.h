#pragma once

#include <string>

#include "base/result.h"

// The control socket: a running gateway answers a few POSTs on data_dir/control.sock (mode 0600),
// so that verbs take effect at once.
namespace sallyport::cli {

inline constexpr char kControlListener[] = "control";
inline constexpr char kReloadKeys[] = "/reload-keys";
inline constexpr char kReloadConfig[] = "/reload-config";
inline constexpr char kFlush[] = "/flush";

std::string control_socket(const std::string& data_dir);

// Asks the gateway that runs on `data_dir` and returns its answer's body. Code::not_found where
// none runs; waits ten seconds at most.
Result<std::string> ask_gateway(const std::string& data_dir, const std::string& path);

}  // namespace sallyport::cli
