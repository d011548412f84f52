#include "experiments/launch/slurm_jobs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

SlurmJob ReadJob(const fs::path& file) {
  const nlohmann::json json = ParseJson(ReadFile(file), {.file = file.string()});
  SlurmJob job{.folder = file.parent_path()};
  try {
    job.name = json.at("name");
    job.id = json.at("id");
    job.cells = json.at("cells");
  } catch (const nlohmann::json::exception& error) {
    throw Error({.file = file.string()}, error.what(), "remove its folder if the job has ended");
  }
  if (job.id.find_first_not_of("0123456789") != std::string::npos) {
    throw Error({.file = file.string()}, Excerpt(job.id) + " is no job id", "remove its folder if the job has ended");
  }
  return job;
}

}  // namespace

std::string JobNameNow() { return fmt::format("retort-{}-{}-{}", LocalDate(), LocalTime(), getpid()); }

SlurmJob NewJob(const fs::path& jobs) {
  fs::create_directories(jobs);
  const std::string name = JobNameNow();
  for (int i = 1;; ++i) {
    const std::string numbered = i == 1 ? name : fmt::format("{}-{}", name, i);
    if (fs::create_directory(jobs / numbered)) return {.name = numbered, .folder = jobs / numbered};
  }
}

void WriteJob(const SlurmJob& job) {
  WriteFileAtomic(job.folder / "job.json", DumpJson({{"name", job.name}, {"id", job.id}, {"cells", job.cells}}) + "\n");
}

std::vector<SlurmJob> ReadJobs(const fs::path& jobs) {
  std::vector<SlurmJob> found;
  if (!fs::is_directory(jobs)) return found;
  for (const auto& entry : fs::directory_iterator(jobs)) {
    if (fs::exists(entry.path() / "job.json")) found.push_back(ReadJob(entry.path() / "job.json"));
  }
  return found;
}

}  // namespace retort::lab
