#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/response_writer.h"

// The response object of the Responses API and its output items, made from what is known.
// Source: openai (npm) 7.55.0, Response and ResponseOutputItem.
namespace sallyport::dialect::openai {

struct ResponseHead {
  std::string id;
  std::string created;  // a JSON number
  std::string model;
  std::string echo;  // members of the request that the object repeats, an object or empty
};

// "in_progress", "completed" or "incomplete", by how it ended.
std::string_view status_of(const Finish& finish);

// The whole object. `output` are items, as JSON; `finish` is nullptr while it is in progress.
std::string response_json(const ResponseHead& head, const std::vector<std::string>& output,
                          const Finish* finish, std::string_view extension);

// Parts and items, whole. `status` as the API says it of an item.
std::string part_json(BlockType type, std::string_view text);
std::string message_item_json(std::string_view id, std::string_view status,
                              const std::vector<std::string>& parts);
std::string reasoning_item_json(std::string_view id, const std::vector<std::string>& summary);
std::string call_item_json(std::string_view id, std::string_view status, std::string_view call_id,
                           std::string_view name, std::string_view arguments);

}  // namespace sallyport::dialect::openai
