// What an Error says, for tests of what a user is told.
#pragma once

#include <functional>
#include <string>

#include "core/base/error.h"

namespace retort {

// "" where `action` throws none.
inline std::string MessageOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace retort
