#include "core/report/page_files.h"

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/report/escape.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

// What the index of all experiments reads (index_page.h).
std::string PageJson(const PageContent& content) {
  return DumpJson(nlohmann::json{{"experiment", content.experiment},
                                 {"title", content.title},
                                 {"claim", content.claim},
                                 {"verdicts", content.verdicts},
                                 {"names", content.names},
                                 {"command", content.command},
                                 {"version", content.version},
                                 {"created_utc", content.created_utc},
                                 {"results_file", content.results_file},
                                 {"results_sha256", content.results_sha256}}) +
         "\n";
}

// Stems come from names of tasks, which are a user's.
std::string FileStem(const std::string& stem) {
  std::string name;
  for (const char c : stem) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    name += plain ? c : '_';
  }
  return name.substr(0, 80);
}

void WriteFigures(const PageContent& content, const fs::path& folder) {
  for (const auto* sections : {&content.sections, &content.last_sections}) {
    for (const PageSection& section : *sections) {
      for (const PageFigure& figure : section.figures) {
        if (figure.file_stem.empty()) continue;
        for (size_t v = 0; v < figure.views.size(); ++v) {
          const DrawnPlot& drawn = figure.views[v].drawn;
          const std::string stem = FileStem(figure.file_stem + (v == 0 ? "" : "-against-" + figure.views[v].label));
          if (!drawn.svg.empty()) WriteFileAtomic(folder / (stem + ".svg"), drawn.svg, Sync::kNone);
          if (!drawn.pdf.empty()) WriteFileAtomic(folder / (stem + ".pdf"), drawn.pdf, Sync::kNone);
        }
      }
    }
  }
}

}  // namespace

std::vector<std::string> WritePage(PageContent content, const std::vector<DataTable>& data, const fs::path& folder) {
  // All of it can be made again from the runs, so that only the data and the page wait for the disk.
  std::vector<std::string> warnings;
  for (const DataTable& table : data) {
    const std::string csv = ToCsv(table);
    if (content.results_file.empty()) {
      content.results_file = table.file;
      content.results_sha256 = Sha256Hex(csv);
    }
    content.data_files.push_back(table.file);
    WriteFileAtomic(folder / table.file, csv, Sync::kFile);
  }
  WriteFileAtomic(folder / "data-dictionary.md", DataDictionary(data), Sync::kNone);
  DrawFigures(content, warnings);
  WriteFigures(content, folder / "figures");
  WriteFileAtomic(folder / "table.md", RenderMarkdown(content), Sync::kNone);
  WriteFileAtomic(folder / "table.tex", RenderLatex(content), Sync::kNone);
  WriteFileAtomic(folder / "page.json", PageJson(content), Sync::kNone);
  WriteFileAtomic(folder / "index.html", RenderPage(content));
  return warnings;
}

}  // namespace retort
