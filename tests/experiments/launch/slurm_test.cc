#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/subprocess.h"
#include "experiments/launch/cell_task.h"
#include "experiments/launch/slurm_jobs.h"
#include "experiments/launch/slurm_queue.h"
#include "experiments/launch/slurm_script.h"

namespace retort::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

ArrayJob SomeJob() {
  return {.name = "retort-1",
          .folder = "/store/jobs/retort-1",
          .directory = "/home/me",
          .tasks = 28,
          .command = {"/opt/few_samples", "--worker"},
          .threads = 2};
}

TEST(SbatchTextTest, SaysAllThatTheConfigSays) {
  SlurmLauncherConfig config{.partition = "gpu",
                             .account = "abc123",
                             .qos = "long",
                             .constraint = "a100&nvme",
                             .timeout_min = 90,
                             .mem_gb = 1.5,
                             .gpus_per_node = 1,
                             .array_parallelism = 8,
                             .setup = {"module load cuda"},
                             .additional_parameters = {"nice=100", "exclusive", "comment=a b"}};
  EXPECT_EQ(SbatchText(SomeJob(), config), R"(#!/bin/bash
#SBATCH --job-name=retort-1
#SBATCH --array=0-27%8
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --mem=1536M
#SBATCH --time=90
#SBATCH --gpus-per-node=1
#SBATCH --partition=gpu
#SBATCH --account=abc123
#SBATCH --qos=long
#SBATCH --constraint="a100&nvme"
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=/store/jobs/retort-1/task-%a.log
#SBATCH --nice=100
#SBATCH --exclusive
#SBATCH --comment="a b"
cd /home/me || exit 1
module load cuda
export OMP_NUM_THREADS=2 MKL_NUM_THREADS=2
exec /opt/few_samples --worker --cells=/store/jobs/retort-1/cells.jsonl --index="$SLURM_ARRAY_TASK_ID"
)");
  config.additional_parameters = {"mem-per-gpu=8G"};
  EXPECT_THAT(SbatchText(SomeJob(), config), Not(HasSubstr("--mem=")));
}

TEST(SbatchTextTest, AWordStaysAWordForTheShell) {
  const TempDir temp;
  ArrayJob job = SomeJob();
  job.directory = temp.path() / "a folder; touch 'x' $(touch y)";
  job.folder = temp.path() / "runs \"of\" `50%` $HOME, it's";
  std::filesystem::create_directories(job.directory);
  job.command = {"/usr/bin/printf", "[%s]"};
  WriteFileAtomic(temp.path() / "job.sh", SbatchText(job, {}));
  const CommandResult result = RunCommand({"env", "SLURM_ARRAY_TASK_ID=7", "bash", (temp.path() / "job.sh").string()});
  EXPECT_EQ(result.output, "[--cells=" + job.folder.string() + "/cells.jsonl][--index=7]");
  EXPECT_THAT(SbatchText(job, {}), HasSubstr("\n#SBATCH --output=\"" + temp.path().string() +
                                             "/runs \\\"of\\\" `50%%` $HOME, it's/task-%a.log\"\n"));
}

TEST(SbatchTextTest, NoOptionAddsALineOrAnotherOption) {
  for (const char* hostile : {"a\n#SBATCH --wrap=evil", "a\rb", "a\tb", "\x7f"}) {
    EXPECT_THROW(CheckSlurmConfig({.partition = hostile}), Error);
    EXPECT_THROW(CheckSlurmConfig({.account = hostile}), Error);
    EXPECT_THROW(CheckSlurmConfig({.qos = hostile}), Error);
    EXPECT_THROW(CheckSlurmConfig({.constraint = hostile}), Error);
    EXPECT_THROW(CheckSlurmConfig({.setup = {hostile}}), Error);
    EXPECT_THROW(CheckSlurmConfig({.additional_parameters = {std::string("comment=") + hostile}}), Error);
  }
  for (const char* parameter : {"", "=1", "--nice=1", "nice 100", "Nice=1", "n;x=1", "array=1", "output=/x", "wrap=ls",
                                "time=1", "no-requeue", "job-name=x", "mem=1"}) {
    EXPECT_THROW(CheckSlurmConfig({.additional_parameters = {parameter}}), Error) << parameter;
  }
  EXPECT_THAT(SbatchText(SomeJob(), {.partition = "a --wrap=\"ls\" # \\"}),
              HasSubstr("\n#SBATCH --partition=\"a --wrap=\\\"ls\\\" # \\\\\"\n"));
  ArrayJob job = SomeJob();
  for (const char* folder : {"/a\nb", "/a\\b"}) {
    job.folder = folder;
    EXPECT_THROW(SbatchText(job, {}), Error);
  }
}

TEST(SqueueTest, TasksAreReadByIndexAndName) {
  const auto tasks = ParseSqueue(
      "squeue: warning: something | else\n"
      "12|0|RUNNING|mine|None\n"
      "12|3|PENDING|mine|(Nodes required for job are DOWN | or so)\n"
      "12|4|PENDING|another|Priority\n"
      "12|N/A|PENDING|mine|Priority\n"
      "12|-1|PENDING|mine|Priority\n"
      "12|99999999999|PENDING|mine|Priority\n"
      "12|7|OUT_OF_MEMORY|mine|OutOfMemory",
      "mine");
  ASSERT_THAT(tasks, SizeIs(3));
  EXPECT_EQ(tasks.at(0).job, "12");
  EXPECT_EQ(tasks.at(3).reason, "(Nodes required for job are DOWN | or so)");
  EXPECT_TRUE(HasEnded(tasks.at(7)));
  for (const char* state : {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "REQUEUED", "SUSPENDED"}) {
    EXPECT_FALSE(HasEnded({.state = state})) << state;
  }
  for (const char* state : {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED"}) {
    EXPECT_TRUE(HasEnded({.state = state})) << state;
  }
  EXPECT_THAT(ParseSqueue("", "mine"), IsEmpty());
}

TEST(SqueueTest, OtherAnswersOfSlurm) {
  EXPECT_EQ(ParseJobId("123\n"), "123");
  EXPECT_EQ(ParseJobId("sbatch: lua: your project has 5 hours left\n123;cluster\n"), "123");
  EXPECT_EQ(ParseJobId("sbatch: error: invalid partition specified: x\n"), "");
  EXPECT_EQ(ParseLargestArray("MaxArraySize            = 1001\nMaxBatchRequeue = 5\n"), 1001u);
  EXPECT_EQ(ParseLargestArray("MaxArraySize = 5000\nSchedulerParameters = bf_continue,max_array_tasks=200,x=1\n"),
            200u);
  EXPECT_EQ(ParseLargestArray("nothing\n"), 1001u);
  EXPECT_TRUE(IsPassing("squeue: error: slurm_load_jobs: Unable to contact slurm controller (connect failure)"));
  EXPECT_FALSE(IsPassing("sbatch: error: Batch job submission failed: Invalid account"));
}

TEST(SlurmJobsTest, FoldersAreNeverSharedAndComeBack) {
  const TempDir temp;
  EXPECT_THAT(ReadJobs(temp.path() / "jobs"), IsEmpty());
  SlurmJob one = NewJob(temp.path() / "jobs");
  const SlurmJob two = NewJob(temp.path() / "jobs");
  EXPECT_NE(one.name, two.name);
  one.id = "12";
  one.cells = {"a", "b"};
  WriteJob(one);
  const std::vector<SlurmJob> jobs = ReadJobs(temp.path() / "jobs");  // `two` was never submitted
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(jobs[0].name, one.name);
  EXPECT_EQ(jobs[0].folder, one.folder);
  EXPECT_EQ(jobs[0].cells, one.cells);
  for (const char* broken : {"{", "{}", R"({"name": "x", "id": "1 --all", "cells": []})"}) {
    WriteFileAtomic(one.folder / "job.json", broken);
    EXPECT_THROW(ReadJobs(temp.path() / "jobs"), Error) << broken;
  }
}

TEST(CellTaskTest, FlagsMustNameACell) {
  const TempDir temp;
  WriteFileAtomic(temp.path() / "cells.jsonl", "{}\n");
  const std::string cells = "--cells=" + (temp.path() / "cells.jsonl").string();
  for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{
           {"--worker", cells}, {"--index=1"}, {cells, "--index=1x"}, {cells, "--index=-1"}, {cells, "--index="}}) {
    EXPECT_THROW(CellTask(flags, nullptr), Error);
  }
}

}  // namespace
}  // namespace retort::lab
