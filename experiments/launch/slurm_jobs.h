// The folders of array jobs in the run store (slurm.h says what is in them).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace retort::lab {

struct SlurmJob {
  std::string name, id;  // id: empty until sbatch has told it
  std::filesystem::path folder;
  std::vector<std::string> cells;  // by the index of their tasks
};

// Makes a folder with a name that no other job has, in this folder or in the queue.
SlurmJob NewJob(const std::filesystem::path& jobs);
std::string JobNameNow();
void WriteJob(const SlurmJob& job);
// All that were ever submitted, and are not removed.
std::vector<SlurmJob> ReadJobs(const std::filesystem::path& jobs);

}  // namespace retort::lab
