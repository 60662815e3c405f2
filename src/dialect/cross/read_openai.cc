#include <algorithm>

#include "dialect/cross/media.h"
#include "dialect/cross/readers.h"

namespace sallyport::dialect::cross {
namespace {

Result<std::string> number_of(json::Value root, std::string_view key, const Place& top) {
  const json::Value value = root[key];
  if (!given(value)) return std::string();
  if (!value.number()) return top.at(key).wrong("must be a number");
  return std::string(value.raw());
}

}  // namespace

Result<void> read_openai_parameters(json::Value root, Conversation& conversation) {
  const Place top("", Api::anthropic);
  auto temperature = number_of(root, "temperature", top);
  if (!temperature) return tl::unexpected(std::move(temperature).error());
  conversation.temperature_json = *temperature;
  auto top_p = number_of(root, "top_p", top);
  if (!top_p) return tl::unexpected(std::move(top_p).error());
  conversation.top_p_json = *top_p;

  for (const std::string_view key : {"user", "safety_identifier"}) {
    if (root[key].is_string()) conversation.end_user = root[key].text();
  }
  const json::Value parallel = root["parallel_tool_calls"];
  if (given(parallel)) {
    if (!parallel.boolean()) return top.at("parallel_tool_calls").wrong("must be a boolean");
    conversation.one_call_at_a_time = !*parallel.boolean();
  }
  conversation.stream = root["stream"].boolean().value_or(false);
  return {};
}

Result<void> only_neutral(json::Value root, std::initializer_list<Neutral> rows, const Place& top) {
  for (const json::Member member : root.members()) {
    if (!given(member.value)) continue;
    const std::string key = member.key.text();
    const bool concerned =
        std::any_of(rows.begin(), rows.end(), [&](const Neutral& row) { return row.key == key; });
    const bool neutral = std::any_of(rows.begin(), rows.end(), [&](const Neutral& row) {
      return row.key == key && row.json == member.value.raw();
    });
    if (concerned && !neutral) return top.at(key).inexpressible();
  }
  return {};
}

Result<Tool> read_function(json::Value function, const Place& place) {
  if (!function.is_object()) return place.wrong("must be an object");
  if (auto fits = only(function, {"type", "name", "description", "parameters", "strict"}, place);
      !fits) {
    return tl::unexpected(std::move(fits).error());
  }
  Tool tool;
  auto name = text_of(function, "name", place);
  if (!name) return tl::unexpected(std::move(name).error());
  tool.name = *name;
  if (function["description"].is_string()) tool.description = function["description"].text();
  const json::Value parameters = function["parameters"];
  if (given(parameters) && !parameters.is_object()) {
    return place.at("parameters").wrong("must be an object");
  }
  tool.schema_json =
      given(parameters) ? std::string(parameters.raw()) : R"({"type":"object","properties":{}})";
  // The Messages API demands the type.
  if (given(parameters) && !parameters["type"].exists()) {
    const std::string_view rest = std::string_view(tool.schema_json).substr(1);
    tool.schema_json = std::string(R"({"type":"object")") + (parameters.size() == 0 ? "" : ",") +
                       std::string(rest);
  }
  tool.strict = function["strict"].boolean().value_or(false);
  return tool;
}

Result<OutputSchema> read_schema(json::Value format, const Place& place) {
  if (auto fits = only(format, {"type", "name", "schema", "strict"}, place); !fits) {
    return tl::unexpected(std::move(fits).error());
  }
  auto name = text_of(format, "name", place);
  if (!name) return tl::unexpected(std::move(name).error());
  if (!format["schema"].is_object()) return place.at("schema").wrong("must be an object");
  return OutputSchema{*name, std::string(format["schema"].raw())};
}

Result<Block> read_image_url(const std::string& url, json::Value detail, const Place& place) {
  Block block;
  if (detail.is_string()) block.detail = detail.text();
  if (block.detail == "auto") block.detail.clear();
  if (const auto data = read_data_url(url)) {
    if (!is_image_type(data->media_type)) {
      return place.wrong("the image must be image/jpeg, image/png, image/gif or image/webp");
    }
    block.kind = BlockKind::image_data;
    block.media_type = data->media_type;
    block.text = data->data;
    return block;
  }
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    return place.wrong("must be an http, https or base64 data URL");
  }
  block.kind = BlockKind::image_url;
  block.text = url;
  return block;
}

Result<Block> read_file_data(const std::string& data, json::Value filename, const Place& place) {
  const auto url = read_data_url(data);
  if (!url || url->media_type != "application/pdf") {
    return place.wrong("must be a base64 data URL of type application/pdf");
  }
  Block block;
  block.kind = BlockKind::pdf_data;
  block.text = url->data;
  if (filename.is_string()) block.name = filename.text();
  return block;
}

}  // namespace sallyport::dialect::cross
