// The little of UTF-8 that is needed. Broken bytes become U+FFFD, one for each "maximal subpart" (Unicode 15,
// section 3.9), which is what Python's bytes.decode(errors="replace") and Rust's String::from_utf8_lossy both do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retort {

struct Utf8Step {
  size_t length;       // bytes to step over, at least 1
  int64_t code_point;  // -1: these bytes are no character
};
Utf8Step NextUtf8(std::string_view text);  // `text` not empty

bool IsUtf8(std::string_view text);
std::string ToUtf8(std::string_view bytes);  // broken bytes replaced

}  // namespace retort
