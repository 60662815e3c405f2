#include "runtime/pooled_attempt.h"

#include "http/writer.h"

namespace sallyport::runtime {
namespace {

http::HeadLimits head_limits(const ServerConfig& config) {
  http::HeadLimits limits;
  limits.max_header_bytes = config.max_upstream_head_bytes;
  limits.max_fields = 256;
  return limits;
}

}  // namespace

PooledAttempt::PooledAttempt(std::shared_ptr<Pool> pool, exchange::AttemptId id,
                             exchange::UpstreamCall call, AttemptListener& listener)
    : pool_(std::move(pool)),
      id_(id),
      listener_(listener),
      connect_timeout_(call.upstream->connect_timeout),
      first_byte_timeout_(call.upstream->first_byte_timeout),
      idle_timeout_(call.upstream->idle_timeout),
      may_retry_(call.upstream->retry_reused),
      call_(std::move(call)),
      timer_(pool_->context().loop.wheel(), [this] { on_timeout(); }),
      parser_(head_limits(pool_->context().config)) {}

PooledAttempt::~PooledAttempt() = default;

void PooledAttempt::start() {
  if (!write_head()) {
    pool_->context().loop.defer([weak = weak_from_this()] {
      if (const auto self = weak.lock())
        self->fail(Code::invalid, "the request head cannot be written");
    });
    return;
  }
  timer_.set(connect_timeout_);
  pool_->acquire(shared_from_this(), false);
}

bool PooledAttempt::write_head() {
  http::RequestHead& head = call_.head;
  if (head.target.empty())
    head.target = head.query.empty() ? head.path : head.path + "?" + head.query;
  head.headers.remove("host");
  head.headers.list().insert(head.headers.list().begin(),
                             http::Header{"Host", pool_->host_header()});
  head.keep_alive = true;
  head.chunked = false;
  head.expects_continue = false;
  head.content_length.reset();
  const bool has_content = !call_.body.empty() || (head.method != "GET" && head.method != "HEAD");
  if (has_content) head.content_length = call_.body.size();
  if (!http::append_request_head(head_bytes_, head)) return false;
  body_ = std::make_shared<const std::string>(std::move(call_.body));
  return true;
}

void PooledAttempt::on_link_ready(bool reused) {
  reused_ = reused;
  phase_ = Phase::waiting;
  timer_.set(first_byte_timeout_);
  link_->transport().write(std::string_view(head_bytes_));
  link_->transport().write(body_);
}

void PooledAttempt::on_link_sent() {
  wrote_ = wrote_ || link_->transport().sent_any();
  if (phase_ == Phase::waiting) timer_.set(first_byte_timeout_);
}

void PooledAttempt::on_link_failed(const Error& error) {
  link_.reset();
  fail(error.code, error.detail);
}

void PooledAttempt::on_link_bytes(std::string_view bytes) {
  if (phase_ != Phase::waiting && phase_ != Phase::receiving) return;
  const auto self = shared_from_this();
  if (!paused_) timer_.set(phase_ == Phase::receiving ? idle_timeout_ : first_byte_timeout_);
  if (phase_ == Phase::waiting && !read_head(bytes)) return;
  while (!bytes.empty() && reader_.progress() == http::Progress::need_more) {
    if (!read_body(bytes)) return;
  }
  if (reader_.progress() == http::Progress::failed)
    return fail(Code::protocol, std::string(reader_.refusal().detail));
  if (reader_.progress() == http::Progress::complete) complete(!bytes.empty());
}

// False where there is nothing to go on with: more bytes are needed, or the attempt is over.
bool PooledAttempt::read_head(std::string_view& bytes) {
  const auto fed = parser_.feed(bytes);
  bytes.remove_prefix(fed.consumed);
  if (fed.progress == http::Progress::failed) {
    fail(Code::protocol, std::string(parser_.refusal().detail));
    return false;
  }
  if (fed.progress == http::Progress::need_more) return false;
  http::BodyLimits limits;
  limits.max_bytes = pool_->context().config.max_upstream_body_bytes;
  reader_ = http::BodyReader(parser_.head(), call_.head.method == "HEAD", limits);
  phase_ = Phase::receiving;
  body_.reset();
  if (!paused_) timer_.set(idle_timeout_);
  listener_.on_attempt_head(id_, parser_.head());
  return phase_ == Phase::receiving;
}

bool PooledAttempt::read_body(std::string_view& bytes) {
  const auto part = reader_.read(bytes);
  bytes.remove_prefix(part.consumed);
  if (!part.data.empty()) listener_.on_attempt_body(id_, part.data);
  return phase_ == Phase::receiving;
}

void PooledAttempt::complete(bool leftover) {
  // Bytes beyond the response mean that its end is in doubt.
  if (leftover) return fail(Code::protocol, "bytes beyond the end of the response");
  phase_ = Phase::done;
  timer_.clear();
  const std::shared_ptr<Link> link = std::move(link_);
  // An answer that came before the whole request was sent leaves the rest on the connection.
  if (parser_.head().keep_alive && link->transport().unsent() == 0) {
    link->release();
  } else {
    link->close();
  }
  listener_.on_attempt_end(id_);
}

void PooledAttempt::on_link_eof() {
  if (phase_ == Phase::receiving && reader_.finish() == http::Progress::complete)
    return complete(false);
  lost("closed before the response was complete");
}

void PooledAttempt::on_link_broken(const Error& error) {
  wrote_ = wrote_ || link_->transport().sent_any();
  if (error.code == Code::protocol) return fail(Code::protocol, error.detail);
  lost(error.detail);
}

void PooledAttempt::lost(const std::string& how) {
  if (phase_ == Phase::waiting && reused_ && parser_.idle() && !retried_ && may_retry_) {
    retried_ = true;
    pool_->counts().retries.add();
    pool_->context().loop.bury(link_);
    link_->close();
    link_.reset();
    phase_ = Phase::connecting;
    wrote_ = false;
    timer_.set(connect_timeout_);
    pool_->acquire(shared_from_this(), true);
    return;
  }
  fail(Code::reset, how);
}

void PooledAttempt::on_timeout() {
  const auto self = shared_from_this();
  switch (phase_) {
    case Phase::connecting:
      return fail(Code::timeout, "no connection in time");
    case Phase::waiting:
      return fail(Code::timeout, "no response in time");
    case Phase::receiving:
      return fail(Code::timeout, "the response stalled");
    case Phase::done:
      return;
  }
}

void PooledAttempt::fail(Code code, std::string detail) {
  if (phase_ == Phase::done) return;
  // A retried request may have been read the first time, whatever became of the second.
  const bool nothing_sent = !wrote_ && !retried_;
  cancel();
  listener_.on_attempt_failure(id_, {code, nothing_sent, std::move(detail)});
}

void PooledAttempt::cancel() {
  if (phase_ == Phase::done) return;
  phase_ = Phase::done;
  timer_.clear();
  if (!link_) return;
  pool_->context().loop.bury(link_);
  link_->close();
  link_.reset();
}

void PooledAttempt::pause() {
  if (paused_ || phase_ == Phase::done) return;
  paused_ = true;
  if (phase_ != Phase::receiving) return;
  timer_.clear();
  link_->transport().pause();
}

void PooledAttempt::resume() {
  if (!paused_) return;
  paused_ = false;
  if (phase_ != Phase::receiving) return;
  timer_.set(idle_timeout_);
  link_->transport().read();
}

}  // namespace sallyport::runtime
