#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

// Databases for tests of this room and of those above; not part of the library.
namespace sallyport::store::testing {

// A folder that goes with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sallyport-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) != nullptr ? name : "";
  }
  ~TempFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void wait_ms(int milliseconds) { ::poll(nullptr, 0, milliseconds); }

// Debian's PostgreSQL server as a child of the test, on a Unix socket in a folder of its own. It
// refuses to run as root, and then runs as the user "postgres" that its package makes.
class PostgresServer {
 public:
  // One for the whole test program; nullptr where the server is not installed.
  static PostgresServer* shared() {
    static const std::unique_ptr<PostgresServer> server = make();
    return server.get();
  }

  ~PostgresServer() { stop(); }

  // A conninfo for a fresh, empty database.
  std::string new_database() {
    const std::string name = "t" + std::to_string(++databases_);
    auto store = open_postgres(conninfo("postgres"));
    if (!store) return {};
    auto connection = (*store)->connect();
    if (!connection || !(*connection)->script("CREATE DATABASE " + name)) return {};
    return conninfo(name);
  }

  bool start() {
    child_ = spawn({bin_ + "/postgres", "-D", data(), "-k", folder_.path(), "-c",
                    "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=20"});
    for (int tries = 0; child_ > 0 && tries < 300; ++tries) {
      if (open_postgres(conninfo("postgres"))) return true;
      wait_ms(100);
    }
    return false;
  }

  void stop() {
    if (child_ <= 0) return;
    ::kill(child_, SIGQUIT);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

 private:
  static std::unique_ptr<PostgresServer> make() {
    std::unique_ptr<PostgresServer> server(std::make_unique<PostgresServer>(Unstarted{}));
    if (!server->find_programs()) return nullptr;
    if (!server->init() || !server->start()) {
      ADD_FAILURE() << "PostgreSQL is installed but does not start";
      return nullptr;
    }
    return server;
  }

 public:
  struct Unstarted {};
  explicit PostgresServer(Unstarted) {}

 private:
  std::string data() const { return folder_.file("data"); }
  std::string conninfo(const std::string& database) const {
    return "host=" + folder_.path() + " user=sallyport dbname=" + database;
  }

  bool find_programs() {
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
      const std::string bin = (version.path() / "bin").string();
      if (::access((bin + "/initdb").c_str(), X_OK) == 0) bin_ = bin;
    }
    if (::geteuid() == 0) {
      const passwd* const user = ::getpwnam("postgres");
      if (user == nullptr) return false;
      user_ = {user->pw_uid, user->pw_gid};
      if (::chown(folder_.path().c_str(), user_->first, user_->second) != 0) return false;
    }
    return !bin_.empty();
  }

  bool init() {
    const pid_t child = spawn({bin_ + "/initdb", "-D", data(), "-U", "sallyport", "-A", "trust",
                               "-E", "UTF8", "--locale=C", "--no-sync"});
    int status = -1;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
  }

  pid_t spawn(const std::vector<std::string>& words) const {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const std::string log = folder_.file("log");
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (user_ && (::setgid(user_->second) != 0 || ::setuid(user_->first) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (::chdir("/") != 0) ::_exit(126);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  TempFolder folder_;
  std::string bin_;
  std::optional<std::pair<uid_t, gid_t>> user_;
  pid_t child_ = -1;
  int databases_ = 0;
};

// A test that runs once on each database. Use with INSTANTIATE_TEST_SUITE_P and
// Values(Dialect::sqlite, …).
class OnBothDatabases : public ::testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    if (GetParam() == Dialect::sqlite) {
      store_ = open_sqlite(folder_.file("test.db")).value();
      return;
    }
    server_ = PostgresServer::shared();
    if (server_ == nullptr) {
      GTEST_SKIP() << "PostgreSQL's server is not installed; apt-get install postgresql";
    }
    store_ = open_postgres(server_->new_database()).value();
  }

  TempFolder folder_;
  PostgresServer* server_ = nullptr;
  std::unique_ptr<Store> store_;
};

inline std::string dialect_name(const ::testing::TestParamInfo<Dialect>& info) {
  return info.param == Dialect::sqlite ? "Sqlite" : "Postgres";
}

}  // namespace sallyport::store::testing
