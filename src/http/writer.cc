#include "http/writer.h"

#include <algorithm>
#include <charconv>

namespace sallyport::http {
namespace {

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
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 425:
      return "Too Early";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 529:
      return "Overloaded";
    default:
      return "Unknown";
  }
}

}  // namespace sallyport::http
