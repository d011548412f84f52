#include "teacher/provider/pseudonyms.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "teacher/provider/hmac.h"

namespace retort {
namespace {

constexpr size_t kSaltBytes = 32, kFewestSaltBytes = 16;

[[noreturn]] void Fail(const std::filesystem::path& file, std::string_view what) {
  throw Error({.file = file.string()}, fmt::format("{}: {}", what, std::strerror(errno)));
}

// Written under another name first: a file under its own name is whole.
void MakeSalt(const std::filesystem::path& file) {
  const std::string salt = RandomBytes(kSaltBytes);
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
  const std::string temporary = fmt::format("{}.{}.tmp", file.string(), getpid());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) Fail(temporary, "cannot be made");
  const bool written = write(fd, salt.data(), salt.size()) == static_cast<ssize_t>(salt.size()) && fsync(fd) == 0;
  close(fd);
  // link() fails where the name is taken: the first of several processes wins.
  const bool linked = written && (link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int problem = errno;
  unlink(temporary.c_str());
  errno = problem;
  if (!linked) Fail(file, "cannot be written");
}

}  // namespace

Pseudonyms::Pseudonyms(std::string salt) : salt_(std::move(salt)) {
  if (salt_.size() < kFewestSaltBytes) throw Error(fmt::format("a salt needs {} bytes at least", kFewestSaltBytes));
}

std::string Pseudonyms::Of(std::string_view kind, std::string_view value) const {
  if (value.empty()) return "";
  return HmacSha256Hex(salt_, fmt::format("{}:{}:{}", kind.size(), kind, value));
}

std::string Pseudonyms::OfPrompt(const std::vector<Message>& prompt) const {
  std::string text;
  for (const Message& message : prompt) {
    text += fmt::format("{}:{}:{}:", message.role.size(), message.role, message.content.size()) + message.content;
  }
  return Of("prompt", text);
}

std::string Pseudonyms::id() const { return Of("salt", "id").substr(0, 16); }

std::string SaltOf(const std::filesystem::path& file) {
  int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    MakeSalt(file);
    fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0) Fail(file, "cannot be read");
  struct stat status {};
  std::string salt(4096, '\0');
  const bool stated = fstat(fd, &status) == 0;
  const ssize_t size = read(fd, salt.data(), salt.size());
  close(fd);
  if (!stated || size < 0) Fail(file, "cannot be read");
  if ((status.st_mode & 0077) != 0) {
    throw Error({.file = file.string()}, "others may read this salt", fmt::format("chmod 600 {}", file.string()));
  }
  salt.resize(static_cast<size_t>(size));
  if (salt.size() < kFewestSaltBytes) {
    throw Error({.file = file.string()}, fmt::format("has fewer than {} bytes", kFewestSaltBytes),
                "put the salt back, or remove the file and the logs that were written with it");
  }
  return salt;
}

}  // namespace retort
