#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/clock.h"
#include "crypto/aead.h"
#include "vault/root_key.h"

extern char** environ;

namespace sallyport::vault {
namespace {

constexpr std::size_t kMaxOutputBytes = 64u << 10;

struct Pipe {
  int read = -1;
  int write = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) == 0) {
      read = ends[0];
      write = ends[1];
    }
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_read() {
    if (read >= 0) ::close(std::exchange(read, -1));
  }
  void close_write() {
    if (write >= 0) ::close(std::exchange(write, -1));
  }
};

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 200 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// What the program prints, until it closes its output or the time is up.
bool read_output(int fd, std::string& output) {
  const SystemClock clock;
  const Instant end = clock.now() + std::chrono::milliseconds(CommandRootKey::kTimeoutMillis);
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - clock.now()).count();
    pollfd poll_fd{fd, POLLIN, 0};
    const int ready = left > 0 ? ::poll(&poll_fd, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0) return false;
    if (got == 0) return true;
    output.append(buffer, static_cast<std::size_t>(got));
    crypto::wipe(buffer);
    if (output.size() > kMaxOutputBytes) return false;
  }
}

}  // namespace

Result<std::string> CommandRootKey::call(std::vector<std::string> arguments,
                                         std::string_view input) {
  const std::string what = "key service, " + arguments.front();
  if (command_.empty()) return fail(Code::config, what + ": no command is configured");
  Pipe in;
  Pipe out;
  if (in.write < 0 || out.write < 0) return fail(Code::io, what + ": no pipe");
  std::vector<std::string> words = command_;
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, 1);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(Code::unavailable, what + ": the command cannot be started");
  out.close_write();
  // Keys are smaller than a pipe's buffer, so this does not block; and while our own reading end is
  // open, a child that does not read raises no SIGPIPE.
  const bool written = input.empty() || ::write(in.write, input.data(), input.size()) ==
                                            static_cast<ssize_t>(input.size());
  in.close_write();
  in.close_read();
  std::string output;
  const bool read = read_output(out.read, output);
  if (!read) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!written || !read || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    crypto::wipe(output);
    return fail(Code::unavailable, what + ": the command failed or took too long");
  }
  return output;
}

Result<std::string> CommandRootKey::next() {
  Result<std::string> id = call({"next"}, {});
  if (!id) return id;
  while (id->ends_with('\n')) id->pop_back();
  if (!is_id(*id))
    return fail(Code::protocol,
                "key service, next: the id has characters outside of a-z, 0-9 and -");
  return id;
}

Result<std::string> CommandRootKey::wrap(const std::string& id, const crypto::SecretBytes& key) {
  return call({"wrap", id}, key.view());
}

Result<crypto::SecretBytes> CommandRootKey::unwrap(const std::string& id,
                                                   std::string_view wrapped) {
  Result<std::string> key = call({"unwrap", id}, wrapped);
  if (!key) return Failure(key.error());
  crypto::SecretBytes secret{std::string_view(*key)};
  crypto::wipe(*key);
  if (secret.size() != crypto::kAeadKeyBytes)
    return fail(Code::protocol, "key service, unwrap: not a key of 32 bytes");
  return secret;
}

Result<void> CommandRootKey::keep_only(const std::string& id) {
  const Result<std::string> done = call({"keep-only", id}, {});
  return done ? Result<void>() : Failure(done.error());
}

}  // namespace sallyport::vault
