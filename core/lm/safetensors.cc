#include "core/lm/safetensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace retort {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxHeader = size_t{100} << 20;  // the format's own limit

// Bytes of one element, 0 for a dtype that the format has not.
size_t ElementSize(const std::string& dtype) {
  static const std::map<std::string, size_t> kSizes = {
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},  {"I32", 4},     {"I16", 2},    {"I8", 1},
      {"U8", 1},  {"U16", 2}, {"U32", 4}, {"U64", 8},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};
  const auto found = kSizes.find(dtype);
  return found == kSizes.end() ? 0 : found->second;
}

struct FloatType {
  const char* safetensors;
  const char* config;
  at::ScalarType torch;
};
constexpr FloatType kFloatTypes[] = {
    {"F32", "float32", at::kFloat}, {"BF16", "bfloat16", at::kBFloat16}, {"F16", "float16", at::kHalf}};

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : path_(path), file_(std::make_unique<MappedFile>(path)) {
  const std::string_view bytes = file_->bytes();
  const auto fail = [&](const std::string& place, const std::string& problem) {
    throw Error({.file = path.string(), .place = place}, problem, "the file is damaged: fetch it again");
  };
  uint64_t header_size = 0;
  if (bytes.size() < sizeof header_size) fail("", fmt::format("has {} bytes, less than a header", bytes.size()));
  std::memcpy(&header_size, bytes.data(), sizeof header_size);
  if (header_size > kMaxHeader || header_size > bytes.size() - sizeof header_size) {
    fail("", fmt::format("names a header of {} bytes; the file has {}", header_size, bytes.size()));
  }
  data_begin_ = sizeof header_size + header_size;
  const size_t data_size = bytes.size() - data_begin_;
  const Json header = ParseJson(bytes.substr(sizeof header_size, header_size), {.file = path.string()});
  if (!header.is_object()) fail("header", "is no JSON object");
  std::vector<std::pair<size_t, size_t>> spans;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") continue;
    const std::string place = "tensor " + name.substr(0, 200);
    try {
      Entry entry;
      entry.dtype = value.at("dtype").get<std::string>();
      size_t elements = 1;
      for (const Json& dim : value.at("shape")) {
        if (!dim.is_number_unsigned()) fail(place, "has a shape that is not of whole numbers");
        const auto extent = dim.get<size_t>();
        if (extent != 0 && elements > data_size / extent) fail(place, "is larger than the file");
        elements *= extent;
        entry.shape.push_back(static_cast<int64_t>(extent));
      }
      const Json& offsets = value.at("data_offsets");
      if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
          !offsets[1].is_number_unsigned()) {
        fail(place, "has no data_offsets of two whole numbers");
      }
      entry.begin = offsets[0].get<size_t>();
      entry.end = offsets[1].get<size_t>();
      const size_t size = ElementSize(entry.dtype);
      if (size == 0) fail(place, fmt::format("has the unknown dtype {}", entry.dtype.substr(0, 32)));
      if (entry.begin > entry.end || entry.end > data_size) fail(place, "lies outside the file");
      if (entry.end - entry.begin != elements * size) fail(place, "has a shape that does not fit its bytes");
      spans.emplace_back(entry.begin, entry.end);
      entries_.emplace(name, std::move(entry));
    } catch (const Json::exception&) {
      fail(place, "lacks dtype, shape or data_offsets, or has them of the wrong type");
    }
  }
  std::sort(spans.begin(), spans.end());
  size_t expected = 0;
  for (const auto& [begin, end] : spans) {
    if (begin != expected) fail("header", "leaves gaps between tensors, or overlaps them");
    expected = end;
  }
  if (expected != data_size) {
    fail("", fmt::format("has {} bytes of data where the header needs {}", data_size, expected));
  }
}

SafetensorsFile::~SafetensorsFile() = default;

std::vector<std::string> SafetensorsFile::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

void SafetensorsFile::CheckShape(const std::string& name, const std::vector<int64_t>& shape) const {
  const Where where{.file = path_.string(), .place = "tensor " + name};
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw Error(where, "is missing");
  if (found->second.shape != shape) {
    throw Error(where, fmt::format("has shape [{}], config.json needs [{}]", fmt::join(found->second.shape, ", "),
                                   fmt::join(shape, ", ")));
  }
}

bool SafetensorsFile::IsBfloat16() const {
  return std::all_of(entries_.begin(), entries_.end(), [](const auto& entry) { return entry.second.dtype == "BF16"; });
}

void SafetensorsFile::ReadInto(const std::string& name, const at::Tensor& target) const {
  CheckShape(name, target.sizes().vec());
  const Where where{.file = path_.string(), .place = "tensor " + name};
  const Entry& entry = entries_.at(name);
  const auto* type = std::find_if(std::begin(kFloatTypes), std::end(kFloatTypes),
                                  [&](const FloatType& t) { return entry.dtype == t.safetensors; });
  if (type == std::end(kFloatTypes)) {
    throw Error(where, fmt::format("has dtype {}; F32, BF16 and F16 are supported", entry.dtype));
  }
  const std::string_view data = file_->bytes().substr(data_begin_ + entry.begin, entry.end - entry.begin);
  // Converted in pieces, whose pages are given back: the file's pages and the tensor are never in memory together.
  // Copied bytewise first: nothing in the format aligns the data.
  constexpr size_t kPiece = size_t{1} << 22;
  const at::Tensor flat = target.view({-1});
  const size_t size = at::elementSize(type->torch);
  const bool as_it_is = type->torch == target.scalar_type() && flat.device().is_cpu();
  at::Tensor raw;
  if (!as_it_is) raw = at::empty({static_cast<int64_t>(std::min(data.size(), kPiece) / size)}, type->torch);
  for (size_t begin = 0; begin < data.size(); begin += kPiece) {
    const std::string_view piece = data.substr(begin, kPiece);
    const auto count = static_cast<int64_t>(piece.size() / size);
    const at::Tensor part = flat.narrow(0, static_cast<int64_t>(begin / size), count);
    std::memcpy(as_it_is ? part.mutable_data_ptr() : raw.mutable_data_ptr(), piece.data(), piece.size());
    if (!as_it_is) part.copy_(raw.narrow(0, 0, count));
    file_->Release(piece);
  }
}

at::Tensor SafetensorsFile::Read(const std::string& name, const std::vector<int64_t>& shape) const {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  ReadInto(name, tensor);
  return tensor;
}

void WriteSafetensors(const std::filesystem::path& path, const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                      const std::string& dtype) {
  const auto* type = std::find_if(std::begin(kFloatTypes), std::end(kFloatTypes),
                                  [&](const FloatType& t) { return dtype == t.config; });
  if (type == std::end(kFloatTypes)) throw Error(fmt::format("cannot write weights as {}", dtype));
  nlohmann::ordered_json header = {{"__metadata__", {{"format", "pt"}}}};
  size_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const size_t end = offset + static_cast<size_t>(tensor.numel()) * at::elementSize(type->torch);
    header[name] = {{"dtype", type->safetensors}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data starts at a multiple of 8
  const uint64_t size = text.size();
  std::string length(sizeof size, '\0');
  std::memcpy(length.data(), &size, sizeof size);
  WriteFileAtomic(path, [&](const WritePart& write) {
    write(length);
    write(text);
    for (const auto& [name, tensor] : tensors) {
      const at::Tensor raw = tensor.detach().to(at::kCPU, type->torch).contiguous();
      write({static_cast<const char*>(raw.const_data_ptr()), raw.nbytes()});
    }
  });
}

}  // namespace retort
