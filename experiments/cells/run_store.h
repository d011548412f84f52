// Finished cells: runs_dir/<hash>/ with config.toml, samples.jsonl and its manifest, train.jsonl, items.jsonl,
// times.json, worker.log, and result.json written last: its presence means done. Nothing here knows of grids:
// experiments share it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/data/cell.h"
#include "core/data/sample_set.h"

namespace retort::lab {

bool IsRunHash(std::string_view name);  // 64 hexadecimal digits: the name of a run's folder

class RunStore {
 public:
  explicit RunStore(std::filesystem::path root) : root_(std::move(root)) {}  // made when first written to

  std::filesystem::path Folder(const std::string& hash) const { return root_ / hash; }
  std::filesystem::path Collections() const { return root_ / "collections"; }
  std::filesystem::path WarmStarts() const { return root_ / "warm_starts"; }
  bool Done(const std::string& hash) const;
  CellResult Read(const std::string& hash) const;  // with its items
  CellResult ReadWithoutItems(const std::string& hash) const;
  std::optional<std::string> Identity(const std::string& hash) const;  // identity.txt; runs of old have none
  std::vector<std::string> List() const;          // every run's hash, done or not, sorted; none without a folder
  double Seconds(const std::string& hash) const;  // that the cell took; 0 if nobody wrote it down
  // What a worker finds: the rows and where they come from.
  void WriteSamples(const std::string& hash, const SampleSet& samples) const;
  // Of the samples in a cell's folder; an empty one without.
  static Manifest SamplesManifest(const std::filesystem::path& folder);
  // Everything but result.json first.
  static void WriteResult(const std::filesystem::path& folder, const CellResult& result, double seconds);

 private:
  std::filesystem::path root_;
};

}  // namespace retort::lab
