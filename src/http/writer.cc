#include "http/writer.h"

#include <algorithm>
#include <charconv>

namespace sallyport::http {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};
constexpr Reason kReasons[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {529, "Overloaded"},
};

bool is_framing_field(std::string_view name) {
  switch (name.size()) {
    case 10:
      return equals_ignore_case(name, "connection") || equals_ignore_case(name, "keep-alive");
    case 14:
      return equals_ignore_case(name, "content-length");
    case 17:
      return equals_ignore_case(name, "transfer-encoding");
    default:
      return false;
  }
}

void append_number(std::string& out, std::uint64_t value, int base) {
  char digits[24];
  const auto written = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append(digits, written.ptr);
}

Result<void> append_fields(std::string& out, const Headers& headers) {
  for (const Header& header : headers.list()) {
    if (!is_token(header.name)) return fail(Code::invalid, "http: bad field name");
    if (!is_field_value(header.value)) {
      return fail(Code::invalid, "http: control character in a field value");
    }
    if (is_framing_field(header.name)) continue;
    out += header.name;
    out += ": ";
    out += header.value;
    out += "\r\n";
  }
  return {};
}

void append_framing(std::string& out, bool chunked, std::optional<std::uint64_t> content_length) {
  if (chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (content_length) {
    out += "Content-Length: ";
    append_number(out, *content_length, 10);
    out += "\r\n";
  }
}

bool is_target(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Result<void> append_request_head(std::string& out, const RequestHead& head) {
  if (!is_token(head.method)) return fail(Code::invalid, "http: bad method");
  if (!is_target(head.target)) return fail(Code::invalid, "http: bad target");
  const std::size_t before = out.size();
  out += head.method;
  out += ' ';
  out += head.target;
  out += " HTTP/1.1\r\n";
  if (Result<void> fields = append_fields(out, head.headers); !fields) {
    out.resize(before);
    return fields;
  }
  append_framing(out, head.chunked, head.content_length);
  if (!head.keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  return {};
}

Result<void> append_response_head(std::string& out, const ResponseHead& head) {
  if (head.status < 100 || head.status > 999) return fail(Code::invalid, "http: bad status");
  const std::size_t before = out.size();
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(head.status), 10);
  out += ' ';
  out += reason_phrase(head.status);
  out += "\r\n";
  if (Result<void> fields = append_fields(out, head.headers); !fields) {
    out.resize(before);
    return fields;
  }
  const bool interim = head.status < 200;
  const bool has_framing = !interim && head.status != 204 && head.status != 304;
  if (has_framing) append_framing(out, head.chunked, head.content_length);
  const bool until_close = has_framing && !head.chunked && !head.content_length;
  if (!interim && (!head.keep_alive || until_close)) out += "Connection: close\r\n";
  out += "\r\n";
  return {};
}

void append_chunk_start(std::string& out, std::uint64_t size) {
  append_number(out, size, 16);
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  append_chunk_start(out, data.size());
  out += data;
  out += kChunkEnd;
}

std::string_view reason_phrase(int status) {
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.phrase;
  }
  return "Unknown";
}

}  // namespace sallyport::http
