#include "teacher/provider/policy_assumptions.h"

#include "teacher/provider/register_rows.h"

namespace retort {
namespace {

constexpr RegisterRow<PolicyAssumptions> kRows[] = {
    {"student_parameters", "of the student", &PolicyAssumptions::student_parameters},
    {"epochs", "passes over the samples", &PolicyAssumptions::epochs},
    {"sample_tokens", "length of a sample", &PolicyAssumptions::sample_tokens},
    {"chips", "that a distiller has without a limit", &PolicyAssumptions::chips},
    {"chip_flops", "what a chip does", &PolicyAssumptions::chip_flops},
    {"chip_hour", "what a chip costs", &PolicyAssumptions::chip_hour},
    {"limited_chips", "chips that a limit leaves a distiller", &PolicyAssumptions::limited_chips},
    {"scratch_flops", "training a large model anew", &PolicyAssumptions::scratch_flops},
    {"needs_probabilities", "honest people hit where probabilities are hidden",
     &PolicyAssumptions::needs_probabilities},
    {"needs_reasoning", "honest people hit where reasoning is hidden", &PolicyAssumptions::needs_reasoning},
    {"hurt_by_paraphrase", "honest people hit where answers are reworded", &PolicyAssumptions::hurt_by_paraphrase},
    {"needs_withheld", "honest people hit where a capability is withheld", &PolicyAssumptions::needs_withheld},
    {"paraphrase_price", "what rewording an answer costs the provider", &PolicyAssumptions::paraphrase_price},
    {"review_price", "what a review of an alarm costs the provider", &PolicyAssumptions::review_price},
};

}  // namespace

void Describe(Describer& d, PolicyAssumptions& a) { DescribeRows(d, a, kRows); }
std::vector<NamedAssumption> Entries(const PolicyAssumptions& a) { return RowEntries(a, kRows); }
Assumption& EntryOf(PolicyAssumptions& a, std::string_view name) { return RowEntry(a, kRows, name); }

}  // namespace retort
