// A final answer as a mathematical object, so that two ways of writing one compare equal: numbers exactly, expressions
// by value, tuples and intervals in order, sets and lists in any order; a unit or a name ("x =") counts where both
// sides have one. What is none of this is compared as text. Rather too strict than too kind: a wrong answer called
// right costs more here than a right one called wrong. The rules stand in docs/own-data.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retort {

struct MathAnswer {
  std::string key;       // of the value
  std::string unit;      // "cm", "%", "$"; empty: none, or a thing that is counted ("18 eggs")
  std::string name;      // "x" of "x = 5"
  std::string equation;  // of an equation with variables; empty where there is none
  bool is_text = false;  // no mathematics in it
};

// nullopt for nothing. Anything else gives an answer, as text at worst, in time linear in its length.
std::optional<MathAnswer> ParseMathAnswer(std::string_view text);
bool SameAnswer(const MathAnswer& a, const MathAnswer& b);

// The final answer within a longer text: the last \boxed{...} or what stands after the last "####"; else after the last
// "the answer is"; else the whole text where it is mathematics; else the last formula or number in it.
std::optional<std::string> FinalMath(std::string_view text);

}  // namespace retort
