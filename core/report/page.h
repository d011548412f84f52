// One page that carries its style, its plots and its script with it and asks the network for nothing. What it says is
// the caller's: a claim, verdicts, sections of words, figures and tables, caveats. Words are plain text and escaped
// here.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/report/plot.h"
#include "core/report/table.h"

namespace retort {

// One way to look at a figure, such as against another cost.
struct FigureView {
  std::string label;  // of the switch: "samples", "dollars"
  Plot plot;
  DrawnPlot drawn;  // by DrawFigures
};

struct PageFigure {
  std::string caption;
  std::string alt;        // for `svg`; a plot brings its own words
  std::string svg;        // drawn elsewhere; else one view or more
  std::string file_stem;  // figures/<stem>.svg and .pdf; empty: no file
  std::vector<FigureView> views = {};
  std::string missing = "nothing was measured yet";  // why there is nothing to draw, if so
};

struct PageSection {
  std::string id, title;
  std::vector<std::string> paragraphs = {};
  std::vector<PageFigure> figures = {};  // side by side; those with several views share one switch
  std::string figure_note = {};
  std::vector<Table> tables = {};
  std::vector<std::string> points = {};  // a list, after the tables
  std::string raw_html = {};             // only for what this room itself makes: it is not escaped
};

struct PageContent {
  std::string experiment, title, claim;
  std::vector<std::string> verdicts;  // one sentence each, with its interval
  std::vector<PageSection> sections;
  std::vector<std::string> caveats;
  std::vector<std::string> grades;  // which numbers were measured here, published, alleged, assumed
  std::vector<std::pair<std::string, std::string>> glossary;  // term, meaning
  std::string command;                                        // the line that makes all of this again
  std::string version, created_utc;                           // shown as given
  std::vector<PageSection> last_sections;  // after the caveats: what most readers will not need, such as lists of runs
  std::vector<std::pair<std::string, std::string>> names = {};  // of arms, and their meaning: for who quotes a verdict
  std::string results_file = {}, results_sha256 = {};           // what the citation is about; WritePage fills them
  std::vector<std::string> data_files = {};                     // beside the page; WritePage fills them
};

// Draws all views with one gnuplot. Without gnuplot the figures stay empty, their `missing` says so, and the reason is
// added to `warnings`.
void DrawFigures(PageContent& content, std::vector<std::string>& warnings);

std::string RenderPage(const PageContent& content);      // index.html
std::string RenderMarkdown(const PageContent& content);  // table.md: words and tables without plots
std::string RenderLatex(const PageContent& content);     // table.tex: the tables

}  // namespace retort
