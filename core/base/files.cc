#include "core/base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Fail(const fs::path& path, std::string_view what) {
  throw Error({.file = path.string()}, fmt::format("{}: {}", what, std::strerror(errno)));
}

// Closes on every way out.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

void WriteAll(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      Fail(path, "cannot write");
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

void SyncFolder(const fs::path& folder) {
  const Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) fsync(fd.get());  // some file systems refuse: the rename is still atomic
}

fs::path FolderOf(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error({.file = folder.string()}, fmt::format("cannot make the folder: {}", error.message()));
}

}  // namespace

std::string ReadFile(const fs::path& path, size_t max_bytes) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) Fail(path, "cannot read");
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) Fail(path, "cannot read");
  if (S_ISDIR(status.st_mode)) throw Error({.file = path.string()}, "is a folder, not a file");
  std::string contents;
  if (status.st_size > 0) contents.reserve(std::min(static_cast<size_t>(status.st_size), max_bytes));
  std::vector<char> buffer(size_t{1} << 16);
  for (;;) {
    const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) Fail(path, "cannot read");
    if (n == 0) return contents;
    if (contents.size() + static_cast<size_t>(n) > max_bytes) {
      throw Error({.file = path.string()}, fmt::format("has more than {} bytes", max_bytes));
    }
    contents.append(buffer.data(), static_cast<size_t>(n));
  }
}

void WriteFileAtomic(const fs::path& path, std::string_view contents, Sync sync) {
  WriteFileAtomic(
      path, [&](const WritePart& write) { write(contents); }, sync);
}

void WriteFileAtomic(const fs::path& path, const std::function<void(const WritePart&)>& make, Sync sync) {
  MakeFolder(FolderOf(path));
  std::string name = (FolderOf(path) / ("." + path.filename().string() + ".XXXXXX")).string();
  Fd fd(mkostemp(name.data(), O_CLOEXEC));
  if (fd.get() < 0) Fail(path, "cannot write");
  try {
    make([&](std::string_view part) { WriteAll(fd.get(), part, path); });
    if (fchmod(fd.get(), 0644) != 0) Fail(path, "cannot write");
    if (sync != Sync::kNone && fsync(fd.get()) != 0) Fail(path, "cannot write");
    if (close(fd.release()) != 0) Fail(path, "cannot write");
    if (rename(name.c_str(), path.c_str()) != 0) Fail(path, "cannot write");
  } catch (...) {
    unlink(name.c_str());
    throw;
  }
  if (sync == Sync::kFileAndName) SyncFolder(FolderOf(path));
}

void ForEachLine(const fs::path& path, const std::function<bool(std::string_view, int)>& on_line,
                 size_t max_line_bytes) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) Fail(path, "cannot read");
  std::string line;
  std::vector<char> buffer(size_t{1} << 16);
  int number = 0;
  const auto emit = [&](std::string_view text) {
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return on_line(text, ++number);
  };
  for (;;) {
    const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) Fail(path, "cannot read");
    if (n == 0) break;
    std::string_view rest(buffer.data(), static_cast<size_t>(n));
    while (!rest.empty()) {
      const size_t end = rest.find('\n');
      line.append(rest.substr(0, end));
      if (line.size() > max_line_bytes) {
        throw Error({.file = path.string(), .line = number + 1}, fmt::format("line over {} bytes", max_line_bytes));
      }
      if (end == std::string_view::npos) break;
      if (!emit(line)) return;
      line.clear();
      rest.remove_prefix(end + 1);
    }
  }
  if (!line.empty()) emit(line);
}

LineAppender::LineAppender(const fs::path& path) : path_(path) {
  MakeFolder(FolderOf(path));
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (fd.get() < 0) Fail(path, "cannot append");
  // Cut an unfinished last line: find the last newline from the end.
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  if (size < 0) Fail(path, "cannot append");
  off_t keep = size;
  std::vector<char> buffer(size_t{1} << 16);
  while (keep > 0) {
    const off_t begin = std::max<off_t>(0, keep - static_cast<off_t>(buffer.size()));
    const ssize_t n = pread(fd.get(), buffer.data(), static_cast<size_t>(keep - begin), begin);
    if (n != keep - begin) Fail(path, "cannot read");
    const std::string_view block(buffer.data(), static_cast<size_t>(n));
    const size_t newline = block.rfind('\n');
    if (newline != std::string_view::npos) {
      keep = begin + static_cast<off_t>(newline) + 1;
      break;
    }
    keep = begin;
  }
  if (keep != size && ftruncate(fd.get(), keep) != 0) Fail(path, "cannot mend the last line");
  fd_ = fd.release();
}

LineAppender::~LineAppender() {
  if (fd_ >= 0) close(fd_);
}

void LineAppender::Append(std::string_view line) {
  assert(line.find('\n') == std::string_view::npos);
  const off_t before = lseek(fd_, 0, SEEK_END);
  try {
    WriteAll(fd_, std::string(line) + "\n", path_);
  } catch (...) {  // a full disk: half a line must not join the next one
    [[maybe_unused]] const int cut = ftruncate(fd_, before);
    throw;
  }
}

void LineAppender::Sync() {
  if (fsync(fd_) != 0) Fail(path_, "cannot write");
}

MappedFile::MappedFile(const fs::path& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) Fail(path, "cannot read");
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) Fail(path, "cannot read");
  if (!S_ISREG(status.st_mode)) throw Error({.file = path.string()}, "is no regular file");
  size_ = static_cast<size_t>(status.st_size);
  if (size_ == 0) return;
  data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    Fail(path, "cannot map");
  }
}

void MappedFile::Release(std::string_view part) const {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const auto offset = static_cast<size_t>(part.data() - bytes().data());
  const size_t begin = (offset + page - 1) / page * page, end = (offset + part.size()) / page * page;
  if (begin < end) madvise(static_cast<char*>(data_) + begin, end - begin, MADV_DONTNEED);  // a hint: may fail
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

std::optional<FileLock> FileLock::Try(const fs::path& path) {
  MakeFolder(FolderOf(path));
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (fd.get() < 0) Fail(path, "cannot lock");
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    Fail(path, "cannot lock");
  }
  return FileLock(fd.release());
}

FileLock FileLock::Wait(const fs::path& path) {
  MakeFolder(FolderOf(path));
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (fd.get() < 0) Fail(path, "cannot lock");
  while (flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) Fail(path, "cannot lock");
  }
  return FileLock(fd.release());
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

TempDir::TempDir() {
  std::string name = (fs::temp_directory_path() / "retort-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) Fail(name, "cannot make a temporary folder");
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace retort
