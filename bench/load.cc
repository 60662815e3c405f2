// The load generator. One JSON object on standard output, times in microseconds.
//   bench_load latency    PORT --requests N …           one request after another on one connection
//   bench_load throughput PORT --connections N --seconds S …
//   bench_load streams    PORT --connections N …        N paced streams at once, each to its end
// Options: --path P --model M --header 'name: value' (repeated) --tokens N --stream
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench/load_client.h"
#include "bench/sockets.h"

namespace {

using bench::now_ns;

struct Options {
  bench::Plan plan;
  int requests = 300;
  int connections = 64;
  double seconds = 5;
};

double percentile_us(std::vector<std::int64_t>& ns, double p) {
  if (ns.empty()) return 0;
  std::sort(ns.begin(), ns.end());
  const auto at = static_cast<std::size_t>(p * static_cast<double>(ns.size() - 1));
  return static_cast<double>(ns[at]) / 1000.0;
}

void send_all(int fd, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno != EAGAIN) {
      bench::die("send");
    }
  }
}

// One after another: what a single caller feels. Spins on recv, so that the reader's wake-up is not
// measured.
int latency(const Options& options) {
  std::vector<std::int64_t> total, first;
  int errors = 0;
  const int fd = bench::connect_to(options.plan.port);
  bench::ResponseReader reader;
  for (int i = 0; i < options.requests; ++i) {
    const std::string request =
        bench::make_request(options.plan, static_cast<std::uint64_t>(now_ns()));
    reader.reset();
    const std::int64_t start = now_ns();
    send_all(fd, request);
    std::int64_t first_byte = 0;
    char buffer[65536];
    for (;;) {
      const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
      if (n < 0 && errno == EAGAIN) continue;
      if (n <= 0) bench::die("the connection was closed");
      if (first_byte == 0) first_byte = now_ns();
      if (reader.take(buffer, static_cast<std::size_t>(n))) break;
    }
    total.push_back(now_ns() - start);
    first.push_back(first_byte - start);
    if (reader.status() != 200) ++errors;
  }
  std::printf(
      "{\"requests\":%d,\"errors\":%d,\"p50_us\":%.1f,\"p99_us\":%.1f,\"ttfb_p50_us\":%.1f,\"ttfb_"
      "p99_us\":%.1f}\n",
      options.requests, errors, percentile_us(total, .5), percentile_us(total, .99),
      percentile_us(first, .5), percentile_us(first, .99));
  return 0;
}

struct Client {
  int fd = -1;
  bench::ResponseReader reader;
  std::int64_t started = 0;
  bool first_seen = false;
  std::size_t scanned = 0;
  bool done = false;
};

// The lateness of every token that came whole since the last look: tokens carry the moment they
// were written.
void note_tokens(Client& client, std::vector<std::int64_t>& late) {
  const std::string& bytes = client.reader.bytes();
  const std::int64_t now = now_ns();
  for (;;) {
    const std::size_t at = bytes.find("t=", client.scanned);
    if (at == std::string::npos) break;
    const std::size_t end = bytes.find(' ', at);
    if (end == std::string::npos) break;
    late.push_back(now - bench::number(std::string_view(bytes).substr(at + 2)));
    client.scanned = end;
  }
}

class Crowd {
 public:
  explicit Crowd(const Options& options) : options_(options), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    clients_.resize(static_cast<std::size_t>(options.connections));
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i].fd = bench::connect_to(options.plan.port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(poll_, EPOLL_CTL_ADD, clients_[i].fd, &event);
    }
  }

  int run(bool streams) {
    const std::int64_t begin = now_ns();
    const std::int64_t end = begin + static_cast<std::int64_t>(options_.seconds * 1e9);
    for (Client& client : clients_) ask(client);
    std::size_t open = clients_.size();
    epoll_event events[1024];
    while (open > 0 && now_ns() < end + 30'000'000'000) {
      const int n = epoll_wait(poll_, events, 1024, 1000);
      for (int i = 0; i < n; ++i) {
        Client& client = clients_[events[i].data.u64];
        if (!serve(client, streams)) continue;
        const bool again = !streams && now_ns() < end;
        if (again) {
          ask(client);
        } else if (!client.done) {
          client.done = true;
          --open;
        }
      }
    }
    report(begin, open);
    return 0;
  }

 private:
  void ask(Client& client) {
    client.reader.reset();
    client.first_seen = false;
    client.scanned = 0;
    client.started = now_ns();
    send_all(client.fd, bench::make_request(options_.plan, ++serial_));
  }

  // True when the response is complete.
  bool serve(Client& client, bool streams) {
    char buffer[65536];
    const ssize_t n = recv(client.fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) {
      ++broken_;
      epoll_ctl(poll_, EPOLL_CTL_DEL, client.fd, nullptr);
      return true;
    }
    if (!client.first_seen) {
      client.first_seen = true;
      first_.push_back(now_ns() - client.started);
    }
    const bool complete = client.reader.take(buffer, static_cast<std::size_t>(n));
    if (streams) note_tokens(client, late_);
    if (complete) {
      total_.push_back(now_ns() - client.started);
      if (client.reader.status() != 200) ++errors_;
    }
    return complete;
  }

  void report(std::int64_t begin, std::size_t open) {
    const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
    std::printf(
        "{\"requests\":%zu,\"errors\":%d,\"broken\":%d,\"unfinished\":%zu,\"seconds\":%.3f,\"rps\":"
        "%.1f,\"p50_us\":%.1f,"
        "\"p99_us\":%.1f,\"ttfb_p50_us\":%.1f,\"ttfb_p99_us\":%.1f,\"tokens\":%zu,\"late_p50_us\":%"
        ".1f,\"late_p99_us\":%.1f}\n",
        total_.size(), errors_, broken_, open, seconds,
        static_cast<double>(total_.size()) / seconds, percentile_us(total_, .5),
        percentile_us(total_, .99), percentile_us(first_, .5), percentile_us(first_, .99),
        late_.size(), percentile_us(late_, .5), percentile_us(late_, .99));
  }

  Options options_;
  int poll_;
  std::vector<Client> clients_;
  std::uint64_t serial_ = static_cast<std::uint64_t>(now_ns());
  std::vector<std::int64_t> total_, first_, late_;
  int errors_ = 0;
  int broken_ = 0;
};

Options parse(int argc, char** argv) {
  Options options;
  options.plan.port = static_cast<std::uint16_t>(bench::number(argv[2]));
  for (int i = 3; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--stream") {
      options.plan.stream = true;
      continue;
    }
    if (i + 1 >= argc) bench::die("an option lacks its value: " + name);
    const char* value = argv[++i];
    if (name == "--requests")
      options.requests = static_cast<int>(bench::number(value));
    else if (name == "--connections")
      options.connections = static_cast<int>(bench::number(value));
    else if (name == "--seconds")
      options.seconds = static_cast<double>(bench::number(value));
    else if (name == "--path")
      options.plan.path = value;
    else if (name == "--model")
      options.plan.model = value;
    else if (name == "--header")
      options.plan.headers.emplace_back(value);
    else if (name == "--max-tokens")
      options.plan.max_tokens = static_cast<int>(bench::number(value));
    else if (name == "--tokens")
      options.plan.prompt_tokens = static_cast<int>(bench::number(value));
    else
      bench::die("unknown option " + name);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) bench::die("usage: bench_load latency|throughput|streams PORT [options]");
  Options options = parse(argc, argv);
  const std::string mode = argv[1];
  if (mode == "latency") return latency(options);
  if (mode == "throughput") return Crowd(options).run(false);
  if (mode == "streams") {
    options.plan.stream = true;
    options.seconds = 0;
    return Crowd(options).run(true);
  }
  bench::die("unknown mode " + mode);
}
