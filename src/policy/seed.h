#pragma once

#include <string_view>

// The policy parts that every policy starts from: definitions of foreign persons with their worked
// examples, and the published access programmes. Policy documents like any other (docs/access.md).
namespace sallyport::policy {

std::string_view seed_definitions();
std::string_view seed_programmes();

}  // namespace sallyport::policy
