#include "experiments/launch/log_tail.h"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "core/base/trim.h"

namespace retort::lab {
namespace {

constexpr std::streamoff kBytes = 16384;

}  // namespace

std::vector<std::string> LastLines(const std::filesystem::path& log, size_t count) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(log, error)) return {};  // a pipe would never end
  std::ifstream file(log, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kBytes));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  while (!lines.empty() && TrimText(lines.back()).empty()) lines.pop_back();
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

}  // namespace retort::lab
