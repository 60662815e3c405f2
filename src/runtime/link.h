#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/response_parser.h"
#include "runtime/resolver.h"
#include "runtime/transport.h"

namespace sallyport::runtime {

class Pool;

// Who uses a link for one request and its response.
class LinkUser {
 public:
  virtual ~LinkUser() = default;
  virtual void on_link_ready(bool reused) = 0;
  // No connection came about; no byte of a request was sent.
  virtual void on_link_failed(const Error& error) = 0;
  virtual void on_link_bytes(std::string_view bytes) = 0;
  virtual void on_link_sent() = 0;
  virtual void on_link_eof() = 0;
  virtual void on_link_broken(const Error& error) = 0;
};

// One connection to an upstream: name, TCP, perhaps a CONNECT proxy, perhaps TLS; then used by one
// LinkUser after another. Belongs to a Pool and its loop; alive while its pool, a user or a handler
// holds it.
class Link final : public TransportUser, public std::enable_shared_from_this<Link> {
 public:
  explicit Link(std::shared_ptr<Pool> pool);
  ~Link() override;

  void connect(LinkUser& user);
  // An idle link: its user is told at once that it is ready.
  void reuse(LinkUser& user);
  // The response is complete and the connection can serve another request.
  void release();
  // At once and for good; its user hears nothing more.
  void close();
  bool quiet();

  Transport& transport() { return *transport_; }

 private:
  enum class State : std::uint8_t { connecting, proxying, securing, busy, idle, closed };

  void try_next_address();
  void connected();
  void ask_proxy();
  void read_proxy(std::string_view bytes);
  void secure();
  void ready(bool reused);
  void failed(Error error);

  void on_secured() override;
  void on_bytes(std::string_view bytes) override;
  void on_eof() override;
  void on_broken(const Error& error) override;
  void on_sent() override;
  void on_timer();

  std::shared_ptr<Pool> pool_;
  LinkUser* user_ = nullptr;
  State state_ = State::connecting;
  std::vector<Endpoint> addresses_;
  std::size_t next_address_ = 0;
  std::string last_error_;
  StreamSocket socket_;  // until connected; then the transport's
  std::shared_ptr<Transport> transport_;
  std::unique_ptr<http::ResponseParser> proxy_answer_;
  Timer timer_;  // one address while connecting; how long it may be kept while idle
};

}  // namespace sallyport::runtime
