#include "student/resume.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/safetensors.h"
#include "core/lm/transformer.h"
#include "student/optimizer.h"

namespace retort {

namespace fs = std::filesystem;

Resume::Resume(fs::path folder, std::string fingerprint)
    : folder_(std::move(folder)), fingerprint_(std::move(fingerprint)) {}

int64_t Resume::Load(Transformer& model, AdamW& optimizer, TrainResult& result) const {
  if (folder_.empty() || !fs::exists(folder_ / "state.json")) return 0;
  const std::string file = (folder_ / "state.json").string();
  const nlohmann::json state = ParseJson(ReadFile(file), {.file = file});
  if (state.value("fingerprint", "") != fingerprint_) return 0;
  const auto steps = state.at("step").get<int64_t>();
  const SafetensorsFile tensors(folder_ / state.at("tensors").get<std::string>());
  const at::NoGradGuard no_grad;
  const at::Tensor parameters = model.trainable().flat;
  const std::vector<int64_t> shape = {parameters.numel()};
  tensors.ReadInto("parameters", parameters);
  optimizer.Restore(tensors.Read("first_moment", shape), tensors.Read("second_moment", shape), steps);
  result.supervised_tokens = state.at("supervised_tokens").get<int64_t>();
  result.tokens = state.at("tokens").get<int64_t>();
  result.teacher_tokens = state.at("teacher_tokens").get<int64_t>();
  result.own_tokens = state.at("own_tokens").get<int64_t>();
  return steps;
}

void Resume::Save(const Transformer& model, const AdamW& optimizer, const TrainResult& result) const {
  const std::string name = fmt::format("step-{}.safetensors", result.steps);
  WriteSafetensors(folder_ / name,
                   {{"parameters", model.trainable().flat},
                    {"first_moment", optimizer.first_moment()},
                    {"second_moment", optimizer.second_moment()}},
                   "float32");
  WriteFileAtomic(folder_ / "state.json", DumpJson({{"step", result.steps},
                                                    {"tensors", name},
                                                    {"supervised_tokens", result.supervised_tokens},
                                                    {"tokens", result.tokens},
                                                    {"teacher_tokens", result.teacher_tokens},
                                                    {"own_tokens", result.own_tokens},
                                                    {"fingerprint", fingerprint_}}));
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == ".safetensors" && entry.path().filename() != name) fs::remove(entry.path());
  }
}

std::vector<double> KeepLog(const fs::path& file, int64_t steps) {
  std::vector<double> losses;
  std::string kept;
  if (fs::exists(file)) {
    ForEachLine(file, [&](std::string_view line, int number) {
      if (number > steps) return false;
      losses.push_back(ParseJson(line, {.file = file.string(), .line = number}).at("loss").get<double>());
      kept += std::string(line) + "\n";
      return true;
    });
  }
  WriteFileAtomic(file, kept);
  return losses;
}

}  // namespace retort
