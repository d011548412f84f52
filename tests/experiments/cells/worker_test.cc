#include "experiments/cells/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/base/error.h"
#include "experiments/cells/json_lines.h"

namespace retort::lab {
namespace {

TEST(WorkerTest, SpecsAndRepliesComeBack) {
  const WorkerSpec spec{.hash = "h",
                        .folder = "f",
                        .config_dir = "c",
                        .samples_sha256 = "s",
                        .config = "a = \"x\"\n",
                        .threads = 3,
                        .keep_checkpoint = true};
  const WorkerSpec back = ParseWorkerSpec(ToJsonLine(spec));
  EXPECT_EQ(back.config, spec.config);
  EXPECT_EQ(back.threads, 3);
  EXPECT_TRUE(back.keep_checkpoint);
  const WorkerReply reply = ParseWorkerReply(ToJsonLine(WorkerReply{.status = "failed", .reason = "a\nb \"c\""}));
  EXPECT_EQ(reply.reason, "a\nb \"c\"");
  EXPECT_THROW(ParseWorkerReply("[]"), Error);
  EXPECT_THROW(ParseWorkerReply("{"), Error);
}

TEST(LineReaderTest, ReadsWithoutWaitingAndToTheEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto send = [&](std::string_view text) {
    ASSERT_EQ(write(ends[1], text.data(), text.size()), ssize_t(text.size()));
  };
  LineReader reader(ends[0]);
  std::string line;
  EXPECT_EQ(reader.Next(false, line), LineReader::Got::kNothingYet);
  send("one\r\ntw");
  EXPECT_EQ(reader.Next(false, line), LineReader::Got::kLine);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(reader.Next(false, line), LineReader::Got::kNothingYet);
  send("o\n\nlast");
  EXPECT_EQ(reader.Next(true, line), LineReader::Got::kLine);
  EXPECT_EQ(line, "two");
  EXPECT_EQ(reader.number(), 2);
  EXPECT_EQ(reader.Next(true, line), LineReader::Got::kLine);
  EXPECT_EQ(line, "");
  close(ends[1]);
  EXPECT_EQ(reader.Next(true, line), LineReader::Got::kLine);
  EXPECT_EQ(line, "last");
  EXPECT_EQ(reader.number(), 4);
  EXPECT_EQ(reader.Next(true, line), LineReader::Got::kEnd);
  close(ends[0]);
}

}  // namespace
}  // namespace retort::lab
