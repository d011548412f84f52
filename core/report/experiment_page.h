// The page of an experiment: what a summary of its cells says, as sections, tables and figures with links from every
// number to the cells behind it.
#pragma once

#include <vector>

#include "core/report/page.h"
#include "core/report/report.h"

namespace retort {

PageContent ExperimentPage(const ReportInput& input, const Summary& summary, const std::vector<OwnSection>& own = {});

// The tables that a terminal shows: those of ExperimentPage without the experiment's own, costs and cells.
std::vector<Table> MainTables(const ReportInput& input, const Summary& summary);

}  // namespace retort
