#include "http/content_coding.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <array>

#include "http/message.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kBlockBytes = 32u << 10;
constexpr int kMaxZstdWindowLog = 23;  // 8 MiB, as RFC 9659 has it for HTTP

Failure not_decodable() {
  return fail(Code::malformed, "http: body does not decode as its content-encoding says",
              Source::client);
}

Failure too_large() {
  return fail(Code::too_large, "http: body too large after decoding", Source::client);
}

}  // namespace

// One step of a decoder: takes some of the input, gives some output.
class ContentDecoder::Inflater {
 public:
  enum class State : std::uint8_t { going_on, ended, bad, too_large };
  struct Step {
    std::size_t taken = 0;
    std::size_t given = 0;
    State state = State::going_on;
  };
  virtual ~Inflater() = default;
  virtual Step step(std::string_view bytes, char* out, std::size_t room) = 0;
};

class ContentDecoder::GzipInflater final : public Inflater {
 public:
  GzipInflater() { usable_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }
  ~GzipInflater() override {
    if (usable_) inflateEnd(&stream_);
  }
  GzipInflater(const GzipInflater&) = delete;
  GzipInflater& operator=(const GzipInflater&) = delete;

  Step step(std::string_view bytes, char* out, std::size_t room) override {
    if (!usable_) return {0, 0, State::bad};
    // zlib counts in 32 bits; what is left over is taken in the next step.
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1u << 30);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // only read
    stream_.avail_in = static_cast<uInt>(size);
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    Step done{size - stream_.avail_in, room - stream_.avail_out, State::going_on};
    if (result == Z_STREAM_END) {
      done.state = State::ended;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      done.state = State::bad;
    }
    return done;
  }

 private:
  z_stream stream_{};
  bool usable_ = false;
};

class ContentDecoder::ZstdInflater final : public Inflater {
 public:
  ZstdInflater() : context_(ZSTD_createDCtx()) {
    usable_ = context_ != nullptr && !ZSTD_isError(ZSTD_DCtx_setParameter(
                                         context_.get(), ZSTD_d_windowLogMax, kMaxZstdWindowLog));
  }

  Step step(std::string_view bytes, char* out, std::size_t room) override {
    // Neither skippable frames nor those of old versions, which the library may know.
    static constexpr std::string_view kMagic = "\x28\xb5\x2f\xfd";
    const std::string_view rest = kMagic.substr(magic_bytes_).substr(0, bytes.size());
    if (!usable_ || !bytes.starts_with(rest)) return {0, 0, State::bad};
    magic_bytes_ += rest.size();

    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer output{out, room, 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &output, &input);
    Step done{input.pos, output.pos, State::going_on};
    if (ZSTD_isError(result)) {
      const bool window = ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge;
      done.state = window ? State::too_large : State::bad;
    } else if (result == 0) {
      done.state = State::ended;
    }
    return done;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool usable_ = false;
  std::size_t magic_bytes_ = 0;
};

Result<Coding> parse_content_encoding(std::string_view value) {
  value = trim_blanks(value);
  if (value.empty() || equals_ignore_case(value, "identity")) return Coding::identity;
  if (equals_ignore_case(value, "gzip") || equals_ignore_case(value, "x-gzip")) return Coding::gzip;
  if (equals_ignore_case(value, "zstd")) return Coding::zstd;
  return fail(Code::invalid, "http: content-encoding not supported; send gzip, zstd or none",
              Source::client);
}

ContentDecoder::ContentDecoder(Coding coding, const DecodeLimits& limits) : limits_(limits) {
  if (coding == Coding::gzip) inflater_ = std::make_unique<GzipInflater>();
  if (coding == Coding::zstd) inflater_ = std::make_unique<ZstdInflater>();
}
ContentDecoder::~ContentDecoder() = default;
ContentDecoder::ContentDecoder(ContentDecoder&&) noexcept = default;
ContentDecoder& ContentDecoder::operator=(ContentDecoder&&) noexcept = default;

Result<void> ContentDecoder::feed(std::string_view bytes, std::string& out) {
  if (failed_) return not_decodable();
  Result<void> fed = inflater_ == nullptr ? copy(bytes, out) : inflate_into(bytes, out);
  failed_ = !fed;
  return fed;
}

Result<void> ContentDecoder::copy(std::string_view bytes, std::string& out) {
  if (bytes.size() > limits_.max_output_bytes - given_) return too_large();
  given_ += bytes.size();
  out.append(bytes);
  return {};
}

Result<void> ContentDecoder::inflate_into(std::string_view bytes, std::string& out) {
  std::array<char, kBlockBytes> block;
  bool full = false;  // the last step filled its room, so more may come without input
  while (!bytes.empty() || full) {
    if (ended_) return not_decodable();
    const Inflater::Step step = inflater_->step(bytes, block.data(), block.size());
    bytes.remove_prefix(step.taken);
    taken_ += step.taken;
    given_ += step.given;
    full = step.given == block.size();
    if (given_ > limits_.max_output_bytes ||
        (given_ > limits_.ratio_free_bytes && given_ / limits_.max_ratio > taken_)) {
      return too_large();
    }
    if (step.state == Inflater::State::too_large) return too_large();
    if (step.state == Inflater::State::bad) return not_decodable();
    out.append(block.data(), step.given);
    if (step.state == Inflater::State::ended) {
      ended_ = true;
      full = false;
    } else if (step.taken == 0 && step.given == 0 && !bytes.empty()) {
      return not_decodable();  // no way on: never loop
    }
  }
  return {};
}

Result<void> ContentDecoder::finish() {
  if (failed_ || (inflater_ != nullptr && !ended_)) return not_decodable();
  return {};
}

Result<std::string> decode_body(Coding coding, std::string_view bytes, const DecodeLimits& limits) {
  ContentDecoder decoder(coding, limits);
  std::string out;
  Result<void> done = decoder.feed(bytes, out);
  if (done) done = decoder.finish();
  if (!done) return Failure(std::move(done.error()));
  return out;
}

}  // namespace sallyport::http
