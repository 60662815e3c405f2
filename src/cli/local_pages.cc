#include "cli/local_pages.h"

#include "cli/control.h"

namespace sallyport::cli {
namespace {

using runtime::LocalResponse;

LocalResponse plain(int status, std::string body) {
  LocalResponse response;
  response.status = status;
  response.headers.add("content-type", "text/plain; charset=utf-8");
  response.headers.add("cache-control", "no-store");
  response.body = std::move(body);
  return response;
}

LocalResponse run_later(const std::function<Result<std::string>()>& work) {
  LocalResponse response;
  response.later = [work] {
    auto done = work();
    return done ? plain(200, std::move(*done)) : plain(503, done.error().detail);
  };
  return response;
}

LocalResponse metrics_page(const metrics::Registry* registry) {
  LocalResponse response;
  response.later = [registry] {
    LocalResponse page;
    page.headers.add("content-type", metrics::kExpositionContentType);
    page.headers.add("cache-control", "no-store");
    page.body = registry->expose();
    return page;
  };
  return response;
}

LocalResponse control(const LocalPages& pages, const std::string& path) {
  if (path == kReloadKeys) return run_later(pages.reload_keys);
  if (path == kReloadConfig) return run_later(pages.reload_config);
  if (path == kFlush) return run_later(pages.flush);
  return plain(404, "unknown command\n");
}

}  // namespace

runtime::LocalHandler make_local_handler(LocalPages pages) {
  return
      [pages = std::move(pages)](const exchange::Arrival& arrival) -> std::optional<LocalResponse> {
        const std::string& path = arrival.head.path;
        const bool reads = arrival.head.method == "GET" || arrival.head.method == "HEAD";
        if (arrival.listener == kControlListener) {
          return arrival.head.method == "POST" ? control(pages, path) : plain(405, "use POST\n");
        }
        if (!reads) return std::nullopt;
        if (path == "/healthz") return plain(200, "ok\n");
        if (path == "/readyz")
          return pages.ready() ? plain(200, "ready\n") : plain(503, "not ready\n");
        if (path == "/metrics" && pages.metrics_listeners.contains(arrival.listener))
          return metrics_page(pages.registry);
        return std::nullopt;
      };
}

}  // namespace sallyport::cli
