// The safetensors format (https://github.com/huggingface/safetensors): 8 bytes of header length, a JSON header of
// names, dtypes, shapes and offsets, then the raw little-endian data. Read by mapping the file, so that only
// the tensors that are asked for are read.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace retort {

class MappedFile;

class SafetensorsFile {
 public:
  // Checks all of the header: sizes, offsets without gaps or overlaps, shapes against byte counts. Throws Error.
  explicit SafetensorsFile(const std::filesystem::path& path);
  ~SafetensorsFile();

  std::vector<std::string> Names() const;
  bool Has(const std::string& name) const { return entries_.contains(name); }
  // float32 copy of a float32, bfloat16 or float16 tensor. Throws Error for a name that is not there, another dtype, or
  // a shape that is not `shape`.
  at::Tensor Read(const std::string& name, const std::vector<int64_t>& shape) const;
  // The same into a contiguous tensor of that shape, float32 or of the file's own type.
  void ReadInto(const std::string& name, const at::Tensor& target) const;
  // Whether every tensor is bfloat16.
  bool IsBfloat16() const;
  // Throws Error for a name that is not there, or has another shape.
  void CheckShape(const std::string& name, const std::vector<int64_t>& shape) const;

 private:
  struct Entry {
    std::string dtype;
    std::vector<int64_t> shape;
    size_t begin = 0, end = 0;  // in the data part
  };
  std::filesystem::path path_;
  std::unique_ptr<MappedFile> file_;
  size_t data_begin_ = 0;
  std::map<std::string, Entry> entries_;
};

// Atomic. Tensors are written in `dtype` (float32, bfloat16, float16), in the order given.
void WriteSafetensors(const std::filesystem::path& path, const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                      const std::string& dtype);

}  // namespace retort
