// A register as a table: name, help and member of each entry, from which its Describe, its list of entries and the
// search for one by name come. A register is a struct of Assumptions; this holds what they have in common.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "teacher/provider/assumption.h"

namespace retort {

template <class Register>
struct RegisterRow {
  std::string_view name, help;
  Assumption Register::*entry;
};

template <class Register, size_t kRows>
void DescribeRows(Describer& d, Register& a, const RegisterRow<Register> (&rows)[kRows]) {
  for (const RegisterRow<Register>& row : rows) d.Group(row.name, a.*row.entry, row.help);
}

template <class Register, size_t kRows>
std::vector<NamedAssumption> RowEntries(const Register& a, const RegisterRow<Register> (&rows)[kRows]) {
  std::vector<NamedAssumption> entries;
  entries.reserve(kRows);
  for (const RegisterRow<Register>& row : rows) entries.push_back({row.name, row.help, &(a.*row.entry)});
  return entries;
}

// One of them, which must be there.
template <class Register, size_t kRows>
Assumption& RowEntry(Register& a, const RegisterRow<Register> (&rows)[kRows], std::string_view name) {
  return a.*std::ranges::find(rows, name, &RegisterRow<Register>::name)->entry;
}

}  // namespace retort
