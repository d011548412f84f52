// The constants of policy_table that no other register holds, by name: configs/assumptions/policy_table.toml.
#pragma once

#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/assumption.h"

namespace retort {

struct PolicyAssumptions {
  Assumption student_parameters, epochs, sample_tokens, chips, chip_flops, chip_hour, limited_chips, scratch_flops,
      needs_probabilities, needs_reasoning, hurt_by_paraphrase, needs_withheld, paraphrase_price, review_price;
};

void Describe(Describer& d, PolicyAssumptions& a);
std::vector<NamedAssumption> Entries(const PolicyAssumptions& a);  // in the order of the register
Assumption& EntryOf(PolicyAssumptions& a, std::string_view name);  // which must be there

}  // namespace retort
