// The one exception for what a user can cause: a bad file, option, model or server. Everything a user could trigger
// throws it, with the file, the place and the mend in one line; `assert` stays for what only we can break.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace retort {

// Where a problem stands: "file:line" or "file: place". Any part may be empty.
struct Where {
  std::string file;
  int line = 0;       // 1-based, 0 = none
  std::string place;  // "byte 12", "tensor model.norm.weight", "key student.max_steps"
};

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
  // "file:line: place: problem; mend"
  Error(const Where& where, std::string_view problem, std::string_view mend = {});
};

std::string ToString(const Where& where);

// Text from outside made fit for a one-line message: in quotes, control characters as \xNN, cut to `max_bytes`.
std::string Excerpt(std::string_view text, size_t max_bytes = 80);

}  // namespace retort
