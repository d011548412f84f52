// Files that survive a crash: atomic writes (temporary file, fsync, rename), append-only JSON lines with a checked
// tail, read-only mappings, advisory locks. All throw Error with the path and the system's reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace retort {

// The whole file. Throws Error if it cannot be read or has more than `max_bytes`.
std::string ReadFile(const std::filesystem::path& path, size_t max_bytes = size_t{1} << 30);

// What a power cut may undo. Each wait for the disk takes milliseconds, seven files of a cell fifty of them.
enum class Sync {
  kNone,         // for what only running processes read
  kFile,         // the file may be missing, but not torn, until another of its folder was written with kFileAndName
  kFileAndName,  // nothing
};
// Replaces `path` by `contents`: after a crash there is the old file or the new one, never a part. Makes the folder.
void WriteFileAtomic(const std::filesystem::path& path, std::string_view contents, Sync sync = Sync::kFileAndName);
// The same for contents that are made while they are written: `make` calls its argument with each part in turn.
using WritePart = std::function<void(std::string_view)>;
void WriteFileAtomic(const std::filesystem::path& path, const std::function<void(const WritePart&)>& make,
                     Sync sync = Sync::kFileAndName);

// Calls `on_line(line, line_number)` for each line without its newline (1-based; "\r\n" accepted). Streams: memory is
// that of one line. Throws Error for a line over `max_line_bytes`. `on_line` returns false to stop.
void ForEachLine(const std::filesystem::path& path, const std::function<bool(std::string_view, int)>& on_line,
                 size_t max_line_bytes = size_t{64} << 20);

// Appends whole lines to a file. Opening cuts an unfinished last line (a crash in mid-write) off, so nobody else may be
// writing at that moment; an append that fails (a full disk) leaves no part of its line.
class LineAppender {
 public:
  explicit LineAppender(const std::filesystem::path& path);
  ~LineAppender();
  LineAppender(const LineAppender&) = delete;
  LineAppender& operator=(const LineAppender&) = delete;
  void Append(std::string_view line);  // adds the newline; one write call
  void Sync();                         // fsync

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

// A read-only mapping of a whole file.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }
  // Gives the memory of the pages within `part` back; they are read again if they are asked for.
  void Release(std::string_view part) const;

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

// An exclusive advisory lock on `path` (made if missing), released by the destructor or the process's death.
class FileLock {
 public:
  static std::optional<FileLock> Try(const std::filesystem::path& path);  // nullopt: another process holds it
  static FileLock Wait(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

// A fresh folder under the system's temporary folder; the destructor removes it with all it holds.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace retort
