#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "runtime/hooks.h"

namespace sallyport::cli {

// What the gateway answers about itself.
struct LocalPages {
  const metrics::Registry* registry = nullptr;
  std::set<std::string> metrics_listeners;
  std::function<bool()> ready;  // must not block
  // Of the control socket; on a worker thread.
  std::function<Result<std::string>()> reload_keys;
  std::function<Result<std::string>()> reload_config;
  std::function<Result<std::string>()> flush;
};

// /healthz and /readyz on every listener, /metrics where the listener has it, and the control
// socket's paths.
runtime::LocalHandler make_local_handler(LocalPages pages);

}  // namespace sallyport::cli
