// Pages of an experiment that never ran, and their index, for the test in a browser:  fake_report FOLDER
#include <cstdio>
#include <filesystem>

#include "core/report/index_page.h"
#include "tests/core/report/synthetic.h"

int main(int argc, char** argv) {
  using namespace retort;
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  WriteReport(SyntheticInput(4), folder / "few_seeds");
  WriteReport(FullInput(), folder / "full");
  WriteIndex(folder);
  return 0;
}
