// The programs of the claims, end to end on networks that learn nothing: each makes its page; and every config that is
// shipped beside them composes and binds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "tests/experiments/lab/programs_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Each program that is an experiment's `Main`, so that one that is added is bound too.
std::vector<std::string> ClaimPrograms() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(RETORT_SOURCE_DIR "/experiments")) {
    if (entry.path().extension() != ".cc") continue;
    if (ReadFile(entry.path()).find("Main(argc, argv, ") == std::string::npos) continue;
    names.push_back(entry.path().stem().string());
  }
  return names;
}

TEST(Claims, EveryShippedConfigBinds) {
  const std::vector<std::string> claims = ClaimPrograms();
  EXPECT_GE(claims.size(), 10U);
  for (const std::string& claim : claims) {
    int configs = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(RETORT_SOURCE_DIR "/configs")) {
      const std::string name = entry.path().stem().string();
      if (!name.starts_with(claim)) continue;
      ++configs;
      const std::string config_dir = std::string("--config-dir=") + RETORT_SOURCE_DIR + "/configs";
      std::vector<std::string> words = {std::string(RETORT_BINARY_DIR) + "/" + claim, "--config-name=" + name,
                                        config_dir, "--cfg", "job"};
      // What a user must give.
      if (name.find('_', claim.size()) != std::string::npos && !name.ends_with("_short")) {
        words.emplace_back("task.path=questions.jsonl");
      }
      if (name.ends_with("_gsm8k")) words.emplace_back("teacher.path=answers.jsonl");
      if (name.ends_with("_api"))
        words.insert(words.end(), {"teacher.base_url=http://localhost:1/v1", "teacher.model=m"});
      const CommandResult result = RunCommand(words, "");
      EXPECT_EQ(result.exit_code, 0) << name << "\n" << result.output;
    }
    EXPECT_GE(configs, 1) << "configs/" << claim << ".toml";
  }
}

class ClaimsTest : public ProgramsTest {
 protected:
  // The claim's program on its own config, cut to a small grid. `change` comes last.
  void MakesItsPage(const std::string& claim, const std::vector<std::string>& change) {
    std::vector<std::string> words = SmallGrid("runs", claim);
    words.emplace_back("blocks=[]");
    words.emplace_back("contrast.n=4");
    words.insert(words.end(), change.begin(), change.end());
    const CommandResult result = Run(claim, words);
    ASSERT_EQ(result.exit_code, 0) << result.output;
    const std::string page = ReadFile(path(claim) / "index.html");
    EXPECT_THAT(page, HasSubstr("</html>"));
    EXPECT_TRUE(fs::exists(path(claim) / "cells.csv"));
    EXPECT_THAT(Run(claim, words).output, HasSubstr("nothing to compute"));
  }

  std::string Base(const std::string& model) const { return "student.init.model=[" + path(model).string() + "]"; }
};

TEST_F(ClaimsTest, TraceAnatomy) {
  MakesItsPage("trace_anatomy", {"arms=[teacher,answers_only,steps_shuffled,half_corrupted,filler,other_rule]"});
}

TEST_F(ClaimsTest, SignalLimits) {
  MakesItsPage("signal_limits", {"arms=[one_draw,full_logits,top_1,four_draws]", "evaluation.teacher_kl=4"});
}

TEST_F(ClaimsTest, OpenTeacher) {
  MakesItsPage("open_teacher", {"arms=[raw,self_distilled]", "contrast.arm=raw", "contrast.against=self_distilled"});
}

TEST_F(ClaimsTest, Curation) {
  MakesItsPage("curation", {"arms=[random,diverse,longest,hardest]", "collect.pool_size=16"});
}

// Each test of a student, with a watermark in the rows; taught and untaught.
TEST_F(ClaimsTest, Provenance) {
  MakesItsPage("provenance",
               {"arms=[taught_100,references,rival]", "provenance.items=6",
                "provenance.rivals=[" + path("tiny").string() + "]", "provenance.others=[]", "provenance.draws=4",
                "provenance.calibration_from=1", "provenance.canary_share=0.5", "collect.sampling.temperature=1"});
  const std::string students = ReadFile(path("provenance") / "students.csv");
  for (const char* test : {"likelihood", "canaries", "watermark"}) EXPECT_THAT(students, HasSubstr(test));
  EXPECT_THAT(ReadFile(path("provenance") / "disclosure.csv"), HasSubstr("Built with Llama"));
}

TEST_F(ClaimsTest, StudentFamilies) {
  MakesItsPage("student_families",
               {"group=one", R"(blocks=[["group=other",")" + Base("larger") + R"("]])",
                R"(compare=[["size","other","one"]])", "facts=[]", "contrast.task=other", "contrast.against_task=one"});
}

TEST_F(ClaimsTest, WithheldCapability) {
  MakesItsPage(
      "withheld_capability",
      {"group=bare", R"(compare=[["taught","taught","bare"]])", "contrast.task=taught", "contrast.against_task=bare",
       R"(blocks=[["group=taught","warm_start.n=4","warm_start.max_steps=2","warm_start.targets=[add10,mix10]"]])"});
}

TEST_F(ClaimsTest, CatchingUpCostTrainsFromScratch) {
  MakesItsPage(
      "catching_up_cost",
      {R"(blocks=[["arms=[references]"],["group=from scratch","arms=[from_scratch]","student.init.from_scratch=1"]])"});
  // Weights of its own for each seed, and never the base's.
  std::map<std::string, double> first;
  for (const fs::directory_entry& run : fs::directory_iterator(path("runs"))) {
    if (!fs::exists(run.path() / "train.jsonl")) continue;
    const std::string config = ReadFile(run.path() / "config.toml");
    const bool scratch = config.find("from_scratch = 1") != std::string::npos;
    const std::string seed = config.substr(config.find("\nseed = "), 10);
    first[(scratch ? "scratch" : "base") + seed] = Lines(ReadFile(run.path() / "train.jsonl")).front().at("loss");
  }
  EXPECT_EQ(first.size(), 4U);
  for (auto a = first.begin(); a != first.end(); ++a) {
    for (auto b = std::next(a); b != first.end(); ++b) EXPECT_NE(a->second, b->second) << a->first << " " << b->first;
  }
}

}  // namespace
}  // namespace retort::lab
