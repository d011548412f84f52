// Sample files as wholes: read, write, rank, hash. HashSamples is the sha256 of the file that WriteSamples makes, so a
// file, a manifest and a cell's rows are identified in one way.
#include "core/data/sample_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"

namespace retort {

std::vector<Sample> ReadSamples(const std::filesystem::path& path) {
  std::vector<Sample> samples;
  ForEachLine(path, [&](std::string_view line, int number) {
    if (line.find_first_not_of(" \t") != std::string_view::npos) {
      samples.push_back(ParseSample(line, path.string(), number));
    }
    return true;
  });
  return samples;
}

void WriteSamples(const std::filesystem::path& path, const std::vector<Sample>& samples) {
  std::string text;
  for (const Sample& sample : samples) text += ToJsonLine(sample) + "\n";
  WriteFileAtomic(path, text);
}

std::string HashSamples(const std::vector<Sample>& samples) {
  Sha256 hash;
  for (const Sample& sample : samples) hash.Update(ToJsonLine(sample)).Update("\n");
  return hash.Hex();
}

SampleSet SampleSet::Subset(int n, uint64_t seed) const {
  if (n < 0 || static_cast<size_t>(n) > samples.size()) {
    throw Error(fmt::format("{} samples are asked for, but there are {}; collect more, or lower n", n, samples.size()));
  }
  std::unordered_map<std::string_view, uint64_t> ranks;
  for (const Sample& sample : samples) {
    if (!ranks.contains(sample.id)) ranks[sample.id] = StableHash(seed, sample.id);
  }
  std::vector<const Sample*> order;
  for (const Sample& sample : samples) order.push_back(&sample);
  std::ranges::stable_sort(order, {}, [&](const Sample* sample) {
    return std::make_tuple(ranks.at(sample->id), std::string_view(sample->id), sample->attempt);
  });
  SampleSet subset{.manifest = manifest, .samples = {}};
  for (int i = 0; i < n; ++i) subset.samples.push_back(*order[static_cast<size_t>(i)]);
  subset.manifest.samples_sha256 = HashSamples(subset.samples);
  return subset;
}

SampleSet ReadSampleSet(const std::filesystem::path& path) {
  SampleSet set{.manifest = {}, .samples = ReadSamples(path)};
  const std::string sha256 = Sha256File(path);
  const std::filesystem::path manifest = path.parent_path() / "manifest.json";
  if (std::filesystem::exists(manifest)) set.manifest = ParseManifest(ReadFile(manifest), manifest.string());
  if (!set.manifest.samples_sha256.empty() && set.manifest.samples_sha256 != sha256) {
    throw Error({.file = path.string()},
                fmt::format("is not the file that {} describes: its sha256 is {}, there it is {}", manifest.string(),
                            sha256, set.manifest.samples_sha256),
                "collect again, or move the file to a folder without that manifest if the change is meant");
  }
  set.manifest.samples_sha256 = sha256;
  return set;
}

}  // namespace retort
