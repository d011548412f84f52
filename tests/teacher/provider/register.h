// The shipped register, for tests.
#pragma once

#include <string>

#include "teacher/provider/needle_assumptions.h"

namespace retort {

std::string RegisterFile();  // its path
std::string RegisterText();
NeedleAssumptions ReadRegister(const std::string& text);
NeedleAssumptions Register();

}  // namespace retort
