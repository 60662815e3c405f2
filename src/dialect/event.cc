#include "dialect/event.h"

namespace sallyport::dialect {

bool is_tool_call(BlockType type) {
  return type == BlockType::tool_use || type == BlockType::server_tool_use ||
         type == BlockType::mcp_tool_use;
}

}  // namespace sallyport::dialect
