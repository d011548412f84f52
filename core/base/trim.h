// White space at the ends of a text.
#pragma once

#include <string_view>

namespace retort {

std::string_view TrimText(std::string_view text);  // ASCII white space at both ends

}  // namespace retort
