// The end of a log that may be long, or still being written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace retort::lab {

// The last lines, at most `count`, of the file's last 16 kB; empty lines at its end do not count. None where there is
// no regular file.
std::vector<std::string> LastLines(const std::filesystem::path& log, size_t count);

}  // namespace retort::lab
