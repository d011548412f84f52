// See the header. Times stand in times.json alone, so that the other files of two runs can be compared byte for byte.
#include "experiments/cells/run_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/version.h"
#include "experiments/cells/run_sums.h"

namespace retort::lab {

bool IsRunHash(std::string_view name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool RunStore::Done(const std::string& hash) const { return std::filesystem::exists(Folder(hash) / "result.json"); }

CellResult RunStore::Read(const std::string& hash) const {
  const std::filesystem::path folder = Folder(hash);
  const std::string file = (folder / "result.json").string(), items = (folder / "items.jsonl").string();
  try {
    CellResult result = ParseCellResult(ReadFile(file), file);
    ForEachLine(items, [&](std::string_view line, int number) {
      result.items.push_back(ParseItemScore(line, items, number));
      return true;
    });
    const Means means = Average(result.items);
    if (result.items.empty() || std::abs(means.score - result.means.score) > 1e-9 ||
        std::abs(means.parse_rate - result.means.parse_rate) > 1e-9) {
      throw Error({.file = items}, "its scores are not those that result.json sums up");
    }
    return result;
  } catch (const Error& error) {
    throw Error(fmt::format("{}; remove the folder {} to compute this cell again", error.what(), folder.string()));
  }
}

CellResult RunStore::ReadWithoutItems(const std::string& hash) const {
  const std::string file = (Folder(hash) / "result.json").string();
  return ParseCellResult(ReadFile(file), file);
}

std::optional<std::string> RunStore::Identity(const std::string& hash) const {
  const std::filesystem::path file = Folder(hash) / "identity.txt";
  if (!std::filesystem::exists(file)) return std::nullopt;
  return ReadFile(file);
}

std::vector<std::string> RunStore::List() const {
  std::vector<std::string> hashes;
  if (!std::filesystem::exists(root_)) return hashes;
  for (const auto& entry : std::filesystem::directory_iterator(root_)) {
    if (std::string name = entry.path().filename().string(); IsRunHash(name)) hashes.push_back(std::move(name));
  }
  std::ranges::sort(hashes);
  return hashes;
}

double RunStore::Seconds(const std::string& hash) const {
  const std::filesystem::path file = Folder(hash) / "times.json";
  if (!std::filesystem::exists(file)) return 0;
  return ParseJson(ReadFile(file), {.file = file.string()}).value("seconds", 0.0);
}

void RunStore::WriteSamples(const std::string& hash, const SampleSet& samples) const {
  retort::WriteSamples(Folder(hash) / "samples.jsonl", samples.samples);
  Manifest manifest = samples.manifest;
  manifest.samples_sha256 = HashSamples(samples.samples);
  manifest.counts["stored"] = static_cast<int64_t>(samples.samples.size());
  if (manifest.version.empty()) manifest.version = kVersion;
  if (manifest.created_utc.empty()) manifest.created_utc = UtcTime();
  WriteFileAtomic(Folder(hash) / "manifest.json", ToJson(manifest));
}

Manifest RunStore::SamplesManifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "manifest.json";
  return std::filesystem::exists(file) ? ParseManifest(ReadFile(file), file.string()) : Manifest{};
}

void RunStore::WriteResult(const std::filesystem::path& folder, const CellResult& result, double seconds) {
  std::string items;
  for (const ItemScore& item : result.items) items += ToJsonLine(item) + "\n";
  WriteFileAtomic(folder / "items.jsonl", items, Sync::kFile);
  WriteFileAtomic(folder / "times.json",
                  fmt::format("{{\"finished_utc\": \"{}\", \"seconds\": {:.3f}}}\n", UtcTime(), seconds), Sync::kFile);
  const std::string json = ToJson(result);
  WriteFileAtomic(folder / kSumsFile, RunSums(folder, json));  // and with it the names of all others
  WriteFileAtomic(folder / "result.json", json);
}

}  // namespace retort::lab
