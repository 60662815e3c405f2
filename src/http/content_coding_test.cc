#include "http/content_coding.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "base/random.h"

namespace sallyport::http {
namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text, int window_log = 0) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  // Without a content size the frame states its window.
  if (window_log != 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  }
  std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  if (window_log != 0) ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
  EXPECT_EQ(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end), 0u);
  out.resize(output.pos);
  ZSTD_freeCCtx(context);
  return out;
}

std::string encoded(Coding coding, const std::string& text) {
  if (coding == Coding::gzip) return gzip(text);
  return coding == Coding::zstd ? zstd(text) : text;
}

std::string noise(std::size_t size, std::uint64_t seed) {
  SeededRandom random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>('a' + random.below(20));
  return text;
}

Code failure(const Result<std::string>& result) {
  return result ? Code::internal : result.error().code;
}

TEST(ContentCoding, readsTheFieldStrictly) {
  EXPECT_EQ(*parse_content_encoding(""), Coding::identity);
  EXPECT_EQ(*parse_content_encoding("Identity"), Coding::identity);
  EXPECT_EQ(*parse_content_encoding(" GZIP "), Coding::gzip);
  EXPECT_EQ(*parse_content_encoding("x-gzip"), Coding::gzip);
  EXPECT_EQ(*parse_content_encoding("zstd"), Coding::zstd);
  for (const std::string_view value :
       {"br", "deflate", "gzip, gzip", "gzip,zstd", "gzip;q=1", "gzip, identity", ","}) {
    const Result<Coding> coding = parse_content_encoding(value);
    ASSERT_FALSE(coding) << value;
    EXPECT_EQ(coding.error().code, Code::invalid);
    EXPECT_EQ(coding.error().source, Source::client);
  }
}

TEST(ContentCoding, decodes) {
  for (const Coding coding : {Coding::identity, Coding::gzip, Coding::zstd}) {
    for (const std::size_t size : {0u, 1u, 1000u, 32u << 10, 300'000u}) {
      const std::string text = noise(size, size);
      const Result<std::string> decoded = decode_body(coding, encoded(coding, text));
      ASSERT_TRUE(decoded) << decoded.error().detail;
      EXPECT_EQ(*decoded, text);
    }
  }
}

TEST(ContentCoding, decodesTheSameInAnyPieces) {
  SeededRandom random(41);
  for (int round = 0; round < 300; ++round) {
    const Coding coding = round % 2 == 0 ? Coding::gzip : Coding::zstd;
    const std::string text = noise(random.below(100'000), random.next_u64());
    const std::string bytes = encoded(coding, text);
    ContentDecoder decoder(coding);
    std::string out;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::string piece = bytes.substr(at, random.below(1 + random.below(bytes.size())));
      ASSERT_TRUE(decoder.feed(piece, out));
      at += piece.size();
    }
    ASSERT_TRUE(decoder.finish());
    ASSERT_EQ(out, text);
  }
}

TEST(ContentCoding, refusesWhatIsHurtOrCutOrFollowedByMore) {
  for (const Coding coding : {Coding::gzip, Coding::zstd}) {
    const std::string bytes = encoded(coding, noise(5000, 1));
    EXPECT_EQ(failure(decode_body(coding, "")), Code::malformed);
    EXPECT_EQ(failure(decode_body(coding, "plain text")), Code::malformed);
    EXPECT_EQ(failure(decode_body(coding, bytes.substr(0, bytes.size() - 1))), Code::malformed);
    EXPECT_EQ(failure(decode_body(coding, bytes + "x")), Code::malformed);
    EXPECT_EQ(failure(decode_body(coding, bytes + bytes)), Code::malformed);
    std::string hurt = bytes;
    hurt[hurt.size() / 2] = static_cast<char>(hurt[hurt.size() / 2] ^ 0x10);
    EXPECT_EQ(failure(decode_body(coding, hurt)), Code::malformed);
    ContentDecoder decoder(coding);
    std::string out;
    EXPECT_TRUE(decoder.feed(bytes, out));
    EXPECT_TRUE(decoder.finish());
    EXPECT_FALSE(decoder.feed("x", out));
    EXPECT_FALSE(decoder.finish());
  }
}

TEST(ContentCoding, refusesSkippableFramesAndLargeWindows) {
  const std::string skippable = std::string("\x50\x2a\x4d\x18\x01\0\0\0x", 9);
  EXPECT_EQ(failure(decode_body(Coding::zstd, skippable)), Code::malformed);
  EXPECT_EQ(failure(decode_body(Coding::zstd, skippable + zstd("x"))), Code::malformed);
  const std::string text = noise(50'000, 2);
  EXPECT_TRUE(decode_body(Coding::zstd, zstd(text, 23)));
  EXPECT_EQ(failure(decode_body(Coding::zstd, zstd(text, 24))), Code::too_large);
}

TEST(ContentCoding, boundsTheOutput) {
  for (const Coding coding : {Coding::identity, Coding::gzip, Coding::zstd}) {
    const std::string bytes = encoded(coding, noise(100'000, 3));
    EXPECT_TRUE(decode_body(coding, bytes, {.max_output_bytes = 100'000}));
    EXPECT_EQ(failure(decode_body(coding, bytes, {.max_output_bytes = 99'999})), Code::too_large);
  }
}

TEST(ContentCoding, boundsTheRatio) {
  const std::string zeros(20u << 20, '0');
  for (const Coding coding : {Coding::gzip, Coding::zstd}) {
    const std::string bytes = encoded(coding, zeros);
    std::string out;
    ContentDecoder decoder(coding);
    const Result<void> fed = decoder.feed(bytes, out);
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().code, Code::too_large);
    EXPECT_LT(out.size(), 8u << 20) << "the bomb must be stopped early";
    EXPECT_TRUE(decode_body(coding, bytes, {.max_ratio = 100'000}));
    EXPECT_TRUE(decode_body(coding, encoded(coding, std::string(1u << 20, '0'))));
  }
}

}  // namespace
}  // namespace sallyport::http
