// Values of mathematical expressions, plain or LaTeX: 3/4, \frac{\sqrt{2}}{2}, 2x^2-3y, 10!, \sin\frac{\pi}{6}. Numbers
// are exact where they can be; an expression with variables is known by its values at a few fixed points, so that two
// ways of writing one polynomial agree and two different polynomials do not, save by a coincidence that nobody aims at.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retort {

struct MathValue {
  std::string key;             // what equal expressions share
  bool has_variables = false;  // its value depends on one
};

// nullopt for what is no expression of the kinds above, is undefined, or is beyond the limits on length, depth and
// size. `text` has no units, commas or white space commands any more.
std::optional<MathValue> EvaluateMath(std::string_view text);

// Of the equation left = right: what those share that differ by a constant factor or by what stands on which side.
std::optional<std::string> EquationKey(std::string_view left, std::string_view right);

}  // namespace retort
