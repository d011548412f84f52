// Letters of ASCII, whatever the locale: names of headers, keywords and the like. Other bytes stay as they are.
#pragma once

#include <string>
#include <string_view>

namespace retort {

constexpr char AsciiLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string AsciiLower(std::string_view text);

}  // namespace retort
