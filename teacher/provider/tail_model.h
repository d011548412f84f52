// How rare a score is among honest accounts, from a sample of them: -ln P(score >= x). Between scores that occurred it
// is interpolated; beyond the rarest two hundred it goes on as a straight line (an exponential tail fitted to their
// mean excess, "peaks over threshold"; Pickands 1975 with shape 0), since a threshold for a thousand reviews a day
// among hundreds of millions lies farther out than any sample that is affordable. What the line gets wrong shows: false
// alarms are counted on accounts that the model never saw.
#pragma once

#include <cstddef>
#include <vector>

namespace retort {

class TailModel {
 public:
  struct Weighted {
    double score = 0, weight = 1;
  };
  // `scores` of those that have one among `accounts` in all; larger is stranger.
  // `tail_scale`: of the exponential tail, where it is known; 0: fitted. `writers`: where many accounts write as so few
  // people do, the tail begins at the twenty strangest people, since an account more of each says nothing; 0: all are
  // others.
  TailModel(std::vector<Weighted> scores, double accounts, double tail_scale = 0, double writers = 0);

  double Rarity(double score) const;    // -ln P(score >= x) >= 0, never falling in x
  double ScoreAt(double rarity) const;  // the smallest score that is at least so rare; +infinity if none is known

 private:
  std::vector<double> score_, rarity_;  // knots, both rising
  double tail_from_ = 0, tail_rarity_ = 0, tail_scale_ = 0;
};

}  // namespace retort
