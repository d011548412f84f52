#include "teacher/provider/environment.h"

#include <cstdlib>

#include "core/base/error.h"

namespace retort {

std::string FromEnvironment(std::string_view option, const std::string& name) {
  if (name.empty()) return "";
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets it here
  if (value != nullptr && *value != 0) return value;
  throw Error({.place = std::string(option)},
              value == nullptr ? "names an environment variable that is not set"
                               : "names an environment variable that is empty",
              "export it first");
}

}  // namespace retort
